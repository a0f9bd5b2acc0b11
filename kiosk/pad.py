"""What the number pad of the lobby says. Refuses to find a ticket."""

from flask import request
from flask_babel import gettext as _

from satisfaction.lobby import LONGEST_NUMBER, TicketState

THROTTLED = "throttled"
OFFLINE = "offline"
STEP_SECONDS = 20


def pad_facts() -> dict[str, str]:
    """Return what the plain form's pad shows: the number so far, and what was found."""
    number = plain_number(request.args.get("number", ""))
    told = request.args.get("told", "")
    seconds = request.args.get("seconds", 0, type=int)
    return {
        "number": number,
        "told": explain_ticket(told, number=number, seconds=str(seconds)) if told else "",
    }


def explain_ticket(told: str, *, number: str, seconds: str) -> str:
    """Return what is said of a ticket that cannot be rated."""
    words = {
        TicketState.OPEN: _("Mời ông/bà đánh giá khi được phục vụ xong."),
        TicketState.RATED: _("Phiếu này đã được đánh giá. Cảm ơn ông/bà!"),
        TicketState.SEVERAL: _("Nhiều lượt mang số này. Mời ông/bà đưa mã QR vào máy đọc."),
        OFFLINE: _("Máy đang mất mạng. Mời ông/bà đánh giá trên màn hình ở bàn."),
        THROTTLED: _("Đã thử nhiều số. Mời ông/bà đợi %(seconds)s giây.", seconds=seconds),
    }
    unknown = _("Không tìm thấy phiếu %(number)s phục vụ xong trong 60 phút qua.", number=number)
    return str(words.get(told, unknown))


def round_up(seconds: int) -> int:
    """Return how long to wait as it is told: in steps of which each is recorded as speech."""
    return -(-seconds // STEP_SECONDS) * STEP_SECONDS


def plain_number(typed: str) -> str:
    """Return the digits of what was typed, no more than a ticket has."""
    return "".join(sign for sign in typed if sign in "0123456789")[:LONGEST_NUMBER]
