"""What is wrong with devices, and why something was not counted, in the reader's language."""

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import lazy_gettext as _

from satisfaction.heartbeats import KioskTrouble
from satisfaction.terms import KioskEventKind, RefusalReason
from satisfaction.watch import Alert, DeskTrouble
from satisfaction.web.formats import as_moment, as_number

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


# What is so, and what to do about it. The first is said with the alert's figures.
ALERT_WORDS: Mapping[StrEnum, tuple[str, str]] = {
    KioskTrouble.NEVER_SEEN: (
        _("Đã ghép %(since)s nhưng chưa báo lần nào."),
        _("Mở trang đánh giá trên máy ấy. Nếu máy báo chưa được ghép, lấy mã mới và ghép lại."),
    ),
    KioskTrouble.SILENT: (
        _("Mất liên lạc từ %(since)s."),
        _(
            "Xem máy có điện và có mạng không; tắt màn hình rồi bật lại. Lượt đã chạm vẫn được "
            "giữ trong máy và tự gửi khi có mạng."
        ),
    ),
    KioskTrouble.LONG_QUEUE: (
        _("%(queue)s lượt chưa gửi được, lâu nhất từ %(since)s."),
        _("Xem mạng từ máy đến máy chủ. Đừng xóa dữ liệu trình duyệt và đừng cài lại máy."),
    ),
    KioskTrouble.OLD_QUEUE: (
        _("Có lượt chờ gửi đã hơn 24 giờ, từ %(since)s; tất cả %(queue)s lượt."),
        _("Xem mạng từ máy đến máy chủ. Đừng xóa dữ liệu trình duyệt và đừng cài lại máy."),
    ),
    KioskTrouble.WRONG_CLOCK: (
        _("Đồng hồ lệch %(seconds)s giây."),
        _(
            "Đặt lại ngày giờ và bật tự chỉnh giờ trên máy. Lệch quá 24 giờ thì lượt đánh giá "
            "không rõ ngày."
        ),
    ),
    KioskTrouble.RATINGS_MISSING: (
        _("Thiếu %(missing)s lượt mà máy không còn giữ."),
        _("Hỏi ở bàn xem máy có bị xóa dữ liệu, cài lại hay đổi không, và ghi lại sự việc."),
    ),
    KioskTrouble.OLD_VERSION: (
        _("Đang chạy phiên bản cũ."),
        _("Máy tự cập nhật khi về màn hình chờ. Hôm sau vẫn cũ thì tải lại trang trên máy."),
    ),
    KioskTrouble.STORE_NOT_KEPT: (
        _("Trình duyệt không hứa giữ bộ nhớ, lượt chưa gửi có thể mất."),
        _("Tắt chế độ ẩn danh, để trống thêm bộ nhớ, và mở trang như ứng dụng đã cài."),
    ),
    DeskTrouble.NEVER_RATED: (
        _("Đã phục vụ %(served)s lượt trong %(days)s ngày mà chưa có lượt đánh giá nào."),
        _(
            "Xem máy ở bàn này có sáng, có quay về phía công dân và có mời đánh giá khi kết thúc "
            "lượt không."
        ),
    ),
}


def say_alert(alert: Alert) -> str:
    """Return what is wrong, in the reader's language."""
    figures = {name: as_number(figure) for name, figure in alert.figures.items()}
    return str(ALERT_WORDS[alert.kind][0]) % (figures | {"since": as_moment(alert.since)})


def say_what_to_do(alert: Alert) -> str:
    """Return what can be done about it."""
    return str(ALERT_WORDS[alert.kind][1])


def fleet_word(term: StrEnum) -> str:
    """Return what a term of the devices is called."""
    return str(FLEET_WORDS[type(term)][term])
