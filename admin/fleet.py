"""The administrator's devices: how they are, what was lost or refused; pair, replace, revoke."""

from typing import Any

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from admin.asked_words import read_number
from admin.forms import as_key
from admin.sorting import Order, read_sorting
from satisfaction import watch
from satisfaction.database import reading, unit_of_work
from satisfaction.fleet import CODE_LIFE
from satisfaction.heartbeats import KioskStatus
from satisfaction.terms import Permission
from satisfaction.text import sort_key
from satisfaction.watch import CodeWanted
from satisfaction.web.addresses import public_base
from satisfaction.web.fleet_words import fleet_word, say_alert, say_what_to_do
from satisfaction.web.guards import current_officer, requires
from satisfaction.web.shell import shell_version

blueprint = Blueprint("fleet", __name__, url_prefix="/fleet")

LONGEST_NAME = 80
PAIRING_PATH = "/kiosk/pair"


def _queue(status: KioskStatus) -> int:
    return status.beat.queue_length if status.beat else 0


def _beat(status: KioskStatus) -> float:
    return status.beat.at.timestamp() if status.beat else 0.0


def _tap(status: KioskStatus) -> float:
    at = status.beat.last_tap_at if status.beat else None
    return at.timestamp() if at else 0.0


def _offset(status: KioskStatus) -> int:
    return abs(status.beat.clock_offset_ms) if status.beat else 0


ORDERS: dict[str, Order[KioskStatus]] = {
    "name": Order(lambda status: (sort_key(status.kiosk.name), status.kiosk.id)),
    "beat": Order(_beat),
    "queue": Order(_queue, is_downwards=True),
    "tap": Order(_tap),
    "offset": Order(_offset, is_downwards=True),
}


@blueprint.get("")
@requires(Permission.READ_FLEET)
def index() -> ResponseReturnValue:
    """Show every device, troubled ones first, and what was not counted."""
    scope, sorting = current_officer().scope(Permission.READ_FLEET), read_sorting(ORDERS)
    with reading() as session:
        sheet = watch.read_fleet(
            session,
            scope,
            version=shell_version(),
            refused_page=read_number(request.args, "page", usual=1),
        )
    return render_template(
        "admin/fleet/index.html",
        sheet=sheet,
        statuses=sorting.sort(sheet.statuses),
        sorting=sorting,
        form=FlaskForm(),
        fleet_word=fleet_word,
        say_alert=say_alert,
        say_what_to_do=say_what_to_do,
    )


@blueprint.post("/codes")
@requires(Permission.MANAGE_FLEET)
def create() -> ResponseReturnValue:
    """Show a new code once: large, and as a symbol for the device's camera."""
    officer = current_officer()
    name = request.form.get("name", "").strip()[:LONGEST_NAME]
    wanted = CodeWanted(request.form.get("place", ""), name, officer.account_id)
    with unit_of_work() as session:
        code = watch.make_code(session, officer.scope(Permission.MANAGE_FLEET), wanted)
    address = f"{public_base()}{PAIRING_PATH}"
    return render_template(
        "admin/fleet/code.html",
        code=code,
        address=address,
        symbol=_draw_symbol(f"{address}?code={code}"),
        minutes=int(CODE_LIFE.total_seconds()) // 60,
    )


def _draw_symbol(address: str) -> str:
    """Return an address as inline SVG; templates mark it as safe, for it is made of numbers."""
    symbol = segno.make(address, micro=False)
    options: dict[str, Any] = {"border": 4, "dark": "#000", "light": "#fff", "omitsize": True}
    return symbol.svg_inline(svgclass="qr", lineclass=None, **options)


@blueprint.post("/<int:kiosk_id>/revoke")
@requires(Permission.MANAGE_FLEET)
def delete(kiosk_id: int) -> ResponseReturnValue:
    """Take a device's credential away; it keeps its queue."""
    officer = current_officer()
    scope = officer.scope(Permission.MANAGE_FLEET)
    with unit_of_work() as session:
        watch.revoke(session, scope, kiosk_id, revoked_by_id=officer.account_id)
    flash(_("Đã thu hồi. Máy ấy giữ các lượt chưa gửi cho đến khi được ghép lại."), "good")
    return redirect(url_for("admin.fleet.index"), 303)


@blueprint.post("/<int:kiosk_id>/renew")
@requires(Permission.MANAGE_FLEET)
def renew(kiosk_id: int) -> ResponseReturnValue:
    """Have a device get a new credential with its next heartbeat."""
    officer = current_officer()
    scope = officer.scope(Permission.MANAGE_FLEET)
    with unit_of_work() as session:
        watch.renew(session, scope, kiosk_id, asked_by_id=officer.account_id)
    flash(
        _("Máy nhận khóa mới trong phút tới. Khóa cũ hết giá trị khi khóa mới được dùng."), "good"
    )
    return redirect(url_for("admin.fleet.index"), 303)


@blueprint.post("/policy")
@requires(Permission.MANAGE_FLEET)
def update() -> ResponseReturnValue:
    """Set what a unit's devices do when nothing tells them of a visit."""
    officer = current_officer()
    with unit_of_work() as session:
        watch.allow_unlinked(
            session,
            officer.scope(Permission.MANAGE_FLEET),
            as_key(request.form.get("unit")) or 0,
            allows=request.form.get("unlinked") == "1",
            changed_by_id=officer.account_id,
        )
    flash(_("Đã lưu. Máy đánh giá theo cách mới từ bây giờ."), "good")
    return redirect(url_for("admin.fleet.index"), 303)
