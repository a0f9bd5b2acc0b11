"""The second step of signing in: a code once, recovery codes, and who has to have it."""

from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import accounts, clock
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Account, AuditEntry, RecoveryCode, SignIn
from satisfaction.second_factors import RECOVERY_CODES
from satisfaction.terms import AuditAction, Role
from tests.admin.officers import PASSWORD, SECRET, OfficersBrowser, code_of, make_officer, signed_in
from tests.conftest import NOW, Office

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

CODE_PAGE = "/admin/sign-in/code"
FACTOR_PAGE = "/admin/profile/second-factor"


def _secret_on(page: str) -> str:
    """Return the secret that a page shows to be typed."""
    shown = page.split("data-secret>")[1].split("</p>")[0]
    return "".join(sign for sign in shown.replace("span", "") if sign.isalnum())


def _enrol(browser: OfficersBrowser) -> tuple[str, list[str]]:
    """Set a second factor up as a person would; return its secret and the recovery codes."""
    secret = _secret_on(browser.get(FACTOR_PAGE).text)
    answer = browser.post(FACTOR_PAGE, {"code": pyotp.TOTP(secret).at(clock.now())})
    assert answer.status_code == 200, answer.text
    codes = [part.split("</code>")[0] for part in answer.text.split("<code>")[1:]]
    return secret, codes


@pytest.fixture
def administrator(ward: Office) -> Account:
    """Return an administrator whose second factor is set up."""
    return make_officer("quan", Role.ADMINISTRATOR, unit=ward.unit)


def _first_step(app: Flask) -> OfficersBrowser:
    browser = OfficersBrowser(app)
    answer = browser.post("/admin/sign-in", {"name": "quan", "password": PASSWORD})
    assert answer.location == CODE_PAGE
    return browser


def test_the_password_alone_opens_nothing(app: Flask, administrator: Account) -> None:
    browser = _first_step(app)
    assert browser.get("/admin/counts").location.startswith("/admin/sign-in?")
    assert "Mã xác thực" in browser.get(CODE_PAGE).text
    assert browser.post(CODE_PAGE, {"code": code_of("quan")}).status_code == 303
    assert browser.get("/admin/counts").status_code == 200


def test_a_code_is_right_once_and_an_earlier_one_never(app: Flask, administrator: Account) -> None:
    code = code_of("quan")
    earlier = pyotp.TOTP(SECRET).at(NOW - timedelta(seconds=30))
    assert _first_step(app).post(CODE_PAGE, {"code": code}).status_code == 303
    assert _first_step(app).post(CODE_PAGE, {"code": code}).status_code == 401
    assert _first_step(app).post(CODE_PAGE, {"code": earlier}).status_code == 401
    with clock.replaced(NOW + timedelta(seconds=60)):
        later = pyotp.TOTP(SECRET).at(clock.now())
        assert _first_step(app).post(CODE_PAGE, {"code": later}).status_code == 303


@pytest.mark.parametrize(
    "typed", ["000000", "12345", "abcdef", "１２３４５６", "x" * 32, "7KQ2-M4XT"]
)
def test_a_wrong_code_is_refused_and_logged(app: Flask, administrator: Account, typed: str) -> None:
    answer = _first_step(app).post(CODE_PAGE, {"code": typed})
    assert answer.status_code == 401
    assert "Mã không đúng" in answer.text
    with reading() as session:
        failed = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.SIGN_IN_FAILED)
        ).one()
    assert (failed.account_id, failed.detail) == (administrator.id, {"second_factor": True})
    assert failed.network == "10.1.2.0/24"


