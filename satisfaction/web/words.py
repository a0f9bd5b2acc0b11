"""The office's closed vocabularies in the reader's language. Refuses to compute anything.

Source: docs/glossary.md; periods are named as the official report forms name them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from flask import Flask
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from satisfaction.figures import CountRow, Figures, LevelCount, is_few
from satisfaction.periods import Period, parse_period
from satisfaction.reports.csv import CsvWords
from satisfaction.terms import (
    Answered,
    Channel,
    Dimension,
    Leaning,
    PeriodKind,
    RatingSource,
    VisitKind,
)
from satisfaction.web.formats import (
    MONTHS,
    as_day,
    as_share,
    as_short_day,
    as_weekday,
    is_vietnamese,
)
from satisfaction.web.people_words import PEOPLE_WORDS

WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    Channel: {
        Channel.IN_PERSON: _("Trực tiếp"),
        Channel.ONLINE: _("Trực tuyến"),
        Channel.POST: _("Bưu chính"),
        Channel.UNKNOWN: _("Không rõ"),
    },
    RatingSource: {
        RatingSource.KIOSK: _("Máy đánh giá"),
        RatingSource.QR: _("Mã QR"),
        RatingSource.LINK: _("Đường dẫn"),
        RatingSource.PAPER: _("Phiếu giấy"),
    },
    VisitKind: {
        VisitKind.INTAKE: _("Tiếp nhận hồ sơ"),
        VisitKind.SUPPLEMENT: _("Bổ sung hồ sơ"),
        VisitKind.RESULT: _("Trả kết quả"),
        VisitKind.GUIDANCE: _("Hướng dẫn"),
    },
    Answered: {
        Answered.RATED: _("đã đánh giá"),
        Answered.NOT_YET: _("chưa đánh giá"),
        Answered.NOT_RATED: _("không đánh giá"),
    },
    Leaning: {
        Leaning.SATISFIED: _("Hài lòng"),
        Leaning.NEUTRAL: _("Bình thường"),
        Leaning.DISSATISFIED: _("Không hài lòng"),
    },
    Dimension: {
        Dimension.TOTAL: _("Tổng"),
        Dimension.DESK: _("Bàn"),
        Dimension.UNIT: _("Đơn vị"),
        Dimension.PROCEDURE: _("Thủ tục"),
        Dimension.SECTOR: _("Lĩnh vực"),
        Dimension.CHANNEL: _("Kênh"),
        Dimension.SOURCE: _("Nguồn đánh giá"),
        Dimension.DAY: _("Ngày"),
        Dimension.WEEK: _("Tuần"),
        Dimension.MONTH: _("Tháng"),
    },
    **PEOPLE_WORDS,
}
QUARTERS = ("I", "II", "III", "IV")


def as_word(term: StrEnum) -> str:
    """Return what a term is called."""
    return str(WORDS[type(term)][term])


def as_level(level: LevelCount) -> str:
    """Return what a level of a scale is called."""
    return level.label_vi if is_vietnamese() else level.label_en


def name_scales(levels: Sequence[LevelCount]) -> Mapping[str, str]:
    """Return what each scale is called: by its size, and by its version or code where need be."""
    sizes = Counter(level.scale for level in levels)
    by_size = {name: str(gettext("%(n)s mức", n=size)) for name, size in sizes.items()}
    by_version = {
        name: str(gettext("%(size)s, bản %(n)s", size=size, n=name.rpartition("-")[2]))
        for name, size in by_size.items()
    }
    for named in (by_size, by_version):
        if len(set(named.values())) == len(named):
            return named
    return {name: f"{size}, {name}" for name, size in by_size.items()}


def name_levels(levels: Sequence[LevelCount]) -> tuple[str, ...]:
    """Return the levels' names, with their scale where there are several."""
    scales = name_scales(levels)
    if len(scales) <= 1:
        return tuple(as_level(level) for level in levels)
    return tuple(
        str(gettext("%(level)s (thang %(scale)s)", level=as_level(one), scale=scales[one.scale]))
        for one in levels
    )


