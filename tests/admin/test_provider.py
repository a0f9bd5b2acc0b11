"""Signing in by a provider, over real HTTP: whose account, which answers are refused."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from flask import Flask
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select

from satisfaction import accounts
from satisfaction.database import db, reading, unit_of_work
from satisfaction.models import Account, AuditEntry
from satisfaction.terms import AuditAction, Role
from tests.admin.officers import OfficersBrowser, code_of, make_officer
from tests.admin.providing import CLIENT, SECRET, Provider, served_provider
from tests.conftest import make_office
from tests.engines import Engines
from tests.pages import CheckedClient
from wsgi import create_app

# What a provider says, and what is made of it, is the same over any database.
pytestmark = pytest.mark.once

STRONG = {"sub": "s-quan", "amr": ["mfa"]}
START, ANSWER = "/admin/provider", "/admin/provider/answer"


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Return a provider that is really served."""
    with served_provider() as served:
        yield served


@pytest.fixture
def office(engines: Engines, tmp_path: Path, provider: Provider) -> Iterator[Flask]:
    """Return an application that trusts the provider, with an officer at the desk."""
    with engines.fresh_settings(tmp_path) as settings:
        trusting = settings.model_copy(
            update={
                "oidc_issuer": provider.issuer,
                "oidc_client_id": CLIENT,
                "oidc_client_secret": SECRET,
                "oidc_second_factor": "amr:mfa acr:two",
            }
        )
        app = create_app(settings=trusting)
        app.config["TESTING"] = True
        app.test_client_class = CheckedClient
        with app.app_context():
            with unit_of_work() as session:
                ward = make_office(session)
            make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
            make_officer("quan", Role.ADMINISTRATOR, unit=ward.unit)
            with unit_of_work() as session:
                lan = accounts.get_account(session, "lan")
                lan.email, lan.is_email_vouched = "lan@donvi.gov.vn", True
                accounts.get_account(session, "quan").subject = "s-quan"
            yield app
            db.engine.dispose()


def _answer(browser: OfficersBrowser) -> str:
    """Go to the provider and come back; return the path of the answer, not yet followed."""
    led = browser.get(START)
    assert led.status_code == 302
    back = requests.get(led.location, allow_redirects=False, timeout=5).headers["Location"]
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def _sign_in(app: Flask) -> tuple[OfficersBrowser, str]:
    browser = OfficersBrowser(app)
    answer = browser.get(_answer(browser))
    return browser, answer.location


def test_a_vouched_e_mail_is_tied_to_its_subject_once(office: Flask, provider: Provider) -> None:
    provider.claims = {"sub": "s-lan", "email": "LAN@donvi.gov.vn", "email_verified": True}
    browser, location = _sign_in(office)
    assert location == "/admin/"
    assert browser.get("/admin/desk").status_code == 200
    provider.claims = {"sub": "s-other", "email": "lan@donvi.gov.vn", "email_verified": True}
    assert _sign_in(office)[1] == "/admin/sign-in"
    provider.claims = {"sub": "s-lan"}
    assert _sign_in(office)[1] == "/admin/"


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "s-new"},
        {"sub": "s-new", "email": "ai@donvi.gov.vn", "email_verified": True},
        {"sub": "s-new", "email": "lan@donvi.gov.vn", "email_verified": False},
        {"sub": "s-new", "email": "lan@donvi.gov.vn"},
    ],
)
def test_nobody_gets_an_account_by_the_provider(
    office: Flask, provider: Provider, claims: dict[str, object]
) -> None:
    provider.claims = claims
    browser, location = _sign_in(office)
    assert location == "/admin/sign-in"
    assert "Chưa đăng nhập được" in browser.get(location).text
    with reading() as session:
        assert session.query(Account).count() == 2


def test_an_e_mail_that_no_administrator_vouched_for_matches_nothing(
    office: Flask, provider: Provider
) -> None:
    with unit_of_work() as session:
        accounts.get_account(session, "lan").is_email_vouched = False
    provider.claims = {"sub": "s-lan", "email": "lan@donvi.gov.vn", "email_verified": True}
    assert _sign_in(office)[1] == "/admin/sign-in"


def _refused(app: Flask, provider: Provider) -> bool:
    """Say whether a token that the provider did give is refused, with an entry in the log."""
    assert _sign_in(app)[1] == "/admin/sign-in"
    assert (provider.given, provider.refused) == (1, [])
    with reading() as session:
        deeds = session.scalars(select(AuditEntry.action)).all()
    return deeds.count(AuditAction.SIGN_IN_FAILED) == 1 and AuditAction.SIGNED_IN not in deeds


@pytest.mark.parametrize(
    "bent",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "http://elsewhere"},
        {"aud": ["another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"exp": 1000},
        {"iat": 32503680000},
        {"at_hash": "A" * 22},
        {"sub": ""},
        {"sub": None},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    office: Flask, provider: Provider, bent: dict[str, object]
) -> None:
    provider.claims, provider.bent = STRONG, bent
    assert _refused(office, provider)


@pytest.mark.filterwarnings("ignore:JWS algorithm:joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", RSAKey.generate_key(2048, parameters={"kid": "k1"})),
        ("HS256", OctKey.import_key(SECRET)),
        ("none", None),
    ],
)
def test_a_token_signed_by_somebody_else_or_otherwise_is_refused(
    office: Flask, provider: Provider, algorithm: str, key: object
) -> None:
    provider.claims = STRONG
    provider.algorithm, provider.signs_with = algorithm, key
    assert _refused(office, provider)


