"""Accounts under the settings: made, started once, changed, closed and reviewed."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import accounts, clock
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Account, AuditEntry, Grant
from satisfaction.terms import AuditAction, Role
from tests.admin.officers import PASSWORD, OfficersBrowser, make_officer, signed_in
from tests.conftest import NOW, Office

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

PEOPLE = "/admin/people"
NEW = {"name": "Hoa.Nguyen", "display_name": "Nguyễn Thị Hoa", "email": "hoa@donvi.gov.vn"}
CHOSEN = "Ba con mèo đen 2027"


@pytest.fixture
def quan(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of the ward's administrator."""
    make_officer("quan", Role.ADMINISTRATOR, unit=ward.unit)
    return signed_in(app, "quan")


def _invite(browser: OfficersBrowser, ward: Office, **fields: str) -> str:
    answer = browser.post(PEOPLE, NEW | {"unit": str(ward.unit.id), "language": "vi"} | fields)
    assert answer.status_code == 200, answer.text
    return answer.text.split("data-code>")[1].split("<")[0]


def _start(app: Flask, code: str, password: str = CHOSEN, **options: str) -> int:
    typed = {"code": code, "new": password, "again": password}
    return OfficersBrowser(app, **options).post("/admin/start", typed).status_code


def _id(name: str) -> int:
    with reading() as session:
        return accounts.get_account(session, name).id


def test_a_new_officer_starts_with_a_code_once_and_gets_a_role(
    app: Flask, ward: Office, quan: OfficersBrowser
) -> None:
    code = _invite(quan, ward)
    assert code not in quan.get(PEOPLE).text
    with reading() as session:
        stored = accounts.get_account(session, "hoa.nguyen")
    assert stored.start_hash is not None
    assert code.encode() not in stored.start_hash
    assert (stored.is_email_vouched, stored.unit_id) == (True, ward.unit.id)
    assert OfficersBrowser(app).sign_in("hoa.nguyen").status_code == 401
    opened = OfficersBrowser(app).get("/admin/start", query_string={"code": code})
    assert code in opened.text
    assert _start(app, code.lower().replace("-", " ")) == 303
    assert _start(app, code) == 422
    browser = OfficersBrowser(app)
    assert browser.sign_in("hoa.nguyen", CHOSEN).status_code == 303
    assert browser.get("/admin/desk").status_code == 403
    given = {
        "role": "desk_officer",
        "unit": str(ward.unit.id),
        "from_day": clock.today().isoformat(),
    }
    page = f"{PEOPLE}/{_id('hoa.nguyen')}"
    assert quan.post(f"{page}/roles", given).status_code == 303
    assert quan.post(f"{page}/roles", given).status_code == 422
    assert browser.get("/admin/desk").status_code == 200
    with reading() as session:
        grant = session.scalars(select(Grant).where(Grant.account_id == stored.id)).one()
    assert grant.granted_by_id == _id("quan")
    assert quan.post(f"{page}/roles/{grant.id}/end").status_code == 303
    assert browser.get("/admin/desk").status_code == 302


def test_a_code_expires_and_guessing_codes_is_slowed_down(
    app: Flask, ward: Office, quan: OfficersBrowser
) -> None:
    code = _invite(quan, ward)
    with clock.replaced(NOW + timedelta(days=7)):
        assert _start(app, code, network="192.0.2.1") == 422
    guesses = [_start(app, "AAAA-AAAA-AAAA-AAAA") for _ in range(6)]
    assert guesses == [422] * 5 + [429]
    assert _start(app, code) == 429
    assert _start(app, code, "quá ngắn", network="10.9.9.9") == 422
    assert _start(app, code, network="10.9.9.9") == 303


def test_a_new_code_ends_the_old_password_and_the_sessions_but_not_the_factor(
    app: Flask, ward: Office
) -> None:
    make_officer("he", Role.SYSTEM_ADMINISTRATOR, unit=ward.unit)
    make_officer("quan", Role.ADMINISTRATOR, unit=ward.unit)
    system, quan = signed_in(app, "he"), signed_in(app, "quan")
    answer = system.post(f"{PEOPLE}/{_id('quan')}/start")
    code = answer.text.split("data-code>")[1].split("<")[0]
    assert quan.get("/admin/counts").status_code == 302
    assert OfficersBrowser(app).sign_in("quan").status_code == 401
    assert _start(app, code) == 303
    first = OfficersBrowser(app).post("/admin/sign-in", {"name": "quan", "password": CHOSEN})
    assert first.location == "/admin/sign-in/code"
    assert system.post(f"{PEOPLE}/{_id('quan')}/second-factor/delete").status_code == 303
    again = signed_in_with(app, "quan", CHOSEN)
    assert again.get("/admin/counts").location == "/admin/profile/second-factor"


def signed_in_with(app: Flask, name: str, password: str) -> OfficersBrowser:
    """Return the browser of an officer with a password of the officer's own."""
    browser = OfficersBrowser(app)
    assert browser.sign_in(name, password).status_code == 303
    return browser


def test_a_closed_account_ends_at_once_and_can_be_opened_again(
    app: Flask, ward: Office, quan: OfficersBrowser
) -> None:
    make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    lan = signed_in(app, "lan")
    page = f"{PEOPLE}/{_id('lan')}"
    assert quan.post(f"{page}/disable").status_code == 303
    assert lan.get("/admin/desk").status_code == 302
    assert OfficersBrowser(app).sign_in("lan").status_code == 401
    assert "đã khóa" in quan.get(PEOPLE).text
    assert quan.post(f"{page}/enable").status_code == 303
    assert OfficersBrowser(app).sign_in("lan").status_code == 303
    assert lan.get("/admin/desk").status_code == 302


