"""Words of the pages of voices and cases in the reader's language. Refuses to compute anything."""

from collections.abc import Mapping
from enum import StrEnum

from flask import Flask
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from satisfaction import errors
from satisfaction.cases import CaseLine, Event
from satisfaction.errors import CaseRefusedError
from satisfaction.faults import CaseFault
from satisfaction.periods import Period
from satisfaction.terms import (
    CaseDeed,
    CaseKind,
    CaseState,
    HalfDay,
    Layout,
    Mark,
)
from satisfaction.voice_sheets import Option
from satisfaction.voices import Voice
from satisfaction.web.formats import as_day, as_number, is_vietnamese

WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    HalfDay: {HalfDay.MORNING: _("buổi sáng"), HalfDay.AFTERNOON: _("buổi chiều")},
    CaseState: {
        CaseState.NEW: _("Chưa xem"),
        CaseState.IN_PROGRESS: _("Đang xử lý"),
        CaseState.DONE: _("Đã xử lý"),
    },
    CaseKind: {
        CaseKind.VOICE: _("Ý kiến"),
        CaseKind.ALLEGATION: _("Phản ánh đòi thêm tiền, giấy tờ"),
        CaseKind.PATTERN: _("Dấu hiệu bất thường"),
    },
    Layout: {
        Layout.ROW: _("hàng ngang"),
        Layout.STACK: _("xếp dọc"),
        Layout.PAPER: _("phiếu giấy"),
    },
    Mark: {
        Mark.CLOCK_CORRECTED: _("Đồng hồ máy lệch, đã chỉnh"),
        Mark.DAY_UNKNOWN: _("Không rõ ngày"),
        Mark.BACKDATED: _("Giờ máy lùi lại"),
        Mark.TOO_QUICK: _("Chạm quá nhanh nhiều lượt liền"),
        Mark.BURST: _("Quá nhiều lượt trong một phút"),
        Mark.OUTSIDE_HOURS: _("Ngoài giờ mở cửa"),
        Mark.AFTER_REVOCATION: _("Máy đã thu hồi"),
    },
}
CLASSES = {CaseState.NEW: "new", CaseState.IN_PROGRESS: "wip", CaseState.DONE: "done"}
FAULTS = {
    CaseFault.NOT_OPEN_TO_HIM: _("Cán bộ này không được giao việc ở đơn vị này."),
    CaseFault.NO_ANSWER: _("Ghi điều đã làm trước khi kết thúc."),
    CaseFault.NOTHING: _("Chưa có gì thay đổi."),
    CaseFault.DAY_IS_OVER: _("Hạn xử lý phải từ hôm nay trở đi."),
    CaseFault.DAY_TOO_FAR: _(
        "Hạn xử lý muộn nhất là %(latest_day)s, tức %(most)s ngày làm việc kể từ hôm nay."
    ),
    CaseFault.DAY_NOT_MOVED: _("Có ghi lý do đổi hạn nhưng hạn chưa đổi."),
    CaseFault.NOT_WORKING: _("Hạn xử lý phải là ngày làm việc của đơn vị."),
    CaseFault.NO_DUE_REASON: _("Ghi lý do đổi hạn, từ 10 đến 500 ký tự."),
    CaseFault.IS_DONE: _("Việc đã xong thì không đổi hạn."),
    CaseFault.TOO_LONG: _("Phần chữ quá dài."),
    CaseFault.NO_REASON: _("Ghi lý do mở hồ sơ, từ 10 đến 500 ký tự."),
    CaseFault.NOT_ASSIGNED: _("Chỉ người được giao xử lý mới mở được hồ sơ."),
    CaseFault.NO_DOSSIER: _("Ý kiến này không gắn với hồ sơ nào, hoặc liên kết đã xóa theo hạn."),
    CaseFault.NOT_CONFIGURED: _("Đơn vị này chưa có màn hình chờ nào để đăng."),
}


def as_case_word(term: StrEnum) -> str:
    """Return what a term of voices and cases is called."""
    return str(WORDS[type(term)][term])


def state_class(state: CaseState) -> str:
    """Return the style of a state; the word beside it says the same."""
    return CLASSES[state]


