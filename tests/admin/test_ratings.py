"""Single ratings as a file: one line each, without what leads to a person, and nothing runs."""

import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import clock, comments, counting, policies, recording
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.models import AuditEntry, Comment, Rating, RatingReason, Reason
from satisfaction.periods import parse_period
from satisfaction.policies import Policy
from satisfaction.rating_lines import LineReader, ask_for_lines, list_days
from satisfaction.reports.ratings import BookWords, write_ratings_csv, write_ratings_xlsx
from satisfaction.terms import ALLEGATIONS, AuditAction, Role
from satisfaction.web.rating_words import make_describer, rating_headings
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.admin.test_counts import PAYLOADS
from tests.conftest import Office, make_office
from tests.making import finished_visit, rated_visit, tap
from tests.reading import formulas_of, read_workbook

DAY = datetime(2026, 2, 9, 2, 0, tzinfo=UTC)
QUERY = "from=2026-02-01&to=2026-02-28"
SIGNS = "\x01\x0b\x1f"


@pytest.fixture
def february(ward: Office) -> Office:
    """Plant a month with words and an allegation, and noise elsewhere and today."""
    with unit_of_work() as session:
        noise = make_office(session, "00091", "Phường Phú Thượng")
    rated_visit(noise, 1, at=DAY)
    rated_visit(ward, 5, at=clock.now())
    for minute in range(12):
        rated_visit(ward, 4, at=DAY + timedelta(minutes=minute), ticket_number=f"T{minute}")
    rated_visit(ward, 3, at=DAY + timedelta(hours=6), desk=1)
    low = rated_visit(ward, 1, at=DAY + timedelta(hours=5), procedure_id=ward.procedures[0].id)
    said = rated_visit(ward, 2, at=DAY + timedelta(days=1))
    with clock.replaced(DAY + timedelta(days=1)), unit_of_work() as session:
        comments.record_comment(session, low, "họ đòi thêm tiền")
        comments.record_comment(session, said, "=1+1 chờ lâu")
        recording.void_rating(session, said, account_id=None, explanation="thử máy")
        seq = session.scalars(select(Rating.seq).where(Rating.id == low)).one()
        for code in (*ALLEGATIONS, "wait"):
            reason = session.scalars(select(Reason).where(Reason.code == code)).one()
            session.add(RatingReason(rating_seq=seq, reason_id=reason.id, given_at=DAY))
    return ward


def _lines(browser: OfficersBrowser, ward: Office) -> list[dict[str, str]]:
    answer = browser.get(f"/admin/reports/ratings/file?{QUERY}&unit={ward.unit.id}")
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    text = answer.data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_the_file_has_as_many_lines_as_are_counted(
    supervisor: OfficersBrowser, february: Office
) -> None:
    lines = _lines(supervisor, february)
    period = parse_period("2026-02")[1]
    with reading() as session:
        total = counting.count(session, CountQuery(unit_id=february.unit.id, period=period)).total
    standings = Counter(line["Cách đếm"] for line in lines)
    assert standings == {"Gắn lượt phục vụ": total.answers, "Đã hủy": total.voided}
    assert (total.answers, total.voided) == (14, 1)
    page = supervisor.get(f"/admin/reports/ratings?{QUERY}&unit={february.unit.id}").text
    assert "Tệp có 15 dòng" in page


def test_a_line_has_the_half_day_and_nothing_that_leads_to_a_person(
    supervisor: OfficersBrowser, february: Office
) -> None:
    answer = supervisor.get(f"/admin/reports/ratings/file?{QUERY}&unit={february.unit.id}").text
    assert "T7" not in answer
    assert ":0" not in answer
    lines = _lines(supervisor, february)
    assert [line["Buổi"] for line in lines if line["Ngày"] == "2026-02-09"] == [
        *["Sáng"] * 12,
        *["Chiều"] * 2,
    ]
    assert not any("10:" in cell or "09:" in cell for line in lines for cell in line.values())


def test_what_comes_today_waits_until_tomorrow(
    supervisor: OfficersBrowser, february: Office
) -> None:
    late = rated_visit(february, 3, at=DAY)
    before = _lines(supervisor, february)
    with unit_of_work() as session:
        comments.record_comment(session, late, "viết thêm hôm nay")
    assert _lines(supervisor, february) == before
    with clock.replaced(clock.now() + timedelta(days=1)):
        assert "viết thêm hôm nay" in [line["Ý kiến"] for line in _read_lines(february)]


def _read_lines(ward: Office) -> list[dict[str, str]]:
    """Read the lines without a browser, whose sign-in would be over by another day."""
    with reading() as session:
        wanted = ask_for_lines(
            session,
            ward.unit.id,
            parse_period("2026-02")[1],
            visible={ward.unit.id},
            allegations=set(),
            words={ward.unit.id},
        )
        reader = LineReader(session, wanted)
        days = [reader.read_day(session, day, units) for day, units in list_days(wanted)]
    parts = write_ratings_csv(days, rating_headings(), describe=make_describer())
    text = b"".join(parts).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_a_unit_that_shows_its_voices_later_gives_its_lines_later(february: Office) -> None:
    with unit_of_work() as session:
        policies.set_policy(session, february.unit.id, Policy(delay_days=20))
    with clock.replaced(DAY + timedelta(days=10)):
        assert _read_lines(february) == []
    with clock.replaced(DAY + timedelta(days=21)):
        days = {line["Ngày"] for line in _read_lines(february)}
    assert days == {"2026-02-09"}


