"""The counts page and its file: one Figures value, shown and written with the same numbers."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from admin.questions import QUICK_PERIODS, read_question
from satisfaction import accounts, clock, office, recording, visits
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import InvalidPeriodError, UnitNotFoundError
from satisfaction.figures import CountRow, Figures
from satisfaction.models import AuditEntry, Desk, Rating, RatingVoid, Unit, UnitParent
from satisfaction.overview import Wanted, build_overview
from satisfaction.periods import Period, quarter_period
from satisfaction.terms import AuditAction, Channel, Dimension, Role, UnitKind
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import NOW, Office, make_office
from tests.making import finished_visit, rated_visit, tap

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

HTMX = {"HX-Request": "true"}
MARCH = "period=2026-03"
DAY = datetime(2026, 3, 9, 3, 0, tzinfo=UTC)
PAYLOADS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "＝1+1",
    "－1",
    '=HYPERLINK("http://example.org";"x")',
    "x;=1+1",
    "x,=1+1",
)


def _plant(ward: Office, levels: Iterable[int | None], *, desk: int = 0, **fields: Any) -> None:
    """Finish visits at a desk, and rate those that have a level, in one transaction."""
    with clock.replaced(DAY), unit_of_work() as session:
        for level in levels:
            new = visits.NewVisit(desk_id=ward.desks[desk].id, **fields)
            visit = visits.close_visit(session, visits.open_visit(session, new).id)
            if level is not None:
                recording.record_rating(session, tap(ward, visit, desk=desk, level=level))


@pytest.fixture
def march(ward: Office) -> Office:
    """Plant a month: enough at the first desk for a percentage, few at the second."""
    _plant(ward, [1, 1], channel=Channel.POST)
    _plant(ward, [2, *[3] * 4, *[4] * 11, *[5] * 22], channel=Channel.ONLINE)
    _plant(ward, [4] * 5, desk=1, procedure_id=ward.procedures[0].id)
    _plant(ward, [None] * 9)
    return ward


class _Cells(HTMLParser):
    """The numbers of the page's tables, by table and by line."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[dict[str, list[str]]] = []
        self._key = ""
        self._is_in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append({})
        elif tag == "tr":
            self._key = dict(attrs).get("data-key") or ""
        elif tag == "td" and self._key:
            self.tables[-1].setdefault(self._key, []).append("")
            self._is_in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._is_in_cell = False

    def handle_data(self, data: str) -> None:
        if self._is_in_cell:
            self.tables[-1][self._key][-1] += data + " "


def tables_of(html: str) -> list[dict[str, list[str]]]:
    cells = _Cells()
    cells.feed(html)
    return [
        {key: [" ".join(cell.split()) for cell in line] for key, line in table.items()}
        for table in cells.tables
    ]


def _number(text: str) -> int | None:
    return None if text in {"", "–"} else int(text.replace(".", ""))


def _file(browser: OfficersBrowser, query: str) -> list[dict[str, str]]:
    answer = browser.get(f"/admin/counts.csv?{query}")
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def _figures(ward: Office, query: str) -> Figures:
    arguments = dict(pair.split("=") for pair in query.split("&"))
    wanted = read_question(arguments, clock.today()).wanted
    with reading() as session:
        return build_overview(session, frozenset({ward.unit.id}), wanted).figures


@pytest.mark.parametrize("by", list(Dimension)[1:])
def test_page_file_and_figures_hold_the_same_numbers(
    supervisor: OfficersBrowser, march: Office, by: Dimension
) -> None:
    query = f"{MARCH}&by={by.value}"
    figures = _figures(march, query)
    counts, levels = tables_of(supervisor.get(f"/admin/counts?{query}").text)
    lines = _file(supervisor, query)
    rows = [*figures.rows, figures.total]
    assert len(lines) == len(counts) == len(levels) == len(rows)
    assert len(rows) >= 2
    for row, line in zip(rows, lines, strict=True):
        key = row.key if row is not figures.total else "total"
        _check_line(row, line, counts[key])
        assert [_number(cell) for cell in levels[key]] == [*figures.level_counts(row), row.answers]
        names = [level.label_vi for level in figures.total.levels]
        assert [int(line[name]) for name in names] == list(figures.level_counts(row))


