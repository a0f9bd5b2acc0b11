"""Signing in and out: sessions live on the server, and guesses are slowed down."""

import threading
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import accounts, clock, sign_ins
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import SignInRefusedError, SignInThrottledError
from satisfaction.models import Account, AuditEntry, SignIn
from satisfaction.sign_ins import Credentials
from satisfaction.terms import AuditAction, Permission, Role
from satisfaction.web import sign_in
from tests.admin.officers import PASSWORD, OfficersBrowser, make_officer, signed_in
from tests.conftest import NOW, Office

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

HERE, ELSEWHERE = "10.1.2.3", "10.9.9.9"


@pytest.fixture
def desk_officer(ward: Office) -> Account:
    """Return an officer who serves desks."""
    return make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.DESK_OFFICER, "/admin/desk"),
        (Role.SUPERVISOR, "/admin/overview"),
        (Role.ADMINISTRATOR, "/admin/overview"),
    ],
)
def test_an_officer_lands_where_the_role_allows(
    app: Flask, ward: Office, role: Role, page: str
) -> None:
    make_officer("lan", role, unit=ward.unit)
    browser = signed_in(app, "lan")
    assert browser.get("/admin/").location == page
    assert "Cán bộ lan" in browser.get(page).text


def test_an_officer_without_a_role_is_told_so(app: Flask, ward: Office) -> None:
    make_officer("lan", unit=ward.unit)
    assert signed_in(app, "lan").get("/admin/").status_code == 403


def test_the_name_is_found_however_it_is_typed(app: Flask, desk_officer: Account) -> None:
    assert OfficersBrowser(app).sign_in("  LAN ").status_code == 303


def test_the_password_is_right_in_either_unicode_form(app: Flask, desk_officer: Account) -> None:
    import unicodedata

    typed = unicodedata.normalize("NFD", PASSWORD)
    assert typed != PASSWORD
    assert OfficersBrowser(app).sign_in("lan", typed).status_code == 303


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(
    app: Flask, desk_officer: Account
) -> None:
    wrong_password = OfficersBrowser(app).sign_in("lan", "sai")
    wrong_name = OfficersBrowser(app).sign_in("mai", "sai")
    assert (wrong_name.status_code, wrong_password.status_code) == (401, 401)
    token = 'name="csrf_token"'
    texts = [
        [line for line in answer.text.replace("mai", "lan").splitlines() if token not in line]
        for answer in (wrong_name, wrong_password)
    ]
    assert texts[0] == texts[1]
    assert "không đúng" in wrong_name.text


def test_a_wrong_name_takes_as_long_as_a_wrong_password(desk_officer: Account) -> None:
    def seconds(name: str, attempt: int) -> float:
        typed = Credentials(name, "sai", f"10.0.{attempt}.0/24")
        started = perf_counter()
        with unit_of_work() as session:
            claim = sign_ins.prepare_sign_in(session, typed)
        sign_ins.check_claim(claim, typed)
        return perf_counter() - started

    pairs = [(seconds("lan", n), seconds("mai", n)) for n in range(9)]
    known, unknown = (median(times) for times in zip(*pairs, strict=True))
    assert unknown > known / 2


def test_a_disabled_account_cannot_sign_in_and_its_session_ends(
    app: Flask, desk_officer: Account
) -> None:
    browser = signed_in(app, "lan")
    with unit_of_work() as session:
        session.get_one(Account, desk_officer.id).disabled_at = clock.now()
    assert browser.get("/admin/desk").status_code == 302
    assert OfficersBrowser(app).sign_in("lan").status_code == 401


def test_a_cookie_copied_before_sign_out_is_dead_after_it(
    app: Flask, desk_officer: Account
) -> None:
    browser = signed_in(app, "lan")
    browser.get("/admin/desk")
    thief = OfficersBrowser(app)
    thief.client.set_cookie("officer", browser.cookie())
    assert thief.get("/admin/desk").status_code == 200
    assert browser.post("/admin/sign-out").status_code == 303
    assert thief.get("/admin/desk").status_code == 302
    assert browser.get("/admin/desk").status_code == 302


def test_sign_out_is_not_done_by_opening_an_address(app: Flask, desk_officer: Account) -> None:
    browser = signed_in(app, "lan")
    answer = browser.get("/admin/sign-out")
    assert answer.status_code == 405
    assert "GET" not in answer.headers["Allow"]
    assert browser.get("/admin/desk").status_code == 200


