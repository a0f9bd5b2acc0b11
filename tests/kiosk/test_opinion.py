"""The page behind a desk's card, which anybody may open."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from satisfaction import clock, counting, opinions
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.models import Comment, QuotaUse, Rating, RatingReason, Refusal
from satisfaction.periods import day_period
from satisfaction.terms import Dimension, Layout, RatingSource
from tests.conftest import Office, make_office
from tests.core.together import run_together
from tests.kiosk.phones import Phone
from tests.making import rated_visit

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once


def _count(model: Any) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def path(ward: Office) -> str:
    """Return the address on the first desk's card, in an office that takes opinions."""
    with unit_of_work() as session:
        change_configuration(session, ward.unit, Changes(allows_unlinked=True))
        card = opinions.make_card(session, {ward.unit.id}, desk_id=ward.desks[0].id)
    return f"/Q/{card.word}"


@pytest.fixture
def phone(app: Flask) -> Phone:
    """Return a citizen's phone."""
    return Phone(app)


def _form(phone: Phone, path: str, level: str = "4") -> dict[str, str]:
    phone.open(path)
    return {"token": phone.token, "level": level}


def test_an_opinion_is_counted_apart_by_its_source(
    phone: Phone, path: str, ward: Office, now: Any
) -> None:
    rated_visit(ward, 5, at=clock.now())
    phone.open(path)
    assert "Bàn 1" in phone.page.text
    phone.send(level="1")
    phone.send(reason=["place"], comment="Ghế hỏng, gọi 0987654321")
    assert "Ý kiến đã được ghi nhận và giữ kín." in phone.page.text.replace("\u00a0", " ")
    with reading() as session:
        rating = session.scalars(select(Rating).where(Rating.visit_id.is_(None))).one()
        assert (rating.source, rating.layout) == (RatingSource.QR, Layout.STACK)
        assert rating.desk_id == ward.desks[0].id
        assert session.scalar(select(Comment.body)) == "Ghế hỏng, gọi […]"
        assert session.scalar(select(func.count()).select_from(RatingReason)) == 1
        query = CountQuery(
            unit_id=ward.unit.id, period=day_period(clock.today()), by=Dimension.SOURCE
        )
        rows = {row.key: row for row in counting.count(session, query).rows}
    assert (rows["kiosk"].answers, rows["kiosk"].unlinked) == (1, 0)
    assert (rows["qr"].answers, rows["qr"].unlinked) == (0, 1)


def test_an_office_that_takes_none_says_so(phone: Phone, path: str, ward: Office) -> None:
    form = _form(phone, path)
    with unit_of_work() as session:
        change_configuration(session, ward.unit, Changes(allows_unlinked=False))
    answer = phone.open(path)
    assert answer.status_code == 403
    assert "Bàn này không nhận ý kiến gửi theo mã đặt tại bàn." in answer.text
    assert phone.post(path, form).status_code == 303
    assert _count(Rating) == 1, "the page that was open before showed that they are taken"


def test_a_page_that_never_took_opinions_stores_nothing(phone: Phone, ward: Office) -> None:
    with unit_of_work() as session:
        card = opinions.make_card(session, {ward.unit.id}, desk_id=ward.desks[0].id)
    assert phone.open(f"/Q/{card.word}").status_code == 403
    assert (_count(Rating), _count(Refusal)) == (0, 0)


def test_a_card_in_any_case_opens_until_it_is_replaced(
    phone: Phone, path: str, ward: Office
) -> None:
    assert phone.open(path.lower()).status_code == 200
    with unit_of_work() as session:
        opinions.make_card(session, {ward.unit.id}, desk_id=ward.desks[0].id)
    form = {"token": phone.token, "level": "4"}
    assert phone.post(path, form).status_code == 404
    assert phone.open(path).status_code == 404


def test_a_form_counts_once_and_another_answer_with_it_is_refused(phone: Phone, path: str) -> None:
    form = _form(phone, path)
    assert [phone.post(path, form).status_code for _ in range(3)] == [303, 303, 303]
    for _ in range(3):
        assert phone.post(path, form | {"level": "1"}).status_code == 409
    assert (_count(Rating), _count(Refusal)) == (1, 0)


def test_a_form_is_good_for_ten_minutes(phone: Phone, path: str) -> None:
    form = _form(phone, path)
    with clock.replaced(clock.now() + timedelta(minutes=10, seconds=1)):
        answer = phone.post(path, form)
        assert answer.status_code == 410
        assert "Trang này mở đã lâu." in answer.text
    with clock.replaced(clock.now() + timedelta(minutes=9, seconds=59)):
        assert phone.post(path, form).status_code == 303


def test_a_form_belongs_to_its_own_desk(phone: Phone, path: str, ward: Office) -> None:
    with unit_of_work() as session:
        other = opinions.make_card(session, {ward.unit.id}, desk_id=ward.desks[1].id)
    assert phone.post(f"/Q/{other.word}", _form(phone, path)).status_code == 400
    assert _count(Rating) == 0


