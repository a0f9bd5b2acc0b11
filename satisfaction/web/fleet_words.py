"""What is wrong with devices, and why something was not counted, in the reader's language."""

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import lazy_gettext as _

from satisfaction.heartbeats import KioskTrouble
from satisfaction.terms import KioskEventKind, RefusalReason

FLEET_WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    KioskTrouble: {
        KioskTrouble.NEVER_SEEN: _("chưa báo lần nào"),
        KioskTrouble.SILENT: _("mất liên lạc"),
        KioskTrouble.LONG_QUEUE: _("hơn 200 lượt chưa gửi"),
        KioskTrouble.OLD_QUEUE: _("có lượt chờ gửi hơn 24 giờ"),
        KioskTrouble.WRONG_CLOCK: _("đồng hồ sai"),
        KioskTrouble.RATINGS_MISSING: _("thiếu lượt đánh giá"),
        KioskTrouble.OLD_VERSION: _("phiên bản cũ"),
        KioskTrouble.STORE_NOT_KEPT: _("bộ nhớ có thể bị xóa"),
    },
    KioskEventKind: {
        KioskEventKind.STORE_CLEARED: _("Bộ nhớ của máy đã bị xóa"),
        KioskEventKind.RATINGS_MISSING: _("Thiếu lượt đánh giá mà máy không còn giữ"),
        KioskEventKind.CLOCK_WRONG: _("Đồng hồ của máy lệch hơn 5 phút"),
    },
    RefusalReason: {
        RefusalReason.UNKNOWN_DESK: _("không có bàn này"),
        RefusalReason.RETIRED_DESK: _("bàn không phục vụ vào ngày ấy"),
        RefusalReason.UNKNOWN_VISIT: _("máy chủ không biết lượt phục vụ này"),
        RefusalReason.WRONG_DESK: _("lượt phục vụ ở bàn khác"),
        RefusalReason.VISIT_NOT_FINISHED: _("lượt phục vụ chưa kết thúc"),
        RefusalReason.UNKNOWN_CONFIGURATION: _("không có bảng câu hỏi này"),
        RefusalReason.LEVEL_OF_ANOTHER_SCALE: _("mức không thuộc thang đo"),
        RefusalReason.UNKNOWN_REASON: _("không có lý do này"),
        RefusalReason.TIME_IN_FUTURE: _("thời điểm ở tương lai"),
        RefusalReason.BEFORE_ENROLMENT: _("trước khi máy được ghép"),
        RefusalReason.REVOKED_KIOSK: _("máy đã bị thu hồi"),
        RefusalReason.UNLINKED_NOT_ALLOWED: _("không gắn lượt phục vụ nào"),
        RefusalReason.ALREADY_RATED: _("lượt phục vụ đã được đánh giá"),
        RefusalReason.CONFLICT: _("trùng mã nhưng khác nội dung"),
        RefusalReason.MALFORMED: _("không đọc được"),
    },
}


def fleet_word(term: StrEnum) -> str:
    """Return what a term of the devices is called."""
    return str(FLEET_WORDS[type(term)][term])
