"""Reports: one value, whose numbers page, workbook, PDF and CSV all repeat; and nothing runs."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from satisfaction import clock, recording, rollups, visits
from satisfaction.calendars import Week, read_spans, set_week
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery, CountRow, Figures
from satisfaction.models import AuditEntry, Desk, Unit
from satisfaction.periods import parse_period
from satisfaction.reports.exports import digest_of
from satisfaction.reports.report import Report, build_report, interval_of
from satisfaction.terms import AuditAction, Channel, Dimension
from satisfaction.web.formats import as_number, as_points, as_share, as_shown_share
from satisfaction.web.report_files import write_csv, write_pdf, write_xlsx
from tests.admin.officers import OfficersBrowser
from tests.admin.test_counts import PAYLOADS
from tests.conftest import Office, make_office
from tests.making import rated_visit, tap
from tests.reading import fonts_of_pdf, formulas_of, read_paper, read_workbook, text_of_pdf

pytestmark = pytest.mark.once

JANUARY = datetime(2026, 1, 12, 3, 0, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 9, 3, 0, tzinfo=UTC)
QUERY = "period=2026-02"
TEXTS_OF_CSV = 11
SIGNS = "\x00\x01\x0b\x0c\x1f\ufffe\ud800"


def _plant(
    ward: Office,
    levels: Iterable[int | None],
    *,
    desk: int = 0,
    at: datetime = FEBRUARY,
    **fields: Any,
) -> None:
    with clock.replaced(at), unit_of_work() as session:
        for level in levels:
            new = visits.NewVisit(desk_id=ward.desks[desk].id, **fields)
            visit = visits.close_visit(session, visits.open_visit(session, new).id)
            if level is not None:
                recording.record_rating(session, tap(ward, visit, desk=desk, level=level))


@pytest.fixture
def february(ward: Office) -> Office:
    """Plant a closed month, stored: enough at one desk for a share, few at the other, and noise."""
    with unit_of_work() as session:
        noise = make_office(session, "00091", "Phường Phú Thượng")
    _plant(noise, [1] * 7)
    _plant(ward, [1, 1], channel=Channel.POST)
    _plant(ward, [2, *[3] * 4, *[4] * 44, *[5] * 62], channel=Channel.ONLINE)
    _plant(ward, [4] * 5, desk=1, procedure_id=ward.procedures[0].id)
    _plant(ward, [None] * 9)
    _settle()
    return ward


@pytest.fixture(params=["alone", "compared"])
def month(request: pytest.FixtureRequest, february: Office) -> Office:
    """Return the month alone, and beside a month before: enough at one desk, few at the other."""
    if request.param == "compared":
        _plant_january(february)
    return february


def _plant_january(ward: Office) -> None:
    _plant(ward, [*[5] * 20, *[1] * 20, None], at=JANUARY)
    _plant(ward, [4] * 5, desk=1, at=JANUARY)
    _settle()


def _settle() -> None:
    for day in _stale():
        with unit_of_work() as session:
            rollups.rebuild_day(session, day)


def _stale() -> list[Any]:
    with reading() as session:
        return list(rollups.list_stale_days(session))


def _report(ward: Office, word: str = "2026-02") -> Report:
    kind, period = parse_period(word)
    with reading() as session:
        return build_report(session, CountQuery(unit_id=ward.unit.id, period=period), kind)


def _earlier(report: Report, table: Figures, row: CountRow) -> CountRow | None:
    """Return a desk's or the whole's line of the month before."""
    if report.earlier is None:
        return None
    if row is table.total:
        return report.earlier.total
    keys = {before.key: before for before in report.earlier.rows}
    return keys.get(row.key) if table.query.by is Dimension.DESK else None


def _difference(row: CountRow, before: CountRow | None) -> float | None:
    """Return the difference of two shares, where both are shown."""
    if before is None or min(row.answers, before.answers) < 30:
        return None
    return (row.satisfied_share or 0.0) - (before.satisfied_share or 0.0)


def _smaller(row: CountRow, before: CountRow | None) -> int:
    """Return of how many answers the coarser of two shares is."""
    return min(row.answers, before.answers if before else 0)


Compared = tuple[float | None, int]


def _differences(report: Report, table: Figures, row: CountRow) -> list[Compared]:
    """Return what the table of desks alone has, where there is a month before, and of how many."""
    if report.earlier is None or table.query.by is not Dimension.DESK:
        return []
    before = _earlier(report, table, row)
    return [(_difference(row, before), _smaller(row, before))]


def _points(difference: float | None) -> float | None:
    return None if difference is None else difference * 100


def _said(difference: float | None, of: int) -> str:
    """Return a difference as it stands on paper, whose font has no minus sign of its own."""
    return as_points(difference, of).replace("−", "–")


def _numbers(report: Report, figures: Figures, row: CountRow) -> list[object]:
    """Return a line's numbers in the order of the columns, as counting has them."""
    interval = interval_of(row)
    few = row.answers < 30
    return [
        *figures.level_counts(row),
        row.answers,
        row.satisfied,
        None if few else row.satisfied_share,
        interval.low if interval else None,
        interval.high if interval else None,
        *(_points(difference) for difference, _ in _differences(report, figures, row)),
        row.finished_visits,
        row.rated_visits,
        None if (row.finished_visits or 0) < 30 else row.participation,
        row.unlinked,
        row.voided,
        row.marked,
        row.assisted,
    ]