def _check_line(row: CountRow, line: dict[str, str], cells: list[str]) -> None:
    share, finished, rated, participation, unlinked, voided = cells[1:]
    satisfied, answers = re.findall(r"[\d.]+(?= trên)|(?<=trên )[\d.]+", share)
    assert (_number(satisfied), _number(answers)) == (row.satisfied, row.answers)
    shown = [_number(cell) for cell in (finished, rated, unlinked, voided)]
    assert shown == [row.finished_visits, row.rated_visits, row.unlinked, row.voided]
    written = [
        _number(line[name])
        for name in (
            *("Lượt phục vụ xong", "Lượt phục vụ có đánh giá", "Không gắn lượt phục vụ"),
            *("Đã hủy", "Tính là hài lòng", "Tính là bình thường", "Tính là không hài lòng"),
            "Tổng lượt đánh giá",
        )
    ]
    assert written == [*shown, row.satisfied, row.neutral, row.dissatisfied, row.answers]
    assert line["Tỷ lệ hài lòng"] == (share.split()[0] if "%" in share else "")
    assert line["Tỷ lệ tham gia"] == participation.replace("–", "")


def test_under_thirty_answers_there_is_no_percentage(
    supervisor: OfficersBrowser, march: Office
) -> None:
    counts, _levels = tables_of(supervisor.get(f"/admin/counts?{MARCH}").text)
    first, second = (counts[str(desk.id)] for desk in march.desks)
    assert first[1:5] == ["83% 33 trên 40", "49", "40", "82%"]
    assert second[1:5] == ["5 trên 5", "5", "5", "–"]
    assert "Dưới 30 lượt, chưa tính tỷ lệ" in second[0]
    assert counts["total"][1] == "84% 38 trên 45"


def test_a_hundred_answers_have_one_decimal_and_few_are_told_in_the_sentence(
    supervisor: OfficersBrowser, ward: Office
) -> None:
    _plant(ward, [5] * 3)
    page = supervisor.get(f"/admin/counts?{MARCH}").text
    assert "3 lượt hài lòng trong 3 lượt đánh giá. Dưới 30 lượt" in page
    _plant(ward, [5 if number % 8 else 1 for number in range(101)])
    assert "<b>87,5%</b> trong 104 lượt" in supervisor.get(f"/admin/counts?{MARCH}").text


def test_unlinked_and_voided_stand_beside_the_figures_not_in_them(
    supervisor: OfficersBrowser, march: Office
) -> None:
    voided = rated_visit(march, 1, at=DAY)
    with unit_of_work() as session:
        seq = session.scalars(select(Rating.seq).where(Rating.id == voided)).one()
        session.add(RatingVoid(rating_seq=seq, voided_at=NOW, explanation="thử máy"))
    counts, _levels = tables_of(supervisor.get(f"/admin/counts?{MARCH}").text)
    assert counts["total"][1:] == ["84% 38 trên 45", "55", "46", "84%", "0", "1"]


def test_filters_narrow_page_and_file_and_are_named_in_both(
    supervisor: OfficersBrowser, march: Office
) -> None:
    query = f"{MARCH}&desk={march.desks[1].id}&channel=in_person&source=kiosk"
    query += f"&procedure={march.procedures[0].id}"
    page = supervisor.get(f"/admin/counts?{query}").text
    counts, _levels = tables_of(page)
    assert list(counts) == [str(march.desks[1].id), "total"]
    named = "Bàn: Bàn 2; Thủ tục: Chứng thực bản sao; Kênh: Trực tiếp; Nguồn đánh giá: Máy đánh giá"
    assert f'<p class="on-paper">{named}</p>' in page
    lines = _file(supervisor, query)
    assert {line["Điều kiện lọc"] for line in lines} == {named}
    assert counts["total"][2:4] == ["–", "–"]
    assert lines[-1]["Lượt phục vụ xong"] == ""


def test_every_line_of_the_file_names_unit_period_and_moment(
    supervisor: OfficersBrowser, march: Office
) -> None:
    for line in _file(supervisor, MARCH):
        assert line["Mã đơn vị"] == "00103"
        assert line["Đơn vị"] == "Phường Tây Hồ"
        assert (line["Từ ngày"], line["Đến hết ngày"]) == ("2026-03-01", "2026-03-31")
        assert line["Tính đến"] == "2026-03-10T09:00:00+07:00"
        assert line["Dữ liệu minh họa"] == "không"