def test_signing_in_makes_a_new_session_and_ends_the_former(
    app: Flask, desk_officer: Account
) -> None:
    planted = OfficersBrowser(app)
    planted.get("/admin/sign-in")
    before = planted.cookie()
    planted.sign_in("lan")
    first = planted.cookie()
    assert first != before
    planted.get("/admin/desk")
    planted.sign_in("lan")
    thief = OfficersBrowser(app)
    thief.client.set_cookie("officer", first)
    assert thief.get("/admin/desk").status_code == 302
    with reading() as session:
        ended = [entry.ended_at for entry in session.scalars(select(SignIn).order_by(SignIn.id))]
    assert ended == [NOW, None]


def test_an_idle_session_ends_and_a_used_one_goes_on(app: Flask, desk_officer: Account) -> None:
    browser = signed_in(app, "lan")
    for minutes in (25, 50):
        with clock.replaced(NOW + timedelta(minutes=minutes)):
            assert browser.get("/admin/desk").status_code == 200
    with clock.replaced(NOW + timedelta(minutes=50 + 31)):
        assert browser.get("/admin/desk").status_code == 302


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(
    app: Flask, ward: Office, desk_officer: Account
) -> None:
    browser = signed_in(app, "lan")
    poll = f"/admin/desk/{ward.desks[0].id}/recent?seen=-"
    for minutes in (10, 20, 29):
        with clock.replaced(NOW + timedelta(minutes=minutes)):
            assert browser.get(poll, headers={"HX-Request": "true"}).status_code == 204
    with clock.replaced(NOW + timedelta(minutes=31)):
        answer = browser.get(poll, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/admin/sign-in?next=/admin/desk/")


def test_no_session_outlives_the_absolute_limit(app: Flask, desk_officer: Account) -> None:
    browser = signed_in(app, "lan")
    for minutes in range(20, 12 * 60, 20):
        with clock.replaced(NOW + timedelta(minutes=minutes)):
            assert browser.get("/admin/desk").status_code == 200
    with clock.replaced(NOW + timedelta(hours=12, seconds=1)):
        assert browser.get("/admin/desk").status_code == 302


def test_guesses_are_throttled_here_and_the_right_password_works_elsewhere(
    app: Flask, desk_officer: Account
) -> None:
    guesser = OfficersBrowser(app, network=HERE)
    answers = [guesser.sign_in("lan", f"sai {n}").status_code for n in range(8)]
    assert answers == [401] * 5 + [429] * 3
    refused = guesser.sign_in("lan")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 15
    assert "Đợi" in refused.text
    assert OfficersBrowser(app, network=ELSEWHERE).sign_in("lan").status_code == 303
    assert OfficersBrowser(app, network="10.1.2.77").sign_in("lan").status_code == 429


def test_an_unknown_name_is_throttled_in_the_same_way(app: Flask, desk_officer: Account) -> None:
    guesser = OfficersBrowser(app)
    assert [guesser.sign_in("mai", "sai").status_code for _ in range(7)] == [401] * 5 + [429] * 2


def test_waits_grow_and_end_and_a_right_password_clears_them(
    app: Flask, desk_officer: Account
) -> None:
    browser, now = OfficersBrowser(app), NOW
    waits = []
    for _ in range(12):
        with clock.replaced(now):
            answer = browser.sign_in("lan", "sai")
        if answer.status_code == 429:
            waits.append(int(answer.headers["Retry-After"]))
            now += timedelta(seconds=waits[-1])
    assert waits == [15, 30, 60, 120]
    with clock.replaced(now + timedelta(minutes=15)):
        assert browser.sign_in("lan").status_code == 303
        assert OfficersBrowser(app).sign_in("lan", "sai").status_code == 401


def test_old_failures_are_forgotten(app: Flask, desk_officer: Account) -> None:
    for _ in range(5):
        OfficersBrowser(app).sign_in("lan", "sai")
    with clock.replaced(NOW + timedelta(hours=13)):
        assert OfficersBrowser(app).sign_in("lan", "sai").status_code == 401
        assert OfficersBrowser(app).sign_in("lan", "sai").status_code == 401


def test_many_guesses_at_the_same_moment_are_not_all_free(
    app: Flask, desk_officer: Account
) -> None:
    outcomes: list[str] = []

    def guess() -> None:
        with app.test_request_context("/admin/sign-in"):
            try:
                sign_in.sign_in(Credentials("lan", "sai", HERE))
            except SignInThrottledError:
                outcomes.append("throttled")
            except SignInRefusedError:
                outcomes.append("tried")

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("tried"), outcomes.count("throttled")) == (5, 7)