def name_period(kind: PeriodKind, period: Period) -> str:
    """Return what a period is called, as Quý I/2024; two dates where it has no name."""
    first = period.first_day
    if kind is PeriodKind.DAY:
        return as_weekday(first)
    if kind is PeriodKind.WEEK:
        year, week, _day = first.isocalendar()
        return str(gettext("Tuần %(week)s/%(year)s", week=week, year=year))
    if kind is PeriodKind.MONTH:
        month = MONTHS[first.month - 1]
        return str(gettext("%(month)s/%(year)s", month=month, year=first.year))
    if kind is PeriodKind.QUARTER:
        quarter = QUARTERS[(first.month - 1) // 3]
        return str(gettext("Quý %(quarter)s/%(year)s", quarter=quarter, year=first.year))
    if kind is PeriodKind.DATES:
        return name_dates(period)
    return _name_part_of_year(kind, first)


def describe_period(kind: PeriodKind, period: Period) -> str:
    """Return a period's name with its first and last day, for a heading."""
    if kind is PeriodKind.DAY or period.length_days == 1:
        return as_weekday(period.first_day)
    days = f"{as_weekday(period.first_day)} – {as_weekday(period.last_day)}"
    return days if kind is PeriodKind.DATES else f"{name_period(kind, period)} · {days}"


def _name_part_of_year(kind: PeriodKind, first: date) -> str:
    if kind is PeriodKind.NINE_MONTHS:
        return str(gettext("9 tháng năm %(year)s", year=first.year))
    if kind is PeriodKind.YEAR:
        return str(gettext("Cả năm %(year)s", year=first.year))
    if first.month == 1:
        return str(gettext("6 tháng đầu năm %(year)s", year=first.year))
    return str(gettext("6 tháng cuối năm %(year)s", year=first.year))


def name_dates(period: Period) -> str:
    """Return the first and the last day of a period, as 01/10 – 31/10/2025."""
    first, last = period.first_day, period.last_day
    if first == last:
        return as_day(first)
    start = as_short_day(first) if first.year == last.year else as_day(first)
    return f"{start} – {as_day(last)}"


def line_label(row: CountRow, by: Dimension) -> str:
    """Return what a line of figures is called."""
    if by is Dimension.CHANNEL:
        return as_word(Channel(row.key))
    if by is Dimension.SOURCE:
        return as_word(RatingSource(row.key))
    if by in {Dimension.DAY, Dimension.WEEK, Dimension.MONTH}:
        return name_period(*parse_period(row.key))
    return row.label or str(gettext("Không rõ"))


def line_detail(row: CountRow, by: Dimension) -> str:
    """Return the smaller words under a line's name."""
    return name_dates(parse_period(row.key)[1]) if by is Dimension.WEEK else row.detail


CSV_HEADINGS: Mapping[str, str] = {
    "unit_code": _("Mã đơn vị"),
    "unit_name": _("Đơn vị"),
    "first_day": _("Từ ngày"),
    "last_day": _("Đến hết ngày"),
    "counted_at": _("Tính đến"),
    "demonstration": _("Dữ liệu minh họa"),
    "filters": _("Điều kiện lọc"),
    "dimension": _("Chia theo"),
    "key": _("Mã"),
    "label": _("Tên"),
    "detail": _("Chi tiết"),
    "finished_visits": _("Lượt phục vụ xong"),
    "rated_visits": _("Lượt phục vụ có đánh giá"),
    "participation": _("Tỷ lệ tham gia"),
    "satisfied": _("Tính là hài lòng"),
    "neutral": _("Tính là bình thường"),
    "dissatisfied": _("Tính là không hài lòng"),
    "answers": _("Tổng lượt đánh giá"),
    "satisfied_share": _("Tỷ lệ hài lòng"),
    "unlinked": _("Không gắn lượt phục vụ"),
    "voided": _("Đã hủy"),
    "marked": _("Trong đó cần xem lại"),
    "assisted": _("Trong đó được hỗ trợ"),
}


def csv_words(figures: Figures, *, filters: str) -> CsvWords:
    """Return the words of the figures' file."""
    by = figures.query.by
    return CsvWords(
        headings={name: str(heading) for name, heading in CSV_HEADINGS.items()},
        filters=filters,
        demonstration=str(gettext("có") if figures.is_demonstration else gettext("không")),
        dimension=as_word(by),
        total=str(gettext("Tổng")),
        line_label=lambda row: line_label(row, by),
        line_detail=lambda row: line_detail(row, by),
        levels=name_levels,
        share=lambda share, of: "" if is_few(of) else as_share(share, of),
    )


def install_words(app: Flask) -> None:
    """Give templates the words."""
    app.jinja_env.filters.update(word=as_word, level=as_level)
    app.jinja_env.globals.update(line_label=line_label, line_detail=line_detail)