def test_codes_are_slowed_down_like_passwords_and_the_password_is_asked_for_again(
    app: Flask, administrator: Account
) -> None:
    browser = _first_step(app)
    answers = [browser.post(CODE_PAGE, {"code": "000000"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 4 + [303]
    assert answers[-1].location.startswith("/admin/sign-in")
    assert browser.post(CODE_PAGE, {"code": code_of("quan")}).location == "/admin/sign-in"
    typed = {"name": "quan", "password": PASSWORD}
    assert OfficersBrowser(app).post("/admin/sign-in", typed).status_code == 429
    elsewhere = OfficersBrowser(app, network="10.9.9.9")
    assert elsewhere.sign_in("quan").status_code == 303


def test_a_right_password_does_not_free_the_guessing_of_codes(
    app: Flask, administrator: Account
) -> None:
    for _ in range(5):
        assert _first_step(app).post(CODE_PAGE, {"code": "000000"}).status_code == 401
    typed = {"name": "quan", "password": PASSWORD}
    assert OfficersBrowser(app).post("/admin/sign-in", typed).status_code == 429


def test_a_code_that_comes_too_late_is_too_late(app: Flask, administrator: Account) -> None:
    browser = _first_step(app)
    with clock.replaced(NOW + timedelta(minutes=6)):
        answer = browser.post(CODE_PAGE, {"code": code_of("quan")})
    assert answer.location == "/admin/sign-in"
    assert "đăng nhập lại từ đầu" in browser.get("/admin/sign-in").text


def test_a_session_is_a_new_one_after_the_code(app: Flask, administrator: Account) -> None:
    browser = _first_step(app)
    before = browser.cookie()
    assert browser.post(CODE_PAGE, {"code": code_of("quan")}).status_code == 303
    thief = OfficersBrowser(app)
    thief.client.set_cookie("officer", before)
    assert thief.get("/admin/counts").status_code == 302
    assert thief.get(CODE_PAGE).status_code == 302
    assert browser.get("/admin/counts").status_code == 200


def test_an_administrator_without_a_second_factor_is_led_to_it_first(
    app: Flask, ward: Office
) -> None:
    account = make_officer("quan", Role.SYSTEM_ADMINISTRATOR, unit=ward.unit)
    with unit_of_work() as session:
        session.get_one(Account, account.id).sealed_secret = None
    browser = signed_in(app, "quan")
    for page in ("/admin/", "/admin/counts", "/admin/settings", "/admin/profile"):
        assert browser.get(page).location == FACTOR_PAGE
    piece = browser.get("/admin/counts", headers={"HX-Request": "true"})
    assert piece.headers["HX-Redirect"] == FACTOR_PAGE
    assert browser.post("/admin/hours", {}).location == FACTOR_PAGE
    secret, codes = _enrol(browser)
    assert len(secret) == 32
    assert len(set(codes)) == RECOVERY_CODES
    assert browser.get("/admin/counts").status_code == 200
    with reading() as session:
        stored = session.get_one(Account, account.id)
        assert stored.sealed_secret is not None
        assert secret.encode() not in stored.sealed_secret
        kept = session.scalars(select(RecoveryCode.code_hash)).all()
    assert not {code.encode() for code in codes} & set(kept)


def test_an_officer_of_another_role_may_do_without(app: Flask, ward: Office) -> None:
    make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    browser = signed_in(app, "lan")
    assert browser.get("/admin/desk").status_code == 200
    _enrol(browser)
    with clock.replaced(NOW + timedelta(minutes=1)):
        gone = browser.post(f"{FACTOR_PAGE}/delete", {"code": _code_of_stored(app, "lan")})
    assert gone.location == "/admin/profile"
    assert OfficersBrowser(app).sign_in("lan").location == "/admin/"


def _code_of_stored(app: Flask, name: str) -> str:
    from satisfaction.sealing import unseal
    from satisfaction.web.sign_in import second_factor_key

    with reading() as session:
        account = accounts.get_account(session, name)
        assert account.sealed_secret is not None
        secret = unseal(
            account.sealed_secret, key=second_factor_key(), about=f"account {account.id}"
        )
    assert secret is not None
    return pyotp.TOTP(secret).at(clock.now())


def test_an_administrator_cannot_do_without(app: Flask, administrator: Account) -> None:
    browser = signed_in(app, "quan")
    assert "Bỏ xác thực hai lớp" not in browser.get("/admin/profile").text
    answer = browser.post(f"{FACTOR_PAGE}/delete", {"code": code_of("quan")})
    assert answer.status_code == 403
    with reading() as session:
        assert session.get_one(Account, administrator.id).has_second_factor


def test_each_recovery_code_is_good_once(app: Flask, administrator: Account) -> None:
    browser = signed_in(app, "quan")
    page = browser.post("/admin/profile/recovery-codes", {"code": code_of("quan")}).text
    code = page.split("<code>")[1].split("</code>")[0]
    assert _first_step(app).post(CODE_PAGE, {"code": code.lower()}).status_code == 303
    assert _first_step(app).post(CODE_PAGE, {"code": code}).status_code == 401
    with reading() as session:
        used = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.RECOVERY_CODE_USED)
        ).one()
    assert used.detail == {"left": RECOVERY_CODES - 1}
    assert f"Còn {RECOVERY_CODES - 1} mã" in signed_in(app, "quan").get("/admin/profile").text


def test_new_recovery_codes_end_the_former(app: Flask, administrator: Account) -> None:
    browser = signed_in(app, "quan")
    first = browser.post("/admin/profile/recovery-codes", {"code": code_of("quan")}).text
    former = first.split("<code>")[1].split("</code>")[0]
    browser.post("/admin/profile/recovery-codes", {"code": code_of("quan")})
    assert _first_step(app).post(CODE_PAGE, {"code": former}).status_code == 401
    wrong = browser.post("/admin/profile/recovery-codes", {"code": "000000"})
    assert wrong.status_code == 422
    assert "<code>" not in wrong.text


def test_an_open_session_cannot_change_the_app_without_a_code(
    app: Flask, administrator: Account
) -> None:
    browser = signed_in(app, "quan")
    secret = _secret_on(browser.get(FACTOR_PAGE).text)
    new = pyotp.TOTP(secret).at(clock.now())
    for current in ("", "000000"):
        refused = browser.post(FACTOR_PAGE, {"current": current, "code": new})
        assert refused.status_code == 422
    changed = browser.post(FACTOR_PAGE, {"current": code_of("quan"), "code": new})
    assert changed.status_code == 200
    with clock.replaced(NOW + timedelta(minutes=1)):
        assert _first_step(app).post(CODE_PAGE, {"code": code_of("quan")}).status_code == 401


def test_a_secret_sealed_under_another_key_opens_nothing(
    app: Flask, administrator: Account
) -> None:
    app.config["SECRET_KEY"] = "another key of the installation"
    assert _first_step(app).post(CODE_PAGE, {"code": code_of("quan")}).status_code == 401


def test_a_secret_moved_to_another_account_opens_nothing(app: Flask, ward: Office) -> None:
    make_officer("quan", Role.ADMINISTRATOR, unit=ward.unit)
    make_officer("minh", Role.ADMINISTRATOR, unit=ward.unit)
    with unit_of_work() as session:
        stolen = accounts.get_account(session, "minh").sealed_secret
        accounts.get_account(session, "quan").sealed_secret = stolen
    assert _first_step(app).post(CODE_PAGE, {"code": code_of("quan")}).status_code == 401


def test_a_disabled_account_gets_no_further_with_its_code(
    app: Flask, administrator: Account
) -> None:
    browser = _first_step(app)
    with unit_of_work() as session:
        session.get_one(Account, administrator.id).disabled_at = clock.now()
    assert browser.post(CODE_PAGE, {"code": code_of("quan")}).location == "/admin/sign-in"
    with reading() as session:
        open_ones = select(SignIn).where(SignIn.awaits_code.is_(False))
        assert session.scalars(open_ones).all() == []
