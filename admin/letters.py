"""Letters: one's own, those of a unit's readers, the archive. Refuses to change what was sent."""

from collections.abc import Set

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.forms import EmptyForm
from admin.letter_forms import AgainForm, ReaderForm, SubscriptionForm
from satisfaction import clock, office, outbox, subscriptions
from satisfaction.database import reading, unit_of_work
from satisfaction.terms import Permission
from satisfaction.web.guards import current_officer, for_officers, public, requires
from satisfaction.web.letter_pages import letter_word, read_stop_token

blueprint = Blueprint("letters", __name__, url_prefix="/letters")


@blueprint.get("")
@requires(Permission.SEE_COUNTS)
def index() -> ResponseReturnValue:
    """Show one's own letters, and a form for more."""
    return _show_own(None)


def _show_own(form: SubscriptionForm | None) -> str:
    officer = current_officer()
    with reading() as session:
        own = subscriptions.list_subscribers(session, account_id=officer.account_id)
        known = subscriptions.usual_address(session, officer.account_id)
        units = office.list_names(session, officer.scope(Permission.SEE_COUNTS), clock.today())
    if form is None:
        form = SubscriptionForm(formdata=None, data={"address": known, "kinds": ["daily"]})
    return render_template(
        "admin/letters/index.html",
        own=own,
        form=form.offer(units),
        button=EmptyForm(),
        letter_word=letter_word,
    )


@blueprint.post("")
@requires(Permission.SEE_COUNTS)
def create() -> ResponseReturnValue:
    """Have letters of a unit sent to oneself."""
    officer = current_officer()
    form = SubscriptionForm().offer([])
    if not form.validate():
        return _show_own(form), 422
    with unit_of_work() as session:
        subscriptions.subscribe(
            session,
            officer.scope(Permission.SEE_COUNTS),
            form.as_wanted(officer.account_id),
            by_id=officer.account_id,
        )
    flash(_("Đã lưu. Thư đầu tiên sẽ tới theo giờ đã chọn."), "good")
    return redirect(url_for("admin.letters.index"), 303)


@blueprint.post("/<int:subscription_id>/delete")
@requires(Permission.SEE_COUNTS)
def delete(subscription_id: int) -> ResponseReturnValue:
    """Stop one of one's own letters."""
    with unit_of_work() as session:
        subscriptions.end_own(session, subscription_id, account_id=current_officer().account_id)
    flash(_("Đã ngừng thư này."), "good")
    return redirect(url_for("admin.letters.index"), 303)


@blueprint.get("/stop/<token>")
@public
def edit_stop(token: str) -> ResponseReturnValue:
    """Ask before letters are stopped, because a mail program may open every address."""
    read_stop_token(token)
    return render_template("admin/letters/stop.html", token=token, is_done=False)


@blueprint.post("/stop/<token>")
@public
def stop(token: str) -> ResponseReturnValue:
    """Stop letters by the signed link, without a sign-in: also one click in a mail program."""
    with unit_of_work() as session:
        subscriptions.end_subscription(session, read_stop_token(token), scope=None)
    return render_template("admin/letters/stop.html", token=token, is_done=True)


@blueprint.get("/readers")
@requires(Permission.READ_PEOPLE)
def readers() -> ResponseReturnValue:
    """Show who gets letters of the officer's units."""
    return _show_readers(None)


def _show_readers(form: ReaderForm | None) -> str:
    scope = current_officer().scope(Permission.READ_PEOPLE)
    with reading() as session:
        found = subscriptions.list_subscribers(session, scope=scope)
        units = office.list_names(session, scope, clock.today())
    form = form or ReaderForm(formdata=None, data={"kinds": ["daily"]})
    return render_template(
        "admin/letters/readers.html",
        readers=found,
        form=form.offer(units),
        button=EmptyForm(),
        letter_word=letter_word,
    )


