"""Attempts that become slower with each failure, over all processes. Refuses to keep who tried.

What is counted stands under a hash of what was tried and of the network it came from.
"""

import math
from datetime import timedelta
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.errors import SignInThrottledError
from satisfaction.models import SignInThrottle

FREE_FAILURES = 5
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(minutes=15)
FAILURES_KEPT = timedelta(hours=12)
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def count_attempt(session: Session, key: bytes, *, longest: timedelta = LONGEST_DELAY) -> None:
    """Count an attempt before it is tried, so that many at the same moment cannot all be free.

    ``longest`` is how long it can come to, shorter where everybody has to wait for one.
    Writes: sign_in_throttle, which the caller has to keep whatever becomes of the attempt.
    Raises: SignInThrottledError with the seconds to wait.
    """
    now = clock.now()
    insert = _INSERT[session.get_bind().dialect.name](SignInThrottle)
    session.execute(
        insert.values(key_hash=key, failures=0, last_failed_at=now).on_conflict_do_nothing()
    )
    throttle = session.get_one(SignInThrottle, key, with_for_update=True)
    if throttle.locked_until and throttle.locked_until > now:
        wait = throttle.locked_until - now
        raise SignInThrottledError(retry_after_seconds=math.ceil(wait.total_seconds()))
    if now - throttle.last_failed_at > FAILURES_KEPT:
        throttle.failures = 0
    throttle.failures += 1
    throttle.last_failed_at = now
    beyond = throttle.failures - FREE_FAILURES
    if beyond >= 0:
        throttle.locked_until = now + min(FIRST_DELAY * 2 ** min(beyond, 10), longest)


def take_back(session: Session, key: bytes) -> None:
    """Undo the counting of an attempt that was right but is not the last step."""
    throttle = session.get(SignInThrottle, key, with_for_update=True)
    if throttle is not None and throttle.failures:
        throttle.failures -= 1
        if throttle.failures < FREE_FAILURES:
            throttle.locked_until = None


def forget_failures(session: Session, key: bytes) -> None:
    """Let attempts be free again after one that was right."""
    throttle = session.get(SignInThrottle, key, with_for_update=True)
    if throttle is not None:
        throttle.failures, throttle.locked_until = 0, None
