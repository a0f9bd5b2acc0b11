"""Import catalogues: send a file, see what it would do, confirm. Refuses to guess of what it is."""

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin import uploading
from admin.catalogue_forms import CatalogueFileForm
from admin.forms import EmptyForm
from admin.office_forms import editor_of
from satisfaction import catalogue_lists, clock, unit_tree
from satisfaction.catalogue_lists import CatalogueOrder, CatalogueReport
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import ImportRefusedError, UploadNotFoundError
from satisfaction.terms import CatalogueKind, Permission
from satisfaction.uploads import Upload
from satisfaction.web import catalogue_words, import_words
from satisfaction.web.guards import current_officer, requires
from satisfaction.web.setup import csrf

blueprint = Blueprint("catalogue_files", __name__, url_prefix="/catalogue/files")


@blueprint.get("")
@requires(Permission.MANAGE_OFFICE)
def new() -> ResponseReturnValue:
    """Show the form."""
    return _show_form(CatalogueFileForm(formdata=None))


def _show_form(form: CatalogueFileForm, problem: str = "") -> str:
    _offer(form)
    return render_template(
        "admin/catalogue/new.html",
        form=form,
        problem=problem,
        most_megabytes=uploading.most_megabytes(),
        kinds=[(catalogue_words.KINDS[kind], catalogue_words.COLUMNS[kind]) for kind in _kinds()],
    )


def _offer(form: CatalogueFileForm) -> None:
    with reading() as session:
        scope = current_officer().scope(Permission.MANAGE_OFFICE)
        form.offer(_kinds(), unit_tree.list_choices(session, scope, clock.today()))


def _kinds() -> list[CatalogueKind]:
    """Return the catalogues that the officer may change: what all share only for the system's."""
    may_share = current_officer().may(Permission.MANAGE_CATALOGUE)
    return list(CatalogueKind) if may_share else [CatalogueKind.DESKS]


@blueprint.post("")
@requires(Permission.MANAGE_OFFICE)
def create() -> ResponseReturnValue:
    """Keep a sent file until it is confirmed; the form checks its own token.

    The token stands in the body, which may be longer here than anywhere else, and the length that
    is allowed has to be known before the body is read.
    """
    uploading.allow_a_file()
    form = CatalogueFileForm()
    _offer(form)
    if not form.validate():
        return _show_form(form), 422
    words = form.as_words()
    token = uploading.open_uploads().keep(
        form.file.data, account_id=current_officer().account_id, words=words
    )
    return redirect(url_for("admin.catalogue_files.show", token=token), 303)


csrf.exempt(create)


@blueprint.get("/<token>")
@requires(Permission.MANAGE_OFFICE)
def show(token: str) -> ResponseReturnValue:
    """Show what a file would do."""
    try:
        upload = uploading.find_upload(token, word="kind")
        report = catalogue_lists.import_catalogue(_order(upload), reading=reading)
    except UploadNotFoundError:
        flash(_("Tệp này đã nhập xong, đã bỏ hoặc đã hết hạn giữ. Hãy chọn lại tệp."), "bad")
        return redirect(url_for("admin.catalogue_files.new"))
    except ImportRefusedError as refusal:
        uploading.open_uploads().drop(upload)
        kind = CatalogueKind(upload.words["kind"])
        problem = catalogue_words.say_catalogue_fault(refusal, kind)
        return _show_form(CatalogueFileForm(formdata=None), problem), 422
    return _show_report(report, upload)


@blueprint.post("/<token>")
@requires(Permission.MANAGE_OFFICE)
def update(token: str) -> ResponseReturnValue:
    """Import a file that was seen, and forget it."""
    upload = uploading.find_upload(token, word="kind")
    report = catalogue_lists.import_catalogue(_order(upload), reading=reading, writing=unit_of_work)
    uploading.open_uploads().drop(upload)
    return _show_report(report, None)


@blueprint.post("/<token>/delete")
@requires(Permission.MANAGE_OFFICE)
def delete(token: str) -> ResponseReturnValue:
    """Forget a file without importing it."""
    uploading.open_uploads().drop(uploading.find_upload(token, word="kind"))
    flash(_("Đã bỏ tệp. Chưa có gì được nhập."), "good")
    return redirect(url_for("admin.catalogue_files.new"), 303)


@blueprint.get("/<token>/problems.csv")
@requires(Permission.MANAGE_OFFICE)
def download(token: str) -> ResponseReturnValue:
    """Return every line that would not be imported, as a file to work through."""
    report = catalogue_lists.import_catalogue(
        _order(uploading.find_upload(token, word="kind")), reading=reading
    )
    return uploading.answer_problems(report.problems)


def _show_report(report: CatalogueReport, upload: Upload | None) -> str:
    return render_template(
        "admin/catalogue/report.html",
        report=report,
        upload=upload,
        kind=catalogue_words.KINDS[report.kind],
        form=EmptyForm(formdata=None),
        counts=import_words.say_counts(report),
        duplicates=[catalogue_words.say_duplicate(one) for one in report.duplicates],
        problems=uploading.show_problems(report.problems),
    )


def _order(upload: Upload) -> CatalogueOrder:
    """Return the order for a kept file.

    Raises: UploadNotFoundError when what it is of is out of the officer's reach by now.
    """
    kind, unit_id = CatalogueKind(upload.words["kind"]), upload.words["unit_id"]
    editor = editor_of(Permission.MANAGE_OFFICE)
    if kind not in _kinds() or (kind is CatalogueKind.DESKS and unit_id not in editor.scope):
        raise UploadNotFoundError()
    return CatalogueOrder(
        path=upload.path,
        kind=kind,
        most_bytes=uploading.most_bytes(),
        editor=editor,
        unit_id=unit_id,
    )
