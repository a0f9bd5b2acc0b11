"""The page behind a one-time link, as plain forms."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from satisfaction import clock, recording, visits
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Comment, Rating, RatingReason, Refusal, Visit
from satisfaction.terms import FollowUp, InvitationPurpose, Language, RatingSource
from tests.conftest import Office
from tests.kiosk.phones import Phone, invite
from tests.making import finished_visit, tap

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

RATED = "Phiếu này đã được đánh giá. Cảm\u00a0ơn ông/bà!"
THANKS = "Ý kiến đã được ghi nhận và giữ kín."


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def _says(phone: Phone, words: str) -> bool:
    return _plain(words) in _plain(phone.page.text)


def _count(model: Any) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _rating() -> Rating:
    with reading() as session:
        return session.scalars(select(Rating)).one()


@pytest.fixture
def visit(ward: Office) -> Visit:
    """Return a finished visit with a ticket."""
    return finished_visit(ward.desks[0], ticket_number="047", procedure_id=ward.procedures[0].id)


@pytest.fixture
def path(visit: Visit) -> str:
    """Return the address of a fresh link."""
    return f"/R/{invite(visit)}"


@pytest.fixture
def phone(app: Flask) -> Phone:
    """Return a citizen's phone."""
    return Phone(app)


def test_a_citizen_rates_gives_reasons_and_writes(phone: Phone, path: str, visit: Visit) -> None:
    phone.open(path)
    assert _says(phone, "Ông/bà thấy lần phục vụ vừa rồi thế nào?")
    assert _says(phone, "Chứng thực bản sao")
    assert "047" in phone.page.text
    places = [phone.page.text.index(f'name="level" value="{level}"') for level in (5, 4, 3, 2, 1)]
    assert places == sorted(places)
    phone.send(level="2")
    assert _says(phone, "Điều gì nên làm tốt hơn?")
    assert _says(
        phone, "Viết thêm (không bắt buộc). Xin đừng ghi họ tên, số giấy tờ hay số điện thoại."
    )
    phone.send(reason=["wait", "fee"], comment="Chờ lâu. Gọi tôi 0912 345 678 nhé.")
    assert _says(phone, THANKS)
    rating = _rating()
    assert (rating.visit_id, rating.source) == (visit.id, RatingSource.QR)
    assert (_count(RatingReason), _count(Refusal)) == (2, 0)
    with reading() as session:
        assert session.scalar(select(Comment.body)) == "Chờ lâu. Gọi tôi […] nhé."


def test_a_satisfied_citizen_is_asked_for_words_only(phone: Phone, path: str) -> None:
    phone.open(path)
    phone.send(level="5")
    assert _says(phone, "Ông/bà muốn viết thêm không?")
    assert 'type="checkbox"' not in phone.page.text
    phone.send(skip="1", comment="Không gửi dòng này")
    assert _says(phone, THANKS)
    assert _count(Comment) == 0


def test_where_everybody_is_asked_praise_has_its_own_question(
    phone: Phone, path: str, ward: Office
) -> None:
    with unit_of_work() as session:
        change_configuration(session, ward.unit, Changes(follow_up=FollowUp.ALL))
    phone.open(path)
    phone.send(level="5")
    assert _says(phone, "Điều gì ông/bà thấy tốt nhất?")


def test_an_online_link_has_its_own_source(phone: Phone, visit: Visit) -> None:
    phone.open(f"/R/{invite(visit, InvitationPurpose.ONLINE)}")
    phone.send(level="4")
    assert _rating().source is RatingSource.LINK


def test_an_address_in_small_letters_leads_to_the_same_page(phone: Phone, path: str) -> None:
    answer = phone.client.get(path.lower())
    assert answer.status_code == 308
    assert str(answer.location).endswith(path.lower().replace("/r/", "/R/"))
    phone.open(path.lower())
    phone.send(level="4")
    assert _count(Rating) == 1


