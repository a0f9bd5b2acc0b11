"""Words of the office's own pages: kinds, changes, and why a change is refused.

Refuses to say it in code: every fault names what to do about it.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _

from satisfaction.errors import OfficeChangeRefusedError
from satisfaction.faults import OfficeFault
from satisfaction.office_log import LoggedChange
from satisfaction.terms import (
    DeskKind,
    FollowUp,
    Leaning,
    SuccessionExtent,
    SuccessionKind,
    UnitKind,
    Weekday,
)
from satisfaction.web.formats import WEEKDAYS, as_day, as_number
from satisfaction.web.languages import LANGUAGES

WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    UnitKind: {
        UnitKind.CITY: _("Tỉnh, thành phố"),
        UnitKind.DISTRICT: _("Quận, huyện"),
        UnitKind.WARD: _("Phường"),
        UnitKind.COMMUNE: _("Xã"),
        UnitKind.CENTRE: _("Trung tâm, bộ phận"),
    },
    DeskKind: {
        DeskKind.COUNTER: _("Bàn tại chỗ"),
        DeskKind.REMOTE: _("Trực tuyến, bưu chính"),
    },
    SuccessionKind: {
        SuccessionKind.RENAMED: _("Đổi tên"),
        SuccessionKind.MERGED: _("Sáp nhập"),
        SuccessionKind.SPLIT: _("Chia tách"),
        SuccessionKind.DISSOLVED: _("Giải thể"),
        SuccessionKind.FOUNDED: _("Thành lập"),
    },
    SuccessionExtent: {
        SuccessionExtent.WHOLE: _("Toàn bộ"),
        SuccessionExtent.PART: _("Một phần"),
    },
    FollowUp: {
        FollowUp.LOW: _("Sau mức chưa hài lòng và bình thường"),
        FollowUp.ALL: _("Sau mọi mức"),
        FollowUp.OFF: _("Không hỏi thêm"),
    },
    Leaning: {
        Leaning.SATISFIED: _("Tính là hài lòng"),
        Leaning.NEUTRAL: _("Tính là bình thường"),
        Leaning.DISSATISFIED: _("Tính là không hài lòng"),
    },
}
FAULTS: Mapping[OfficeFault, str] = {
    OfficeFault.NO_WORDS: _("Chưa ghi nội dung này."),
    OfficeFault.WORDS_TOO_LONG: _("Dài quá. Ghi nhiều nhất %(most)s ký tự."),
    OfficeFault.ODD_SIGNS: _("Có ký hiệu hoặc hình vẽ không dùng được. Chỉ ghi chữ và số."),
    OfficeFault.ODD_CODE: _(
        "Mã chỉ gồm chữ, số và dấu . / - _ ở giữa, không có khoảng trắng, ví dụ 00103."
    ),
    OfficeFault.CODE_TAKEN: _("Mã này đã dùng trong cùng thời gian. Hãy chọn mã khác."),
    OfficeFault.NAME_TAKEN: _("Tên này đã có. Hãy dùng tên khác."),
    OfficeFault.UNLIKELY_DAY: _("Ngày này không hợp lý. Hãy xem lại năm."),
    OfficeFault.BEFORE_BEGIN: _("Ngày phải sau ngày bắt đầu là %(day)s."),
    OfficeFault.AFTER_END: _("Ngày phải trước ngày kết thúc là %(day)s."),
    OfficeFault.DAY_TAKEN: _("Đã có thay đổi từ đúng ngày %(day)s. Hãy chọn ngày khác."),
    OfficeFault.DAYS_OVERLAP: _("Thời gian chồng lên thời gian khác, bắt đầu từ %(day)s."),
    OfficeFault.DAY_IS_OVER: _("Ngày này đã qua. Chỉ đặt được từ hôm nay trở đi."),
    OfficeFault.UNDER_ITSELF: _("Đơn vị không thể đứng dưới hoặc nối tiếp chính nó."),
    OfficeFault.PARENT_NOT_THERE: _("Đơn vị cấp trên chưa có hoặc không còn vào ngày đó."),
    OfficeFault.HAS_RATINGS: _(
        "Còn lượt phục vụ hoặc đánh giá đến ngày %(day)s, nên chỉ kết thúc được từ sau ngày ấy."
    ),
    OfficeFault.HAS_UNITS: _("Còn đơn vị trực thuộc là %(name)s. Hãy chuyển đơn vị ấy trước."),
    OfficeFault.NOTHING_CHANGED: _("Không có gì khác với hiện nay, nên không lưu."),
    OfficeFault.NEEDS_SUCCESSOR: _("Hãy chọn đơn vị nối tiếp."),
    OfficeFault.NEEDS_NO_SUCCESSOR: _("Giải thể thì không có đơn vị nối tiếp. Hãy bỏ chọn."),
    OfficeFault.SUCCESSOR_NOT_THERE: _(
        "Đơn vị nối tiếp chưa có hoặc không còn vào ngày đó. Hãy lập đơn vị ấy trước."
    ),
    OfficeFault.WHOLE_TO_ONE: _(
        "Chỉ chuyển toàn bộ được khi sáp nhập vào đúng một đơn vị. Hãy chọn “Một phần”."
    ),
    OfficeFault.SECTOR_UNKNOWN: _("Không có lĩnh vực này."),
    OfficeFault.LEVELS_FEW_OR_MANY: _("Thang đo có từ %(least)s đến %(most)s mức."),
    OfficeFault.LEVELS_OUT_OF_ORDER: _(
        "Xếp các mức từ thấp đến cao: không hài lòng, bình thường, rồi hài lòng."
    ),
    OfficeFault.LEVELS_ONE_SIDED: _(
        "Thang đo cần ít nhất một mức không hài lòng và một mức hài lòng."
    ),
    OfficeFault.REASON_UNKNOWN: _("Không có lý do này."),
    OfficeFault.SCALE_UNKNOWN: _("Hãy chọn một thang đo."),
    OfficeFault.OUT_OF_BOUNDS: _("Ghi số từ %(least)s đến %(most)s."),
    OfficeFault.MARK_TOO_LARGE: _("Ảnh lớn hơn %(most)s KB. Hãy thu nhỏ rồi chọn lại."),
    OfficeFault.MARK_OTHER_FORMAT: _("Chỉ nhận ảnh PNG, JPEG hoặc WebP."),
    OfficeFault.MARK_BROKEN: _("Không mở được ảnh này. Hãy lưu lại rồi chọn lại."),
    OfficeFault.MARK_ODD_SIZE: _(
        "Ảnh cần mỗi cạnh ít nhất 32 điểm ảnh và cạnh dài không quá bốn lần cạnh ngắn."
    ),
}
CHANGES: Mapping[str, str] = {
    "unit_founded": _("Lập đơn vị"),
    "unit_renamed": _("Đổi tên, mã hoặc loại"),
    "unit_moved": _("Chuyển đơn vị cấp trên"),
    "unit_ended": _("Kết thúc đơn vị"),
    "desk_added": _("Thêm bàn"),
    "desk_corrected": _("Sửa tên bàn"),
    "desk_retired": _("Cho bàn ngừng phục vụ"),
    "shown_changed": _("Đổi nội dung trên máy"),
    "hours": _("Đổi giờ mở cửa"),
    "special_day_set": _("Đặt ngày khác thường lệ"),
    "special_day_removed": _("Bỏ ngày khác thường lệ"),
    "policy_set": _("Đổi hạn xử lý và lưu ý kiến"),
    "policy_inherited": _("Theo quy định của đơn vị cấp trên"),
    "holidays": _("Nhập ngày nghỉ của năm"),
    "procedure_added": _("Thêm thủ tục"),
    "procedure_changed": _("Sửa thủ tục"),
    "procedure_ended": _("Cho thủ tục hết hiệu lực"),
    "sector_renamed": _("Đổi tên lĩnh vực"),
    "sector_added": _("Thêm lĩnh vực"),
    "scale_added": _("Thêm phiên bản thang đo"),
    "reason_added": _("Thêm lý do"),
    "reason_corrected": _("Sửa lời của lý do"),
    "catalogue_imported": _("Nhập danh mục từ tệp"),
    "other": _("Thay đổi khác"),
}
FIELDS: Mapping[str, str] = {
    "code": _("Mã"),
    "name": _("Tên"),
    "kind": _("Loại"),
    "detail": _("Chi tiết"),
    "legal_basis": _("Căn cứ"),
    "from_day": _("Từ ngày"),
    "until_day": _("Đến trước ngày"),
    "office_title": _("Tên cơ quan"),
    "we_changed_vi": _("Dòng “Nhờ góp ý của bà con”"),
    "we_changed_en": _("Dòng ấy bằng tiếng Anh"),
    "idle_seconds": _("Giây chờ"),
    "has_chime": _("Tiếng chuông khi hiện câu hỏi"),
    "invitation_hours": _("Giờ phiếu mời còn hạn"),
    "allows_unlinked": _("Nhận ý kiến không gắn lượt"),
    "follow_up": _("Hỏi thêm"),
    "follow_up_most": _("Hỏi thêm đến mức"),
    "reason_codes": _("Các lý do"),
    "scale_id": _("Thang đo"),
    "emblem_digest": _("Biểu trưng"),
    "short_name": _("Tên ngắn"),
    "sector": _("Lĩnh vực"),
    "label_vi": _("Lời tiếng Việt"),
    "label_en": _("Lời tiếng Anh"),
    "parent_id": _("Đơn vị cấp trên"),
    "extent": _("Phạm vi"),
    "hours": _("Giờ mở cửa"),
    "delay_days": _("Hiện ý kiến sau giờ đóng cửa, thêm (ngày)"),
    "deadline_days": _("Hạn xử lý (ngày làm việc)"),
    "kept_months": _("Giữ lời, liên kết hồ sơ và ghi chú (tháng)"),
    **{day.name.lower(): WEEKDAYS[day] for day in Weekday},
    "new": _("Mới"),
    "changed": _("Thay đổi"),
    "bad": _("Dòng lỗi"),
}
_HOURS = {"hours", *(day.name.lower() for day in Weekday)}
_TERMS: tuple[type[StrEnum], ...] = (UnitKind, DeskKind, SuccessionKind, SuccessionExtent, FollowUp)
LONGEST_SHOWN = 120


def as_office_word(term: StrEnum) -> str:
    """Return what a term of the office's pages is called."""
    return str(WORDS[type(term)][term])