def test_the_last_one_who_runs_the_system_is_kept(app: Flask, ward: Office) -> None:
    for name in ("an", "binh"):
        make_officer(name, Role.SYSTEM_ADMINISTRATOR, unit=ward.unit)
    browser = signed_in(app, "an")
    assert browser.post(f"{PEOPLE}/{_id('an')}/disable").status_code == 403
    assert browser.post(f"{PEOPLE}/{_id('binh')}/disable").status_code == 303


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", bad) for bad in ("", "a b", "=cmd", "x" * 61, "é", "..", "<script>", "a\x00b")),
        *(("display_name", bad) for bad in ("", "\u200b", "x" * 300)),
        *(("email", bad) for bad in ("x", "a@b", "a@b.vn\r\nBcc: x@y.vn")),
        *(("unit", bad) for bad in ("0", "x", "")),
    ],
)
def test_bad_input_makes_no_account(
    ward: Office, quan: OfficersBrowser, field: str, value: str
) -> None:
    typed = NEW | {"unit": str(ward.unit.id), field: value}
    assert quan.post(PEOPLE, typed).status_code == 422
    with reading() as session:
        assert session.scalars(select(Account.name)).all() == ["quan"]


def test_a_name_is_given_once(ward: Office, quan: OfficersBrowser) -> None:
    _invite(quan, ward)
    typed = NEW | {"name": "HOA.NGUYEN", "unit": str(ward.unit.id)}
    answer = quan.post(PEOPLE, typed)
    assert answer.status_code == 409
    assert "đã có người dùng" in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "nobody"},
        {"from_day": "2020-01-01"},
        {"from_day": "x"},
        {"until_day": "2026-03-10"},
        {"until_day": "9999-99-99"},
    ],
)
def test_a_role_that_is_badly_written_is_refused(
    ward: Office, quan: OfficersBrowser, fields: dict[str, str]
) -> None:
    lan = make_officer("lan", unit=ward.unit)
    with unit_of_work() as session:
        session.get_one(Account, lan.id).unit_id = ward.unit.id
    typed = {"role": "desk_officer", "unit": str(ward.unit.id), "from_day": "2026-03-10"}
    assert quan.post(f"{PEOPLE}/{lan.id}/roles", typed | fields).status_code == 422


def test_more_than_the_table_allows_is_refused(ward: Office, quan: OfficersBrowser) -> None:
    make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    typed = {"role": "head", "unit": str(ward.unit.id), "from_day": "2026-03-10"}
    assert quan.post(f"{PEOPLE}/{_id('lan')}/roles", typed).status_code == 403
    own = {"role": "supervisor", "unit": str(ward.unit.id), "from_day": "2026-03-10"}
    assert quan.post(f"{PEOPLE}/{_id('quan')}/roles", own).status_code == 403
    assert "Người đứng đầu đơn vị" not in quan.get(f"{PEOPLE}/{_id('lan')}").text


def test_people_are_found_without_marks(ward: Office, quan: OfficersBrowser) -> None:
    _invite(quan, ward)
    assert "Nguyễn Thị Hoa" in quan.get(f"{PEOPLE}?q=nguyen+thi").text
    assert "Nguyễn Thị Hoa" not in quan.get(f"{PEOPLE}?q=tran").text


def test_accounts_that_were_not_looked_at_are_a_thing_to_do(
    app: Flask, ward: Office, quan: OfficersBrowser
) -> None:
    make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    assert "data-due" not in quan.get(PEOPLE).text
    with clock.replaced(NOW + timedelta(days=190)):
        late = signed_in(app, "quan")
        assert "2 tài khoản đã quá 6 tháng" in late.get(PEOPLE).text
        page = late.get(f"{PEOPLE}?due=1").text
        assert page.count("data-account=") == 2
        done = late.post(f"{PEOPLE}/{_id('lan')}/confirm", {"from": "list"})
        assert done.location == f"{PEOPLE}?due=1"
        assert late.get(f"{PEOPLE}?due=1").text.count("data-account=") == 1
    with reading() as session:
        assert session.scalars(
            select(AuditEntry.detail).where(AuditEntry.action == AuditAction.ACCOUNT_REVIEWED)
        ).one() == {"account": "lan"}


def test_an_auditor_looks_and_changes_nothing(app: Flask, ward: Office) -> None:
    make_officer("soat", Role.AUDITOR, unit=ward.unit)
    lan = make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    browser = signed_in(app, "soat")
    page = browser.get(f"{PEOPLE}/{lan.id}")
    assert page.status_code == 200
    assert "<button" not in page.text.split('id="main"')[1]
    assert browser.post(f"{PEOPLE}/{lan.id}/disable").status_code == 403


def test_a_colleague_of_another_unit_is_neither_listed_nor_found(
    app: Flask, ward: Office, quan: OfficersBrowser
) -> None:
    from tests.conftest import make_office

    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
    mai = make_officer("mai", Role.DESK_OFFICER, unit=other.unit)
    assert "Cán bộ mai" not in quan.get(PEOPLE).text
    assert quan.get(f"{PEOPLE}/{mai.id}").status_code == 404
    assert quan.post(f"{PEOPLE}/{mai.id}/start").status_code == 404
    assert OfficersBrowser(app).sign_in("mai", PASSWORD).status_code == 303
