"""What the log says of a deed, in the reader's words. Refuses to hide what it has no words for."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from satisfaction.backups import BackupKind
from satisfaction.deeds import DeedLine
from satisfaction.errors import InvalidPeriodError
from satisfaction.office_log import LoggedChange
from satisfaction.periods import parse_period
from satisfaction.terms import (
    AuditAction,
    CaseDeed,
    CatalogueKind,
    Channel,
    Dimension,
    LetterKind,
    RatingSource,
    Role,
)
from satisfaction.web.formats import NO_VALUE, as_day, as_moment, as_number
from satisfaction.web.job_words import job_word
from satisfaction.web.letter_pages import KIND_WORDS
from satisfaction.web.office_words import FIELDS, list_differences, say_change
from satisfaction.web.words import as_word, name_period

# What is true of a deed is said by these words alone.
FLAGS: Mapping[str, str] = {
    "present_password": _("sai mật khẩu hiện nay"),
    "start_code": _("sai mã lần đầu"),
    "provider": _("qua nhà cung cấp đăng nhập"),
    "recovery_codes": _("mã dự phòng mới"),
    "email": _("sửa thư điện tử"),
    "renewed": _("đã đổi khóa"),
    "renewal_asked": _("yêu cầu đổi khóa"),
    "ended": _("ngừng nhận"),
    "proved": _("đã khôi phục thử"),
}
SECOND_FACTOR = {
    AuditAction.SIGNED_IN: _("có xác thực hai lớp"),
    AuditAction.SIGN_IN_FAILED: _("sai mã xác thực hai lớp"),
}
NAMES: Mapping[str, str] = {
    "account": _("Tài khoản"),
    "action": _("Việc"),
    "asked_by": _("Hệ thống yêu cầu"),
    "bad": _("Dòng lỗi"),
    "before_day": _("Trước ngày"),
    "by": _("Chia theo"),
    "card_id": _("Thẻ số"),
    "case": _("Mã việc"),
    "changed": _("Thay đổi"),
    "channel": _("Kênh"),
    "configuration_id": _("Phiên bản"),
    "day": _("Ngày"),
    "day_note": _("Ghi chú của ngày"),
    "deeds": _("Đã làm"),
    "delivery": _("Lần gửi số"),
    "desk": _("Bàn"),
    "desk_id": _("Số của bàn"),
    "dossiers": _("Hồ sơ"),
    "first": _("Từ ngày"),
    "form": _("Dạng tệp"),
    "from": _("Từ ngày"),
    "from_day": _("Từ ngày"),
    "hour": _("Giờ gửi"),
    "invitation_id": _("Phiếu mời số"),
    "is_linked": _("Gắn lượt phục vụ"),
    "job": _("Việc định kỳ"),
    "kind": _("Loại"),
    "kinds": _("Loại thư"),
    "kiosk_id": _("Máy số"),
    "last": _("Đến hết ngày"),
    "left": _("Mã dự phòng còn lại"),
    "letter": _("Thư số"),
    "lines": _("Dòng"),
    "links": _("Liên kết"),
    "name": _("Tên"),
    "new": _("Mới"),
    "notes": _("Ghi chú"),
    "period": _("Kỳ"),
    "procedure": _("Thủ tục"),
    "rating_id": _("Mã lượt đánh giá"),
    "ratings": _("Lượt đánh giá"),
    "reason": _("Lý do"),
    "role": _("Vai trò"),
    "safety_copy": _("Bản giữ lại trước đó"),
    "service_id": _("Kết nối số"),
    "sessions": _("Số phiên"),
    "sha256": _("Mã băm SHA-256"),
    "source": _("Nguồn"),
    "subscription": _("Đăng ký số"),
    "to": _("Đến hết ngày"),
    "unchanged": _("Không đổi"),
    "unit": _("Đơn vị số"),
    "until_day": _("Đến trước ngày"),
    "version": _("Bản"),
    "visit_id": _("Lượt phục vụ số"),
    "waits_until": _("Chưa thử, phải đợi đến"),
    "words": _("Lời"),
}
CASE_DEEDS: Mapping[str, str] = {
    CaseDeed.OPENED: _("mở việc"),
    CaseDeed.ASSIGNED: _("giao việc"),
    CaseDeed.STATE_CHANGED: _("đổi tình trạng"),
    CaseDeed.DUE_CHANGED: _("đổi hạn"),
    CaseDeed.NOTED: _("ghi chú"),
    CaseDeed.ESCALATED: _("báo lãnh đạo"),
    CaseDeed.PUBLISHED: _("đăng lên màn hình chờ"),
    CaseDeed.DOSSIER_OPENED: _("mở hồ sơ"),
}
VALUES: Mapping[str, Mapping[str, str]] = {
    "changed": {
        "start_code": _("mã lần đầu mới"),
        "profile": _("tên, thư điện tử"),
        "subject": _("gắn với nhà cung cấp đăng nhập"),
    },
    "deeds": CASE_DEEDS,
    "kind": {
        BackupKind.NIGHTLY: _("hằng đêm"),
        BackupKind.BY_HAND: _("bằng tay"),
        BackupKind.BEFORE_UPGRADE: _("trước khi nâng cấp"),
        BackupKind.BEFORE_RESTORE: _("trước khi khôi phục"),
        CatalogueKind.PROCEDURES: _("thủ tục"),
        CatalogueKind.DESKS: _("bàn"),
    },
    "kinds": {kind.value: KIND_WORDS[kind] for kind in LetterKind},
    "period": {
        "today": _("Hôm nay"),
        "7-days": _("7 ngày"),
        "this-month": _("Tháng này"),
        "last-month": _("Tháng trước"),
        "this-quarter": _("Quý này"),
    },
    "reason": {"idle": _("lâu không đăng nhập")},
    "version": {"full": _("đầy đủ"), "public": _("công bố")},
}
TERMS: Mapping[str, type[StrEnum]] = {
    "action": AuditAction,
    "by": Dimension,
    "channel": Channel,
    "role": Role,
    "source": RatingSource,
}
_SAID = {"desk", "procedure", "thing", "day", "from_day", "from_at"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def list_details(line: DeedLine) -> list[tuple[str, str]]:
    """Return what is kept of a deed: what it is, empty where the words say it, and the words."""
    if "before" in line.detail or "after" in line.detail:
        return list(_list_change(line))
    return [_say(line.action, name, value) for name, value in line.detail.items()]


def _list_change(line: DeedLine) -> Iterator[tuple[str, str]]:
    """Yield a change of the office as its own pages say it."""
    detail = line.detail
    named = {name: detail[name] for name in detail if name not in {"what", "before", "after"}}
    change = LoggedChange(
        line.at,
        line.display_name,
        detail.get("what") or "other",
        detail.get("before") or {},
        detail.get("after") or {},
        named,
    )
    yield "", say_change(change)
    for name, before, after in list_differences(change):
        yield name, f"{before} → {after or NO_VALUE}" if before else after or NO_VALUE
    for name, value in named.items():
        if name not in _SAID:
            yield _say(line.action, name, value)
    for name, value in change.after.items():
        if name not in FIELDS and value != change.before.get(name):
            yield _say(line.action, name, value)


def _say(action: AuditAction, name: str, value: Any) -> tuple[str, str]:
    if value is True and name == "second_factor":
        return "", str(SECOND_FACTOR.get(action, SECOND_FACTOR[AuditAction.SIGNED_IN]))
    if value is True and name in FLAGS:
        return "", str(FLAGS[name])
    if name == "to" and action is AuditAction.CASE_CHANGED:
        return str(_("Báo cho tài khoản số")), _show(name, value)
    return str(NAMES.get(name, name)), _show(name, value)


def _show(name: str, value: Any) -> str:
    if value is None or value == "" or value == []:
        return NO_VALUE
    if isinstance(value, bool):
        return str(gettext("có") if value else gettext("không"))
    if isinstance(value, int):
        return str(value) if name.endswith("_id") else as_number(value)
    if isinstance(value, list):
        return ", ".join(_show(name, one) for one in value)
    if isinstance(value, dict):
        return ": ".join(_show(part, one) for part, one in value.items())
    return _show_text(name, str(value))


def _show_text(name: str, text: str) -> str:
    if name == "job":
        return job_word(text)
    if text in VALUES.get(name, {}):
        return str(VALUES[name][text])
    if name == "period":
        return _show_period(text)
    if name in TERMS and text in set(TERMS[name]):
        return as_word(TERMS[name](text))
    return _show_time(text) if _DAY.match(text) else text


def _show_period(text: str) -> str:
    try:
        return name_period(*parse_period(text))
    except InvalidPeriodError:
        return text


def _show_time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return as_day(moment.date()) if _DAY.fullmatch(text) else as_moment(moment)