def test_a_device_gives_so_many_opinions_within_an_hour(phone: Phone, path: str) -> None:
    for _ in range(3):
        phone.open(path)
        assert phone.send(level="4").status_code == 200
    form = _form(phone, path)
    answer = phone.post(path, form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert "Đã nhận nhiều ý kiến trong giờ này." in answer.text
    with clock.replaced(clock.now() + timedelta(hours=1)):
        assert phone.post(path, _form(phone, path)).status_code == 303
    assert _count(Rating) == 4


def test_the_last_allowed_opinion_sent_again_gets_its_first_answer(phone: Phone, path: str) -> None:
    for _ in range(3):
        form = _form(phone, path)
        phone.post(path, form)
    assert phone.post(path, form).status_code == 303
    assert _count(Rating) == 3


@pytest.mark.parametrize(
    ("first", "second"),
    [("203.0.113.7", "203.0.113.250"), ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")],
)
def test_a_network_gives_so_many_opinions_within_an_hour(
    app: Flask, path: str, ward: Office, first: str, second: str
) -> None:
    limit = app.config["SETTINGS"].opinions_per_network
    sent = [Phone(app, network=(first, second)[number % 2]) for number in range(limit + 1)]
    codes = [phone.post(path, _form(phone, path)).status_code for phone in sent]
    assert codes == [303] * limit + [429]
    elsewhere = Phone(app, network="198.51.100.1")
    assert elsewhere.post(path, _form(elsewhere, path)).status_code == 303


def test_another_units_desks_are_not_closed_by_a_busy_network(
    app: Flask, path: str, ward: Office
) -> None:
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
        change_configuration(session, other.unit, Changes(allows_unlinked=True))
        card = opinions.make_card(session, {other.unit.id}, desk_id=other.desks[0].id)
    for _ in range(app.config["SETTINGS"].opinions_per_network + 1):
        phone = Phone(app)
        phone.post(path, _form(phone, path))
    phone = Phone(app)
    assert phone.post(f"/Q/{card.word}", _form(phone, f"/Q/{card.word}")).status_code == 303


def test_a_desk_takes_so_many_opinions_wherever_they_come_from(app: Flask, path: str) -> None:
    limit = app.config["SETTINGS"].opinions_per_desk
    codes = []
    for number in range(limit + 3):
        phone = Phone(app, network=f"10.{number}.0.1")
        codes.append(phone.post(path, _form(phone, path)).status_code)
    assert codes == [303] * limit + [429] * 3
    assert _count(Rating) == limit


def test_of_many_at_the_same_moment_no_more_than_allowed_count(app: Flask, path: str) -> None:
    phone = Phone(app)
    forms = [_form(phone, path) for _ in range(8)]
    cookie = phone.client.get_cookie("device", path="/Q")
    assert cookie is not None

    def send(form: dict[str, str]) -> int:
        return Phone(app).post(path, form).status_code

    codes = run_together(app, [partial(send, form) for form in forms])
    assert sorted(codes) == [303] * 3 + [429] * 5
    assert _count(Rating) == 3


def test_no_address_and_no_device_is_stored(app: Flask, phone: Phone, path: str) -> None:
    phone.open(path)
    phone.send(level="4")
    cookie = phone.client.get_cookie("device", path="/Q")
    assert cookie is not None
    with reading() as session:
        uses = session.scalars(select(QuotaUse)).all()
    assert len(uses) == 3
    kept = b"".join(use.key_hash for use in uses)
    for secret in (cookie.value.encode(), b"203.0.113"):
        assert secret not in kept
    assert cookie.http_only
    assert cookie.path == "/Q"


def test_what_was_counted_is_forgotten_after_its_hour(phone: Phone, path: str) -> None:
    phone.open(path)
    phone.send(level="4")
    with clock.replaced(clock.now() + timedelta(hours=1)):
        phone.open(path)
        phone.send(level="4")
        with reading() as session:
            hours = set(session.scalars(select(QuotaUse.hour_at)))
    assert len(hours) == 1


def test_a_device_that_keeps_no_cookie_can_still_give_its_opinion(app: Flask, path: str) -> None:
    form = _form(Phone(app), path)
    assert Phone(app).post(path, form).status_code == 303


@pytest.mark.parametrize("word", ["UNKNOWN", "%00", "%FF", "A" * 3000, "Đ" * 8, "'--"])
def test_an_odd_card_is_not_found(phone: Phone, ward: Office, word: str) -> None:
    assert phone.open(f"/Q/{word}").status_code == 404
    for suffix in ("", "/words"):
        assert phone.post(f"/Q/{word}{suffix}", {"level": "4", "token": "x"}).status_code == 400


@pytest.mark.parametrize("device", ["", "x", "Đ" * 22, "a" * 22, "a" * 4000, "\x00"])
def test_an_odd_device_is_given_a_new_name(phone: Phone, path: str, device: str) -> None:
    page = phone.client.get(path, headers={"Cookie": f"device={device}"})
    assert page.status_code == 200


def test_a_form_from_another_site_is_refused(phone: Phone, path: str) -> None:
    form = _form(phone, path)
    answer = phone.post(path, form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400
    assert _count(Rating) == 0
