"""Released figures in words, on a report's paper. Refuses to say more than was released."""

from collections.abc import Iterator, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from satisfaction.figures import is_few
from satisfaction.periods import Period, kind_of, write_period
from satisfaction.releases import Group, Release, ReleaseTable, satisfied_of
from satisfaction.reports.papers import Cell, Column, Fact, Line, Paper, Share, Table
from satisfaction.statistics import Counted, wilson_interval
from satisfaction.suppression import Counts
from satisfaction.terms import Dimension, PeriodKind
from satisfaction.web.formats import as_number, as_share
from satisfaction.web.palette import level_colours
from satisfaction.web.report_words import describe_as_of, describe_scales, paper_words
from satisfaction.web.words import as_level, as_word, line_detail, line_label, name_dates
from satisfaction.web.words import name_period as as_period

HIDDEN_FACTS = (
    lazy_gettext("Tỷ lệ tham gia"),
    lazy_gettext("Lượt phục vụ xong"),
    lazy_gettext("Lượt phục vụ có đánh giá"),
    lazy_gettext("Tổng lượt đánh giá"),
)


def build_release_paper(release: Release) -> Paper:
    """Return what was released, in the reader's words."""
    return Paper(
        unit_name=release.unit_name,
        unit_code=release.unit_code,
        title=str(_("Kết quả đánh giá sự hài lòng của công dân")),
        period_name=as_period(release.kind, release.period),
        days=name_dates(release.period),
        as_of=describe_as_of(release.as_of, is_settled=release.is_settled),
        demonstration=str(_("Dữ liệu minh họa")) if release.is_demonstration else "",
        finding=tuple(_finding(release)),
        facts=tuple(_facts(release)),
        tables=tuple(_table(release, table) for table in release.tables if _parts(table)),
        filters=str(_("Bản công bố: số nhỏ được ẩn.")),
        method=tuple(_method(release)),
        colours=level_colours(),
        words=paper_words(),
    )


def _parts(table: ReleaseTable) -> bool:
    """Say whether a table says more than the total: whether it has a line of its own."""
    return any(sum(counts) for _, counts in table.lines)


def _finding(release: Release) -> Iterator[str]:
    period = as_period(release.kind, release.period)
    satisfied = satisfied_of(release.groups, release.counts)
    if release.answers is None:
        yield str(_("%(period)s: quá ít lượt đánh giá, nên không nêu số nào.", period=period))
        return
    if not release.answers:
        yield str(_("%(period)s: chưa có lượt đánh giá nào.", period=period))
        return
    if satisfied is None or is_few(release.answers):
        answers = as_number(release.answers)
        yield str(_("%(period)s có %(answers)s lượt đánh giá.", period=period, answers=answers))
        return
    yield str(
        _(
            "%(period)s: %(share)s trong %(answers)s lượt đánh giá là hài lòng.",
            period=period,
            share=as_share(satisfied / release.answers, release.answers),
            answers=as_number(release.answers),
        )
    )


def _facts(release: Release) -> Iterator[Fact]:
    answers, satisfied = release.answers, satisfied_of(release.groups, release.counts)
    if answers is None:
        note = str(_("Không nêu vì quá ít lượt đánh giá"))
        yield from (Fact(str(label), None, note) for label in HIDDEN_FACTS)
        return
    if satisfied is not None and answers:
        yield Fact(
            str(_("Tỷ lệ hài lòng")),
            Share(satisfied / answers, answers),
            str(
                _(
                    "%(satisfied)s trên %(answers)s lượt đánh giá",
                    satisfied=as_number(satisfied),
                    answers=as_number(answers),
                )
            ),
        )
        interval = wilson_interval(Counted(satisfied, answers))
        assert interval is not None
        wilson = str(_("Theo Wilson"))
        yield Fact(str(_("Khoảng tin cậy 95%, từ")), Share(interval.low, answers), wilson)
        yield Fact(str(_("Khoảng tin cậy 95%, đến")), Share(interval.high, answers), wilson)
    yield Fact(
        str(_("Tỷ lệ tham gia")),
        Share(
            (release.rated or 0) / release.finished if release.finished else None, release.finished
        ),
        str(
            _(
                "%(rated)s trên %(finished)s lượt phục vụ",
                rated=as_number(release.rated),
                finished=as_number(release.finished),
            )
        ),
    )
    yield Fact(str(_("Lượt phục vụ xong")), release.finished)
    yield Fact(str(_("Lượt phục vụ có đánh giá")), release.rated)
    yield Fact(str(_("Tổng lượt đánh giá")), answers)
    if len(release.groups) > 1:
        for group, count in zip(release.groups, release.counts, strict=True):
            yield Fact(_name_group(group), count)