def _shown(report: Report, figures: Figures, row: CountRow) -> list[str]:
    """Return the same as the page shows it."""
    interval = interval_of(row)
    return [
        *(as_number(count) for count in figures.level_counts(row)),
        as_number(row.answers),
        as_number(row.satisfied),
        as_shown_share(row.satisfied_share, row.answers),
        as_shown_share(interval.low if interval else None, row.answers),
        as_shown_share(interval.high if interval else None, row.answers),
        *(_said(*compared) for compared in _differences(report, figures, row)),
        as_number(row.finished_visits),
        as_number(row.rated_visits),
        as_shown_share(row.participation, row.finished_visits),
    ]


def _lines(figures: Figures) -> list[tuple[str, CountRow]]:
    return [*((row.key, row) for row in figures.rows), ("total", figures.total)]


def test_page_and_workbook_hold_every_number_of_the_report(
    supervisor: OfficersBrowser, month: Office
) -> None:
    report = _report(month)
    page = read_paper(supervisor.get(f"/admin/reports?{QUERY}").text)
    book = read_workbook(supervisor.get(f"/admin/reports/file?{QUERY}&form=xlsx").data)
    wanted = {Dimension.DESK, Dimension.PROCEDURE, Dimension.SECTOR, Dimension.CHANNEL}
    wanted |= {Dimension.SOURCE, Dimension.DAY}
    assert {table.query.by for table in report.tables} == wanted
    assert report.total.total.answers == 118
    for number, table in enumerate(report.tables, start=1):
        cells = list(book.values())[number]
        lines = _lines(table)
        assert len(lines) == len(page.tables[table.query.by.value]) >= 2
        for (key, row), written in zip(lines, cells[3:], strict=True):
            assert page.tables[table.query.by.value][key] == _shown(report, table, row)
            assert list(written[2:]) == pytest.approx(_numbers(report, table, row))
            assert all(type(cell) in {int, float, type(None)} for cell in written[2:])
    assert page.facts["Tỷ lệ hài lòng"] == "94,1%"
    written_facts = [line for line in next(iter(book.values())) if line[0] in page.facts]
    wanted_facts = _facts(report)
    assert [line[0] for line in written_facts] == list(wanted_facts) == list(page.facts)
    for label, value, *_ in written_facts:
        assert value == pytest.approx(wanted_facts[label][0])
        assert page.facts[str(label)] == wanted_facts[label][1]


