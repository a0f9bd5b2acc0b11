"""A report put into words: titles that state, named columns, the method. Refuses to count.

Source: domain words of docs/glossary.md; numbers as CLDR writes them for the reader's language.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from flask_babel import gettext as _

from satisfaction.comparison import compare_shares
from satisfaction.figures import CountRow, Figures, LevelCount, is_few
from satisfaction.reports.bars import BarScale, build_bar, fit_scale
from satisfaction.reports.csv import Added
from satisfaction.reports.papers import Cell, Column, Fact, Line, Paper, Share, Table
from satisfaction.reports.report import DAYS_OF_A_MONTH, Report, interval_of
from satisfaction.statistics import Verdict
from satisfaction.terms import Dimension
from satisfaction.web.comparison_words import (
    add_earlier,
    as_cell,
    list_earlier_facts,
    name_difference,
    say_how_compared,
)
from satisfaction.web.formats import as_day, as_moment, as_number, as_share
from satisfaction.web.palette import level_colours
from satisfaction.web.words import (
    as_level,
    as_word,
    line_detail,
    line_label,
    name_dates,
    name_levels,
    name_period,
    name_scales,
)


def build_paper(report: Report) -> Paper:
    """Return a report in the reader's words."""
    query, total = report.query, report.total
    period_name = name_period(report.kind, query.period)
    return Paper(
        unit_name=total.unit_name,
        unit_code=total.unit_code,
        title=str(_("Kết quả đánh giá sự hài lòng của công dân")),
        period_name=period_name,
        days=name_dates(query.period),
        as_of=describe_as_of(report.as_of, is_settled=report.is_settled),
        demonstration=str(_("Dữ liệu minh họa")) if total.is_demonstration else "",
        finding=tuple(_finding(report, period_name)),
        facts=tuple(_facts(report)),
        tables=tuple(_table(report, table) for table in report.tables),
        filters=name_filters(report) or paper_words()["unfiltered"],
        method=tuple(_method(report)),
        colours=level_colours(),
        words=paper_words(),
        narrowed=bool(name_filters(report)),
    )


def name_filters(report: Report) -> str:
    """Return by what the figures are narrowed; nothing where they are not."""
    query = report.query
    named = (
        (Dimension.DESK, report.desk_name),
        (Dimension.PROCEDURE, report.procedure_name),
        (Dimension.CHANNEL, as_word(query.channel) if query.channel else ""),
        (Dimension.SOURCE, as_word(query.source) if query.source else ""),
    )
    return "; ".join(f"{as_word(dimension)}: {name}" for dimension, name in named if name)


def paper_words() -> dict[str, str]:
    """Return the words that every paper has."""
    return {
        "whole": str(_("Tổng hợp")),
        "method": str(_("Phương pháp và bộ lọc")),
        "filters": str(_("Bộ lọc")),
        "unfiltered": str(_("Không lọc: mọi bàn, thủ tục, kênh và nguồn.")),
    }


def describe_as_of(as_of: datetime, *, is_settled: bool) -> str:
    """Say to which moment figures hold, and whether they may still change."""
    moment = as_moment(as_of)
    if is_settled:
        return str(_("Kỳ đã khép, số liệu chốt lúc %(moment)s", moment=moment))
    return str(_("Số liệu đến %(moment)s, còn có thể thay đổi", moment=moment))


def _finding(report: Report, period_name: str) -> Iterator[str]:
    row = report.total.total
    if is_few(row.answers):
        yield str(
            _(
                "%(period)s có %(answers)s lượt đánh giá, trong đó %(satisfied)s lượt hài lòng. "
                "Dưới 30 lượt, chưa tính tỷ lệ.",
                period=period_name,
                answers=as_number(row.answers),
                satisfied=as_number(row.satisfied),
            )
        )
        return
    interval = interval_of(row)
    assert interval is not None
    yield str(
        _(
            "%(period)s: %(share)s trong %(answers)s lượt đánh giá là hài lòng "
            "(khoảng tin cậy 95%%: %(low)s–%(high)s).",
            period=period_name,
            share=as_share(row.satisfied_share, row.answers),
            answers=as_number(row.answers),
            low=as_share(interval.low, row.answers).removesuffix("%"),
            high=as_share(interval.high, row.answers),
        )
    )
    yield _desks_sentence(report)


