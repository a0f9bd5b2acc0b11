"""Released figures, own, public and taken away: no page and no file shows a small count."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from satisfaction import clock, recording, succession, visits
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import InvalidPeriodError, SeveralUnitsError
from satisfaction.periods import Period, parse_period, write_period
from satisfaction.releases import Release, build_release, list_periods
from satisfaction.terms import Channel, Role
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import Office, make_office
from tests.making import tap
from tests.reading import (
    counts_of_workbook,
    formulas_of,
    read_paper,
    read_workbook,
    text_of_pdf,
)

JANUARY = datetime(2026, 1, 12, 3, 0, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 9, 3, 0, tzinfo=UTC)
LIMIT = 5
SMALL = {"1", "2", "3", "4"}


def _plant(ward: Office, at: datetime, levels: Iterable[int], *, desk: int, **fields: Any) -> None:
    with clock.replaced(at), unit_of_work() as session:
        for level in levels:
            new = visits.NewVisit(desk_id=ward.desks[desk].id, **fields)
            visit = visits.close_visit(session, visits.open_visit(session, new).id)
            recording.record_rating(session, tap(ward, visit, desk=desk, level=level))


@pytest.fixture
def months(ward: Office) -> Office:
    """Plant a month with a desk that has a small count, and one in which it has none."""
    _plant(ward, JANUARY, [*[1] * 6, *[4] * 20, *[5] * 20], desk=0, channel=Channel.ONLINE)
    _plant(ward, JANUARY, [*[2] * 7, *[5] * 30], desk=1, procedure_id=ward.procedures[0].id)
    _plant(ward, FEBRUARY, [*[1] * 2, *[4] * 20, *[5] * 20], desk=0)
    _plant(ward, FEBRUARY, [*[2] * 7, *[5] * 30], desk=1, channel=Channel.POST)
    return ward


@pytest.fixture
def published(app: Flask) -> Iterator[None]:
    """Have the ward publish its figures."""
    before: Settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = before.model_copy(update={"published_units": "00103, 00999"})
    yield
    app.config["SETTINGS"] = before


def _release(ward: Office, word: str) -> Release:
    with reading() as session:
        return build_release(session, ward.unit.id, parse_period(word)[1], limit=LIMIT)


def _numbers(release: Release) -> set[int]:
    """Return every count that a release shows."""
    assert release.answers is not None
    assert release.finished is not None
    assert release.rated is not None
    found = {*release.counts, release.answers, release.finished, release.rated}
    for table in release.tables:
        rows = [counts for _, counts in table.lines] + ([table.others] if table.others else [])
        for counts in [*rows, tuple(map(sum, zip(*rows, strict=True)))]:
            found |= {*counts, sum(counts)}
    return found


def test_a_desk_with_a_small_count_is_joined_and_the_quarter_joins_it_too(months: Office) -> None:
    january, february = _release(months, "2026-01"), _release(months, "2026-02")
    desks = [release.tables[0] for release in (january, february)]
    assert [len(table.lines) for table in desks] == [2, 0]
    assert [table.joined for table in desks] == [0, 2]
    assert february.counts != january.counts
    with clock.replaced(datetime(2026, 4, 2, 3, 0, tzinfo=UTC)):
        quarter = _release(months, "2026-Q1")
    assert quarter.tables[0].lines == ()
    assert quarter.answers == sum(january.counts) + sum(february.counts)
    assert not {1, 2, 3, 4} & (_numbers(january) | _numbers(february) | _numbers(quarter))


@pytest.mark.parametrize("word", ["2026-03", "2026", "2026-Q1", "2026-W07", "2026-02-09"])
def test_only_whole_months_that_are_over_are_released(ward: Office, word: str) -> None:
    with pytest.raises(InvalidPeriodError):
        _release(ward, word)


def test_a_month_without_answers_and_one_with_few_are_told_apart(ward: Office) -> None:
    assert (_release(ward, "2026-01").left_out, _release(ward, "2026-01").answers) == ((), 0)
    _plant(ward, JANUARY, [4, 4], desk=0)
    few = _release(ward, "2026-01")
    assert (few.counts, few.tables) == ((), ())
    assert (few.answers, few.finished, few.rated) == (None, None, None)
    assert [write_period(month) for month in few.left_out] == ["2026-01"]
    with clock.replaced(datetime(2026, 4, 2, 3, 0, tzinfo=UTC)):
        quarter = _release(ward, "2026-Q1")
    assert (quarter.answers, quarter.finished, quarter.rated) == (None, None, None)


def test_where_nothing_is_shown_no_page_and_no_file_says_nought(
    app: Flask, clerk: OfficersBrowser, supervisor: OfficersBrowser, ward: Office, published: None
) -> None:
    _plant(ward, FEBRUARY, [4, 4, 1], desk=0)
    few = "Tháng 2/2026: quá ít lượt đánh giá, nên không nêu số nào."
    query = "period=2026-02&version=public"
    pages = [
        clerk.get("/admin/own-figures?period=2026-02").text,
        OfficersBrowser(app).get("/so-lieu/00103?ky=2026-02").text,
        supervisor.get(f"/admin/reports?{query}").text,
    ]
    for page in pages:
        assert few in page
        assert set(read_paper(page).facts.values()) == {"–"}
        assert "0 trên 0" not in page
        assert "Không nêu vì quá ít lượt đánh giá" in page
    book = read_workbook(supervisor.get(f"/admin/reports/file?{query}&form=xlsx").data)
    assert not [cell for sheet in book.values() for line in sheet for cell in line if cell == 0]
    data = supervisor.get(f"/admin/reports/file?{query}&form=csv").data.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(data), delimiter=";"))
    assert {line["value"] for line in lines} == {""}
    text = text_of_pdf(supervisor.get(f"/admin/reports/file?{query}&form=pdf").data)
    assert few in text
    assert "0 trên 0" not in text


def test_a_month_without_any_answer_says_so_with_its_noughts(
    clerk: OfficersBrowser, ward: Office
) -> None:
    page = clerk.get("/admin/own-figures?period=2026-02").text
    assert "Tháng 2/2026: chưa có lượt đánh giá nào." in page
    assert read_paper(page).facts["Tổng lượt đánh giá"] == "0"


def test_a_unit_with_others_under_it_is_not_released(app: Flask, months: Office) -> None:
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
        succession.move_unit(session, other.unit, months.unit, from_day=JANUARY.date())
    with pytest.raises(SeveralUnitsError):
        _release(months, "2026-02")
    make_officer("lan", Role.DESK_OFFICER, unit=months.unit)
    own = f"/admin/own-figures?period=2026-02&unit={months.unit.id}"
    page = signed_in(app, "lan").get(own).text
    assert "xem số liệu của từng đơn vị đó" in page
    make_officer("mai", Role.SUPERVISOR, unit=months.unit)
    refused = signed_in(app, "mai").get("/admin/reports?period=2026-02&version=public")
    assert refused.status_code == 409
    assert "Bản công bố lập cho từng đơn vị" in refused.text
    assert 'class="paper sheet"' not in refused.text


def _shown_counts(html: str) -> set[str]:
    """Return what stands in the cells for numbers of a page."""
    paper = read_paper(html)
    cells = [cell for table in paper.tables.values() for line in table.values() for cell in line]
    return {*cells, *paper.facts.values()}


def test_a_desk_officer_sees_the_office_s_month_and_what_is_kept(
    clerk: OfficersBrowser, months: Office
) -> None:
    page = clerk.get("/admin/own-figures").text
    assert "Tháng 2/2026" in page
    assert "Cán bộ được biết hệ thống ghi gì về bàn của mình" in page
    shown = _shown_counts(page)
    assert not shown & SMALL
    counts = {f"{number:,}".replace(",", ".") for number in _numbers(_release(months, "2026-02"))}
    assert {cell for cell in shown if not re.search("[%–]", cell)} <= counts
    assert "2" in SMALL
    assert 'name="period"' in page


@pytest.mark.once
@pytest.mark.parametrize(
    ("query", "status"),
    [("period=2026-03", 400), ("period=x", 400), ("unit=9999", 404), ("unit=x", 404)],
)
def test_own_figures_refuse_what_is_not_theirs_or_not_over(
    clerk: OfficersBrowser, months: Office, query: str, status: int
) -> None:
    assert clerk.get(f"/admin/own-figures?{query}").status_code == status


def test_the_public_page_shows_what_is_released_and_no_more(
    app: Flask, months: Office, published: None
) -> None:
    browser = OfficersBrowser(app)
    answer = browser.get("/so-lieu/00103?ky=2026-02")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=600"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    shown = _shown_counts(answer.text)
    assert not shown & SMALL
    for words in ("79", "trên 79 lượt phục vụ", "Thang đo", "Tháng 2/2026", "Hài lòng ="):
        assert words in answer.text
    assert '<html lang="en">' in browser.get("/so-lieu/00103?ky=2026-02&lang=en").text
    assert 'href="/so-lieu/00103"' in browser.get("/so-lieu/").text
    assert browser.get("/so-lieu/00103?ky=2026-03").status_code == 400
    assert browser.get("/so-lieu/00999").status_code == 404


@pytest.mark.once
def test_nothing_is_public_unless_the_office_says_so(app: Flask, months: Office) -> None:
    browser = OfficersBrowser(app)
    assert browser.get("/so-lieu/00103").status_code == 404
    assert "Chưa có đơn vị nào công bố" in browser.get("/so-lieu/").text


def test_the_published_version_of_a_report_has_no_small_count_in_any_file(
    supervisor: OfficersBrowser, months: Office
) -> None:
    query = "period=2026-02&version=public"
    counts = _numbers(_release(months, "2026-02"))
    page = supervisor.get(f"/admin/reports?{query}").text
    assert not _shown_counts(page) & SMALL
    assert "Bản công bố: số nhỏ được ẩn." in page
    book = supervisor.get(f"/admin/reports/file?{query}&form=xlsx").data
    assert formulas_of(book) == []
    assert {9, 79} <= counts_of_workbook(book) <= counts
    data = supervisor.get(f"/admin/reports/file?{query}&form=csv").data.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(data), delimiter=";"))
    assert {int(line["value"]) for line in lines if line["value"].isdecimal()} <= counts
    assert len(lines) > 20
    text = text_of_pdf(supervisor.get(f"/admin/reports/file?{query}&form=pdf").data)
    assert "Bản công bố: số nhỏ được ẩn." in text
    assert (
        "cong-bo_00103"
        in supervisor.get(f"/admin/reports/file?{query}&form=csv").headers["Content-Disposition"]
    )
    full = supervisor.get("/admin/reports?period=2026-02").text
    assert _shown_counts(full) & SMALL


@pytest.mark.once
@pytest.mark.parametrize("query", ["from=2026-02-01&to=2026-02-09", "period=2026-03"])
def test_the_published_version_is_for_closed_months_only(
    supervisor: OfficersBrowser, months: Office, query: str
) -> None:
    for path in ("/admin/reports", "/admin/reports/file"):
        answer = supervisor.get(f"{path}?{query}&version=public")
        assert answer.status_code == 400
        assert "Bản công bố chỉ có cho tháng" in answer.text
        assert 'class="paper sheet"' not in answer.text
        assert '<option value="public" selected>' in answer.text
        assert "Tải PDF" not in answer.text


@pytest.mark.once
@pytest.mark.parametrize("word", ["published", "PUBLIC", "publi"])
def test_a_version_that_there_is_not_is_refused(
    supervisor: OfficersBrowser, months: Office, word: str
) -> None:
    for path in ("/admin/reports", "/admin/reports/file"):
        answer = supervisor.get(f"{path}?period=2026-02&form=csv&version={word}")
        assert (answer.status_code, answer.mimetype) == (400, "text/html")
        assert f"Bản “{word}” không có ở trang này." in answer.text


def test_the_periods_offered_are_over_and_can_be_written(now: datetime) -> None:
    offered = list_periods(clock.today())
    assert write_period(offered[0]) == "2026-02"
    assert all(period.end_day <= clock.today() for period in offered)
    assert [parse_period(write_period(period))[1] for period in offered] == offered
    with pytest.raises(InvalidPeriodError):
        write_period(Period(offered[0].first_day, offered[0].last_day))