def say_fault(error: OfficeChangeRefusedError) -> str:
    """Return why a change is refused, and what to do."""
    return str(FAULTS[error.fields["fault"]]) % {
        name: as_day(value) if isinstance(value, date) else value
        for name, value in error.fields.items()
    }


def say_fault_to_operator(error: OfficeChangeRefusedError) -> str:
    """Return the same in both languages in one line, as commands refuse."""
    said = []
    for language in LANGUAGES:
        with force_locale(language):
            field = str(FIELDS.get(error.fields.get("field", ""), ""))
            said.append(f"{field}: {say_fault(error)}" if field else say_fault(error))
    return " / ".join(dict.fromkeys(said))


def say_change(change: LoggedChange) -> str:
    """Return what a logged change did, in a few words."""
    words = str(CHANGES.get(change.what, CHANGES["other"]))
    thing = change.named.get("desk") or change.named.get("procedure") or change.named.get("thing")
    thing = thing or _show(change.named.get("day"))
    return f"{words}: {thing}" if thing else words


def list_differences(change: LoggedChange) -> list[tuple[str, str, str]]:
    """Return what differed: the field's name, what was, and what is."""
    names = [name for name in {**change.before, **change.after} if name in FIELDS]
    found = []
    for name in names:
        before, after = change.before.get(name), change.after.get(name)
        if before != after:
            shown = [
                str(gettext("đóng cửa")) if name in _HOURS and value == "" else _show(value)
                for value in (before, after)
            ]
            found.append((str(FIELDS[name]), shown[0], shown[1]))
    day = change.named.get("from_day") or change.named.get("from_at")
    if day:
        found.append((str(FIELDS["from_day"]), "", _show(day)))
    return found


def _show(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(gettext("có") if value else gettext("không"))
    if isinstance(value, int):
        return as_number(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))[:LONGEST_SHOWN]
    return _show_text(str(value))


def _show_text(text: str) -> str:
    for kind in _TERMS:
        if text in set(kind):
            return as_office_word(kind(text))
    try:
        return as_day(date.fromisoformat(text[:10]))
    except ValueError:
        return text[:LONGEST_SHOWN]
