"""The log of deeds, on a page and as a file. Refuses to change anything in it."""

from dataclasses import replace

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from admin.asked_words import read_day, read_key, read_term
from satisfaction import clock, deeds, people
from satisfaction.database import reading, unit_of_work
from satisfaction.deeds import Wanted
from satisfaction.errors import InvalidPeriodError
from satisfaction.terms import AuditAction, Permission
from satisfaction.web.contexts import this_app
from satisfaction.web.guards import current_officer, requires

blueprint = Blueprint("audit", __name__)

LONGEST_WORDS = 100
FILTERS = ("account", "action", "unit", "first", "last", "words")


def _read_wanted() -> Wanted:
    """Return what the address asks for.

    Raises: WordUnknownError; InvalidPeriodError for days that are none, or in the wrong order.
    """
    names = (*FILTERS, "before")
    asked = {name: request.args.get(name, "").strip()[:LONGEST_WORDS] for name in names}
    first, last = read_day(asked, "first"), read_day(asked, "last")
    if first is not None and last is not None and last < first:
        raise InvalidPeriodError(first_day=first, end_day=last)
    return Wanted(
        account=asked["account"],
        action=read_term(AuditAction, asked, name="action"),
        unit_id=read_key(asked, "unit"),
        first_day=first,
        last_day=last,
        words=asked["words"],
        before_id=read_key(asked, "before"),
    )


@blueprint.get("/audit")
@requires(Permission.READ_AUDIT)
def index() -> ResponseReturnValue:
    """Show the deeds that the address asks for, the newest first."""
    scope = current_officer().scope(Permission.READ_AUDIT)
    wanted = _read_wanted()
    if wanted.unit_id is not None and wanted.unit_id not in scope:
        abort(404)
    with reading() as session:
        page = deeds.list_deeds(session, scope, wanted)
        units = people.list_unit_choices(session, scope)
    return render_template(
        "admin/audit/index.html",
        page=page,
        wanted=wanted,
        units=units,
        actions=tuple(AuditAction),
        asked={name: request.args[name] for name in FILTERS if request.args.get(name)},
    )


@blueprint.get("/audit.jsonl")
@requires(Permission.READ_AUDIT)
def download() -> ResponseReturnValue:
    """Give the same deeds as JSON lines, in a stream; that is a deed itself."""
    officer = current_officer()
    scope = officer.scope(Permission.READ_AUDIT)
    wanted = replace(_read_wanted(), before_id=None)
    if wanted.unit_id is not None and wanted.unit_id not in scope:
        abort(404)
    filters = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    with unit_of_work() as session:
        deeds.record_export(session, account_id=officer.account_id, filters=filters)

    # The request is over when the file is read, so that each read brings a context of its own.
    app = this_app()

    def read(part: Wanted) -> list[deeds.DeedLine]:
        with app.app_context(), reading() as session:
            return list(deeds.read_chunk(session, scope, part))

    name = f"audit-{clock.today().isoformat()}.jsonl"
    return Response(
        deeds.write_lines(read, wanted),
        mimetype="application/jsonl",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