def _name_group(group: Group) -> str:
    return " + ".join(dict.fromkeys(as_level(level) for level in group))


def _table(release: Release, table: ReleaseTable) -> Table:
    groups = table.groups if len(table.groups) > 1 else ()
    columns = [Column(as_word(table.by), 34), Column(str(_("Chi tiết")), 26, is_detail=True)]
    columns += [Column(_name_group(group), 18) for group in groups]
    columns += [Column(str(_("Tổng lượt đánh giá"))), Column(str(_("Tỷ lệ hài lòng")))]
    lines = [
        _line(
            table,
            row.key,
            counts,
            label=line_label(row, table.by),
            detail=line_detail(row, table.by),
        )
        for row, counts in table.lines
    ]
    if table.others is not None:
        label = str(_("Còn lại: %(count)s dòng gộp chung", count=as_number(table.joined)))
        lines.append(_line(table, "others", table.others, label=label, detail=""))
    rows = [counts for _, counts in table.lines] + ([table.others] if table.others else [])
    total = tuple(map(sum, zip(*rows, strict=True)))
    title = str(_("Theo %(dimension)s", dimension=as_word(table.by).lower()))
    return Table(
        by=table.by,
        title=title,
        sheet=title[:31],
        columns=tuple(columns),
        lines=tuple(lines),
        total=_line(table, "total", total, label=str(_("Tổng")), detail=""),
        levels=tuple(range(2, 2 + len(groups))),
        faces=tuple(group[len(group) // 2].face for group in groups),
        is_detail=table.by is Dimension.DAY and release.kind is not PeriodKind.MONTH,
        has_bars=False,
    )


def _line(table: ReleaseTable, key: str, counts: Counts, *, label: str, detail: str) -> Line:
    answers, satisfied = sum(counts), satisfied_of(table.groups, counts)
    share = satisfied / answers if satisfied is not None and answers else None
    shown: Sequence[int] = counts if len(table.groups) > 1 else ()
    cells: tuple[Cell, ...] = (label, detail, *shown, answers, Share(share, answers))
    return Line(key, cells, detail, None)


def _method(release: Release) -> Iterator[str]:
    yield str(
        _(
            "Số từ 1 đến %(most)s được ẩn để không ai đoán ra người đã đánh giá: mức nào ít "
            "lượt thì cộng với mức bên cạnh, dòng nào ít lượt thì gộp vào “Còn lại”. Số của "
            "quý và năm là tổng của những số đã công bố từng tháng.",
            most=as_number(release.limit - 1),
        )
    )
    if release.left_out:
        months = ", ".join(as_period(PeriodKind.MONTH, month) for month in release.left_out)
        yield str(_("Không tính vào đây vì quá ít lượt đánh giá: %(months)s.", months=months))
    whole = [as_word(table.by).lower() for table in release.tables if not _parts(table)]
    if whole:
        yield str(_("Không đủ lượt để chia theo: %(tables)s.", tables=", ".join(whole)))
    yield str(
        _(
            "Hài lòng = số lượt ở các mức tính là hài lòng trên tổng số lượt đánh giá có gắn với "
            "một lượt phục vụ. Tham gia = lượt phục vụ có đánh giá trên lượt phục vụ đã xong. Mẫu "
            "số dưới 30 thì không tính tỷ lệ."
        )
    )
    yield from describe_scales([level for group in release.groups for level in group])
    if release.is_demonstration:
        yield str(_("Dữ liệu minh họa: không phải số liệu thật của cơ quan nào."))


def period_choices(periods: Sequence[Period]) -> dict[str, str]:
    """Return periods by the words that stand for them in addresses, and their names."""
    return {write_period(period): as_period(kind_of(period), period) for period in periods}