def _desks_sentence(report: Report) -> str:
    below = ", ".join(row.label for row in report.outside(Verdict.BELOW))
    above = ", ".join(row.label for row in report.outside(Verdict.ABOVE))
    if below and above:
        return str(
            _(
                "Thấp hơn mức chung: %(below)s. Cao hơn mức chung: %(above)s.",
                below=below,
                above=above,
            )
        )
    if below:
        return str(_("%(desks)s thấp hơn mức chung quá mức dao động bình thường.", desks=below))
    if above:
        return str(_("%(desks)s cao hơn mức chung quá mức dao động bình thường.", desks=above))
    return str(_("Các bàn đều trong mức dao động bình thường."))


def _facts(report: Report) -> Iterator[Fact]:
    row = report.total.total
    interval = interval_of(row)
    yield Fact(
        str(_("Tỷ lệ hài lòng")),
        Share(row.satisfied_share, row.answers),
        str(
            _(
                "%(satisfied)s trên %(answers)s lượt đánh giá",
                satisfied=as_number(row.satisfied),
                answers=as_number(row.answers),
            )
        ),
    )
    if interval is not None:
        yield Fact(
            str(_("Khoảng tin cậy 95%, từ")),
            Share(interval.low, row.answers),
            str(_("Theo Wilson")),
        )
        yield Fact(
            str(_("Khoảng tin cậy 95%, đến")),
            Share(interval.high, row.answers),
            str(_("Theo Wilson")),
        )
    yield Fact(
        str(_("Tỷ lệ tham gia")),
        Share(row.participation, row.finished_visits),
        str(
            _(
                "%(rated)s trên %(finished)s lượt phục vụ",
                rated=as_number(row.rated_visits),
                finished=as_number(row.finished_visits),
            )
        ),
    )
    yield from list_earlier_facts(report)
    yield Fact(str(_("Lượt phục vụ xong")), row.finished_visits)
    yield Fact(str(_("Lượt phục vụ có đánh giá")), row.rated_visits)
    yield Fact(str(_("Tổng lượt đánh giá")), row.answers)
    yield Fact(str(_("Tính là hài lòng")), row.satisfied)
    yield Fact(str(_("Tính là bình thường")), row.neutral)
    yield Fact(str(_("Tính là không hài lòng")), row.dissatisfied)
    for level in row.levels:
        yield Fact(str(_("Mức “%(level)s”", level=as_level(level))), level.count)
    yield Fact(str(_("Không gắn lượt phục vụ")), row.unlinked, str(_("Không nằm trong tỷ lệ nào")))
    yield Fact(str(_("Đã hủy")), row.voided, str(_("Không nằm trong tỷ lệ nào")))
    yield Fact(str(_("Trong đó cần xem lại")), row.marked, str(_("Vẫn nằm trong tỷ lệ")))
    yield Fact(str(_("Trong đó được hỗ trợ")), row.assisted, str(_("Vẫn nằm trong tỷ lệ")))


def _table(report: Report, figures: Figures) -> Table:
    by = figures.query.by
    levels = report.total.total.levels
    named = name_levels(levels)
    columns = (
        Column(as_word(by), 34),
        Column(str(_("Chi tiết")), 26, is_detail=True),
        *(Column(name, 11) for name in named),
        Column(str(_("Tổng lượt đánh giá"))),
        Column(str(_("Tính là hài lòng"))),
        Column(str(_("Tỷ lệ hài lòng"))),
        Column(str(_("Khoảng 95%, từ"))),
        Column(str(_("Khoảng 95%, đến"))),
        *([Column(name_difference())] if _is_compared(report, by) else []),
        Column(str(_("Lượt phục vụ xong"))),
        Column(str(_("Lượt phục vụ có đánh giá"))),
        Column(str(_("Tỷ lệ tham gia"))),
        Column(str(_("Không gắn lượt phục vụ")), is_detail=True),
        Column(str(_("Đã hủy")), is_detail=True),
        Column(str(_("Trong đó cần xem lại")), is_detail=True),
        Column(str(_("Trong đó được hỗ trợ")), is_detail=True),
        *([Column(str(_("Ghi chú")), 40)] if _has_notes(report, by) else []),
    )
    scale = fit_scale(row for row in (*figures.rows, figures.total) if not is_few(row.answers))
    return Table(
        by=by,
        title=str(_("Theo %(dimension)s", dimension=as_word(by).lower())),
        sheet=str(_("Theo %(dimension)s", dimension=as_word(by).lower()))[:31],
        columns=columns,
        lines=tuple(_noted(report, by, row) for row in _lines(report, figures, scale)),
        total=_noted(report, by, _line(report, figures, figures.total, scale=scale)),
        levels=tuple(range(2, 2 + len(levels))),
        faces=tuple(level.face for level in levels),
        is_detail=by is Dimension.DAY and report.query.period.length_days > DAYS_OF_A_MONTH,
    )


