"""What is over is forgotten; what still counts stays."""

from datetime import timedelta

from sqlalchemy import func, select

from satisfaction import clock, pruning
from satisfaction.database import reading, unit_of_work
from satisfaction.models import AuditEntry, SignIn, SignInThrottle
from satisfaction.pruning import Pruned
from satisfaction.quotas import Allowance, use_allowances
from satisfaction.sign_ins import Credentials, check_claim, finish_sign_in, prepare_sign_in
from satisfaction.terms import Role
from satisfaction.throttling import FAILURES_KEPT, FREE_FAILURES, count_attempt
from tests.admin.officers import PASSWORD, make_officer
from tests.conftest import Office

SECOND = timedelta(seconds=1)


def _prune(after: timedelta) -> Pruned:
    with clock.replaced(clock.now() + after), unit_of_work() as session:
        return pruning.prune(session)


def test_failed_attempts_are_kept_as_long_as_they_count(ward: Office) -> None:
    for _ in range(FREE_FAILURES):
        with unit_of_work() as session:
            count_attempt(session, bytes(32))
    assert _prune(FAILURES_KEPT).throttles == 0
    assert _prune(FAILURES_KEPT + SECOND) == Pruned(1, 0, 0)
    assert _prune(FAILURES_KEPT + SECOND) == Pruned(0, 0, 0)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(SignInThrottle)) == 0


def test_allowances_end_with_their_hour(ward: Office) -> None:
    with unit_of_work() as session:
        use_allowances(session, [Allowance("network", "a", 3)], key=b"k")
    assert _prune(timedelta(minutes=59)).quotas == 0
    assert _prune(timedelta(hours=1)).quotas == 1


def test_sign_ins_that_are_over_go_and_the_log_of_them_stays(ward: Office) -> None:
    make_officer("tuan", Role.ADMINISTRATOR, unit=ward.unit)
    credentials = Credentials("tuan", PASSWORD, "10.1.2.0/24")
    with unit_of_work() as session:
        claim = prepare_sign_in(session, credentials)
    is_right = check_claim(claim, credentials)
    with unit_of_work() as session:
        assert finish_sign_in(session, claim, credentials, is_right=is_right)
    with reading() as session:
        logged = session.scalar(select(func.count()).select_from(AuditEntry))
    assert _prune(pruning.SIGN_INS_KEPT).sign_ins == 0
    assert _prune(pruning.SIGN_INS_KEPT + SECOND).sign_ins == 1
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(SignIn)) == 0
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == logged
