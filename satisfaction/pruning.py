"""Forget what is no longer needed: failed attempts, allowances of past hours, ended sign-ins.

Refuses to touch anything that a figure or the log stands on. It may run twice and may run late.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Delete, delete, or_
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.models import QuotaUse, SignIn, SignInThrottle
from satisfaction.throttling import FAILURES_KEPT

# No session lives longer than a day; the log keeps who signed in when.
SIGN_INS_KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Pruned:
    """How many rows of each kind were forgotten."""

    throttles: int
    quotas: int
    sign_ins: int


def prune(session: Session) -> Pruned:
    """Remove what nobody asks for any more.

    Writes: sign_in_throttle, quota_use, sign_in.
    """
    now = clock.now()
    throttles = delete(SignInThrottle).where(
        SignInThrottle.last_failed_at < now - FAILURES_KEPT,
        or_(SignInThrottle.locked_until.is_(None), SignInThrottle.locked_until < now),
    )
    quotas = delete(QuotaUse).where(QuotaUse.hour_at < _this_hour(now))
    sign_ins = delete(SignIn).where(SignIn.created_at < now - SIGN_INS_KEPT)
    return Pruned(_run(session, throttles), _run(session, quotas), _run(session, sign_ins))


def _this_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _run(session: Session, statement: Delete) -> int:
    result: CursorResult[Any] = session.connection().execute(statement)
    return result.rowcount
