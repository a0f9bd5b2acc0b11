"""Paper slips, entered for a desk and a day."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from satisfaction import clock, counting, dossiers, recording
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.models import (
    Account,
    AuditEntry,
    Comment,
    Rating,
    RatingReason,
    Refusal,
    Visit,
)
from satisfaction.periods import day_period
from satisfaction.terms import AuditAction, Dimension, Layout, RatingSource, Role
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import NOW, Office, make_office
from tests.making import finished_visit, rated_visit, tap

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

PATH = "/admin/paper"
YESTERDAY = NOW - timedelta(days=1)
DAY = clock.local_day(YESTERDAY)
FIELDS = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
CODE = "H26.14-260309-0001"


@pytest.fixture
def account(ward: Office) -> Account:
    """Return the supervisor's account."""
    return make_officer("giamsat", Role.SUPERVISOR, unit=ward.unit)


@pytest.fixture
def browser(app: Flask, account: Account) -> OfficersBrowser:
    """Return the supervisor's browser."""
    return signed_in(app, account.name)


@pytest.fixture
def opened(ward: Office) -> None:
    """Let the office take ratings that name no visit, for as long as it has stood."""
    with clock.replaced(YESTERDAY - timedelta(days=30)), unit_of_work() as session:
        change_configuration(session, ward.unit, Changes(allows_unlinked=True))


def _fields(browser: OfficersBrowser, ward: Office, **more: Any) -> dict[str, Any]:
    """Open the stack of the first desk and yesterday, and fill in a slip."""
    page = browser.get(PATH, query_string={"desk": ward.desks[0].id, "day": DAY.isoformat()})
    assert page.status_code == 200
    hidden = dict(FIELDS.findall(page.text))
    return {**hidden, "level": "2", **more}


def _count(model: Any) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _rating() -> Rating:
    with reading() as session:
        return session.scalars(select(Rating)).one()


def _visit(ward: Office, ticket: str = "047", **fields: Any) -> Visit:
    return finished_visit(ward.desks[0], at=YESTERDAY, ticket_number=ticket, **fields)


def _dossier(ward: Office) -> int:
    with unit_of_work() as session:
        return dossiers.find_or_add_dossier(
            session, source_system="one-stop", code=CODE, unit_id=ward.unit.id
        ).id


def test_a_slip_with_its_ticket_is_tied_to_its_visit(
    browser: OfficersBrowser, ward: Office, account: Account
) -> None:
    visit = _visit(ward)
    _visit(ward, "048")
    fields = _fields(
        browser,
        ward,
        ticket_number=" 047 ",
        reasons=["wait", "fee"],
        comment="Số tôi 0912345678",
        is_assisted="y",
    )
    answer = browser.post(PATH, fields, follow_redirects=True)
    assert "Đã ghi phiếu, gắn với lượt phục vụ của phiếu." in answer.text
    assert "Đã ghi 1 phiếu giấy" in answer.text
    rating = _rating()
    assert (rating.visit_id, rating.source, rating.layout) == (
        visit.id,
        RatingSource.PAPER,
        Layout.PAPER,
    )
    assert rating.is_assisted
    assert rating.local_day == DAY
    assert clock.local_time(rating.tapped_at).strftime("%H:%M %d/%m") == "12:00 09/03"
    with reading() as session:
        assert session.scalar(select(Comment.body)) == "Số tôi […]"
        deed = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.PAPER_ENTERED)
        ).one()
    assert (deed.account_id, deed.unit_id) == (account.id, ward.unit.id)
    assert deed.detail == {
        "rating_id": str(rating.id),
        "desk_id": ward.desks[0].id,
        "day": "2026-03-09",
        "is_linked": True,
    }
    assert _count(RatingReason) == 2


