"""What a unit holds to with citizens' voices: when they are shown, answered and erased.

Refuses to guess: where nobody has set anything, the usual holds, and a unit without a policy of
its own goes by the nearest above it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.calendars import Calendar, read_calendar
from satisfaction.database import read_once
from satisfaction.errors import PolicyInvalidError
from satisfaction.models import CasePolicy
from satisfaction.periods import Period
from satisfaction.terms import AuditAction

LONGEST_DELAY_DAYS = 31
LONGEST_DEADLINE_DAYS = 60
LONGEST_KEPT_MONTHS = 120
_LOOKED_BACK_DAYS = LONGEST_DELAY_DAYS + 2


@dataclass(frozen=True)
class Policy:
    """When voices are shown, by when they are answered, how long their words are kept.

    Units: ``delay_days`` after the closing of the day that they came in; ``deadline_days`` are
    working days of the unit; ``kept_months`` are months.
    """

    delay_days: int = 0
    deadline_days: int = 5
    kept_months: int = 12


USUAL = Policy()


def check_policy(policy: Policy) -> None:
    """Refuse what no unit may hold to.

    Raises: PolicyInvalidError naming the field.
    """
    limits = {
        "delay_days": (0, LONGEST_DELAY_DAYS),
        "deadline_days": (1, LONGEST_DEADLINE_DAYS),
        "kept_months": (1, LONGEST_KEPT_MONTHS),
    }
    for name, (least, most) in limits.items():
        if not least <= getattr(policy, name) <= most:
            raise PolicyInvalidError(field=name, least=least, most=most)


class Policies:
    """The policies of all units, as they were read at one moment."""

    def __init__(self, rows: Iterable[CasePolicy], calendar: Calendar) -> None:
        self._own = {
            row.unit_id: Policy(row.delay_days, row.deadline_days, row.kept_months) for row in rows
        }
        self._calendar = calendar

    def of(self, unit_id: int, day: date) -> Policy:
        """Return what holds for a unit on a day: its own policy, or the nearest above it."""
        policy, _setter = self.with_setter(unit_id, day)
        return policy

    def with_setter(self, unit_id: int, day: date) -> tuple[Policy, int | None]:
        """Return what holds for a unit, and which unit set it; None where nobody has."""
        for one in self._calendar.line(unit_id, day):
            if one in self._own:
                return self._own[one], one
        return USUAL, None

    def shown_until(self, unit_id: int, now: datetime) -> datetime:
        """Return the closing up to which a unit's voices are shown.

        What came in later waits for the next closing, so that nobody sees a voice appear within
        the minutes after it was given. A day on which the unit is closed, or of which nobody
        knows, closes at its end.
        """
        limit = now - timedelta(days=self.of(unit_id, clock.local_day(now)).delay_days)
        day = clock.local_day(limit)
        closing = self._closing(unit_id, day)
        return closing if closing <= limit else self._closing(unit_id, day - timedelta(days=1))

    def _closing(self, unit_id: int, day: date) -> datetime:
        hours = self._calendar.hours_on(unit_id, day)
        if hours is None or not hours.spans:
            return clock.end_of_day(day)
        return clock.start_of_day(day) + timedelta(minutes=hours.spans[-1].end_minute)


def read_policies(session: Session) -> Policies:
    """Return what every unit holds to, with the hours of the days that matter for it."""
    return read_once(session, read_policies, lambda: _read_policies(session))


def _read_policies(session: Session) -> Policies:
    today = clock.today()
    recent = Period(today - timedelta(days=_LOOKED_BACK_DAYS), today + timedelta(days=1))
    return Policies(session.scalars(select(CasePolicy)), read_calendar(session, recent))


def group_by_closing(
    policies: Policies, unit_ids: Iterable[int], *, now: datetime
) -> Mapping[datetime, frozenset[int]]:
    """Return units by the closing up to which their voices are shown."""
    groups: dict[datetime, set[int]] = {}
    for unit_id in unit_ids:
        groups.setdefault(policies.shown_until(unit_id, now), set()).add(unit_id)
    return {closing: frozenset(ids) for closing, ids in groups.items()}


def set_policy(
    session: Session, unit_id: int, policy: Policy | None, *, changed_by_id: int | None = None
) -> None:
    """Give a unit a policy of its own from now on; None lets it go by what stands above it.

    The log keeps what held until now, and is the history of it.
    Writes: case_policy, audit_entry.
    Raises: PolicyInvalidError.
    """
    before = _in_force(session, unit_id)
    found = session.get(CasePolicy, unit_id)
    if policy is None:
        if found is not None:
            session.delete(found)
    else:
        check_policy(policy)
        found = found or CasePolicy(unit_id=unit_id)
        for name, value in asdict(policy).items():
            setattr(found, name, value)
        found.changed_at = clock.now()
        session.add(found)
    session.flush()
    record_deed(
        session,
        AuditAction.OFFICE_CHANGED,
        account_id=changed_by_id,
        unit_id=unit_id,
        detail={
            "what": "policy_set" if policy else "policy_inherited",
            "before": before,
            "after": _in_force(session, unit_id),
        },
    )


def _in_force(session: Session, unit_id: int) -> dict[str, int]:
    return asdict(read_policies(session).of(unit_id, clock.today()))
