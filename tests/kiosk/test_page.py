"""The touch page as a browser without JavaScript gets it, and what every form of it does."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from satisfaction import clock, fleet, office, recording, visits
from satisfaction.database import reading, unit_of_work
from satisfaction.models import (
    AuditEntry,
    Desk,
    Kiosk,
    Level,
    Rating,
    RatingReason,
    Reason,
    Refusal,
    Unit,
    Visit,
)
from satisfaction.terms import FollowUp
from satisfaction.web.headers import HEADERS
from tests.conftest import NOW, Office
from tests.kiosk.conftest import client_of, message
from tests.making import finished_visit

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

PHONE_WORDS = "Vẫn có thể đánh giá bằng điện thoại"


def _words(answer: TestResponse) -> str:
    """Return what is seen now: the page without the screens that it carries for later."""
    page = answer.get_data(as_text=True)
    page = re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)
    return page.replace("\N{NO-BREAK SPACE}", " ")


def _form(answer: TestResponse) -> dict[str, str]:
    """Return the hidden fields of the question's form."""
    form = re.search(
        r'<form method="post" action="[^"]*rate[^"]*">.*?</form>', _words(answer), re.S
    )
    assert form is not None
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', form[0])
    return dict(found)


def _rate(kiosk: FlaskClient, level: int, **fields: str) -> TestResponse:
    form = _form(kiosk.get("/kiosk/"))
    return kiosk.post("/kiosk/rate", data=form | fields | {"level": level})


def _levels() -> list[int]:
    with reading() as session:
        return list(
            session.scalars(
                select(Level.position)
                .join(Rating, Rating.level_id == Level.id)
                .order_by(Rating.seq)
            )
        )