def test_the_csv_holds_the_same_lines(supervisor: OfficersBrowser, month: Office) -> None:
    report = _report(month)
    data = supervisor.get(f"/admin/reports/file?{QUERY}&form=csv").data.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(data), delimiter=";"))
    rows = [row for table in report.tables for _, row in _lines(table)]
    figures = [table for table in report.tables for _ in _lines(table)]
    for line, row, table in zip(lines, rows, figures, strict=True):
        assert list(line.values())[TEXTS_OF_CSV:] == _written(report, table, row)


def _written(report: Report, figures: Figures, row: CountRow) -> list[str]:
    """Return a line's numbers in the order of the file, as counting has them."""

    def share(value: float | None, of: int | None) -> str:
        return "" if of is None or of < 30 else as_share(value, of)

    before, interval = _earlier(report, figures, row), interval_of(row)
    difference = _difference(row, before)
    few = "Không so với kỳ trước: kỳ trước dưới 30 lượt đánh giá."
    values = [
        row.finished_visits,
        row.rated_visits,
        share(row.participation, row.finished_visits),
        *figures.level_counts(row),
        row.satisfied,
        row.neutral,
        row.dissatisfied,
        row.answers,
        share(row.satisfied_share, row.answers),
        row.unlinked,
        row.voided,
        row.marked,
        row.assisted,
        share(interval.low, row.answers) if interval else "",
        share(interval.high, row.answers) if interval else "",
        before.answers if before else None,
        share(before.satisfied_share, before.answers) if before else "",
        _typed(difference, _smaller(row, before)),
        "01/01 – 31/01/2026" if report.earlier else few,
    ]
    return ["" if value is None else str(value) for value in values]


def _typed(difference: float | None, of: int) -> str:
    """Return a difference as a spreadsheet reads it: a hyphen for a minus, no plus."""
    digits = 0 if of < 100 else 1
    return "" if difference is None else f"{difference * 100:.{digits}f}".replace(".", ",")


def test_a_share_that_fell_is_a_number_in_every_file(
    supervisor: OfficersBrowser, february: Office
) -> None:
    _plant(february, [5] * 45, at=JANUARY)
    _settle()
    report = _report(february)
    total = report.total.total
    difference = _difference(total, _earlier(report, report.total, total))
    assert difference is not None
    assert difference == pytest.approx(111 / 118 - 1)
    page = read_paper(supervisor.get(f"/admin/reports?{QUERY}").text)
    assert page.tables["desk"]["total"][-4] == _said(difference, 45) == "–6"
    data = supervisor.get(f"/admin/reports/file?{QUERY}&form=csv").data.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(data), delimiter=";"))
    column = next(name for name in lines[0] if "điểm %" in name)
    typed = [line[column] for line in lines if line["Kỳ trước: tổng lượt đánh giá"] == "45"]
    assert set(typed) == {"-6"}
    assert "−" not in data
    book = read_workbook(supervisor.get(f"/admin/reports/file?{QUERY}&form=xlsx").data)
    said = [line[1] for line in next(iter(book.values())) if line[0] == "So kỳ trước (điểm %)"]
    assert said == [pytest.approx(difference * 100)]


def _facts(report: Report) -> dict[object, tuple[float | None, str]]:
    """Return what the whole says: each figure as a number, and as it is shown."""
    row = report.total.total
    interval = interval_of(row)
    assert interval is not None
    shares = {
        "Tỷ lệ hài lòng": (row.satisfied_share, row.answers),
        "Khoảng tin cậy 95%, từ": (interval.low, row.answers),
        "Khoảng tin cậy 95%, đến": (interval.high, row.answers),
        "Tỷ lệ tham gia": (row.participation, row.finished_visits),
    }
    counts = {
        "Lượt phục vụ xong": row.finished_visits,
        "Lượt phục vụ có đánh giá": row.rated_visits,
        "Tổng lượt đánh giá": row.answers,
        "Tính là hài lòng": row.satisfied,
        "Tính là bình thường": row.neutral,
        "Tính là không hài lòng": row.dissatisfied,
        **{f"Mức “{level.label_vi}”": level.count for level in row.levels},
        "Không gắn lượt phục vụ": row.unlinked,
        "Đã hủy": row.voided,
        "Trong đó cần xem lại": row.marked,
        "Trong đó được hỗ trợ": row.assisted,
    }
    found: dict[object, tuple[float | None, str]] = {}
    for label, (value, of) in shares.items():
        found[label] = (value or 0.0, as_share(value, of))
    found.update(_earlier_facts(report))
    for label, count in counts.items():
        found[label] = (count or 0, as_number(count))
    return found


