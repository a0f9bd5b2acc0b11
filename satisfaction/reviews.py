"""Accounts that nobody uses, and accounts that somebody has to look at again.

Refuses to disable the last account that runs the system, however long it was not used.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.models import Account
from satisfaction.rights import is_over_all
from satisfaction.sign_ins import end_sessions
from satisfaction.terms import AuditAction

REVIEW_MONTHS = 6
IDLE = "idle"


def is_review_due(account: Account, now: datetime) -> bool:
    """Say whether somebody has to say again that an account is needed."""
    since = max(filter(None, (account.reviewed_at, account.created_at, account.enabled_at)))
    return account.disabled_at is None and _months_later(since) <= now


def _months_later(since: datetime) -> datetime:
    """Return the same time six months on, or the last day of a shorter month."""
    months = since.month - 1 + REVIEW_MONTHS
    year, month = since.year + months // 12, months % 12 + 1
    return since.replace(year=year, month=month, day=min(since.day, monthrange(year, month)[1]))


def last_used_at(account: Account) -> datetime:
    """Return when an account was last of use: a sign-in, its making, or its opening again."""
    return max(filter(None, (account.last_sign_in_at, account.created_at, account.enabled_at)))


def disable_idle(session: Session, *, idle_days: int) -> Sequence[str]:
    """Disable the accounts that nobody used for so many days; return their names.

    It may run twice and may run late. Of those who run the system, the one that was used last stays
    open when all the others are closed.
    Writes: account, sign_in, audit_entry.
    """
    now, today = clock.now(), clock.today()
    limit = now - timedelta(days=idle_days)
    open_ones = session.scalars(select(Account).where(Account.disabled_at.is_(None))).all()
    running = [one for one in open_ones if is_over_all(one, today)]
    kept = max(running, key=lambda one: (last_used_at(one), one.id), default=None)
    disabled = [one for one in open_ones if last_used_at(one) < limit and one is not kept]
    for account in disabled:
        account.disabled_at = now
        end_sessions(session, account.id, ended_by_id=None)
        detail = {"account": account.name, "reason": IDLE}
        record_deed(session, AuditAction.ACCOUNT_DISABLED, unit_id=account.unit_id, detail=detail)
    return [account.name for account in disabled]
