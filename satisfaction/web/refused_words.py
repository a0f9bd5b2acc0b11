"""What of an address was refused, with its cause and a way on. Refuses to repeat what is long.

What the address says is repeated only where it is short and printable, as text to a template.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from satisfaction.errors import InvalidPeriodError, WordUnknownError
from satisfaction.periods import Period
from satisfaction.terms import PeriodKind
from satisfaction.web.words import name_period

LONGEST_REPEATED = 24
PARTS: Mapping[str, str] = {
    "action": lazy_gettext("Việc"),
    "before": lazy_gettext("Chỗ bắt đầu"),
    "by": lazy_gettext("Cách chia"),
    "channel": lazy_gettext("Kênh"),
    "desk": lazy_gettext("Bàn"),
    "due": lazy_gettext("Điều kiện lọc"),
    "form": lazy_gettext("Dạng tệp"),
    "kind": lazy_gettext("Loại"),
    "lang": lazy_gettext("Ngôn ngữ"),
    "level": lazy_gettext("Mức"),
    "only": lazy_gettext("Điều kiện lọc"),
    "page": lazy_gettext("Trang"),
    "procedure": lazy_gettext("Thủ tục"),
    "q": lazy_gettext("Chữ cần tìm"),
    "reason": lazy_gettext("Lý do"),
    "sort": lazy_gettext("Cách xếp"),
    "source": lazy_gettext("Nguồn"),
    "state": lazy_gettext("Tình trạng"),
    "unit": lazy_gettext("Đơn vị"),
    "version": lazy_gettext("Bản"),
    "year": lazy_gettext("Năm"),
}
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)


def explain_word(refusal: WordUnknownError) -> str:
    """Say which part of the address its page does not know."""
    name, word = str(refusal.fields["name"]), refusal.fields.get("word")
    part = PARTS.get(name, name)
    if word is None:
        return str(
            _(
                "Trang này không có phần “%(name)s” (%(part)s) để chọn. Bỏ phần ấy khỏi địa chỉ, "
                "hoặc mở trang từ trình đơn rồi chọn lại.",
                name=name,
                part=part,
            )
        )
    return str(
        _(
            "%(part)s%(word)s không có ở trang này. Bỏ phần “%(name)s” khỏi địa chỉ, hoặc mở trang "
            "từ trình đơn rồi chọn lại.",
            part=part,
            word=_repeat(word),
            name=name,
        )
    )


def _repeat(word: str) -> str:
    """Return a word of the address between quotes; nothing for what is long or cannot be seen."""
    is_shown = word and len(word) <= LONGEST_REPEATED and word.isprintable()
    return f" “{word}”" if is_shown else ""


def explain_period(refusal: InvalidPeriodError) -> str:
    """Say why a period cannot be asked for, and what to do instead."""
    fields = refusal.fields
    for name, explain in _PERIODS.items():
        if name in fields:
            return explain(fields)
    return str(_("Ngày cuối phải từ ngày đầu trở đi. Chọn lại hai ngày."))


def _too_long(fields: Mapping[str, Any]) -> str:
    longest = fields["longest"]
    return str(_("Kỳ này dài quá %(longest)s ngày. Chọn kỳ ngắn hơn.", longest=longest))


def _beyond(fields: Mapping[str, Any]) -> str:
    return str(
        _(
            "Chỉ có kỳ từ năm %(first)s đến năm %(last)s. Chọn lại kỳ.",
            first=fields["first_year"],
            last=fields["last_year"],
        )
    )


def _no_period(fields: Mapping[str, Any]) -> str:
    text = str(fields["text"])
    if _DAY.fullmatch(text):
        return _no_day({"written_day": text})
    return str(_("Kỳ%(word)s không có. Chọn một kỳ có trên trang.", word=_repeat(text)))


def _no_day(fields: Mapping[str, Any]) -> str:
    text = str(fields["written_day"])
    written = _DAY.fullmatch(text)
    if written:
        year, month, day = written.groups()
        return str(_("Không có ngày %(day)s. Chọn lại ngày.", day=f"{day}/{month}/{year}"))
    return str(
        _("Ngày%(word)s không đọc được. Chọn ngày trong lịch của trang.", word=_repeat(text))
    )


_PERIODS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "longest": _too_long,
    "first_year": _beyond,
    "written_day": _no_day,
    "text": _no_period,
}


def name_shown(problem: str, kind: PeriodKind, *, period: Period) -> str:
    """Return what was wrong with a period, and which one is shown in its place."""
    shown = name_period(kind, period)
    return str(_("%(problem)s Đang hiện kỳ khác: %(period)s.", problem=problem, period=shown))