def test_words_stay_with_an_answer_that_is_corrected_after_them(ward: Office) -> None:
    visit = finished_visit(ward.desks[0], at=DAY)
    first = tap(ward, visit, level=1, tapped_at=DAY)
    with clock.replaced(DAY), unit_of_work() as session:
        recording.record_rating(session, first)
        recording.record_comment(session, first.rating_id, "chờ quá lâu")
        second = tap(ward, visit, level=2, tapped_at=DAY, supersedes=first.rating_id)
        recording.record_rating(session, second)
    assert [(line["Số mức"], line["Ý kiến"]) for line in _read_lines(ward)] == [
        ("2", "chờ quá lâu")
    ]


def test_lines_of_a_half_day_are_shuffled(ward: Office) -> None:
    levels = [1, 2, 3, 4, 5] * 5
    for minute, level in enumerate(levels):
        rated_visit(ward, level, at=DAY + timedelta(minutes=minute))
    with reading() as session:
        wanted = ask_for_lines(
            session,
            ward.unit.id,
            parse_period("2026-02")[1],
            visible={ward.unit.id},
            allegations=set(),
            words={ward.unit.id},
        )
        reader = LineReader(session, wanted)
        read = [
            line.position
            for day, units in list_days(wanted)
            for line in reader.read_day(session, day, units)
        ]
    assert sorted(read) == sorted(levels)
    assert read != levels


def test_an_allegation_goes_to_the_head_and_not_to_the_supervisor(
    app: Flask, supervisor: OfficersBrowser, february: Office
) -> None:
    make_officer("thu", Role.HEAD, unit=february.unit)
    shown = {
        name: next(line for line in _lines(browser, february) if line["Số mức"] == "1")
        for name, browser in (("head", signed_in(app, "thu")), ("supervisor", supervisor))
    }
    assert shown["head"]["Ý kiến"] == "họ đòi thêm tiền"
    assert ";" in shown["head"]["Lý do"]
    assert shown["supervisor"]["Ý kiến"] == ""
    assert shown["supervisor"]["Lý do"]
    assert ";" not in shown["supervisor"]["Lý do"]


def test_the_workbook_holds_the_same_lines_and_taking_it_is_kept(
    supervisor: OfficersBrowser, february: Office
) -> None:
    answer = supervisor.get(
        f"/admin/reports/ratings/file?{QUERY}&unit={february.unit.id}&form=xlsx"
    )
    name = "luot-danh-gia_00103_2026-02-01_2026-02-28.xlsx"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    book = read_workbook(answer.data)
    assert list(book) == ["Lượt đánh giá", "Phương pháp và bộ lọc"]
    cells, method = book.values()
    assert "00103 · 01/02 – 28/02/2026" in {line[0] for line in method}
    lines = _lines(supervisor, february)
    assert [list(line)[1] for line in cells[1:]] == [line["Buổi"] for line in lines]
    assert [line[11] for line in cells[1:]] == [int(line["Số mức"]) for line in lines]
    assert all(isinstance(line[0], datetime) for line in cells[1:])
    with reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.REPORT_EXPORTED)
        ).all()
    assert [(entry.detail["form"], entry.detail["ratings"]) for entry in entries] == [
        ("xlsx", 15),
        ("csv", 15),
    ]
    assert (
        supervisor.get(f"/admin/reports?period=2026-02&unit={february.unit.id}").status_code == 200
    )


def test_whatever_a_citizen_wrote_nothing_runs(
    supervisor: OfficersBrowser, february: Office
) -> None:
    payloads = [*PAYLOADS, f"=x{SIGNS}\u202e😀"]
    for payload in payloads:
        rating = rated_visit(february, 2, at=DAY)
        with unit_of_work() as session:
            seq = session.scalars(select(Rating.seq).where(Rating.id == rating)).one()
            session.add(
                Comment(
                    rating_seq=seq,
                    given_at=DAY,
                    commitment=bytes(32),
                    body=payload,
                    salt=bytes(16),
                )
            )
    for line in _lines(supervisor, february):
        assert not any(cell.startswith(tuple("=+-@\t\r＝＋－＠")) for cell in line.values())
    address = f"/admin/reports/ratings/file?{QUERY}&unit={february.unit.id}&form=xlsx"
    book = supervisor.get(address).data
    assert formulas_of(book) == []
    assert len(next(iter(read_workbook(book).values()))) == 16 + len(payloads)


@pytest.mark.parametrize(
    ("query", "status"),
    [("unit=999", 404), ("unit=x", 404), ("", 200), ("unit={unit}&form=doc", 400)],
)
def test_what_is_not_theirs_or_no_form_is_refused(
    supervisor: OfficersBrowser, february: Office, query: str, status: int
) -> None:
    words = query.format(unit=february.unit.id)
    assert supervisor.get(f"/admin/reports/ratings/file?{words}").status_code == status


def test_a_full_sheet_goes_on_on_the_next(tmp_path: Path) -> None:
    days: Any = [[1] * 5, [], [2] * 4]
    path = tmp_path / "x.xlsx"
    words = BookWords(headings=["n"], sheet="Lines", method="How", lines=["So."])
    write_ratings_xlsx(days, words, describe=lambda _: [1], path=path, most_rows=5)
    sheets = read_workbook(path.read_bytes())
    assert sheets.pop("How") == [("How",), ("So.",)]
    assert {name: len(lines) for name, lines in sheets.items()} == {
        "Lines": 5,
        "Lines 2": 5,
        "Lines 3": 2,
    }
    assert all(lines[0] == ("n",) for lines in sheets.values())
    assert len(list(write_ratings_csv(days, ["n"], describe=lambda _: [1]))) == 3