@pytest.mark.parametrize(
    "address",
    [
        *("https://example.org/", "//example.org/", "/\\example.org", "\\\\example.org"),
        *("/\t/example.org", "javascript:alert(1)", "admin/desk", " /admin/desk", "/\n/x", ""),
    ],
)
def test_next_leads_nowhere_but_to_this_site(address: str) -> None:
    assert sign_in.local_path(address) is None


def test_after_signing_in_the_officer_gets_the_page_that_was_asked_for(
    app: Flask, desk_officer: Account
) -> None:
    browser = OfficersBrowser(app)
    asked = browser.get("/admin/desk?lang=en")
    assert asked.location == "/admin/sign-in?next=/admin/desk?lang%3Den"
    browser.get(asked.location)
    assert browser.sign_in("lan", next="/admin/desk?lang=en").location == "/admin/desk?lang=en"
    elsewhere = OfficersBrowser(app).sign_in("lan", next="//example.org/")
    assert elsewhere.location == "/admin/"


def test_a_form_from_another_site_or_without_its_token_is_refused(
    app: Flask, desk_officer: Account
) -> None:
    browser = signed_in(app, "lan")
    browser.get("/admin/desk")
    foreign = browser.post("/admin/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    for path in ("/admin/sign-out", "/admin/sign-in"):
        assert browser.post(path, {"csrf_token": "x"}).status_code == 400
    assert browser.get("/admin/desk").status_code == 200


def test_the_log_keeps_no_word_typed_by_mistake_and_no_full_address(
    app: Flask, desk_officer: Account
) -> None:
    browser = OfficersBrowser(app)
    browser.sign_in("my secret pass phrase", "lan")
    browser.sign_in("lan", "sai")
    browser.sign_in("lan")
    with reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    kept = [
        (entry.action, entry.account_id, entry.network, entry.detail)
        for entry in entries
        if entry.action in {AuditAction.SIGN_IN_FAILED, AuditAction.SIGNED_IN}
    ]
    assert kept == [
        (AuditAction.SIGN_IN_FAILED, None, "10.1.2.0/24", {}),
        (AuditAction.SIGN_IN_FAILED, desk_officer.id, "10.1.2.0/24", {}),
        (AuditAction.SIGNED_IN, desk_officer.id, "10.1.2.0/24", {}),
    ]


@pytest.mark.parametrize(
    ("name", "password", "is_known"),
    [
        ("lan", "x" * 5000, True),
        ("lan", PASSWORD + "x" * 300, True),
        ("lan", "", True),
        ("l" * 5000, "sai", False),
        (" ", "", False),
    ],
)
def test_a_failure_of_any_length_is_counted_and_logged(
    app: Flask, desk_officer: Account, name: str, password: str, is_known: bool
) -> None:
    browser = OfficersBrowser(app)
    answers = [browser.sign_in(name, password) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert "không đúng" in answers[0].text
    assert failures()[:5] == [(desk_officer.id if is_known else None, {})] * 5


def test_a_form_without_a_name_is_nobodys_failure(app: Flask, desk_officer: Account) -> None:
    browser = OfficersBrowser(app)
    assert [browser.sign_in("", "sai").status_code for _ in range(7)] == [401] * 7
    assert failures() == []


def failures() -> list[tuple[int | None, dict[str, object]]]:
    """Return whose sign-ins failed, and what the log says of it."""
    with reading() as session:
        found = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == AuditAction.SIGN_IN_FAILED)
            .order_by(AuditEntry.id)
        )
        return [(one.account_id, dict(one.detail)) for one in found]


def test_an_attempt_with_a_code_that_has_to_wait_is_logged_once(app: Flask, ward: Office) -> None:
    account = make_officer("quantri", Role.ADMINISTRATOR, unit=ward.unit)
    browser = OfficersBrowser(app)
    for _ in range(2):
        answer = browser.post("/admin/sign-in", {"name": "quantri", "password": PASSWORD})
        browser.get(answer.location)
        answers = [
            browser.post("/admin/sign-in/code", {"code": code}).status_code
            for code in ("x" * 5000, "000000", "000000")
        ]
    assert answers == [401, 401, 429]
    assert browser.post("/admin/sign-in/code", {"code": "000000"}).status_code == 429
    until = (NOW + timedelta(seconds=15)).isoformat()
    wrong = (account.id, {"second_factor": True})
    assert failures() == [*[wrong] * 5, (account.id, {"waits_until": until})]