def voice_level(voice: Voice | CaseLine) -> str:
    """Return what a voice's level is called."""
    return voice.level_vi if is_vietnamese() else voice.level_en


def reason_names(voice: Voice) -> list[str]:
    """Return what the reasons of a voice are called."""
    return [name_vi if is_vietnamese() else name_en for _code, name_vi, name_en in voice.reasons]


def option_name(option: Option) -> str:
    """Return what something to choose is called."""
    return option.name if is_vietnamese() or not option.name_en else option.name_en


def event_text(event: Event) -> str:
    """Return one line of a case's history as a sentence."""
    detail = event.detail
    if event.deed is CaseDeed.ASSIGNED:
        to = detail.get("to")
        return str(gettext("giao cho %(name)s", name=to) if to else gettext("không giao cho ai"))
    if event.deed is CaseDeed.STATE_CHANGED:
        state = as_case_word(CaseState(detail["to_state"]))
        return str(gettext("chuyển sang “%(state)s”", state=state))
    if event.deed is CaseDeed.DUE_CHANGED:
        days = {"before": _iso(detail["from_day"]), "after": _iso(detail["to_day"])}
        return str(gettext("đổi hạn từ %(before)s thành %(after)s", **days))
    if event.deed is CaseDeed.ESCALATED:
        to = detail.get("to")
        if to:
            return str(gettext("quá hạn, báo lãnh đạo %(name)s", name=to))
        return str(gettext("quá hạn, báo lãnh đạo đơn vị"))
    return str(_PLAIN[event.deed])


_PLAIN = {
    CaseDeed.OPENED: _("mở việc"),
    CaseDeed.NOTED: _("ghi chú"),
    CaseDeed.PUBLISHED: _("đăng lên màn hình chờ"),
    CaseDeed.DOSSIER_OPENED: _("mở hồ sơ phía sau, lý do"),
}


def _iso(text: str) -> str:
    year, month, day = text.split("-")
    return f"{day}/{month}/{year}"


def explain_case(refusal: CaseRefusedError) -> str:
    """Return why a change was refused, and what the officer can do."""
    fields = refusal.fields
    if fields["fault"] is CaseFault.NOT_FOR_ALL:
        return _explain_giving(outside=fields["outside"], unseen=fields["unseen"], of=fields["of"])
    if "latest_day" in fields:
        fields = fields | {"latest_day": as_day(fields["latest_day"])}
    return str(FAULTS[fields["fault"]]) % fields


def _explain_giving(*, outside: int, unseen: int, of: int) -> str:
    said = []
    if outside:
        said.append(
            gettext(
                "%(n)s trên %(all)s mục đã chọn thuộc đơn vị mà cán bộ này không được giao việc.",
                n=as_number(outside),
                all=as_number(of),
            )
        )
    if unseen:
        said.append(
            gettext(
                "%(n)s trên %(all)s mục đã chọn là phản ánh mà cán bộ này không được xem.",
                n=as_number(unseen),
                all=as_number(of),
            )
        )
    said.append(gettext("Chưa lưu gì; bỏ chọn các mục đó hoặc giao cho người khác."))
    return " ".join(said)


def explain_policy(refusal: errors.PolicyInvalidError) -> str:
    """Return which number of a policy is outside of its limits."""
    fields = refusal.fields
    return str(gettext("Số phải từ %(least)s đến %(most)s.", **fields))


def period_text(period: Period) -> str:
    """Return the first and the last day of a period."""
    return f"{as_day(period.first_day)} – {as_day(period.last_day)}"


def as_days(value: float | None) -> str:
    """Return a number of days with a half where there is one; a dash for none."""
    if value is None:
        return "–"
    text = f"{value:.1f}".removesuffix(".0")
    return text.replace(".", ",") if is_vietnamese() else text


def install_case_words(app: Flask) -> None:
    """Give templates the words."""
    app.jinja_env.filters.update(
        case_word=as_case_word,
        state_class=state_class,
        voice_level=voice_level,
        reason_names=reason_names,
        option_name=option_name,
        event_text=event_text,
        half_days=as_days,
        period_text=period_text,
    )
