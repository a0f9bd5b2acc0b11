"""Visits that an officer opened at a desk while the server was away: believed, or not.

Refuses a visit whose pass does not hold: of another desk, of another time, or of an officer who
may not serve there any more.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.accounts import as_officer
from satisfaction.dockets import DeskPass, Docket
from satisfaction.models import Account, Desk
from satisfaction.placing import CLOCK_TOLERANCE, is_to_come, place
from satisfaction.terms import Channel, DeskKind, Permission, VisitKind

LONGEST_VISIT = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Served:
    """What a desk's page says of a visit, and the pass that lets it say so.

    Time: the device's own; ``clock_offset_ms`` added to it gives the server's.
    """

    desk_pass: DeskPass
    opened_at: datetime
    closed_at: datetime
    procedure: str = ""
    clock_offset_ms: int | None = None


def make_pass(session: Session, account_id: int, desk_id: int) -> DeskPass:
    """Return what lets an officer open visits at a desk without the server, until the day ends.

    The caller has checked that the officer may serve there.
    """
    now = clock.now()
    desk = session.get_one(Desk, desk_id)
    return DeskPass(
        account_id=account_id,
        unit_id=desk.unit_id,
        desk_id=desk_id,
        from_at=now,
        until_at=clock.end_of_day(clock.local_day(now)),
    )


def find_docket(
    session: Session, served: Served, *, visit: uuid.UUID, desk_id: int | None
) -> Docket | None:
    """Return the facts of a visit as the server takes them, or nothing where it does not.

    ``desk_id`` is the delivering device's. Times are measured as those of a rating are; a clock
    that is more than a day off makes no visit.
    """
    given = served.desk_pass
    now = clock.now()
    opened, closed = (
        place(at, served.clock_offset_ms, received_at=now)
        for at in (served.opened_at, served.closed_at)
    )
    if given.desk_id != desk_id or closed.local_day is None:
        return None
    opened_at, closed_at = opened.corrected_at, min(closed.corrected_at, now)
    is_in_time = (
        given.from_at - CLOCK_TOLERANCE <= opened_at <= closed_at
        and closed_at <= given.until_at
        and not is_to_come(closed.corrected_at, now)
        and closed_at - opened_at <= LONGEST_VISIT
    )
    if not is_in_time or not _may_serve(session, given, closed_at):
        return None
    return Docket(
        visit=visit,
        unit_id=given.unit_id,
        desk_id=given.desk_id,
        kind=VisitKind.INTAKE,
        channel=Channel.IN_PERSON,
        ticket_number="",
        procedure=served.procedure,
        opened_by_id=given.account_id,
        opened_at=opened_at,
        closed_at=closed_at,
        is_assisted=False,
        is_offline=True,
    )


def _may_serve(session: Session, given: DeskPass, at: datetime) -> bool:
    """Say whether an officer might serve at a desk at that time, as this server knows it now."""
    account = session.get(Account, given.account_id)
    desk = session.get(Desk, given.desk_id)
    day = clock.local_day(at)
    if account is None or desk is None or desk.unit_id != given.unit_id:
        return False
    if account.created_at > given.from_at:
        return False
    if account.disabled_at is not None and account.disabled_at <= at:
        return False
    is_serving = desk.from_day <= day and (desk.until_day is None or day < desk.until_day)
    scope = _find_scope(session, account, day)
    return is_serving and desk.kind is DeskKind.COUNTER and desk.unit_id in scope


def _find_scope(session: Session, account: Account, day: date) -> frozenset[int]:
    """Return where an account may serve on a day; a queue asks for the same again and again."""
    known: dict[tuple[int, date], frozenset[int]] = session.info.setdefault("served_by", {})
    if (account.id, day) not in known:
        officer = as_officer(session, account, day)
        known[account.id, day] = officer.scope(Permission.SERVE_DESK)
    return known[account.id, day]