def test_own_passwords_and_first_codes_that_have_to_wait_are_logged_once(
    app: Flask, desk_officer: Account
) -> None:
    own = signed_in(app, "lan")
    own.get("/admin/profile/password")
    again = {"new": "Mot mat khau moi 2027!", "again": "Mot mat khau moi 2027!"}
    stranger = OfficersBrowser(app, network=ELSEWHERE)
    stranger.get("/admin/start")
    for _ in range(8):
        own.post("/admin/profile/password", {"current": "sai", **again})
        stranger.post("/admin/start", {"code": "AAAA-BBBB-CCCC", **again})
    until = (NOW + timedelta(seconds=15)).isoformat()
    waits = [one for one in failures() if "waits_until" in one[1]]
    assert waits == [(desk_officer.id, {"waits_until": until}), (None, {"waits_until": until})]


def test_rights_follow_the_dates_of_the_grant(ward: Office) -> None:
    account = make_officer("lan", unit=ward.unit)
    day = clock.today()
    with unit_of_work() as session:
        accounts.grant_role(
            session,
            account,
            Role.SUPERVISOR,
            unit=ward.unit,
            from_day=day,
            until_day=day + timedelta(days=2),
        )
    with reading() as session:
        stored = session.get_one(Account, account.id)
        rights = [
            accounts.as_officer(session, stored, day + timedelta(days=n)).may(Permission.SEE_COUNTS)
            for n in (-1, 0, 1, 2)
        ]
    assert rights == [False, True, True, False]


def test_the_language_is_kept_for_officers(app: Flask, desk_officer: Account) -> None:
    browser = OfficersBrowser(app)
    assert '<html lang="en">' in browser.get("/admin/sign-in?lang=en").text
    browser.sign_in("lan")
    assert '<html lang="en">' in browser.get("/admin/desk").text
    assert '<html lang="vi">' in browser.get("/admin/desk?lang=vi").text
    assert '<html lang="vi">' in browser.get("/admin/desk?lang=xx").text


def test_signed_in_at_names_the_time(now: datetime, app: Flask, desk_officer: Account) -> None:
    signed_in(app, "lan")
    with reading() as session:
        assert session.scalar(select(SignIn.created_at)) == now


def test_a_colleague_who_guesses_for_ever_keeps_nobody_out_of_their_own_browser(
    app: Flask, desk_officer: Account
) -> None:
    own = signed_in(app, "lan")
    own.post("/admin/sign-out")
    own.get("/admin/sign-in")
    guesser = OfficersBrowser(app, network=HERE)
    assert [guesser.sign_in("lan", "sai").status_code for _ in range(7)] == [401] * 5 + [429] * 2
    assert OfficersBrowser(app, network=HERE).sign_in("lan").status_code == 429
    assert own.sign_in("lan").status_code == 303


def test_a_known_browser_has_no_more_free_guesses_than_others(
    app: Flask, desk_officer: Account
) -> None:
    own = signed_in(app, "lan")
    own.post("/admin/sign-out")
    own.get("/admin/sign-in")
    assert [own.sign_in("lan", "sai").status_code for _ in range(7)] == [401] * 5 + [429] * 2
    assert [own.sign_in("mai", "sai").status_code for _ in range(7)] == [401] * 5 + [429] * 2


def test_wrong_passwords_and_codes_of_the_own_account_are_logged(
    app: Flask, desk_officer: Account
) -> None:
    own = signed_in(app, "lan")
    own.get("/admin/profile/password")
    wrong = {"current": "sai", "new": "Mot mat khau moi 2027!", "again": "Mot mat khau moi 2027!"}
    own.post("/admin/profile/password", wrong)
    stranger = OfficersBrowser(app, network=ELSEWHERE)
    stranger.get("/admin/start")
    stranger.post("/admin/start", {"code": "AAAA-BBBB-CCCC", "new": PASSWORD, "again": PASSWORD})
    with reading() as session:
        failures = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.SIGN_IN_FAILED)
        )
        found = [(one.account_id, dict(one.detail)) for one in failures]
    assert (desk_officer.id, {"present_password": True}) in found
    assert (None, {"start_code": True}) in found


def test_a_mark_that_was_made_up_is_none(app: Flask, desk_officer: Account) -> None:
    signed_in(app, "lan")
    forger = OfficersBrowser(app, network=HERE)
    for n in range(7):
        forger.client.set_cookie("known", f"eyJhIjoiYiJ9.{n}.AAAA")
        forger.sign_in("lan", "sai")
    assert forger.sign_in("lan").status_code == 429