def test_demonstration_data_is_labelled_on_page_and_in_file(
    supervisor: OfficersBrowser, march: Office
) -> None:
    assert "Dữ liệu minh họa" not in supervisor.get(f"/admin/counts?{MARCH}").text
    with unit_of_work() as session:
        session.get_one(Unit, march.unit.id).is_demonstration = True
    assert "Dữ liệu minh họa" in supervisor.get(f"/admin/counts?{MARCH}").text
    assert {line["Dữ liệu minh họa"] for line in _file(supervisor, MARCH)} == {"có"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_of_the_file_becomes_a_formula(
    supervisor: OfficersBrowser, march: Office, payload: str
) -> None:
    with unit_of_work() as session:
        desk = session.get_one(Desk, march.desks[0].id)
        desk.name = desk.detail = payload
        unit = session.get_one(Unit, march.unit.id)
        unit.names[0].name = payload
    data = supervisor.get(f"/admin/counts.csv?{MARCH}").data.decode("utf-8-sig")
    for delimiter in (";", ","):
        for line in csv.reader(io.StringIO(data, newline=""), delimiter=delimiter):
            assert [cell for cell in line if re.match(r"[=+\-@\t\r＝＋－＠]", cell)] == []
    assert "'" in data


def test_downloading_is_kept_in_the_log(supervisor: OfficersBrowser, march: Office) -> None:
    answer = supervisor.get(f"/admin/counts.csv?{MARCH}&channel=online")
    name = "so-lieu_00103_2026-03-01_2026-03-31.csv"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert answer.content_type == "text/csv; charset=utf-8"
    with reading() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.COUNTS_EXPORTED)
        ).one()
    assert (entry.unit_id, entry.network) == (march.unit.id, "10.1.2.0/24")
    assert entry.detail == {"period": "2026-03", "channel": "online"}


def test_a_piece_is_what_the_page_includes(supervisor: OfficersBrowser, march: Office) -> None:
    page = supervisor.get(f"/admin/counts?{MARCH}")
    piece = supervisor.get(f"/admin/counts?{MARCH}", headers=HTMX)
    restored = supervisor.get(
        f"/admin/counts?{MARCH}", headers=HTMX | {"HX-History-Restore-Request": "true"}
    )
    assert piece.text.strip() in page.text
    assert "<html" not in piece.text
    assert "<html" in restored.text
    for answer in (page, piece):
        assert "HX-Request" in answer.headers["Vary"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_what_forms_leave_empty_leaves_the_address(
    supervisor: OfficersBrowser, march: Office
) -> None:
    asked = supervisor.get(f"/admin/counts?{MARCH}&desk=&channel=online&_external=x")
    assert asked.location == "/admin/counts?period=2026-03&channel=online"


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("period=today", date(2026, 3, 10), date(2026, 3, 10)),
        ("", date(2026, 3, 4), date(2026, 3, 10)),
        ("period=this-month", date(2026, 3, 1), date(2026, 3, 31)),
        ("period=last-month", date(2026, 2, 1), date(2026, 2, 28)),
        ("period=this-quarter", date(2026, 1, 1), date(2026, 3, 31)),
        ("period=2024-Q1", date(2024, 1, 1), date(2024, 3, 31)),
        ("period=2025-H2", date(2025, 7, 1), date(2025, 12, 31)),
        ("period=2025-W01", date(2024, 12, 30), date(2025, 1, 5)),
        ("from=2025-10-01&to=2025-10-14", date(2025, 10, 1), date(2025, 10, 14)),
        ("from=2025-10-01", date(2025, 10, 1), date(2025, 10, 1)),
        ("period=today&to=2025-10-14", date(2025, 10, 14), date(2025, 10, 14)),
    ],
)
def test_periods_are_read_from_the_address(words: str, first: date, last: date) -> None:
    arguments = dict(pair.split("=") for pair in words.split("&") if pair)
    period = read_question(arguments, date(2026, 3, 10)).wanted.period
    assert (period.first_day, period.last_day) == (first, last)


@pytest.mark.parametrize(
    ("address", "is_marked"),
    [
        ("/admin/counts.csv?asked=0123456789abcdef", True),
        ("/admin/counts.csv?asked=0123456789ABCDEF", False),
        ("/admin/counts.csv?asked=a=1;%20b", False),
        ("/admin/counts?asked=0123456789abcdef", False),
    ],
)
def test_a_file_leaves_the_mark_that_its_page_waits_for(
    supervisor: OfficersBrowser, address: str, is_marked: bool
) -> None:
    cookies = supervisor.get(address).headers.getlist("Set-Cookie")
    marks = [cookie for cookie in cookies if cookie.startswith("asked-")]
    wanted = "asked-0123456789abcdef=1; Max-Age=60; Path=/; SameSite=Strict"
    assert [re.sub(r"Expires=[^;]*; ", "", mark) for mark in marks] == [wanted] * is_marked