def _has_notes(report: Report, by: Dimension) -> bool:
    return by is Dimension.DAY and bool(report.notes)


def _is_compared(report: Report, by: Dimension) -> bool:
    return by is Dimension.DESK and report.earlier is not None


def _lines(report: Report, figures: Figures, scale: BarScale) -> Iterator[Line]:
    for row in figures.rows:
        yield _line(report, figures, row, scale=scale)


def _differences(report: Report, figures: Figures, row: CountRow) -> Iterator[Cell]:
    """Yield how a desk's share changed, in a table that has that column."""
    if _is_compared(report, figures.query.by):
        yield as_cell(compare_shares(row, report.earlier_of(figures, row)))


def add_columns(report: Report) -> Added:
    """Return the file's columns behind those of the counts: the interval, and the period before."""
    earlier = add_earlier(report)
    headings = (str(_("Khoảng 95%, từ")), str(_("Khoảng 95%, đến")), *earlier.headings)

    def cells(figures: Figures, row: CountRow) -> tuple[str | int, ...]:
        interval = interval_of(row)
        ends = (interval.low, interval.high) if interval else (None, None)
        shown = tuple(as_share(end, row.answers) if end is not None else "" for end in ends)
        return (*shown, *earlier.cells(figures, row))

    return Added(headings, cells)


def _noted(report: Report, by: Dimension, line: Line) -> Line:
    """Return a line with what is said of its day, where anything is said of one."""
    if not _has_notes(report, by):
        return line
    said = {day.isoformat(): note.words for day, note in report.notes.items()}
    return replace(line, cells=(*line.cells, said.get(line.key, "")))


def _line(report: Report, figures: Figures, row: CountRow, *, scale: BarScale) -> Line:
    levels = report.total.total.levels
    counts = {(level.scale, level.position): level.count for level in row.levels}
    interval = interval_of(row)
    by = figures.query.by
    is_total = row is figures.total
    detail = "" if is_total else line_detail(row, by)
    cells: tuple[Cell, ...] = (
        str(_("Tổng")) if is_total else line_label(row, by),
        detail,
        *(counts.get((level.scale, level.position), 0) for level in levels),
        row.answers,
        row.satisfied,
        Share(row.satisfied_share, row.answers),
        Share(interval.low if interval else None, row.answers),
        Share(interval.high if interval else None, row.answers),
        *_differences(report, figures, row),
        row.finished_visits,
        row.rated_visits,
        Share(row.participation, row.finished_visits),
        row.unlinked,
        row.voided,
        row.marked,
        row.assisted,
    )
    bar = None if is_few(row.answers) else build_bar(row, scale)
    return Line("total" if is_total else row.key, cells, detail, bar)


def _method(report: Report) -> Iterator[str]:
    period = report.query.period
    yield str(
        _(
            "Kỳ báo cáo tính từ đầu ngày %(first)s đến hết ngày %(last)s, theo giờ Việt Nam; gồm "
            "mọi đơn vị thuộc đơn vị này trong từng ngày của kỳ.",
            first=as_day(period.first_day),
            last=as_day(period.last_day),
        )
    )
    yield say_shares()
    yield str(
        _(
            "Khoảng tin cậy 95% tính theo Wilson. Mẫu số dưới 30 thì chỉ ghi số lượt, không tính "
            "tỷ lệ. Bàn được so với giới hạn mà riêng ngẫu nhiên tạo ra (p ± 3σ), không xếp hạng."
        )
    )
    yield say_how_compared(report)
    yield from describe_scales(report.total.total.levels)
    if report.total.is_demonstration:
        yield str(_("Dữ liệu minh họa: không phải số liệu thật của cơ quan nào."))


def say_shares() -> str:
    """Say which answers and visits a share is of."""
    return str(
        _(
            "Hài lòng = số lượt ở các mức tính là hài lòng trên tổng số lượt đánh giá có gắn với "
            "một lượt phục vụ. Tham gia = lượt phục vụ có đánh giá trên lượt phục vụ đã xong. Lượt "
            "không gắn và lượt đã hủy đếm riêng, không nằm trong tỷ lệ nào."
        )
    )


def describe_scales(levels: Sequence[LevelCount]) -> Iterator[str]:
    """Say of each scale what its levels count as."""
    for scale, name in name_scales(levels).items():
        own = [level for level in levels if level.scale == scale]
        listed = "; ".join(f"{as_level(level)} ({as_word(level.leaning).lower()})" for level in own)
        yield str(_("Thang đo %(scale)s, tính như sau: %(levels)s.", scale=name, levels=listed))
