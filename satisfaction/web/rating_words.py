"""Single ratings in words, for files. Refuses to say of a rating what its line does not have."""

from collections.abc import Callable, Sequence
from datetime import date

from flask_babel import gettext as _

from satisfaction.rating_lines import RatingLine
from satisfaction.terms import Channel, Leaning, RatingSource, Standing
from satisfaction.web.formats import is_vietnamese
from satisfaction.web.words import as_word


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
