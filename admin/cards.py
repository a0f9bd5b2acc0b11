"""Cards for desks: which desk has one, a new one, and the page to print."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from satisfaction import opinions
from satisfaction.database import reading, unit_of_work
from satisfaction.links import card_url
from satisfaction.terms import Permission
from satisfaction.web.addresses import public_base, qr_svg
from satisfaction.web.guards import current_officer, requires

blueprint = Blueprint("cards", __name__, url_prefix="/cards")


@blueprint.get("")
@requires(Permission.READ_OFFICE)
def index() -> ResponseReturnValue:
    """Show the desks and their cards."""
    scope = current_officer().scope(Permission.READ_OFFICE)
    with reading() as session:
        cards = opinions.list_cards(session, scope)
    return render_template("admin/cards/index.html", cards=cards)


@blueprint.post("/<int:desk_id>")
@requires(Permission.MANAGE_CARDS)
def create(desk_id: int) -> ResponseReturnValue:
    """Give a desk a card, or another one in place of the one that it has."""
    officer = current_officer()
    with unit_of_work() as session:
        opinions.make_card(
            session,
            officer.scope(Permission.MANAGE_CARDS),
            desk_id=desk_id,
            made_by_id=officer.account_id,
        )
    flash(_("Đã tạo mã mới. Mã cũ của bàn này, nếu có, không còn dùng được."), "good")
    return redirect(url_for("admin.cards.show", desk_id=desk_id), 303)


@blueprint.get("/<int:desk_id>")
@requires(Permission.READ_OFFICE)
def show(desk_id: int) -> ResponseReturnValue:
    """Show a desk's card as it is to be printed."""
    scope = current_officer().scope(Permission.READ_OFFICE)
    with reading() as session:
        found = opinions.get_card_of_desk(session, scope, desk_id)
    assert found.card is not None
    url = card_url(public_base(), found.card.word)
    return render_template("admin/cards/show.html", found=found, url=url, symbol=qr_svg(url))
