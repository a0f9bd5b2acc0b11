"""The rows of visits that this server has forgotten, made again from dockets that devices hold.

Refuses a docket of another place than its device's. Only a server that was restored from a copy has
forgotten anything; elsewhere every visit of a docket is known and nothing is written.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from satisfaction import clock
from satisfaction.days import hold_days
from satisfaction.dockets import Docket
from satisfaction.facts import Facts
from satisfaction.models import Account, Desk, Procedure, Visit
from satisfaction.taps import Tap

_visit = Visit.__table__
assert isinstance(_visit, Table), "a view or a join cannot be changed"
_INSERT = {
    "sqlite": sqlite.insert(Visit).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(Visit).on_conflict_do_nothing(),
}
_CLOSE = (
    update(_visit)
    .where(_visit.c.token == bindparam("named"), _visit.c.closed_at.is_(None))
    .values(
        closed_at=bindparam("at"),
        closed_day=bindparam("day"),
        is_assisted=bindparam("helped"),
        is_restored=True,
    )
)


@dataclass(frozen=True)
class Place:
    """Where a device stands: at a desk or, without one, in the lobby of a unit."""

    unit_id: int
    desk_id: int | None

    def is_of(self, docket: Docket) -> bool:
        """Say whether a device that stands here was told of this visit."""
        if self.desk_id is None:
            return docket.unit_id == self.unit_id
        return docket.desk_id == self.desk_id


def restore_forgotten(facts: Facts, taps: Sequence[Tap]) -> set[date]:
    """Make the visits of these taps that are not known again; return the days that change.

    The caller marks these days when all else is written.
    Writes: visit.
    """
    wanted = []
    for tap in taps:
        kiosk = facts.kiosks.get(tap.kiosk_id) if tap.kiosk_id is not None else None
        docket = tap.docket
        if docket is None or docket.visit != tap.visit or kiosk is None or kiosk.revoked_at:
            continue
        known = facts.visits.get(docket.visit)
        is_lacking = known is None or known.closed_at is None
        if is_lacking and Place(kiosk.unit_id, kiosk.desk_id).is_of(docket):
            wanted.append(docket)
    return restore_visits(facts.connection, wanted) if wanted else set()


def restore_visits(connection: Connection, dockets: Collection[Docket]) -> set[date]:
    """Make the visits of dockets whose place was checked; one that is open here is finished.

    A server tells only of finished visits, so it has forgotten the end of one that is open.
    Returns: the days that change, held and not marked yet.
    Writes: visit.
    """
    desks = _read_desks(connection, {docket.desk_id for docket in dockets})
    found = {one.visit: one for one in dockets if desks.get(one.desk_id) == one.unit_id}
    # In the order of their names, so that two deliveries seldom wait for each other.
    ordered = [found[name] for name in sorted(found)]
    if not ordered:
        return set()
    days = {clock.local_day(docket.closed_at) for docket in ordered}
    hold_days(connection, days)
    procedures = _read_procedures(connection, {one.procedure for one in ordered} - {""})
    accounts = _read_accounts(connection, {one.opened_by_id for one in ordered} - {None})
    rows = [_as_row(docket, procedures, accounts) for docket in ordered]
    connection.execute(_INSERT[connection.dialect.name], rows)
    ends = [_as_end(docket) for docket in ordered if not docket.is_offline]
    if ends:
        connection.execute(_CLOSE, ends)
    return days


def _as_end(docket: Docket) -> dict[str, Any]:
    return {
        "named": docket.visit,
        "at": docket.closed_at,
        "day": clock.local_day(docket.closed_at),
        "helped": docket.is_assisted,
    }


def _as_row(
    docket: Docket, procedures: Iterable[Any], accounts: Mapping[int, datetime]
) -> dict[str, Any]:
    day = clock.local_day(docket.opened_at)
    valid = (
        row.id
        for row in procedures
        if row.national_code == docket.procedure
        and row.valid_from_day <= day
        and (row.valid_until_day is None or day < row.valid_until_day)
    )
    officer = docket.opened_by_id
    is_known = officer is not None and officer in accounts and accounts[officer] <= docket.opened_at
    return {
        "token": docket.visit,
        "unit_id": docket.unit_id,
        "desk_id": docket.desk_id,
        "kind": docket.kind,
        "channel": docket.channel,
        "ticket_number": docket.ticket_number,
        "dossier_id": None,
        "procedure_id": next(valid, None),
        "opened_by_id": officer if is_known else None,
        "opened_at": docket.opened_at,
        "closed_at": docket.closed_at,
        "closed_day": clock.local_day(docket.closed_at),
        "shown_at": docket.closed_at,
        "outcome": None,
        "is_assisted": docket.is_assisted,
        "is_restored": not docket.is_offline,
        "is_offline": docket.is_offline,
    }


def _read_desks(connection: Connection, ids: set[int]) -> dict[int, int]:
    rows = connection.execute(select(Desk.id, Desk.unit_id).where(Desk.id.in_(ids)))
    return {row.id: row.unit_id for row in rows}


def _read_procedures(connection: Connection, codes: set[str]) -> Sequence[Any]:
    if not codes:
        return ()
    return connection.execute(
        select(
            Procedure.id,
            Procedure.national_code,
            Procedure.valid_from_day,
            Procedure.valid_until_day,
        ).where(Procedure.national_code.in_(codes))
    ).all()


def _read_accounts(connection: Connection, ids: set[int | None]) -> dict[int, datetime]:
    """Return since when there are accounts; one that was made later bears another's number."""
    if not ids:
        return {}
    rows = connection.execute(select(Account.id, Account.created_at).where(Account.id.in_(ids)))
    return {row.id: row.created_at for row in rows}