def test_a_period_to_come_has_not_begun(supervisor: OfficersBrowser) -> None:
    coming = supervisor.get("/admin/counts?from=2027-01-01&to=2027-02-01").text
    assert "Kỳ này chưa bắt đầu." in coming
    assert "Kỳ này mới đến" not in coming
    running = supervisor.get("/admin/counts?period=this-month").text
    assert "Kỳ này mới đến 10/03/2026." in running


@pytest.mark.parametrize(
    "words",
    [
        *("period=yesterday", "period=2024-Q5", "period=1999", "from=2025-02-30"),
        *("from=2025-10-02&to=2025-10-01", "from=2015-01-01&to=2026-01-01"),
        *("by=day&period=2024&to=2026-01-01&from=2024-01-01", "to=9999-12-31"),
    ],
)
def test_what_is_no_period_is_told_in_words_and_nothing_is_guessed(
    supervisor: OfficersBrowser, words: str
) -> None:
    answer = supervisor.get(f"/admin/counts?{words}")
    assert answer.status_code == 400
    assert "Đang hiện kỳ khác: 04/03 – 10/03/2026." in answer.text
    assert supervisor.get(f"/admin/counts.csv?{words}").status_code == 400
    arguments = dict(pair.split("=") for pair in words.split("&"))
    with pytest.raises(InvalidPeriodError):
        read_question(arguments, date(2026, 3, 10))


@pytest.mark.parametrize(
    ("words", "status"),
    [
        *(("by=level", 400), ("channel=fax", 400), ("source=x", 400), ("by=total", 400)),
        *(("desk=x", 404), ("desk=999", 404), ("procedure=999", 404), ("unit=999", 404)),
        ("unit=1e9", 404),
    ],
)
def test_an_address_that_asks_for_nothing_there_is_refused(
    supervisor: OfficersBrowser, march: Office, words: str, status: int
) -> None:
    assert supervisor.get(f"/admin/counts?{words}").status_code == status
    assert supervisor.get(f"/admin/counts.csv?{words}").status_code == status


def test_another_units_figures_are_not_there(
    supervisor: OfficersBrowser, march: Office, elsewhere: Office
) -> None:
    rated_visit(elsewhere, 1, at=DAY)
    for words in (f"unit={elsewhere.unit.id}", f"desk={elsewhere.desks[0].id}"):
        assert supervisor.get(f"/admin/counts?{words}").status_code == 404
        assert supervisor.get(f"/admin/counts.csv?{words}").status_code == 404
    assert "Phú Thượng" not in supervisor.get(f"/admin/counts?{MARCH}&by=unit").text


def test_a_question_that_finds_nothing_says_so(supervisor: OfficersBrowser, march: Office) -> None:
    nothing = supervisor.get("/admin/counts?period=2024-Q1").text
    assert "Chưa có lượt đánh giá nào trong kỳ này" in nothing
    narrowed = supervisor.get("/admin/counts?period=2024-Q1&channel=post").text
    assert "Bỏ bớt điều kiện lọc" in narrowed
    assert 'href="/admin/counts?period=2024-Q1"' in narrowed


def test_finished_visits_without_an_answer_are_shown(
    supervisor: OfficersBrowser, ward: Office
) -> None:
    finished_visit(ward.desks[0], at=DAY)
    page = supervisor.get(f"/admin/counts?{MARCH}").text
    assert "1 lượt phục vụ đã xong, chưa lượt nào được đánh giá" in page


def test_a_period_that_runs_says_how_far_it_is(supervisor: OfficersBrowser, march: Office) -> None:
    page = supervisor.get(f"/admin/counts?{MARCH}").text
    assert "Số liệu đến 09:00, 10/03/2026." in page
    assert "Kỳ này mới đến 10/03/2026." in page
    assert "mới đến" not in supervisor.get("/admin/counts?period=2026-02").text