def test_the_page_keeps_its_language_to_the_end(phone: Phone, path: str) -> None:
    phone.open(f"{path}?lang=en&easy=1")
    assert 'lang="en"' in phone.page.text
    assert "Very satisfied" in phone.page.text
    phone.send(level="1")
    assert "Long wait" in phone.page.text
    assert 'class="kiosk phone easy"' in phone.page.text
    phone.send(skip="1")
    assert '<html lang="en">' in phone.page.text
    assert _rating().language is Language.EN


def test_no_page_shows_the_level_again(phone: Phone, path: str) -> None:
    phone.open(path)
    phone.send(level="1")
    phone.send(comment="Chờ lâu")
    for address in (path, f"{path}/thanks"):
        phone.open(address)
        assert _says(phone, RATED if address == path else THANKS)
        assert "hài lòng" not in _plain(phone.page.text).lower()
        assert 'type="checkbox"' not in phone.page.text


def test_a_form_sent_twice_counts_once_and_is_thanked_twice(phone: Phone, path: str) -> None:
    phone.open(path)
    data = {"token": phone.token, "level": "2"}
    answers = [phone.post(path, data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert all("/words?step=" in str(answer.location) for answer in answers)
    for answer in answers:
        phone.open(str(answer.location))
        assert _says(phone, "Điều gì nên làm tốt hơn?")
    assert _count(Rating) == 1


def test_another_key_after_the_first_changes_nothing(phone: Phone, path: str) -> None:
    phone.open(path)
    data = {"token": phone.token}
    phone.post(path, data | {"level": "2"})
    answer = phone.post(path, data | {"level": "5"})
    phone.open(str(answer.location))
    assert _says(phone, RATED)
    assert 'type="checkbox"' not in phone.page.text
    assert _count(Rating) == 1


def test_a_visit_rated_at_the_kiosk_meanwhile_offers_only_further_words(
    phone: Phone, path: str, ward: Office, visit: Visit
) -> None:
    phone.open(path)
    with unit_of_work() as session:
        recording.record_rating(session, tap(ward, visit, level=1))
    phone.send(level="4")
    assert _says(phone, RATED)
    assert 'name="level"' not in phone.page.text
    phone.send(reason=["wait"], comment="Thêm một lời")
    assert _says(phone, THANKS)
    phone.open(path)
    assert _says(phone, RATED)
    assert "<form" not in phone.page.text
    assert (_count(Rating), _count(Comment), _count(RatingReason)) == (1, 1, 0)


def test_a_second_link_of_a_rated_visit_opens_the_place_for_words_once(
    phone: Phone, path: str, visit: Visit
) -> None:
    phone.open(path)
    phone.send(level="4")
    phone.send(skip="1")
    phone.open(f"/R/{invite(visit, InvitationPurpose.SCREEN)}")
    assert _says(phone, RATED)
    phone.send(comment="Một")
    phone.open(path)
    assert "<form" not in phone.page.text


@pytest.mark.parametrize("hours", [24, 6])
def test_a_link_that_is_over_says_after_how_long(
    phone: Phone, ward: Office, visit: Visit, hours: int
) -> None:
    with unit_of_work() as session:
        change_configuration(session, ward.unit, Changes(invitation_hours=hours))
    path = f"/R/{invite(visit)}"
    phone.open(path)
    form = {"token": phone.token, "level": "4"}
    with clock.replaced(clock.now() + timedelta(hours=hours)):
        for answer in (phone.open(path), phone.post(path, form)):
            assert answer.status_code == 410
            assert f"Mã này đã hết hạn sau {hours} giờ." in answer.text
    assert _count(Rating) == 0


def test_a_visit_that_is_still_being_served_asks_to_wait(phone: Phone, ward: Office) -> None:
    with unit_of_work() as session:
        visit = visits.open_visit(session, visits.NewVisit(desk_id=ward.desks[0].id))
    assert phone.open(f"/R/{invite(visit)}").status_code == 409
    assert _says(phone, "Mời ông/bà đánh giá khi được phục vụ xong.")


@pytest.mark.parametrize(
    "word", ["UNKNOWN", "A" * 26, "%00", "%FF%FE", "Đ" * 26, "A" * 5000, "..%2f..%2fetc", "'--"]
)
def test_an_odd_link_is_not_found(phone: Phone, ward: Office, word: str) -> None:
    assert phone.open(f"/R/{word}").status_code == 404
    for suffix in ("", "/words"):
        assert 400 <= phone.post(f"/R/{word}{suffix}", {"level": "4"}).status_code < 500


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "é" * 50, "A" * 5000, "eyJyYXRpbmciOjF9.aaaaaa.bbbb", "\x00"]
)
def test_an_odd_form_is_refused_and_stores_nothing(phone: Phone, path: str, token: str) -> None:
    phone.open(path)
    for suffix in ("", "/words"):
        answer = phone.post(f"{path}{suffix}", {"token": token, "level": "4", "comment": "x"})
        assert answer.status_code == 400
    assert phone.open(f"{path}/words?step={token}").status_code == 400
    assert (_count(Rating), _count(Refusal), _count(Comment)) == (0, 0, 0)