def test_a_provider_that_calls_itself_otherwise_is_refused(
    office: Flask, provider: Provider
) -> None:
    provider.claims = STRONG
    provider.says, provider.bent = {"issuer": "http://elsewhere"}, {"iss": "http://elsewhere"}
    assert OfficersBrowser(office).get(START).location == "/admin/sign-in"
    assert provider.codes == {}


def test_a_provider_that_says_not_who_signed_in_is_refused(
    office: Flask, provider: Provider
) -> None:
    provider.claims, provider.gives_identity = STRONG, False
    browser, location = _sign_in(office)
    assert location == "/admin/sign-in"
    assert browser.get("/admin/counts").status_code == 302
    with reading() as session:
        deeds = session.scalars(select(AuditEntry.action)).all()
    assert AuditAction.SIGN_IN_FAILED in deeds


def test_who_is_refused_at_the_provider_is_not_signed_in(office: Flask, provider: Provider) -> None:
    provider.claims, browser = None, OfficersBrowser(office)
    answer = _answer(browser)
    assert "error=access_denied" in answer
    assert browser.get(answer).location == "/admin/sign-in"
    assert browser.get("/admin/counts").status_code == 302


def test_a_new_key_of_the_provider_is_fetched(office: Flask, provider: Provider) -> None:
    provider.claims = STRONG
    assert _sign_in(office)[1] == "/admin/"
    provider.change_key("k2")
    assert _sign_in(office)[1] == "/admin/"


def test_a_code_that_was_given_to_another_browser_is_refused_by_its_proof(
    office: Flask, provider: Provider
) -> None:
    provider.claims = STRONG
    stolen, browser = _answer(OfficersBrowser(office)), OfficersBrowser(office)
    own = parse_qs(urlsplit(_answer(browser)).query)
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    words = urlencode({"code": code, "state": own["state"][0]})
    assert browser.get(f"{ANSWER}?{words}").location == "/admin/sign-in"
    assert (provider.given, provider.refused) == (0, ["invalid_grant"])


@pytest.mark.parametrize("name", ["code_challenge", "nonce", "client_id", "redirect_uri"])
def test_the_provider_lets_nobody_in_without_what_the_application_sends(
    office: Flask, provider: Provider, name: str
) -> None:
    led = urlsplit(OfficersBrowser(office).get(START).location)
    words = {one: values[0] for one, values in parse_qs(led.query).items()}
    assert words.pop(name)
    words |= {"redirect_uri": "http://elsewhere/"} if name == "redirect_uri" else {}
    address = led._replace(query=urlencode(words)).geturl()
    answer = requests.get(address, allow_redirects=False, timeout=5)
    assert "code=" not in answer.headers.get("Location", "")
    assert len(provider.refused) == 1
    assert provider.codes == {}


def test_an_answer_is_good_in_its_own_browser_once(office: Flask, provider: Provider) -> None:
    provider.claims = STRONG
    browser = OfficersBrowser(office)
    answer = _answer(browser)
    assert OfficersBrowser(office).get(answer).location == "/admin/sign-in"
    assert browser.get(answer.replace("state=", "state=x")).location == "/admin/sign-in"
    assert browser.get(answer).location == "/admin/"
    assert browser.get(answer).location == "/admin/sign-in"


def test_the_providers_second_factor_counts_when_it_says_so(
    office: Flask, provider: Provider
) -> None:
    for claims in ({"amr": ["pwd", "mfa"]}, {"acr": "two"}):
        provider.claims = {"sub": "s-quan"} | claims
        browser, location = _sign_in(office)
        assert location == "/admin/"
        assert browser.get("/admin/counts").status_code == 200
    provider.claims = {"sub": "s-quan", "amr": ["pwd"], "acr": "one"}
    browser, location = _sign_in(office)
    assert location == "/admin/sign-in/code"
    assert browser.get("/admin/counts").status_code == 302
    browser.get(location)
    assert browser.post(location, {"code": code_of("quan")}).status_code == 303
    assert browser.get("/admin/counts").status_code == 200


def test_signing_out_signs_out_at_the_provider(office: Flask, provider: Provider) -> None:
    provider.claims = STRONG
    browser, _location = _sign_in(office)
    browser.get("/admin/counts")
    left = browser.post("/admin/sign-out")
    assert left.location.startswith(f"{provider.issuer}/leave?client_id={CLIENT}")
    assert browser.get("/admin/counts").status_code == 302


def test_a_provider_out_of_reach_is_said_and_passwords_still_work(
    office: Flask, provider: Provider
) -> None:
    from satisfaction.web import provider as spoken

    office.extensions[spoken._CLIENT]._server_metadata_url = "http://127.0.0.1:9/none"
    browser = OfficersBrowser(office)
    assert browser.get(START).location == "/admin/sign-in"
    assert "nhà cung cấp" in browser.get("/admin/sign-in").text
    assert browser.sign_in("lan").status_code == 303