def _earlier_facts(report: Report) -> dict[object, tuple[float | None, str]]:
    """Return the same of the month before, and what changed."""
    row, change = report.total.total, "So kỳ trước (điểm %)"
    if report.earlier is None:
        return {change: (None, "–")}
    before = report.earlier.total
    shares = _difference(row, before)
    visits = (row.participation or 0.0) - (before.participation or 0.0)
    return {
        "Kỳ trước: tỷ lệ hài lòng": (before.satisfied_share, as_share(25 / 45, 45)),
        "Kỳ trước: tổng lượt đánh giá": (45, "45"),
        change: (_points(shares), "+39"),
        "Kỳ trước: tỷ lệ tham gia": (before.participation, as_share(45 / 46, 46)),
        "Tham gia so kỳ trước (điểm %)": (_points(visits), _said(visits, 46)),
    }


def test_a_desk_is_compared_only_where_both_months_have_enough(
    supervisor: OfficersBrowser, february: Office
) -> None:
    _plant_january(february)
    html = supervisor.get(f"/admin/reports?{QUERY}").text
    desks = read_paper(html).tables["desk"]
    # Behind it stand three figures of visits.
    first, second = (desks[str(desk.id)][-4] for desk in february.desks)
    assert (first, second, desks["total"][-4]) == ("+44", "–", "+39")
    assert "Cao hơn kỳ trước quá mức dao động ngẫu nhiên" in html
    assert "Kỳ trước: 01/01 – 31/01/2026." in html