@pytest.mark.parametrize("level", ["0", "8", "-1", "4.5", "x", "", "٤" * 3, "9" * 400])
def test_an_odd_level_is_refused(phone: Phone, path: str, level: str) -> None:
    phone.open(path)
    assert phone.send(level=level).status_code == 400
    assert (_count(Rating), _count(Refusal)) == (0, 0)


def test_a_form_belongs_to_its_own_page(phone: Phone, path: str, ward: Office) -> None:
    other = f"/R/{invite(finished_visit(ward.desks[1]))}"
    phone.open(path)
    question = phone.token
    assert phone.post(other, {"token": question, "level": "4"}).status_code == 400
    assert phone.post(f"{path}/words", {"token": question, "comment": "x"}).status_code == 400
    altered = question[:-4] + ("AAAA" if not question.endswith("AAAA") else "BBBB")
    assert phone.post(path, {"token": altered, "level": "4"}).status_code == 400
    assert _count(Rating) == 0


def test_a_form_from_another_site_is_refused(phone: Phone, path: str) -> None:
    phone.open(path)
    data = {"token": phone.token, "level": "4"}
    for site in ("cross-site", "same-site", "none"):
        answer = phone.post(path, data, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 400
    assert phone.post(path, data, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


@pytest.mark.parametrize(
    "fields",
    [{"comment": "x" * 501}, {"reason": ["wait"] * 13}, {"reason": ["<script>"]}],
)
def test_words_that_no_browser_would_send_are_refused(
    phone: Phone, path: str, fields: dict[str, Any]
) -> None:
    phone.open(path)
    phone.send(level="1")
    assert phone.send(**fields).status_code == 400
    assert (_count(Comment), _count(RatingReason)) == (0, 0)


def test_a_reason_that_is_unknown_is_refused_in_plain_words(phone: Phone, path: str) -> None:
    phone.open(path)
    phone.send(level="1")
    assert phone.send(reason="nothing").status_code == 422
    assert _says(phone, "Chưa ghi nhận được đánh giá này.")


def test_500_signs_with_line_breaks_and_pictures_fit(phone: Phone, path: str) -> None:
    phone.open(path)
    phone.send(level="1")
    text = "Dòng một\r\n" + "ộ" * 480 + "🙂"
    assert phone.send(comment=text).status_code == 200
    with reading() as session:
        assert session.scalar(select(Comment.body)) == "Dòng một " + "ộ" * 480 + "🙂"


def test_markup_in_words_stays_text(phone: Phone, path: str) -> None:
    phone.open(path)
    phone.send(level="1")
    phone.send(comment="<script>alert(1)</script>")
    with reading() as session:
        assert session.scalar(select(Comment.body)) == "<script>alert(1)</script>"


def test_phones_may_zoom_and_are_not_indexed(phone: Phone, path: str) -> None:
    page = phone.open(path)
    assert "user-scalable" not in page.text
    assert "maximum-scale" not in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers


def test_an_office_that_is_not_configured_is_out_of_service(
    phone: Phone, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_fields: object) -> None:
        raise RuntimeError("down")

    monkeypatch.setattr("kiosk.invitation.phones.read_invitation", fail)
    assert phone.open(path).status_code == 500
    assert _says(phone, "Màn hình đang tạm nghỉ")
    assert "down" not in phone.page.text
