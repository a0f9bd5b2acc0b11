"""The own account: password, sessions, language, e-mail."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import clock
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Account, SignIn
from satisfaction.terms import Role
from satisfaction.web.devices import client_device
from tests.admin.officers import PASSWORD, OfficersBrowser, make_officer, signed_in
from tests.conftest import NOW, Office

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

PAGE, PASSWORD_PAGE = "/admin/profile", "/admin/profile/password"
NEW = "Ba con mèo đen 2027"


def _change(browser: OfficersBrowser, current: str, new: str, again: str | None = None) -> int:
    typed = {"current": current, "new": new, "again": new if again is None else again}
    return browser.post(PASSWORD_PAGE, typed).status_code


@pytest.fixture
def lan(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer at the desk."""
    make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    return signed_in(app, "lan")


def test_a_new_password_ends_every_other_session(app: Flask, lan: OfficersBrowser) -> None:
    other = signed_in(app, "lan")
    assert _change(lan, PASSWORD, NEW) == 303
    assert lan.get("/admin/desk").status_code == 200
    assert other.get("/admin/desk").status_code == 302
    assert OfficersBrowser(app).sign_in("lan").status_code == 401
    assert OfficersBrowser(app).sign_in("lan", NEW).status_code == 303


def test_a_new_password_that_is_refused_says_why_and_changes_nothing(
    app: Flask, lan: OfficersBrowser
) -> None:
    refused = [
        (PASSWORD, "Ngắn 12", None),
        (PASSWORD, "ba con mèo đen nhánh", None),
        (PASSWORD, NEW, "Ba con mèo đen 2028"),
        (PASSWORD, "x" * 300, None),
        ("sai", NEW, None),
        ("", NEW, None),
    ]
    for current, new, again in refused:
        assert _change(lan, current, new, again) == 422, (current, new)
    told = lan.post(PASSWORD_PAGE, {"current": PASSWORD, "new": "ba con mèo đen", "again": ""})
    assert "không giống nhau" in told.text
    assert OfficersBrowser(app, network="10.9.9.9").sign_in("lan").status_code == 303


def test_guessing_the_present_password_is_slowed_down(lan: OfficersBrowser) -> None:
    assert [_change(lan, "sai", NEW) for _ in range(7)] == [422] * 5 + [429] * 2


def test_beside_a_second_factor_eight_characters_are_enough(app: Flask, ward: Office) -> None:
    account = make_officer("quan", Role.ADMINISTRATOR, unit=ward.unit)
    browser = signed_in(app, "quan")
    assert "từ 8 ký tự" in browser.get(PASSWORD_PAGE).text
    assert _change(browser, PASSWORD, "mèo đen.") == 303
    with reading() as session:
        assert session.get_one(Account, account.id).is_password_short


def test_a_password_that_must_be_replaced_leads_there_first(app: Flask, ward: Office) -> None:
    account = make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    with unit_of_work() as session:
        session.get_one(Account, account.id).must_set_password = True
    browser = signed_in(app, "lan")
    assert browser.get("/admin/desk").location == PASSWORD_PAGE
    page = browser.get(PASSWORD_PAGE).text
    assert "hãy đặt mật khẩu của riêng bạn" in page
    assert 'name="current"' not in page
    assert browser.post(PASSWORD_PAGE, {"new": NEW, "again": NEW}).status_code == 303
    assert browser.get("/admin/desk").status_code == 200


def test_sessions_are_listed_and_ended(app: Flask, lan: OfficersBrowser) -> None:
    elsewhere = OfficersBrowser(app, network="192.0.2.77")
    agent = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"
    elsewhere.client.environ_base["HTTP_USER_AGENT"] = agent
    elsewhere.sign_in("lan")
    page = lan.get(PAGE).text
    assert "Firefox · Windows" in page
    assert "192.0.2.0/24" in page
    assert "192.0.2.77" not in page
    with reading() as session:
        other = session.scalars(select(SignIn.id).where(SignIn.network == "192.0.2.0/24")).one()
    assert lan.post(f"{PAGE}/sessions/{other}/end").status_code == 303
    assert lan.post(f"{PAGE}/sessions/{other}/end").status_code == 404
    assert elsewhere.get("/admin/desk").status_code == 302
    third = signed_in(app, "lan")
    assert lan.post(f"{PAGE}/sessions/end").status_code == 303
    assert third.get("/admin/desk").status_code == 302
    assert lan.get("/admin/desk").status_code == 200


def test_a_colleagues_session_cannot_be_ended(
    app: Flask, ward: Office, lan: OfficersBrowser
) -> None:
    make_officer("mai", Role.DESK_OFFICER, unit=ward.unit)
    mai = signed_in(app, "mai")
    with reading() as session:
        ids = session.scalars(select(SignIn.id)).all()
    for one in ids:
        assert lan.post(f"{PAGE}/sessions/{one}/end").status_code == 404
    assert mai.get("/admin/desk").status_code == 200


def test_a_session_that_is_over_is_not_listed(app: Flask, lan: OfficersBrowser) -> None:
    signed_in(app, "lan")
    assert lan.get(PAGE).text.count("data-session=") == 2
    for minutes in (20, 40):
        with clock.replaced(NOW + timedelta(minutes=minutes)):
            page = lan.get(PAGE).text
    assert page.count("data-session=") == 1


def test_the_language_is_kept_with_the_account(app: Flask, lan: OfficersBrowser) -> None:
    assert lan.post(PAGE, {"language": "en", "email": ""}).status_code == 303
    assert "My account" in lan.get(PAGE).text
    again = signed_in(app, "lan")
    assert "My account" in again.get(PAGE).text
    assert lan.post(PAGE, {"language": "xx", "email": ""}).status_code == 422


@pytest.mark.parametrize(
    "email", ["a@b", "a b@c.vn", "x" * 250 + "@c.vn", "a@c.vn\nBcc: d@e.vn", "<a@c.vn>", "=cmd|x"]
)
def test_what_is_no_address_is_refused(app: Flask, lan: OfficersBrowser, email: str) -> None:
    assert lan.post(PAGE, {"language": "vi", "email": email}).status_code == 422


def test_an_address_of_ones_own_is_not_vouched_for(app: Flask, lan: OfficersBrowser) -> None:
    with unit_of_work() as session:
        account = session.scalars(select(Account)).one()
        account.email, account.is_email_vouched = "lan@donvi.gov.vn", True
    lan.post(PAGE, {"language": "vi", "email": "lan@donvi.gov.vn"})
    with reading() as session:
        assert session.scalars(select(Account.is_email_vouched)).one()
    lan.post(PAGE, {"language": "vi", "email": "khac@donvi.gov.vn"})
    with reading() as session:
        account = session.scalars(select(Account)).one()
    assert (account.email, account.is_email_vouched) == ("khac@donvi.gov.vn", False)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537.36 Edg/120", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU) Version/17.0 Mobile Safari/604.1", "Safari · iOS"),
        ("curl/8", ""),
        ("<script>" * 100, ""),
    ],
)
def test_a_browser_is_known_by_its_family_alone(app: Flask, agent: str, device: str) -> None:
    with app.test_request_context(headers={"User-Agent": agent}):
        assert client_device() == device