def test_lines_are_named_in_words(supervisor: OfficersBrowser, march: Office) -> None:
    wanted = {
        "channel": "Bưu chính",
        "source": "Máy đánh giá",
        "day": "Thứ Hai 09/03/2026",
        "week": "Tuần 11/2026<small>09/03 – 15/03/2026</small>",
        "month": "Tháng 3/2026",
        "procedure": "Không rõ",
    }
    for by, words in wanted.items():
        assert f">{words}<" in supervisor.get(f"/admin/counts?{MARCH}&by={by}").text


def test_in_english_the_numbers_are_written_the_english_way(
    supervisor: OfficersBrowser, march: Office
) -> None:
    page = supervisor.get(f"/admin/counts?{MARCH}&lang=en").text
    assert '<html lang="en">' in page
    assert "Very satisfied" in page


@pytest.fixture
def district(app: Flask, now: datetime) -> tuple[Unit, Office, Office]:
    """Return a district that was abolished, a ward that stood under it, and one that left early."""
    with unit_of_work() as session:
        old = office.add_unit(
            session,
            "003",
            name="Quận Tây Hồ",
            kind=UnitKind.DISTRICT,
            from_day=date(2020, 1, 1),
            until_day=date(2025, 7, 1),
        )
        stayed = make_office(session, "00091", "Phường Bưởi")
        left = make_office(session, "00092", "Phường Xuân La")
        for ward, until in ((stayed, date(2025, 7, 1)), (left, date(2024, 2, 1))):
            session.add(_link(ward.unit, old, until))
    return old, stayed, left


def _link(unit: Unit, parent: Unit, until: date) -> UnitParent:
    return UnitParent(
        unit_id=unit.id, parent_id=parent.id, from_day=date(2024, 1, 1), until_day=until
    )


def test_a_past_district_may_be_asked_for_with_what_stood_under_it_all_the_time(
    app: Flask, district: tuple[Unit, Office, Office]
) -> None:
    old, stayed, left = district
    make_officer("hanh", Role.SUPERVISOR, unit=old)
    browser = signed_in(app, "hanh")
    page = browser.get("/admin/counts?period=2024-Q1").text
    names = re.findall(r'<option value="\d+"(?: selected)?>\u2003*((?:Quận|Phường)[^<]+)<', page)
    assert names == ["Quận Tây Hồ", "Phường Bưởi"]
    for unit, status in ((stayed.unit, 200), (left.unit, 404)):
        assert browser.get(f"/admin/counts?period=2024-Q1&unit={unit.id}").status_code == status
    assert browser.get(f"/admin/counts?period=2026-03&unit={stayed.unit.id}").status_code == 404
    assert "<h1>Quận Tây Hồ" in browser.get("/admin/counts?period=2026-03").text


def test_the_unit_of_the_period_is_shown_first(
    app: Flask, ward: Office, district: tuple[Unit, Office, Office]
) -> None:
    account = make_officer("hanh", Role.SUPERVISOR, unit=ward.unit)
    with unit_of_work() as session:
        accounts.grant_role(
            session, account, Role.SUPERVISOR, unit=district[0], from_day=clock.today()
        )
        ward_names = session.get_one(Unit, ward.unit.id).names
        ward_names[0].from_day = date(2025, 7, 1)
    browser = signed_in(app, "hanh")
    assert "<h1>Phường Tây Hồ" in browser.get("/admin/counts").text
    assert "<h1>Quận Tây Hồ" in browser.get("/admin/counts?period=2024-Q1").text


def test_quick_periods_are_all_understood() -> None:
    for word in QUICK_PERIODS:
        assert read_question({"period": word}, date(2026, 12, 31)).words["period"] == word


def test_the_overview_refuses_whom_it_grants_nothing(ward: Office) -> None:
    wanted = Wanted(period=quarter_period(2026, 1))
    with reading() as session, pytest.raises(UnitNotFoundError):
        build_overview(session, frozenset(), wanted)


def test_a_question_keeps_its_words_when_one_changes() -> None:
    question = read_question(
        {"from": "2026-03-01", "to": "2026-03-02", "desk": "4", "x": "y"}, date(2026, 3, 10)
    )
    assert question.wanted.period == Period(date(2026, 3, 1), date(2026, 3, 3))
    assert question.changed(period="today") == {"period": "today", "desk": "4"}
    assert question.changed(desk=None) == {"from": "2026-03-01", "to": "2026-03-02"}
    later = question.changed(**{"from": "2026-03-02"})
    assert later == {"from": "2026-03-02", "to": "2026-03-02", "desk": "4"}