def _count(table: type[Any]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_with_nobody_served_the_page_waits_and_looks_again(
    kiosk: FlaskClient, ward: Office
) -> None:
    answer = kiosk.get("/kiosk/")
    seen = _words(answer)
    assert answer.status_code == 200
    assert "mời ông/bà chạm vào màn hình này để đánh giá" in seen
    assert '<noscript><meta http-equiv="refresh" content="5;url=/kiosk/"></noscript>' in seen
    assert 'name="level"' not in seen


def test_the_question_is_one_form_with_nothing_chosen(kiosk: FlaskClient, ward: Office) -> None:
    visit = finished_visit(ward.desks[0], ticket_number="047", procedure_id=ward.procedures[0].id)
    answer = kiosk.get("/kiosk/")
    seen = _words(answer)
    assert re.findall(r'name="level" value="(\d)"', seen) == ["1", "2", "3", "4", "5"]
    assert not re.search(r"checked|selected|autofocus", seen)
    form = _form(answer)
    assert form["visit"] == str(visit.token)
    assert uuid.UUID(form["id"]).version == 7
    for words in ("047", "Chứng thực bản sao", "Bàn 1 · xong lúc 09:00", "Không đánh giá"):
        assert words in seen


def test_an_upright_device_reads_the_best_first(kiosk: FlaskClient, ward: Office) -> None:
    finished_visit(ward.desks[0])
    kiosk.set_cookie("layout", "stack", path="/kiosk/")
    answer = kiosk.get("/kiosk/")
    assert re.findall(r'name="level" value="(\d)"', _words(answer)) == ["5", "4", "3", "2", "1"]
    assert _form(answer)["layout"] == "stack"


@pytest.mark.parametrize("level", [4, 5])
def test_a_high_answer_leads_to_thanks(kiosk: FlaskClient, ward: Office, level: int) -> None:
    finished_visit(ward.desks[0], ticket_number="047")
    answer = _rate(kiosk, level)
    assert answer.status_code == 303
    assert re.fullmatch(r"/kiosk/thanks/[0-9a-f-]{36}", answer.location)
    seen = _words(kiosk.get(answer.location))
    for words in ("Cảm ơn ông/bà!", "Ý kiến đã được ghi nhận và giữ kín.", "Phiếu 047", "09:00"):
        assert words in seen
    assert 'content="10;url=/kiosk/"' in seen
    assert _levels() == [level]


@pytest.mark.parametrize(
    ("follow_up", "asked"),
    [(FollowUp.LOW, {1, 2, 3}), (FollowUp.ALL, {1, 2, 3, 4, 5}), (FollowUp.OFF, set())],
)
def test_reasons_are_asked_where_the_office_wants_them(
    kiosk: FlaskClient, ward: Office, follow_up: FollowUp, asked: set[int]
) -> None:
    with unit_of_work() as session:
        five = office.load_scales(session)["five"]
        office.configure_unit(session, ward.unit, scale=five, follow_up=follow_up)
    for level in range(1, 6):
        finished_visit(ward.desks[0])
        following = _rate(kiosk, level).location
        assert ("/reasons/" in following) is (level in asked)
        if level in asked:
            praises = follow_up is FollowUp.ALL and level >= 4
            title = "Điều gì ông/bà thấy tốt nhất?" if praises else "Điều gì nên làm tốt hơn?"
            assert f"{title}</h1>" in _words(kiosk.get(following))


def test_reasons_are_stored_once(kiosk: FlaskClient, ward: Office) -> None:
    finished_visit(ward.desks[0])
    address = _rate(kiosk, 1).location
    seen = _words(kiosk.get(address))
    assert seen.count('role="checkbox"') == 9
    for chosen in (["wait", "late"], ["other"]):
        answer = kiosk.post(address, data={"reason": chosen})
        assert answer.status_code == 303
        assert answer.location == address.replace("reasons", "thanks")
    with reading() as session:
        codes = session.scalars(select(Reason.code).join(RatingReason).order_by(Reason.id))
        assert list(codes) == ["wait", "late"]


def test_passing_over_the_reasons_stores_none(kiosk: FlaskClient, ward: Office) -> None:
    finished_visit(ward.desks[0])
    address = _rate(kiosk, 1).location
    kiosk.post(address, data={"reason": ["wait"], "skip": "1"})
    assert _count(RatingReason) == 0


def test_a_form_sent_again_counts_once_and_is_no_conflict(kiosk: FlaskClient, ward: Office) -> None:
    finished_visit(ward.desks[0])
    form = _form(kiosk.get("/kiosk/")) | {"level": "5"}
    first = kiosk.post("/kiosk/rate", data=form)
    with clock.replaced(NOW + timedelta(seconds=20)):
        second = kiosk.post("/kiosk/rate", data=form)
    assert (first.status_code, first.location) == (303, second.location)
    assert _levels() == [5]
    assert _count(Refusal) == 0


def test_a_second_key_of_the_same_form_changes_nothing(kiosk: FlaskClient, ward: Office) -> None:
    finished_visit(ward.desks[0])
    form = _form(kiosk.get("/kiosk/"))
    kiosk.post("/kiosk/rate", data=form | {"level": "5"})
    answer = kiosk.post("/kiosk/rate", data=form | {"level": "1"})
    assert answer.location == "/kiosk/thanks"
    assert _levels() == [5]
    assert _count(AuditEntry) >= 1


def test_a_rated_visit_is_said_to_be_rated(kiosk: FlaskClient, ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    form = _form(kiosk.get("/kiosk/"))
    kiosk.post("/kiosk/ratings", json=message(ward, visit))
    answer = kiosk.post("/kiosk/rate", data=form | {"level": "1"})
    seen = _words(kiosk.get(answer.location))
    assert "Phiếu này đã được đánh giá." in seen
    assert "Cảm ơn ông/bà!" in seen
    assert _levels() == [4]


def test_a_correction_supersedes_and_may_come_for_two_minutes(
    kiosk: FlaskClient, ward: Office
) -> None:
    finished_visit(ward.desks[0], ticket_number="047")
    thanks = _words(kiosk.get(_rate(kiosk, 4).location))
    again = re.search(r'href="(/kiosk/\?again=[^"]+)"', thanks)
    assert again is not None
    asked = kiosk.get(again[1])
    assert "047" in _words(asked)
    assert "Không đánh giá" not in _words(asked)
    kiosk.post("/kiosk/rate", data=_form(asked) | {"level": "2"})
    assert _levels() == [4, 2]
    assert kiosk.get(again[1]).location == "/kiosk/"
    with clock.replaced(NOW + timedelta(minutes=3)):
        with reading() as session:
            newest = session.scalar(select(Rating.id).order_by(Rating.seq.desc()).limit(1))
        late = kiosk.get(f"/kiosk/?again={newest}").location
        assert late == f"/kiosk/thanks/{newest}?late=1"
        assert "Đã hết thời gian đổi." in _words(kiosk.get(late))
        assert "Đánh giá lại" not in _words(kiosk.get(f"/kiosk/thanks/{newest}"))


def test_a_citizen_may_decline(kiosk: FlaskClient, ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    answer = kiosk.post("/kiosk/skip", data={"visit": str(visit.token)})
    assert (answer.status_code, answer.location) == (303, "/kiosk/")
    with reading() as session:
        assert visits.get_visit(session, visit.id).outcome == "skipped"
    assert "mời ông/bà chạm" in _words(kiosk.get("/kiosk/"))


def test_the_answer_never_tells_the_level(kiosk: FlaskClient, ward: Office) -> None:
    pages = []
    for level in (1, 4, 5):
        finished_visit(ward.desks[0], ticket_number="047")
        location = _rate(kiosk, level).location.replace("reasons", "thanks")
        page = kiosk.get(location).get_data(as_text=True)
        pages.append(page.replace(location.rpartition("/")[2], "the rating"))
    assert pages[0] == pages[1] == pages[2]


def test_english_lasts_through_the_forms(kiosk: FlaskClient, ward: Office) -> None:
    finished_visit(ward.desks[0])
    page = kiosk.get("/kiosk/?lang=en&easy=1")
    seen = _words(page)
    assert '<html lang="en">' in seen
    assert "How was the service you received just now?" in seen
    assert "Desk 1 · served at 09:00" in seen
    action = re.search(r'action="(/kiosk/rate[^"]+)"', seen)
    assert action is not None
    answer = kiosk.post(action[1].replace("&amp;", "&"), data=_form(page) | {"level": "5"})
    thanks = _words(kiosk.get(answer.location))
    assert "Thank you!" in thanks
    assert 'class="kiosk easy"' in thanks
    assert 'content="10;url=/kiosk/"' in thanks
    with reading() as session:
        assert session.scalar(select(Rating.language)) == "en"


def test_every_word_is_there_in_both_languages(kiosk: FlaskClient, ward: Office) -> None:
    finished_visit(ward.desks[0])
    page = kiosk.get("/kiosk/").get_data(as_text=True).replace("\N{NO-BREAK SPACE}", " ")
    for name in ("wait", "rate", "reasons", "thanks", "paused", "still", "offline", "helpers"):
        drawn = {
            language: re.search(f'<template id="{name}-{language}".*?</template>', page, re.S)
            for language in ("vi", "en")
        }
        vietnamese, english = drawn["vi"], drawn["en"]
        assert vietnamese is not None
        assert english is not None
        own = re.sub(r'<(\w+)[^>]*\blang="vi".*?</\1>', "", english[0])
        said = re.sub(r"<[^>]*>|\{\w+\}", " ", own)
        assert not re.search("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", said), said
        assert vietnamese[0] != english[0]


def test_the_page_carries_the_headers_and_no_code_of_its_own(
    kiosk: FlaskClient, ward: Office
) -> None:
    finished_visit(ward.desks[0])
    answer = kiosk.get("/kiosk/")
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["Cache-Control"] == "no-store"
    page = answer.get_data(as_text=True)
    assert not re.search(r"\sstyle=|\son\w+=|<style", page)
    for script in re.findall(r"<script[^>]*>", page):
        assert "src=" in script or 'type="application/json"' in script
    assert not re.search(r"(src|href)=.https?:", page)


def test_enrolment_hands_over_the_credential_and_each_page_renews_it(
    app: Flask, ward: Office
) -> None:
    device = app.test_client()
    answer = device.get(f"/kiosk/enrol/{ward.tokens[0]}?layout=stack")
    assert (answer.status_code, answer.location) == (303, "/kiosk/")
    cookie = answer.headers.getlist("Set-Cookie")[0]
    for part in (f"kiosk={ward.tokens[0]}", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=3"):
        assert part in cookie
    assert "layout=stack" in answer.headers.getlist("Set-Cookie")[1]
    page = device.get("/kiosk/")
    assert page.status_code == 200
    assert ward.tokens[0] in page.headers["Set-Cookie"]
    assert ward.tokens[0] not in page.get_data(as_text=True)


def _revoke(ward: Office) -> None:
    with unit_of_work() as session:
        device = session.get(Kiosk, ward.kiosks[0].id)
        assert device is not None
        fleet.revoke_kiosk(session, device)


def test_a_revoked_kiosk_is_at_rest(app: Flask, kiosk: FlaskClient, ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    form = _form(kiosk.get("/kiosk/"))
    _revoke(ward)
    for answer in (
        kiosk.get("/kiosk/"),
        kiosk.post("/kiosk/rate", data=form | {"level": "5"}),
        kiosk.post("/kiosk/skip", data={"visit": str(visit.token)}),
        app.test_client().get(f"/kiosk/enrol/{ward.tokens[0]}"),
        app.test_client().get("/kiosk/"),
    ):
        assert answer.status_code == 401
        assert PHONE_WORDS in _words(answer)
        assert "Set-Cookie" not in answer.headers
    assert _levels() == []


@pytest.mark.parametrize(
    "change",
    [
        {"level": "9"},
        {"level": ""},
        {"id": "nothing"},
        {"visit": str(uuid.uuid4())},
        {"configuration": "0"},
        {"scale": "99"},
        {"extra": "1"},
    ],
)
def test_a_form_that_was_tampered_with_counts_nothing(
    kiosk: FlaskClient, ward: Office, change: dict[str, str]
) -> None:
    finished_visit(ward.desks[0])
    form = _form(kiosk.get("/kiosk/"))
    answer = kiosk.post("/kiosk/rate", data=form | {"level": "5"} | change)
    assert answer.status_code in {400, 422}
    assert PHONE_WORDS in _words(answer)
    assert _levels() == []


def test_another_site_cannot_rate(kiosk: FlaskClient, ward: Office) -> None:
    finished_visit(ward.desks[0])
    form = _form(kiosk.get("/kiosk/")) | {"level": "5"}
    answer = kiosk.post("/kiosk/rate", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 401
    assert _levels() == []


def test_a_kiosk_reaches_nothing_of_another_desk(
    app: Flask, kiosk: FlaskClient, other_kiosk: FlaskClient, ward: Office
) -> None:
    visit = finished_visit(ward.desks[0])
    form = _form(kiosk.get("/kiosk/")) | {"level": "1"}
    assert other_kiosk.post("/kiosk/rate", data=form).status_code == 422
    assert other_kiosk.post("/kiosk/skip", data={"visit": str(visit.token)}).status_code == 404
    given = kiosk.post("/kiosk/rate", data=form).location
    for address in (given, given.replace("reasons", "thanks")):
        assert other_kiosk.get(address).status_code == 404
    assert other_kiosk.post(given, data={"reason": "wait"}).status_code == 422
    rating = given.rpartition("/")[2]
    assert other_kiosk.get(f"/kiosk/?again={rating}").status_code == 404
    assert _count(RatingReason) == 0


def test_a_unit_that_shows_nothing_is_at_rest(app: Flask, ward: Office) -> None:
    with unit_of_work() as session:
        unit = Unit()
        session.add(unit)
        session.flush()
        desk = Desk(unit_id=unit.id, code="1", name="Bàn 1", kind="counter")
        desk.from_day = clock.today()
        session.add(desk)
        session.flush()
        token = fleet.enrol_kiosk(session, desk, name="Máy").token
    answer = client_of(app, token).get("/kiosk/")
    assert answer.status_code == 404
    assert PHONE_WORDS in _words(answer)


def test_a_fault_of_ours_is_shown_as_rest(
    app: Flask, kiosk: FlaskClient, ward: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("satisfaction.screens.find_configuration", break_down)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = kiosk.get("/kiosk/")
    assert answer.status_code == 500
    assert PHONE_WORDS in _words(answer)
    assert "fault" not in _words(answer)


def test_a_lobby_kiosk_asks_for_a_ticket_and_rates_the_visit_that_is_named(
    app: Flask, ward: Office
) -> None:
    with unit_of_work() as session:
        token = fleet.enrol_lobby_kiosk(session, ward.unit, name="Sảnh").token
    visit = finished_visit(ward.desks[0])
    lobby = client_of(app, token)
    assert "Số phiếu của ông/bà?" in _words(lobby.get("/kiosk/"))
    unnamed = message(ward, visit) | {"visit": None}
    assert lobby.post("/kiosk/ratings", json=unnamed).status_code == 422
    assert _levels() == []
    assert lobby.post("/kiosk/ratings", json=message(ward, visit)).status_code == 200
    assert _levels() == [4]


def test_a_desks_kiosk_cannot_ask_for_tickets(kiosk: FlaskClient, ward: Office) -> None:
    answer = kiosk.post("/kiosk/tickets", json={"ticket": "047"})
    assert answer.status_code == 404


def test_a_long_name_is_shown_whole_and_as_text(kiosk: FlaskClient, ward: Office) -> None:
    with unit_of_work() as session:
        five = office.load_scales(session)["five"]
        changed = office.configure_unit(session, ward.unit, scale=five, office_title="<b>Tên & tên")
        changed.we_changed_vi = "thêm <bàn> 6"
    seen = _words(kiosk.get("/kiosk/"))
    assert "&lt;b&gt;Tên &amp; tên" in seen
    assert "thêm &lt;bàn&gt; 6" in seen


def test_a_rating_without_javascript_is_timed_by_the_server(
    kiosk: FlaskClient, ward: Office
) -> None:
    visit: Visit = finished_visit(ward.desks[0])
    form = _form(kiosk.get("/kiosk/"))
    later = NOW + timedelta(seconds=33)
    with clock.replaced(later):
        kiosk.post("/kiosk/rate", data=form | {"level": "4"})
    with reading() as session:
        rating = session.scalars(select(Rating)).one()
    assert (rating.tapped_at, rating.visit_id, rating.device_counter) == (later, visit.id, None)
    assert rating.id == uuid.UUID(form["id"])
    assert recording.new_rating_id() != rating.id
