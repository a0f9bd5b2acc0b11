"""The slip with a QR code that an officer prints for a citizen. Refuses to show a link twice."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from satisfaction import invitations
from satisfaction.database import unit_of_work
from satisfaction.errors import InvitationSpentError, TooManyInvitationsError
from satisfaction.links import invitation_url
from satisfaction.terms import Permission
from satisfaction.web.addresses import public_base, qr_svg
from satisfaction.web.guards import current_officer, requires

blueprint = Blueprint("receipts", __name__, url_prefix="/receipts")


@blueprint.post("/<int:visit_id>")
@requires(Permission.SERVE_DESK)
def create(visit_id: int) -> ResponseReturnValue:
    """Make a link for a visit and show its slip, which is there only this once."""
    officer = current_officer()
    try:
        with unit_of_work() as session:
            made = invitations.invite_by_receipt(
                session,
                officer.scope(Permission.SERVE_DESK),
                visit_id,
                made_by_id=officer.account_id,
            )
    except InvitationSpentError:
        flash(_("Lượt này đã được đánh giá, không cần mã mời nữa."), "bad")
        return redirect(url_for("admin.desk.index"), 303)
    except TooManyInvitationsError:
        flash(_("Lượt này đã có nhiều mã mời còn hạn. Dùng một mã đã in."), "bad")
        return redirect(url_for("admin.desk.index"), 303)
    url = invitation_url(public_base(), made.token)
    visit = made.invitation.visit
    return render_template(
        "admin/receipts/show.html",
        visit=visit,
        expires_at=made.invitation.expires_at,
        url=url,
        symbol=qr_svg(url),
    )
