"""Single ratings in words, for files. Refuses to say of a rating what its line does not have."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from flask_babel import gettext as _

from satisfaction.rating_lines import LinesWanted, RatingLine
from satisfaction.reports.ratings import BookWords
from satisfaction.terms import Channel, Leaning, RatingSource, Standing
from satisfaction.web.formats import as_number, is_vietnamese
from satisfaction.web.report_words import describe_as_of, paper_words, say_shares
from satisfaction.web.words import as_word, name_dates


def rating_headings() -> list[str]:
    """Return the headings of the list."""
    return [
        str(_("Ngày")),
        str(_("Buổi")),
        str(_("Mã đơn vị")),
        str(_("Đơn vị")),
        str(_("Mã bàn")),
        str(_("Bàn")),
        str(_("Mã thủ tục")),
        str(_("Thủ tục")),
        str(_("Kênh")),
        str(_("Nguồn đánh giá")),
        str(_("Thang đo")),
        str(_("Số mức")),
        str(_("Mức đánh giá")),
        str(_("Tính là")),
        str(_("Cách đếm")),
        str(_("Được hỗ trợ")),
        str(_("Cần xem lại")),
        str(_("Lý do")),
        str(_("Ý kiến")),
    ]


def rating_book(wanted: LinesWanted) -> BookWords:
    """Return the words of the workbook: its columns, and what it holds and leaves out."""
    words = paper_words()
    return BookWords(
        headings=rating_headings(),
        sheet=str(_("Lượt đánh giá")),
        method=words["method"],
        lines=(f"{words['filters']}: {words['unfiltered']}", *say_method(wanted)),
    )


def say_method(wanted: LinesWanted) -> Iterator[str]:
    """Yield of what the lines are, up to when, and what they leave out."""
    yield f"{wanted.unit_code} · {name_dates(wanted.period)}"
    yield describe_as_of(wanted.before, is_settled=False)
    yield str(
        _(
            "Tệp có %(count)s dòng, mỗi lượt đánh giá một dòng. Ngày hôm nay chưa có trong tệp.",
            count=as_number(wanted.count),
        )
    )
    yield str(
        _(
            "Mỗi dòng chỉ ghi ngày và buổi, xếp xáo trộn trong buổi; không có giờ chạm, số phiếu "
            "và mã hồ sơ. Lần tải này được ghi vào nhật ký."
        )
    )
    if not wanted.with_allegations:
        yield str(
            _(
                "Lý do đòi thêm tiền, giấy tờ và ý kiến kèm theo không có trong tệp: chúng đến "
                "thẳng người đứng đầu và thanh tra."
            )
        )
    yield say_shares()


def make_describer() -> Callable[[RatingLine], Sequence[str | int | date]]:
    """Return what gives the cells of a rating; words are looked up once, not once a line."""
    is_here = is_vietnamese()
    yes, no = str(_("có")), str(_("không"))
    halves = {True: str(_("Sáng")), False: str(_("Chiều"))}
    channels = {term: as_word(term) for term in Channel}
    sources = {term: as_word(term) for term in RatingSource}
    leanings = {term: as_word(term) for term in Leaning}
    standings = {
        Standing.LINKED: str(_("Gắn lượt phục vụ")),
        Standing.UNLINKED: str(_("Không gắn lượt phục vụ")),
        Standing.VOIDED: str(_("Đã hủy")),
    }

    def describe(line: RatingLine) -> Sequence[str | int | date]:
        return [
            line.day,
            halves[line.is_morning],
            line.unit_code,
            line.unit_name,
            line.desk_code,
            line.desk_name,
            line.procedure_code,
            line.procedure_name,
            channels[line.channel],
            sources[line.source],
            line.scale,
            line.position,
            line.level_vi if is_here else line.level_en,
            leanings[line.leaning],
            standings[line.standing],
            yes if line.is_assisted else no,
            yes if line.marks else no,
            "; ".join(vi if is_here else en for vi, en in line.reasons),
            line.words,
        ]

    return describe
