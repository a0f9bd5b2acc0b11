"""Hourly allowances over all processes of an installation. Refuses to keep who used them.

What is counted stands under a keyed hash that changes with the hour, and is forgotten soon after
it, so that no address or device can be found out from it later.
"""

import hashlib
import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from satisfaction import clock
from satisfaction.errors import AllowanceUsedUpError
from satisfaction.models import QuotaUse

HOUR = timedelta(hours=1)


def _counting(insert: Any) -> ReturningInsert[int]:
    """Return an insert that counts one use more where there is one, and says how many there are."""
    statement: ReturningInsert[int] = insert.on_conflict_do_update(
        index_elements=["key_hash"], set_={"amount": QuotaUse.amount + 1}
    ).returning(QuotaUse.amount)
    return statement


_COUNT = {
    "sqlite": _counting(sqlite.insert(QuotaUse)),
    "postgresql": _counting(postgresql.insert(QuotaUse)),
}


@dataclass(frozen=True)
class Allowance:
    """How much one subject of a kind, such as a network, may use within an hour."""

    kind: str
    subject: str
    most: int


def check_allowances(session: Session, allowances: Sequence[Allowance], *, key: bytes) -> None:
    """Refuse early what would be too much, without writing.

    Raises: AllowanceUsedUpError.
    """
    hour = _this_hour()
    for allowance in allowances:
        used = session.get(QuotaUse, _key_hash(allowance, hour, key))
        if used is not None and used.amount >= allowance.most:
            raise _used_up(hour)


def use_allowances(session: Session, allowances: Sequence[Allowance], *, key: bytes) -> None:
    """Count one use of each allowance in the caller's unit of work, and forget earlier hours.

    Allowances are counted in the order given, which must be the same for all callers; of many at
    the same moment no more than allowed get through.
    Writes: quota_use.
    Raises: AllowanceUsedUpError, whereupon the caller's unit of work must not be kept.
    """
    hour = _this_hour()
    connection = session.connection()
    for allowance in allowances:
        row = {"key_hash": _key_hash(allowance, hour, key), "hour_at": hour, "amount": 1}
        used = connection.execute(_COUNT[connection.dialect.name], row).scalar_one()
        if used > allowance.most:
            raise _used_up(hour)
    forget_uses(session)


def forget_uses(session: Session) -> None:
    """Remove what was counted in earlier hours."""
    session.connection().execute(delete(QuotaUse).where(QuotaUse.hour_at < _this_hour()))


def _this_hour() -> datetime:
    return clock.now().replace(minute=0, second=0, microsecond=0)


def _key_hash(allowance: Allowance, hour: datetime, key: bytes) -> bytes:
    text = "\x00".join((hour.isoformat(), allowance.kind, allowance.subject))
    return hmac.digest(key, text.encode(), hashlib.sha256)


def _used_up(hour: datetime) -> AllowanceUsedUpError:
    wait = (hour + HOUR - clock.now()).total_seconds()
    return AllowanceUsedUpError(retry_after_seconds=max(1, math.ceil(wait)))