@pytest.mark.parametrize("typed", [CODE, CODE.lower(), "H26.14–260309–0001 "])
def test_a_slip_with_a_dossiers_code_is_tied_to_its_visit(
    browser: OfficersBrowser, ward: Office, typed: str
) -> None:
    visit = _visit(ward, dossier_id=_dossier(ward))
    _visit(ward, "")
    browser.post(PATH, _fields(browser, ward, code=typed))
    assert _rating().visit_id == visit.id


def test_a_slips_own_time_is_kept(browser: OfficersBrowser, ward: Office) -> None:
    _visit(ward)
    browser.post(PATH, _fields(browser, ward, ticket_number="047", at="8h05"))
    assert clock.local_time(_rating().tapped_at).strftime("%H:%M") == "08:05"


def test_todays_slip_never_lies_ahead(browser: OfficersBrowser, ward: Office) -> None:
    finished_visit(ward.desks[0], ticket_number="047")
    fields = _fields(browser, ward) | {"day": clock.today().isoformat(), "ticket_number": "047"}
    assert browser.post(PATH, fields).status_code == 303
    assert _rating().tapped_at == NOW
    assert browser.post(PATH, _fields(browser, ward) | fields | {"at": "23:59"}).status_code == 422


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    "named", [{}, {"ticket_number": "999"}, {"code": "H26.14-260309-0009"}], ids=str
)
def test_a_slip_without_a_visit_is_counted_apart_where_the_office_takes_it(
    browser: OfficersBrowser, ward: Office, named: dict[str, str]
) -> None:
    _visit(ward)
    answer = browser.post(PATH, _fields(browser, ward, **named), follow_redirects=True)
    assert "Đã ghi phiếu là ý kiến không gắn với lượt phục vụ, tính riêng." in answer.text
    assert _rating().visit_id is None
    with reading() as session:
        query = CountQuery(unit_id=ward.unit.id, period=day_period(DAY), by=Dimension.SOURCE)
        rows = {row.key: row for row in counting.count(session, query).rows}
    assert (rows["paper"].answers, rows["paper"].unlinked) == (0, 1)


def test_a_slip_without_a_visit_is_refused_where_the_office_takes_none(
    browser: OfficersBrowser, ward: Office
) -> None:
    _visit(ward)
    for named in ({}, {"ticket_number": "999"}):
        answer = browser.post(PATH, _fields(browser, ward, comment="Giữ lại", **named))
        assert answer.status_code == 422
        assert "Phiếu chưa được ghi" in answer.text
        assert "Giữ lại" in answer.text
    assert (_count(Rating), _count(Refusal), _count(Comment)) == (0, 0, 0)


def test_a_slip_that_fits_several_visits_is_not_guessed(
    browser: OfficersBrowser, ward: Office
) -> None:
    for _ in range(2):
        _visit(ward)
    answer = browser.post(PATH, _fields(browser, ward, ticket_number="047"))
    assert answer.status_code == 422
    assert "Có nhiều lượt khớp" in answer.text
    assert _count(Rating) == 0


def test_of_two_visits_the_one_that_is_not_rated_is_meant(
    browser: OfficersBrowser, ward: Office
) -> None:
    rated_visit(ward, 5, at=YESTERDAY, ticket_number="047")
    visit = _visit(ward)
    browser.post(PATH, _fields(browser, ward, ticket_number="047"))
    with reading() as session:
        rating = session.scalars(select(Rating).where(Rating.source == RatingSource.PAPER)).one()
    assert rating.visit_id == visit.id


@pytest.mark.usefixtures("opened")
def test_a_slip_of_a_rated_visit_is_never_counted_beside_its_rating(
    browser: OfficersBrowser, ward: Office
) -> None:
    rated_visit(ward, 5, at=YESTERDAY, ticket_number="047")
    answer = browser.post(PATH, _fields(browser, ward, ticket_number="047"))
    assert answer.status_code == 422
    assert "Lượt này đã được đánh giá" in answer.text
    assert _count(Rating) == 1


