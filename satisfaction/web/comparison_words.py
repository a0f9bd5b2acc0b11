"""How a period stands to the one before, in the reader's language. Refuses to compare."""

from collections.abc import Iterator, Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from satisfaction.comparison import Comparable, Obstacle, compare, compare_shares
from satisfaction.figures import CountRow, Figures, is_few
from satisfaction.findings import Change, Difference
from satisfaction.reports.csv import Added, TypedNumber
from satisfaction.reports.papers import Fact, Points, Share
from satisfaction.reports.report import Report
from satisfaction.web.formats import as_number, as_share, as_typed_points
from satisfaction.web.words import name_dates

OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.NOT_BEGUN: lazy_gettext("Kỳ này chưa bắt đầu."),
    Obstacle.OTHER_WEEKDAYS: lazy_gettext(
        "Không so với kỳ trước: hai kỳ không làm việc vào cùng các thứ trong tuần."
    ),
    Obstacle.OTHER_LENGTH: lazy_gettext(
        "Không so với kỳ trước: số ngày làm việc của hai kỳ chênh nhau quá nhiều."
    ),
    Obstacle.OTHER_STRUCTURE: lazy_gettext(
        "Không so với kỳ trước: đơn vị đã sắp xếp lại trong thời gian ấy."
    ),
    Obstacle.OTHER_SCALE: lazy_gettext("Không so với kỳ trước: hai kỳ dùng thang đo khác nhau."),
    Obstacle.NEW: lazy_gettext(
        "Không so với kỳ trước: hệ thống chưa ghi nhận đơn vị này từ đầu kỳ ấy."
    ),
    Obstacle.FEW: lazy_gettext("Không so với kỳ trước: kỳ trước dưới 30 lượt đánh giá."),
}


def say_obstacle(comparable: Comparable) -> str:
    """Return why a period is compared with no other; nothing where it is."""
    return str(OBSTACLES[comparable.obstacle]) if comparable.obstacle else ""


CHANGES: Mapping[Change, str] = {
    Change.HIGHER: lazy_gettext("Cao hơn kỳ trước quá mức dao động ngẫu nhiên"),
    Change.SAME: lazy_gettext("Trong mức dao động ngẫu nhiên"),
    Change.LOWER: lazy_gettext("Thấp hơn kỳ trước quá mức dao động ngẫu nhiên"),
}


def name_difference() -> str:
    """Return the heading of what changed since the earlier period."""
    return str(_("So kỳ trước (điểm %)"))


def list_earlier_facts(report: Report) -> Iterator[Fact]:
    """Yield the earlier period's figures and what changed, or why there are none."""
    before = report.earlier.total if report.earlier else None
    change = compare(report.total.total, before)
    if before is None or change is None:
        yield Fact(name_difference(), Points(None), say_obstacle(report.comparable))
        return
    yield Fact(
        str(_("Kỳ trước: tỷ lệ hài lòng")),
        Share(before.satisfied_share, before.answers),
        str(
            _(
                "%(satisfied)s trên %(answers)s lượt đánh giá",
                satisfied=as_number(before.satisfied),
                answers=as_number(before.answers),
            )
        ),
    )
    yield Fact(str(_("Kỳ trước: tổng lượt đánh giá")), before.answers, say_earlier(report))
    yield Fact(name_difference(), as_cell(change.share), _say_change(change.share))
    yield Fact(
        str(_("Kỳ trước: tỷ lệ tham gia")),
        Share(before.participation, before.finished_visits),
        str(
            _(
                "%(rated)s trên %(finished)s lượt phục vụ",
                rated=as_number(before.rated_visits),
                finished=as_number(before.finished_visits),
            )
        ),
    )
    yield Fact(
        str(_("Tham gia so kỳ trước (điểm %)")),
        as_cell(change.participation),
        _say_change(change.participation),
    )


def as_cell(difference: Difference | None) -> Points:
    """Return a difference as a cell; empty where one of the two is too small for a share."""
    return Points(difference.points, difference.of) if difference else Points(None)


def _say_change(difference: Difference | None) -> str:
    if difference is None:
        return str(_("Dưới 30 lượt, chưa tính chênh lệch"))
    return str(CHANGES[difference.change])


def say_earlier(report: Report) -> str:
    """Return which days the earlier period has, or why none is compared."""
    earlier = report.comparable.earlier
    return name_dates(earlier) if earlier else say_obstacle(report.comparable)


def say_how_compared(report: Report) -> str:
    """Return with what a report is compared, for its method."""
    earlier = report.comparable.earlier
    if earlier is None:
        return say_obstacle(report.comparable)
    return str(
        _(
            "Kỳ trước: %(days)s. Chênh lệch tính bằng điểm %% và chỉ tính khi cả hai kỳ có từ 30 "
            "lượt trở lên.",
            days=name_dates(earlier),
        )
    )


def add_earlier(report: Report) -> Added:
    """Return the columns of the earlier period, for desks and for totals.

    A difference has no plus sign, with which a spreadsheet begins a formula, and a hyphen for a
    minus, which it reads as a number.
    """

    def cells(figures: Figures, row: CountRow) -> tuple[str | int, ...]:
        before = report.earlier_of(figures, row)
        said = say_earlier(report)
        if before is None:
            return "", "", "", said
        share = as_share(before.satisfied_share, before.answers)
        difference = compare_shares(row, before)
        return (
            before.answers,
            "" if is_few(before.answers) else share,
            TypedNumber(as_typed_points(difference.points, difference.of) if difference else ""),
            said,
        )

    headings = (
        str(_("Kỳ trước: tổng lượt đánh giá")),
        str(_("Kỳ trước: tỷ lệ hài lòng")),
        name_difference(),
        str(_("Kỳ trước: ngày, hoặc vì sao không so")),
    )
    return Added(headings, cells)
