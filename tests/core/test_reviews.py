"""Accounts that nobody uses are closed, and all are looked at every six months."""

from datetime import UTC, datetime, timedelta

import pytest

from satisfaction import accounts, clock, people, reviews
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import LastAdministratorError
from satisfaction.models import Account
from satisfaction.reviews import is_review_due
from satisfaction.terms import Role
from tests.admin.officers import make_officer
from tests.conftest import NOW, Office

IDLE = 45


def _disable(after_days: float) -> list[str]:
    with clock.replaced(NOW + timedelta(days=after_days)), unit_of_work() as session:
        return sorted(reviews.disable_idle(session, idle_days=IDLE))


def _use(name: str, after_days: float) -> None:
    with unit_of_work() as session:
        account = accounts.get_account(session, name)
        account.last_sign_in_at = NOW + timedelta(days=after_days)


def test_accounts_that_nobody_used_are_closed_once_however_late(ward: Office) -> None:
    for name in ("lan", "mai"):
        make_officer(name, Role.DESK_OFFICER, unit=ward.unit)
    _use("mai", 20)
    assert _disable(45) == []
    assert _disable(45.1) == ["lan"]
    assert _disable(45.1) == []
    assert _disable(400) == ["mai"]
    with reading() as session:
        lan = accounts.get_account(session, "lan")
    assert lan.disabled_at == NOW + timedelta(days=45.1)


def test_an_account_that_was_opened_again_has_its_time_again(ward: Office) -> None:
    make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    _disable(50)
    with clock.replaced(NOW + timedelta(days=60)), unit_of_work() as session:
        people.open_account(session, accounts.get_account(session, "lan"), opened_by_id=None)
    assert _disable(100) == []
    assert _disable(106) == ["lan"]


def test_the_last_one_who_runs_the_system_stays(ward: Office) -> None:
    for name in ("an", "binh"):
        make_officer(name, Role.SYSTEM_ADMINISTRATOR, unit=ward.unit)
    _use("an", 3)
    assert _disable(400) == ["binh"]
    assert _disable(4000) == []
    with unit_of_work() as session, pytest.raises(LastAdministratorError):
        people.close_account(session, accounts.get_account(session, "an"), closed_by_id=None)


@pytest.mark.parametrize(
    ("reviewed", "now", "is_due"),
    [
        (datetime(2025, 8, 31, tzinfo=UTC), datetime(2026, 2, 27, 23, tzinfo=UTC), False),
        (datetime(2025, 8, 31, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC), True),
        (datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 9, 9, tzinfo=UTC), False),
        (datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 9, 10, tzinfo=UTC), True),
    ],
)
def test_a_review_is_due_after_six_months(reviewed: datetime, now: datetime, is_due: bool) -> None:
    made = datetime(2024, 1, 1, tzinfo=UTC)
    account = Account(name="x", display_name="x", created_at=made, reviewed_at=reviewed)
    assert is_review_due(account, now) is is_due
    account.disabled_at = now
    assert not is_review_due(account, now)