def test_a_visit_of_another_desk_or_day_does_not_fit(
    browser: OfficersBrowser, ward: Office
) -> None:
    finished_visit(ward.desks[1], at=YESTERDAY, ticket_number="047")
    finished_visit(ward.desks[0], at=YESTERDAY - timedelta(days=1), ticket_number="047")
    assert browser.post(PATH, _fields(browser, ward, ticket_number="047")).status_code == 422


def test_a_form_sent_twice_is_one_slip(browser: OfficersBrowser, ward: Office) -> None:
    _visit(ward)
    fields = _fields(browser, ward, ticket_number="047")
    answers = [browser.post(PATH, fields, follow_redirects=True) for _ in range(2)]
    assert "Phiếu này đã được ghi trước đó." in answers[1].text
    with reading() as session:
        deeds = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.PAPER_ENTERED)
        ).all()
    assert (_count(Rating), len(deeds)) == (1, 1)


def test_sources_are_never_mixed(browser: OfficersBrowser, ward: Office) -> None:
    rated_visit(ward, 5, at=YESTERDAY)
    _visit(ward)
    browser.post(PATH, _fields(browser, ward, ticket_number="047"))
    with reading() as session:
        query = CountQuery(unit_id=ward.unit.id, period=day_period(DAY), by=Dimension.SOURCE)
        rows = {row.key: row.answers for row in counting.count(session, query).rows}
    assert rows == {"kiosk": 1, "paper": 1}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"level": ""}, 422),
        ({"level": "9"}, 422),
        ({"level": "x"}, 400),
        ({"desk": "x"}, 400),
        ({"desk": "999999"}, 404),
        ({"day": "x"}, 400),
        ({"day": "2026-02-30"}, 400),
        ({"day": "2026-03-11"}, 422),
        ({"day": "2020-01-01"}, 422),
        ({"rating": "x"}, 400),
        ({"configuration": "999999"}, 422),
        ({"scale": "999999"}, 422),
        ({"reasons": ["nothing"]}, 422),
        ({"at": "25:00"}, 422),
        ({"at": "sáng"}, 422),
        ({"ticket_number": "1" * 17}, 422),
        ({"comment": "x" * 501}, 422),
        ({"ticket_number": "\x00"}, 422),
    ],
    ids=str,
)
def test_an_odd_slip_is_refused_and_nothing_is_stored(
    browser: OfficersBrowser, ward: Office, change: dict[str, Any], status: int
) -> None:
    _visit(ward)
    answer = browser.post(PATH, _fields(browser, ward, ticket_number="047") | change)
    assert answer.status_code == status
    assert (_count(Rating), _count(Refusal)) == (0, 0)


@pytest.mark.parametrize("day", ["2026-03-11", "x", "0001-01-01", "9999-12-31"])
def test_an_odd_day_shows_the_choice_again(
    browser: OfficersBrowser, ward: Office, day: str
) -> None:
    answer = browser.get(PATH, query_string={"desk": ward.desks[0].id, "day": day})
    assert answer.status_code in {200, 400}
    assert 'name="level"' not in answer.text


def test_desks_of_another_unit_are_out_of_reach(
    app: Flask, browser: OfficersBrowser, ward: Office
) -> None:
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
    page = browser.get(PATH, query_string={"desk": other.desks[0].id, "day": DAY.isoformat()})
    assert "Phú Thượng" not in page.text
    fields = _fields(browser, ward) | {"desk": str(other.desks[0].id)}
    assert browser.post(PATH, fields).status_code == 404
    assert _count(Rating) == 0


def test_a_slip_and_a_late_kiosk_rating_count_once(browser: OfficersBrowser, ward: Office) -> None:
    visit = _visit(ward)
    late = tap(ward, visit, tapped_at=YESTERDAY)
    browser.post(PATH, _fields(browser, ward, ticket_number="047"))
    with unit_of_work() as session:
        outcome = recording.record_ratings(session.connection(), [late])[0]
    assert outcome.result == "already_rated"
    assert (_count(Rating), _count(Refusal)) == (1, 1)
