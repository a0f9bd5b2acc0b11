"""Import lists of dossiers: send a file, see what it would do, confirm. Refuses to guess a unit."""

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
from admin.forms import DossierListForm, EmptyForm
from satisfaction import dossier_lists
from satisfaction.database import reading, unit_of_work
from satisfaction.dossier_lists import ImportOrder, ImportReport
from satisfaction.errors import ImportRefusedError, UploadNotFoundError
from satisfaction.models import UnitName
from satisfaction.terms import Permission
from satisfaction.uploads import Upload
from satisfaction.web import import_words
from satisfaction.web.guards import client_network, current_officer, requires
from satisfaction.web.setup import csrf

blueprint = Blueprint("dossiers", __name__, url_prefix="/dossiers")


@blueprint.get("")
@requires(Permission.IMPORT_DOSSIERS)
def new() -> ResponseReturnValue:
    """Show the form."""
    return _show_form(DossierListForm(formdata=None))


def _show_form(form: DossierListForm, problem: str = "") -> str:
    form.offer(_units())
    return render_template(
        "admin/dossiers/new.html",
        form=form,
        problem=problem,
        most_megabytes=uploading.most_megabytes(),
        fields=import_words.FIELDS,
    )


@blueprint.post("")
@requires(Permission.IMPORT_DOSSIERS)
def create() -> ResponseReturnValue:
    """Keep a sent file until it is confirmed; the form checks its own token.

    The token stands in the body, which may be longer here than anywhere else, and the length that
    is allowed has to be known before the body is read.
    """
    uploading.allow_a_file()
    form = DossierListForm()
    form.offer(_units())
    if not form.validate():
        return _show_form(form), 422
    token = uploading.open_uploads().keep(
        form.file.data, account_id=current_officer().account_id, words=form.as_words()
    )
    return redirect(url_for("admin.dossiers.show", token=token), 303)


csrf.exempt(create)


@blueprint.get("/<token>")
@requires(Permission.IMPORT_DOSSIERS)
def show(token: str) -> ResponseReturnValue:
    """Show what a file would do."""
    try:
        upload = uploading.find_upload(token, word="source")
        report = dossier_lists.import_list(_order(upload), reading=reading)
    except UploadNotFoundError:
        flash(_("Tệp này đã nhập xong, đã bỏ hoặc đã hết hạn giữ. Hãy chọn lại tệp."), "bad")
        return redirect(url_for("admin.dossiers.new"))
    except ImportRefusedError as refusal:
        uploading.open_uploads().drop(upload)
        problem = import_words.say_file_fault(refusal)
        return _show_form(DossierListForm(formdata=None), problem), 422
    return _show_report(report, upload)


@blueprint.post("/<token>")
@requires(Permission.IMPORT_DOSSIERS)
def update(token: str) -> ResponseReturnValue:
    """Import a file that was seen, and forget it."""
    upload = uploading.find_upload(token, word="source")
    report = dossier_lists.import_list(_order(upload), reading=reading, writing=unit_of_work)
    uploading.open_uploads().drop(upload)
    return _show_report(report, None)


@blueprint.post("/<token>/delete")
@requires(Permission.IMPORT_DOSSIERS)
def delete(token: str) -> ResponseReturnValue:
    """Forget a file without importing it."""
    uploading.open_uploads().drop(uploading.find_upload(token, word="source"))
    flash(_("Đã bỏ tệp. Chưa có gì được nhập."), "good")
    return redirect(url_for("admin.dossiers.new"), 303)


@blueprint.get("/<token>/problems.csv")
@requires(Permission.IMPORT_DOSSIERS)
def download(token: str) -> ResponseReturnValue:
    """Return every line that would not be imported, as a file to work through."""
    report = dossier_lists.import_list(
        _order(uploading.find_upload(token, word="source")), reading=reading
    )
    return uploading.answer_problems(report.problems)


def _show_report(report: ImportReport, upload: Upload | None) -> str:
    unit_id = upload.words["unit_id"] if upload else None
    return render_template(
        "admin/dossiers/show.html",
        report=report,
        upload=upload,
        unit=next((unit for unit in _units() if unit.unit_id == unit_id), None),
        form=EmptyForm(formdata=None),
        counts=import_words.say_counts(report),
        columns=import_words.list_columns(report),
        notes=import_words.list_notes(report.notes),
        problems=uploading.show_problems(report.problems),
    )


def _order(upload: Upload) -> ImportOrder:
    """Return the order for a kept file.

    Raises: UploadNotFoundError when its unit is out of the officer's reach by now.
    """
    officer, words = current_officer(), upload.words
    if words["unit_id"] not in officer.scope(Permission.IMPORT_DOSSIERS):
        raise UploadNotFoundError()
    return ImportOrder(
        path=upload.path,
        unit_id=words["unit_id"],
        most_bytes=uploading.most_bytes(),
        source_system=words["source"],
        mapping=words["mapping"],
        account_id=officer.account_id,
        network=client_network(),
    )


def _units() -> list[UnitName]:
    with reading() as session:
        scope = current_officer().scope(Permission.IMPORT_DOSSIERS)
        return dossier_lists.list_units(session, scope)