def test_what_is_not_compared_says_why_on_every_form(
    supervisor: OfficersBrowser, february: Office
) -> None:
    _plant_january(february)
    with unit_of_work() as session:
        hours = read_spans("7:30-17:00")
        for from_day, days in ((date(2025, 1, 1), 5), (date(2026, 2, 1), 6)):
            week = Week((hours,) * days + ((),) * (7 - days))
            set_week(session, february.unit.id, week=week, from_day=from_day)
    said = "Không so với kỳ trước: hai kỳ không làm việc vào cùng các thứ trong tuần."
    page = supervisor.get(f"/admin/reports?{QUERY}").text
    assert page.count(said) == 2
    assert "Kỳ trước: " not in page
    files = {
        form: supervisor.get(f"/admin/reports/file?{QUERY}&form={form}").data
        for form in ("pdf", "xlsx", "csv")
    }
    assert text_of_pdf(files["pdf"]).count(said) == 2
    whole = next(iter(read_workbook(files["xlsx"]).values()))
    assert ("So kỳ trước (điểm %)", None, said) in [line[:3] for line in whole]
    lines = list(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig")), delimiter=";"))
    assert {tuple(line[-4:]) for line in lines[1:]} == {("", "", "", said)}


def test_the_month_before_is_part_of_what_is_settled(february: Office) -> None:
    _plant_january(february)
    before = _report(february)
    assert before.is_settled
    rated_visit(february, 4, at=JANUARY)
    assert not _report(february).is_settled
    with clock.replaced(clock.now() + timedelta(hours=2)):
        _settle()
        after = _report(february)
    assert after.is_settled
    assert after.as_of == before.as_of + timedelta(hours=2)
    assert after.earlier is not None
    assert after.earlier.total.answers == 46


def test_a_narrowed_report_says_by_what_everywhere(
    supervisor: OfficersBrowser, february: Office
) -> None:
    narrowed = f"{QUERY}&desk={february.desks[0].id}&procedure={february.procedures[0].id}"
    said = "Bàn: Bàn 1; Thủ tục: Chứng thực bản sao"
    page = supervisor.get(f"/admin/reports?{narrowed}").text
    assert page.count(said) == 2
    assert "Không lọc" not in page
    files = {
        form: supervisor.get(f"/admin/reports/file?{narrowed}&form={form}").data
        for form in ("pdf", "xlsx", "csv")
    }
    assert text_of_pdf(files["pdf"]).count(said) == 2
    method = list(read_workbook(files["xlsx"]).values())[-1]
    assert f"Bộ lọc: {said}" in [line[0] for line in method]
    lines = csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig")), delimiter=";")
    assert {line["Điều kiện lọc"] for line in lines} == {said}
    whole = supervisor.get(f"/admin/reports?{QUERY}").text
    assert whole.count("Không lọc: mọi bàn, thủ tục, kênh và nguồn.") == 1


def test_the_pdf_says_what_the_page_says_in_vietnamese(
    supervisor: OfficersBrowser, month: Office
) -> None:
    answer = supervisor.get(f"/admin/reports/file?{QUERY}&form=pdf")
    assert answer.content_type == "application/pdf"
    text = text_of_pdf(answer.data)
    for words in (
        *("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "BÁO CÁO"),
        *("PHƯỜNG TÂY HỒ", "Tháng 2/2026", "THỦ TRƯỞNG ĐƠN VỊ", "Rất không hài lòng"),
    ):
        assert words in text
    assert fonts_of_pdf(answer.data) == {("Noto-Sans", True), ("Noto-Sans-Bold", True)}
    report = _report(month)
    shown = [_shown(report, table, row) for table in report.tables for _, row in _lines(table)]
    for line in shown:
        assert " ".join(line) in text
    for label, (_, said) in _facts(report).items():
        assert f"{label} {said}" in text


def test_a_closed_period_gives_the_same_bytes_twice_and_the_log_has_their_digest(
    supervisor: OfficersBrowser, month: Office
) -> None:
    for form in ("pdf", "xlsx", "csv"):
        address = f"/admin/reports/file?{QUERY}&form={form}"
        first = supervisor.get(address).data
        with clock.replaced(datetime(2026, 3, 10, 9, 41, 7, tzinfo=UTC)):
            report = _report(month)
            writer = {"pdf": write_pdf, "xlsx": write_xlsx, "csv": write_csv}[form]
            assert report.is_settled
            assert writer(report) == first
        with reading() as session:
            entry = session.scalars(
                select(AuditEntry)
                .where(AuditEntry.action == AuditAction.REPORT_EXPORTED)
                .order_by(AuditEntry.id.desc())
            ).first()
        assert entry is not None
        assert (entry.detail["sha256"], entry.detail["form"]) == (digest_of(first), form)
        assert digest_of(first) in supervisor.get(f"/admin/reports?{QUERY}").text


def test_a_period_that_may_still_change_says_so(
    supervisor: OfficersBrowser, february: Office
) -> None:
    assert "Kỳ đã khép" in supervisor.get(f"/admin/reports?{QUERY}").text
    assert "còn có thể thay đổi" in supervisor.get("/admin/reports?period=2026-03").text
    rated_visit(february, 4, at=FEBRUARY)
    assert not _report(february).is_settled
    assert "còn có thể thay đổi" in supervisor.get(f"/admin/reports?{QUERY}").text


@pytest.mark.parametrize("payload", [*PAYLOADS, f"=x{SIGNS}", "http://example.org"])
def test_no_text_of_a_file_becomes_a_formula_or_a_link(february: Office, payload: str) -> None:
    stored = payload.encode("utf-8", "ignore").decode().replace("\x00", "")
    with unit_of_work() as session:
        desk = session.get_one(Desk, february.desks[0].id)
        desk.name = desk.detail = stored
        session.get_one(Unit, february.unit.id).names[0].name = stored
    report = _report(february)
    book = write_xlsx(report)
    assert formulas_of(book) == []
    assert len(read_workbook(book)) > 5
    data = write_csv(report).decode("utf-8-sig")
    for line in csv.reader(io.StringIO(data, newline=""), delimiter=";"):
        assert [cell for cell in line if re.match(r"[=+\-@\t\r＝＋－＠]", cell)] == []
