"""The officer's desk page: choose a desk, open a visit, end it. Refuses to show any level."""

from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as remembered
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from admin.forms import DeskForm, VisitForm
from satisfaction import desks
from satisfaction.database import reading, unit_of_work
from satisfaction.desks import DeskSheet
from satisfaction.dockets import DeskPass, write_pass
from satisfaction.errors import DeskBusyError, DeskRetiredError, VisitClosedError
from satisfaction.offline_visits import make_pass
from satisfaction.terms import Permission
from satisfaction.web import htmx
from satisfaction.web.formats import asset_url
from satisfaction.web.guards import current_officer, public, requires

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
CHOSEN = "desk"
KEPT_FILES = ("css/tokens.css", "css/admin.css", "icons/mark.svg", "js/desk-offline.js")
KEPT_MODULES = ("js/desk-kit.js", "js/kiosk-vault.js")


@blueprint.get("")
@requires(Permission.SERVE_DESK)
def index() -> ResponseReturnValue:
    """Show the chosen desk: what it serves, and what became of the last visits."""
    return _show(VisitForm(formdata=None), remembered.get(CHOSEN))


def _show(form: VisitForm, desk_id: int | None) -> str:
    officer = current_officer()
    with reading() as session:
        sheet = desks.read_sheet(session, officer.scope(Permission.SERVE_DESK), desk_id)
        given = make_pass(session, officer.account_id, sheet.desk.id) if sheet.desk else None
    form.offer(sheet)
    return render_template(
        "admin/desk/index.html",
        sheet=sheet,
        form=form,
        desk_form=DeskForm(),
        kit=_describe_kit(sheet, given) if given else None,
    )


def _describe_kit(sheet: DeskSheet, given: DeskPass) -> dict[str, Any]:
    """Return what the page keeps to work without the server, until the day is over."""
    assert sheet.desk is not None
    return {
        "pass": write_pass(given, str(current_app.secret_key)),
        "until": given.until_at.isoformat(),
        "place": f"{given.unit_id}.{given.desk_id}",
        "desk": f"{sheet.desk.name} · {sheet.desk.unit_name}",
        "procedures": [{"code": one.code, "name": one.name} for one in sheet.procedures],
        "worker": url_for("admin.desk.worker"),
        "scope": url_for("admin.desk.index"),
        "files": [
            url_for("admin.desk.offline"),
            *(asset_url(name) for name in KEPT_FILES),
            *(url_for("static", filename=name) for name in KEPT_MODULES),
        ],
        "edition": ".".join(
            [str(get_locale()), *(asset_url(name) for name in (*KEPT_FILES, *KEPT_MODULES))]
        ),
    }


@blueprint.get("/offline")
@requires(Permission.SERVE_DESK)
def offline() -> ResponseReturnValue:
    """Draw the desk for times without the server; what it knows is kept on the machine."""
    return render_template("admin/desk/offline.html")


@blueprint.get("/service-worker.js")
@public
def worker() -> ResponseReturnValue:
    """Give the program that shows that page while the server is away."""
    program = Path(str(current_app.static_folder)) / "js" / "desk-worker.js"
    response = Response(program.read_bytes(), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = url_for("admin.desk.index")
    return response


@blueprint.post("")
@requires(Permission.SERVE_DESK)
def choose() -> ResponseReturnValue:
    """Remember the desk for this session."""
    scope = current_officer().scope(Permission.SERVE_DESK)
    with reading() as session:
        remembered[CHOSEN] = desks.choose_desk(session, scope, DeskForm().chosen_id)
    return redirect(url_for("admin.desk.index"), 303)


@blueprint.get("/<int:desk_id>/recent")
@requires(Permission.SERVE_DESK, is_background=True)
def recent(desk_id: int) -> ResponseReturnValue:
    """Return the list of the last visits, if there is anything new in it."""
    if not htmx.wants_partial():
        return redirect(url_for("admin.desk.index"))
    scope = current_officer().scope(Permission.SERVE_DESK)
    with reading() as session:
        progress = desks.read_progress(session, scope, desk_id)
    if progress.version == request.args.get("seen"):
        return "", 204
    if progress.serves_another(request.args.get("seen", "")):
        return htmx.load_again()
    page = render_template("admin/desk/_recent.html", progress=progress, desk_id=desk_id)
    return htmx.vary_on_htmx(make_response(page))


@blueprint.post("/<int:desk_id>/visits")
@requires(Permission.SERVE_DESK)
def open_visit(desk_id: int) -> ResponseReturnValue:
    """Begin serving a citizen."""
    form, officer = VisitForm(), current_officer()
    if not form.validate():
        return _show(form, desk_id), 422
    scope = officer.scope(Permission.SERVE_DESK)
    try:
        with unit_of_work() as session:
            desks.open_visit(session, scope, form.as_wanted(desk_id, officer.account_id))
    except DeskBusyError:
        flash(_("Bàn này đang phục vụ một lượt. Kết thúc lượt ấy trước."), "bad")
    except DeskRetiredError:
        flash(_("Bàn này không còn phục vụ. Chọn bàn khác."), "bad")
    remembered[CHOSEN] = desk_id
    return redirect(url_for("admin.desk.index"), 303)


@blueprint.post("/visits/<int:visit_id>/end")
@requires(Permission.SERVE_DESK)
def end_visit(visit_id: int) -> ResponseReturnValue:
    """Finish serving, which brings the question up on the desk's kiosk."""
    scope = current_officer().scope(Permission.SERVE_DESK)
    try:
        with unit_of_work() as session:
            ended = desks.end_visit(
                session, scope, visit_id, is_assisted=request.form.get("assisted") == "1"
            )
        remembered[CHOSEN] = ended.desk_id
        flash(_say_ended(ended), "good")
    except VisitClosedError:
        flash(_("Lượt này đã kết thúc trước đó."), "bad")
    return redirect(url_for("admin.desk.index"), 303)


@blueprint.post("/visits/<int:visit_id>/assisted")
@requires(Permission.SERVE_DESK)
def keep_assisted(visit_id: int) -> ResponseReturnValue:
    """Note that a citizen is helped to rate, while there is no answer yet."""
    scope = current_officer().scope(Permission.SERVE_DESK)
    with unit_of_work() as session:
        is_kept = desks.keep_assisted(session, scope, visit_id)
    if is_kept:
        flash(_("Đã ghi là có người giúp. Lượt đánh giá này được tính và hiện riêng."), "good")
    else:
        flash(_("Lượt này đã có kết quả, không ghi thêm được."), "bad")
    return redirect(url_for("admin.desk.index"), 303)


def _say_ended(ended: desks.Ended) -> str:
    if ended.was_left_open:
        return str(_("Đã đóng lượt để quên từ hôm trước, không mời đánh giá."))
    if ended.is_asked:
        return str(_("Đã kết thúc. Máy đánh giá ở bàn đang mời công dân đánh giá."))
    return str(_("Đã kết thúc. Bàn này chưa có máy đánh giá."))
