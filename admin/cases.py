"""Cases: the list, one case, and what is done with it. Refuses to remove one."""

import uuid
from datetime import timedelta
from typing import Any

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.case_forms import (
    MOST_AT_ONCE,
    CaseForm,
    DossierReasonForm,
    LineForm,
    TogetherForm,
    as_seen,
    as_token,
)
from admin.forms import as_key
from admin.voice_questions import CASE_NAMES, ONLY, list_address, list_kinds, read_cases
from satisfaction import case_changes, cases, clock, voice_sheets
from satisfaction.case_changes import Seen
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import CaseChangedError, CaseRefusedError, LineChangedError
from satisfaction.periods import Period
from satisfaction.terms import CaseState, Permission
from satisfaction.web import htmx
from satisfaction.web.case_words import explain_case
from satisfaction.web.guards import client_network, current_officer, requires
from satisfaction.web.readers import current_reader
from satisfaction.web.unseen import forget_unseen

blueprint = Blueprint("cases", __name__, url_prefix="/cases")
MEASURED = timedelta(days=90)


@blueprint.get("")
@requires(Permission.READ_CASES)
def index() -> ResponseReturnValue:
    """Show the cases that the address asks for; empty words leave the address first."""
    if any(not word for word in request.args.values()):
        return _back(302)
    return _list()


def _back(status: int = 303) -> ResponseReturnValue:
    return redirect(list_address("admin.cases.index", request.args, names=CASE_NAMES), status)


def _list(
    status: int = 200, *, problem: str = "", form: TogetherForm | None = None
) -> ResponseReturnValue:
    """Return the list, with what was ticked and typed when it could not be saved."""
    kinds = list_kinds(sees_allegations=current_officer().may(Permission.SEE_ALLEGATIONS))
    question, end = read_cases(request.args, kinds), clock.today() + timedelta(days=1)
    with reading() as session:
        listed = voice_sheets.read_cases(
            session,
            current_reader(),
            question.wanted,
            unit_id=question.unit_id,
            page=question.page,
            period=Period(end - MEASURED, end),
        )
    template = "admin/cases/_cases.html" if htmx.wants_partial() else "admin/cases/index.html"
    page = render_template(
        template,
        question=question,
        listed=listed,
        problem=problem,
        form=form or TogetherForm(formdata=None),
        ticked={text.partition(":")[0] for text in request.form.getlist("case")} if form else (),
        states=tuple(CaseState),
        kinds=kinds,
        only=ONLY,
    )
    return htmx.vary_on_htmx(make_response(page, status))


@blueprint.post("")
@requires(Permission.HANDLE_CASES)
def change() -> ResponseReturnValue:
    """Change the chosen cases, all in the same way or none."""
    form = TogetherForm()
    seen, wanted = [as_seen(text) for text in request.form.getlist("case")], form.as_change()
    chosen = [one for one in seen if one is not None]
    if wanted is None or len(chosen) != len(seen) or len(seen) > MOST_AT_ONCE:
        abort(400)
    if not chosen:
        return _list(422, problem=_("Chọn ít nhất một việc."), form=form)
    if not form.validate():
        return _list(422, problem=form.note.errors[0], form=form)
    try:
        with unit_of_work() as session:
            case_changes.change_cases(session, current_reader(), chosen, change=wanted)
        forget_unseen()
    except CaseRefusedError as refusal:
        return _list(422, problem=explain_case(refusal), form=form)
    except CaseChangedError:
        problem = _("Có người vừa thay đổi một việc trong số này. Chưa lưu gì; xem lại rồi làm.")
        return _list(409, problem=problem, form=form)
    flash(_("Đã lưu cho %(n)s việc.", n=len(chosen)), "good")
    return _back()


@blueprint.get("/<token>")
@requires(Permission.READ_CASES)
def show(token: str) -> ResponseReturnValue:
    """Show one case with its history."""
    return _page(_token(token))


def _token(text: str) -> uuid.UUID:
    token = as_token(text)
    if token is None:
        abort(404)
    return token