@blueprint.post("/readers")
@requires(Permission.MANAGE_LETTERS)
def create_reader() -> ResponseReturnValue:
    """Have letters sent to an address of somebody who cannot sign in."""
    officer = current_officer()
    form = ReaderForm().offer([])
    if not form.validate():
        return _show_readers(form), 422
    with unit_of_work() as session:
        subscriptions.subscribe(
            session,
            officer.scope(Permission.MANAGE_LETTERS),
            form.as_wanted(None),
            by_id=officer.account_id,
        )
    flash(_("Đã lưu người nhận này."), "good")
    return redirect(url_for("admin.letters.readers"), 303)


@blueprint.post("/readers/<int:subscription_id>/delete")
@requires(Permission.MANAGE_LETTERS)
def delete_reader(subscription_id: int) -> ResponseReturnValue:
    """Stop the letters of a reader."""
    officer = current_officer()
    with unit_of_work() as session:
        subscriptions.end_subscription(
            session,
            subscription_id,
            scope=officer.scope(Permission.MANAGE_LETTERS),
            by_id=officer.account_id,
        )
    flash(_("Đã ngừng thư này."), "good")
    return redirect(url_for("admin.letters.readers"), 303)


@blueprint.post("/readers/<int:subscription_id>/clear")
@requires(Permission.MANAGE_LETTERS)
def clear(subscription_id: int) -> ResponseReturnValue:
    """Have an address be tried again that was refused."""
    scope = current_officer().scope(Permission.MANAGE_LETTERS)
    with unit_of_work() as session:
        subscriptions.clear_refusal(session, scope, subscription_id)
    flash(_("Lần tới sẽ gửi lại vào địa chỉ này."), "good")
    return redirect(url_for("admin.letters.readers"), 303)


def _archive_scope() -> frozenset[int]:
    """Return the units whose letters may be looked up: by who sends them, or audits."""
    officer = current_officer()
    return officer.scope(Permission.MANAGE_LETTERS) | officer.scope(Permission.READ_SYSTEM)


@blueprint.get("/archive")
@for_officers
def archive() -> ResponseReturnValue:
    """Show the newest letters and what became of them."""
    scope = _archive_scope()
    with reading() as session:
        kept = outbox.list_letters(session, scope)
    return render_template("admin/letters/archive.html", kept=kept, letter_word=letter_word)


@blueprint.get("/archive/<int:delivery_id>")
@for_officers
def show(delivery_id: int) -> ResponseReturnValue:
    """Show one letter as it was sent."""
    return _show_letter(delivery_id, AgainForm(formdata=None))


def _show_letter(delivery_id: int, form: AgainForm) -> str:
    scope = _archive_scope()
    officer = current_officer()
    with reading() as session:
        kept = outbox.get_letter(session, scope, delivery_id)
    return render_template(
        "admin/letters/show.html",
        kept=kept,
        form=form,
        may_read=_may_read(kept, officer.scope(Permission.SEE_VOICES)),
        may_send=kept.unit_id in officer.scope(Permission.MANAGE_LETTERS),
        letter_word=letter_word,
    )


def _may_read(kept: outbox.KeptLetter, voices: Set[int]) -> bool:
    """Say whether the text holds nothing that this officer may not see on screen."""
    allegations = current_officer().scope(Permission.SEE_ALLEGATIONS)
    return (not kept.has_reasons or kept.unit_id in voices) and (
        not kept.has_allegations or kept.unit_id in allegations
    )


@blueprint.post("/archive/<int:delivery_id>/again")
@requires(Permission.MANAGE_LETTERS)
def update(delivery_id: int) -> ResponseReturnValue:
    """Send a letter once more, for a reason."""
    form = AgainForm()
    if not form.validate():
        return _show_letter(delivery_id, form), 422
    officer = current_officer()
    with unit_of_work() as session:
        outbox.send_again(
            session,
            officer.scope(Permission.MANAGE_LETTERS),
            delivery_id,
            reason=(form.reason.data or "").strip(),
            account_id=officer.account_id,
        )
    flash(_("Thư sẽ được gửi lại trong phút tới, nguyên văn."), "good")
    return redirect(url_for("admin.letters.show", delivery_id=delivery_id), 303)
