"""The desk page: visits are opened and ended, and nobody at the desk learns a level."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from satisfaction import clock, fleet, recording, visits
from satisfaction.database import db, reading, unit_of_work
from satisfaction.fleet import hash_token
from satisfaction.models import Account, Desk, Dossier, Kiosk, Rating, Visit
from satisfaction.terms import (
    Channel,
    Outcome,
    RatingSource,
    RecordingResult,
    Role,
    VisitKind,
)
from satisfaction.visits import ScreenState
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import NOW, Office
from tests.making import finished_visit, rated_visit, tap

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

HTMX = {"HX-Request": "true"}
LEVELS = ("hài lòng", "satisfied", "bình thường", "neutral")


def _last_visit() -> Visit:
    with reading() as session:
        return session.scalars(select(Visit).order_by(Visit.id.desc())).first() or pytest.fail(
            "no visit"
        )


def _open(clerk: OfficersBrowser, ward: Office, desk: int = 0, **fields: str) -> TestResponse:
    return clerk.post(f"/admin/desk/{ward.desks[desk].id}/visits", dict(fields))


def _choose(clerk: OfficersBrowser, desk: Desk) -> TestResponse:
    return clerk.post("/admin/desk", {"desk": str(desk.id)})


def test_the_chosen_desk_is_remembered(clerk: OfficersBrowser, ward: Office) -> None:
    assert "phục vụ ở bàn nào" in clerk.get("/admin/desk").text
    assert _choose(clerk, ward.desks[1]).status_code == 303
    for _ in range(2):
        assert "<small>Bàn 2 · Phường Tây Hồ</small>" in clerk.get("/admin/desk").text


def test_a_single_desk_chooses_itself(app: Flask, ward: Office) -> None:
    with unit_of_work() as session:
        session.get_one(Desk, ward.desks[1].id).until_day = clock.today()
    make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    assert "Mở lượt phục vụ" in signed_in(app, "lan").get("/admin/desk").text


def test_a_visit_needs_nothing_but_the_desk(clerk: OfficersBrowser, ward: Office) -> None:
    assert _open(clerk, ward).location == "/admin/desk"
    visit = _last_visit()
    assert (visit.desk_id, visit.unit_id, visit.opened_at) == (
        ward.desks[0].id,
        ward.unit.id,
        NOW,
    )
    assert (visit.kind, visit.channel, visit.ticket_number, visit.dossier_id) == (
        VisitKind.INTAKE,
        Channel.IN_PERSON,
        "",
        None,
    )
    assert "Đang phục vụ" in clerk.get("/admin/desk").text


@pytest.mark.parametrize(
    ("typed", "kept", "is_irregular"),
    [
        ("  h26.14－240823－0001\r", "H26.14-240823-0001", False),
        ("000.17.22.h56-210531-0001", "000.17.22.H56-210531-0001", False),
        ("Ｈ２６．１４-240823-0001", "H26.14-240823-0001", False),
        ("sổ tay 12/ub", "SỔTAY12/UB", True),
        ("H26.14-261399-0001", "H26.14-261399-0001", True),
        ("a\x00b", "AB", True),
    ],
)
def test_a_code_is_normalised_and_an_unusual_one_kept_and_flagged(
    clerk: OfficersBrowser, ward: Office, typed: str, kept: str, is_irregular: bool
) -> None:
    _open(clerk, ward, code=typed)
    visit = _last_visit()
    with reading() as session:
        dossier = session.get_one(Dossier, visit.dossier_id)
    assert (dossier.code, dossier.is_code_irregular) == (kept, is_irregular)
    assert dossier.channel is Channel.UNKNOWN
    page = clerk.get("/admin/desk").text
    assert kept in page
    assert ("không theo mẫu" in page) is is_irregular


def test_a_known_dossier_brings_its_procedure(clerk: OfficersBrowser, ward: Office) -> None:
    code = {"code": "H26.14-240823-0001"}
    _open(clerk, ward, 0, **code, procedure=str(ward.procedures[1].id))
    clerk.post(f"/admin/desk/visits/{_last_visit().id}/end")
    _open(clerk, ward, 0, **code, kind="result")
    visit = _last_visit()
    assert (visit.procedure_id, visit.kind) == (ward.procedures[1].id, VisitKind.RESULT)
    with reading() as session:
        assert len(session.scalars(select(Dossier)).all()) == 1


def test_ending_a_visit_asks_on_that_desks_kiosk(clerk: OfficersBrowser, ward: Office) -> None:
    def states() -> list[ScreenState]:
        with db.engine.connect() as connection:
            return [
                visits.find_screen(connection, hash_token(token)).state for token in ward.tokens
            ]

    _open(clerk, ward, desk=1, ticket_number="047")
    assert states() == [ScreenState.WAIT, ScreenState.WAIT]
    assert clerk.post(f"/admin/desk/visits/{_last_visit().id}/end").location == "/admin/desk"
    assert states() == [ScreenState.WAIT, ScreenState.RATE]
    page = clerk.get("/admin/desk").text
    assert "047" in page
    assert "chưa đánh giá" in page


def test_a_desk_without_a_kiosk_promises_no_question(clerk: OfficersBrowser, ward: Office) -> None:
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.get_one(Kiosk, ward.kiosks[0].id))
    _open(clerk, ward)
    assert "chưa có máy đánh giá, nên" in clerk.get("/admin/desk").text
    clerk.post(f"/admin/desk/visits/{_last_visit().id}/end")
    assert "Đã kết thúc. Bàn này chưa có máy đánh giá." in clerk.get("/admin/desk").text


def test_a_visit_left_open_overnight_asks_nobody(clerk: OfficersBrowser, ward: Office) -> None:
    with clock.replaced(NOW - timedelta(hours=18)), unit_of_work() as session:
        visit = visits.open_visit(session, visits.NewVisit(desk_id=ward.desks[0].id))
    _choose(clerk, ward.desks[0])
    page = clerk.get("/admin/desk").text
    assert "15:00, 09/03/2026" in page
    assert "Đóng lượt" in page
    clerk.post(f"/admin/desk/visits/{visit.id}/end")
    assert "để quên từ hôm trước" in clerk.get("/admin/desk").text
    with db.engine.connect() as connection:
        shown = visits.find_screen(connection, hash_token(ward.tokens[0]))
    assert shown.state is ScreenState.WAIT
    with reading() as session:
        assert session.get_one(Visit, visit.id).outcome is Outcome.NOT_SHOWN


def test_a_busy_desk_and_a_visit_ended_twice_are_told_in_words(
    clerk: OfficersBrowser, ward: Office
) -> None:
    _open(clerk, ward)
    assert _open(clerk, ward).status_code == 303
    assert "đang phục vụ một lượt" in clerk.get("/admin/desk").text
    address = f"/admin/desk/visits/{_last_visit().id}/end"
    clerk.post(address)
    clerk.get("/admin/desk")
    assert clerk.post(address).status_code == 303
    assert "đã kết thúc trước đó" in clerk.get("/admin/desk").text


def test_a_retired_desk_is_told_in_words(clerk: OfficersBrowser, ward: Office) -> None:
    with unit_of_work() as session:
        session.get_one(Desk, ward.desks[0].id).until_day = clock.today()
    _open(clerk, ward)
    assert "không còn phục vụ" in clerk.get("/admin/desk").text


def test_what_is_too_long_is_asked_again(clerk: OfficersBrowser, ward: Office) -> None:
    answer = _open(clerk, ward, code="x" * 201, ticket_number="0" * 17)
    assert answer.status_code == 422
    assert "Mã này quá dài" in answer.text
    assert "dài nhất 16 ký tự" in answer.text
    with reading() as session:
        assert session.scalars(select(Visit)).all() == []


@pytest.mark.parametrize("procedure", ["0", "999999"])
def test_an_unknown_procedure_opens_nothing(
    clerk: OfficersBrowser, ward: Office, procedure: str
) -> None:
    assert _open(clerk, ward, procedure=procedure).status_code == 404
    with reading() as session:
        assert session.scalars(select(Visit)).all() == []


def test_the_visit_names_the_officer_who_opened_it(clerk: OfficersBrowser, ward: Office) -> None:
    _open(clerk, ward)
    visit = _last_visit()
    with reading() as session:
        account = session.get_one(Account, visit.opened_by_id)
    assert account.name == "lan"


def test_another_units_desk_and_visit_are_not_there(
    clerk: OfficersBrowser, ward: Office, elsewhere: Office
) -> None:
    foreign = elsewhere.desks[0]
    with unit_of_work() as session:
        visit = visits.open_visit(session, visits.NewVisit(desk_id=foreign.id))
    assert _open(clerk, elsewhere, desk=1).status_code == 404
    assert _choose(clerk, foreign).status_code == 404
    assert clerk.post(f"/admin/desk/visits/{visit.id}/end").status_code == 404
    assert clerk.get(f"/admin/desk/{foreign.id}/recent", headers=HTMX).status_code == 404
    assert "Phú Thượng" not in clerk.get("/admin/desk").text
    with reading() as session:
        assert session.get_one(Visit, visit.id).closed_at is None


def test_nothing_that_an_officer_gets_names_or_betrays_a_level(
    clerk: OfficersBrowser, ward: Office
) -> None:
    seen: list[tuple[str, str]] = []
    for desk, level in enumerate((1, 5)):
        rated_visit(ward, level, at=clock.now(), desk=desk, ticket_number="047")
        _choose(clerk, ward.desks[desk])
        page = clerk.get("/admin/desk").text
        piece = clerk.get(f"/admin/desk/{ward.desks[desk].id}/recent?seen=-", headers=HTMX).text
        for text in (page, piece):
            assert "đã đánh giá" in text
            shown = text.replace("Đánh giá hài lòng", "").lower()
            assert [word for word in LEVELS if word in shown] == []
        list_on_page = page[page.index('<div id="recent"') : page.index("<noscript>")]
        seen.append((re.sub(r"\d+", "#", piece), re.sub(r"\d+", "#", list_on_page)))
    assert seen[0] == seen[1]


def test_the_list_tells_rated_not_yet_and_not_rated_apart(
    clerk: OfficersBrowser, ward: Office
) -> None:
    for number, outcome in enumerate(Outcome):
        if outcome is not Outcome.RATED:
            visit = finished_visit(
                ward.desks[0], at=NOW + timedelta(minutes=number), ticket_number="9"
            )
            with unit_of_work() as session:
                visits.end_question(session, visit.token, desk_id=visit.desk_id, outcome=outcome)
    rated_visit(ward, 2, at=NOW + timedelta(minutes=10))
    finished_visit(ward.desks[0], at=NOW + timedelta(minutes=11))
    _choose(clerk, ward.desks[0])
    badges = re.findall(r'<span class="st \w+">([^<]+)<', clerk.get("/admin/desk").text)
    assert badges == ["chưa đánh giá", "đã đánh giá", *["không đánh giá"] * 4]


AWAY: list[dict[str, Any]] = [
    {"source": RatingSource.QR, "kiosk_id": None},
    {"source": RatingSource.LINK, "kiosk_id": None},
    {"source": RatingSource.KIOSK, "kiosk_id": 0},
]


def _answer_away(ward: Office, visit: Visit, fields: dict[str, Any]) -> None:
    """Have a visit answered by phone, or at a device that stands at no desk."""
    if fields["kiosk_id"] == 0:
        with unit_of_work() as session:
            lobby = fleet.enrol_lobby_kiosk(session, ward.unit, name="Sảnh").kiosk
            fields = fields | {"kiosk_id": lobby.id, "desk_id": None}
    with unit_of_work() as session:
        outcome = recording.record_rating(session, tap(ward, visit, **fields))
        assert outcome.result is RecordingResult.RECORDED


def _badges(clerk: OfficersBrowser) -> list[str]:
    page = clerk.get("/admin/desk").text
    return re.findall(r'<span class="st \w+">([^<]+)<', page)


@pytest.mark.parametrize("fields", AWAY)
@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.TIMED_OUT])
def test_an_answer_from_elsewhere_after_the_question_changes_nothing_on_the_desks_page(
    clerk: OfficersBrowser, ward: Office, fields: dict[str, Any], outcome: Outcome
) -> None:
    visit = finished_visit(ward.desks[0])
    with unit_of_work() as session:
        visits.keep_shown(session, visit.id)
        visits.end_question(session, visit.token, desk_id=visit.desk_id, outcome=outcome)
    _choose(clerk, ward.desks[0])
    piece = clerk.get(f"/admin/desk/{ward.desks[0].id}/recent?seen=-", headers=HTMX).text
    seen = re.search(r'hx-get="([^"]+)"', piece)
    assert seen is not None
    _answer_away(ward, visit, fields)
    assert _badges(clerk) == ["không đánh giá"]
    assert clerk.get(seen[1], headers=HTMX).status_code == 204
    slip = clerk.post(f"/admin/receipts/{visit.id}")
    assert slip.status_code == 200
    assert "Mã mời đánh giá" in slip.text


@pytest.mark.parametrize("fields", AWAY)
def test_at_a_desk_without_a_kiosk_an_answer_from_elsewhere_looks_like_none(
    clerk: OfficersBrowser, ward: Office, fields: dict[str, Any]
) -> None:
    with unit_of_work() as session:
        fleet.revoke_kiosk(session, session.get_one(Kiosk, ward.kiosks[0].id))
    _choose(clerk, ward.desks[0])
    found = []
    for number, is_answered in enumerate((False, True)):
        visit = finished_visit(ward.desks[0], at=NOW + timedelta(minutes=2 * number))
        if is_answered:
            _answer_away(ward, visit, fields)
        before = _badges(clerk)[0]
        clerk.post(f"/admin/desk/visits/{visit.id}/assisted")
        page = clerk.get("/admin/desk").text
        said = "Đã ghi là có người giúp" in page
        finished_visit(ward.desks[0], at=NOW + timedelta(minutes=2 * number + 1))
        badges = [badge for badge in _badges(clerk) if badge.endswith("đánh giá")]
        found.append((before, said, badges[1]))
    assert found == [("chưa đánh giá", True, "không đánh giá")] * 2
    with reading() as session:
        assert list(session.scalars(select(Rating.is_assisted))) == [False]


def test_an_answer_to_a_visit_that_was_left_open_is_not_told_either(
    clerk: OfficersBrowser, ward: Office
) -> None:
    with clock.replaced(NOW - timedelta(hours=18)), unit_of_work() as session:
        visit = visits.open_visit(session, visits.NewVisit(desk_id=ward.desks[0].id))
    _choose(clerk, ward.desks[0])
    clerk.post(f"/admin/desk/visits/{visit.id}/end")
    _answer_away(ward, _last_visit(), AWAY[0])
    assert _badges(clerk) == ["không đánh giá"]


def test_only_todays_visits_of_this_desk_are_listed(clerk: OfficersBrowser, ward: Office) -> None:
    finished_visit(ward.desks[0], at=NOW - timedelta(days=1), ticket_number="hôm qua")
    finished_visit(ward.desks[1], at=NOW, ticket_number="bàn khác")
    _choose(clerk, ward.desks[0])
    assert "Hôm nay chưa có lượt nào" in clerk.get("/admin/desk").text


def test_the_list_refreshes_only_when_there_is_something_new(
    clerk: OfficersBrowser, ward: Office
) -> None:
    visit = finished_visit(ward.desks[0])
    address = f"/admin/desk/{ward.desks[0].id}/recent"
    piece = clerk.get(f"{address}?seen=-", headers=HTMX).text
    seen = re.search(r'hx-get="([^"]+)"', piece)
    assert seen is not None
    assert clerk.get(seen[1], headers=HTMX).status_code == 204
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward, visit))
    fresh = clerk.get(seen[1], headers=HTMX)
    assert fresh.status_code == 200
    assert "HX-Request" in fresh.headers["Vary"]
    assert "đã đánh giá" in fresh.text
    _open(clerk, ward)
    assert clerk.get(seen[1], headers=HTMX).headers["HX-Refresh"] == "true"
    assert clerk.get(seen[1]).location == "/admin/desk"


def _rate_last(ward: Office, **fields: Any) -> Rating:
    given = tap(ward, _last_visit(), **fields)
    with unit_of_work() as session:
        recording.record_rating(session, given)
    with reading() as session:
        rating = session.scalars(select(Rating).order_by(Rating.seq.desc())).first()
    assert rating is not None
    return rating


@pytest.mark.parametrize(("sent", "is_assisted"), [({}, False), ({"assisted": "1"}, True)])
def test_a_rating_is_assisted_when_the_officer_said_so_at_the_end_of_the_visit(
    clerk: OfficersBrowser, ward: Office, sent: dict[str, str], is_assisted: bool
) -> None:
    _open(clerk, ward)
    assert "Công dân cần người giúp đánh giá" in clerk.get("/admin/desk").text
    clerk.post(f"/admin/desk/visits/{_last_visit().id}/end", sent)
    assert ("có người giúp" in clerk.get("/admin/desk").text) is is_assisted
    assert _rate_last(ward).is_assisted is is_assisted


def test_help_at_the_kiosk_can_be_noted_until_there_is_an_answer(
    clerk: OfficersBrowser, ward: Office
) -> None:
    for is_in_time in (True, False):
        _open(clerk, ward)
        visit_id = _last_visit().id
        clerk.post(f"/admin/desk/visits/{visit_id}/end")
        if not is_in_time:
            _rate_last(ward)
        assert clerk.post(f"/admin/desk/visits/{visit_id}/assisted").status_code == 303
        said = "Đã ghi là có người giúp" if is_in_time else "không ghi thêm được"
        assert said in clerk.get("/admin/desk").text
        if is_in_time:
            assert _rate_last(ward).is_assisted
        with reading() as session:
            ratings = select(Rating.is_assisted).where(Rating.visit_id == visit_id)
            assert list(session.scalars(ratings)) == [is_in_time]


def test_a_link_opened_at_home_is_not_assisted(clerk: OfficersBrowser, ward: Office) -> None:
    _open(clerk, ward)
    clerk.post(f"/admin/desk/visits/{_last_visit().id}/end", {"assisted": "1"})
    rating = _rate_last(ward, source=RatingSource.LINK, kiosk_id=None)
    assert not rating.is_assisted