def _page(token: uuid.UUID, *, problem: str = "", part: str = "change", **forms: Any) -> str:
    """Return the page of a case as it stands now, with forms that keep what was typed."""
    with reading() as session:
        sheet = cases.read_case(session, current_reader(), token)
    kept = {
        "state": sheet.line.state.value,
        "assignee": str(sheet.assignee_id or 0),
        "due_day": sheet.line.due_day.isoformat(),
    }
    fresh = {
        "form": CaseForm(formdata=None, data=kept),
        "line_form": LineForm(formdata=None, data=_line_of(sheet)),
        "reason_form": DossierReasonForm(formdata=None),
    }
    return render_template(
        "admin/cases/show.html",
        sheet=sheet,
        problem=problem,
        part=part,
        states=tuple(CaseState),
        today=clock.today().isoformat(),
        **(fresh | forms),
    )


def _line_of(sheet: cases.CaseSheet) -> dict[str, str]:
    """Return the line that is on the screens as the form begins with it."""
    return {"line_vi": sheet.shown.vi, "line_en": sheet.shown.en} if sheet.shown else {}


@blueprint.post("/<token>")
@requires(Permission.HANDLE_CASES)
def update(token: str) -> ResponseReturnValue:
    """Change one case."""
    form, key = CaseForm(), _token(token)
    wanted, version = form.as_change(), as_key(form.version.data)
    if wanted is None or version is None:
        abort(400)
    if not form.validate():
        problem = next(iter(form.errors.values()))[0]
        return _page(key, problem=problem, form=form), 422
    try:
        with unit_of_work() as session:
            case_changes.change_case(session, current_reader(), Seen(key, version), change=wanted)
        forget_unseen()
    except CaseRefusedError as refusal:
        return _page(key, problem=explain_case(refusal), form=form), 422
    except CaseChangedError as changed:
        return _page(key, problem=_changed(changed), form=form), 409
    flash(_("Đã lưu."), "good")
    return redirect(url_for("admin.cases.show", token=key), 303)


def _changed(error: CaseChangedError) -> str:
    if isinstance(error, LineChangedError):
        return str(
            _(
                "Câu trên màn hình vừa được đổi nên chưa đăng gì. Câu mới nhất ở dưới, phần chữ "
                "vừa gõ vẫn còn; xem lại rồi đăng lần nữa."
            )
        )
    return str(
        _(
            "Có người vừa thay đổi việc này nên chưa lưu gì. Tình trạng mới nhất ở dưới, phần chữ "
            "vừa gõ vẫn còn; xem lại rồi lưu lần nữa."
        )
    )


@blueprint.post("/<token>/line")
@requires(Permission.HANDLE_CASES)
def publish(token: str) -> ResponseReturnValue:
    """Say on the waiting screens what a case has changed."""
    form, key = LineForm(), _token(token)
    version = as_key(form.version.data)
    if version is None:
        abort(400)
    if not form.validate():
        problem = next(iter(form.errors.values()))[0]
        return _page(key, problem=problem, part="line", line_form=form), 422
    words = {"line_vi": form.line_vi.data or "", "line_en": form.line_en.data or ""}
    seen, over = Seen(key, version), as_key(form.over.data)
    try:
        with unit_of_work() as session:
            case_changes.publish_line(session, current_reader(), seen, over=over, **words)
    except CaseRefusedError as refusal:
        return _page(key, problem=explain_case(refusal), part="line", line_form=form), 422
    except CaseChangedError as changed:
        return _page(key, problem=_changed(changed), part="line", line_form=form), 409
    is_there = any(word.strip() for word in words.values())
    flash(
        _("Đã đăng lên màn hình chờ của đơn vị.")
        if is_there
        else _("Đã bỏ câu trên màn hình chờ của đơn vị."),
        "good",
    )
    return redirect(url_for("admin.cases.show", token=key), 303)


@blueprint.post("/<token>/dossier")
@requires(Permission.OPEN_DOSSIERS)
def open_dossier(token: str) -> ResponseReturnValue:
    """Show the dossier behind a case once, to the officer who handles it, for a written reason."""
    form, key = DossierReasonForm(), _token(token)
    if not form.validate():
        problem = next(iter(form.errors.values()))[0]
        return _page(key, problem=problem, part="dossier", reason_form=form), 422
    try:
        with unit_of_work() as session:
            behind = case_changes.open_dossier(
                session,
                current_reader(),
                key,
                reason=form.reason.data or "",
                network=client_network(),
            )
    except CaseRefusedError as refusal:
        return _page(key, problem=explain_case(refusal), part="dossier", reason_form=form), 422
    return render_template("admin/cases/dossier.html", behind=behind, token=key)
