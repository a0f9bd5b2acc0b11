"""What the database knows about delivered taps, read once for a group. Refuses to judge.

The statements are compiled once and few for any number of taps, because a tap waits for them.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from satisfaction.models import Configuration, Desk, Kiosk, Level, Rating, Reason, Visit
from satisfaction.taps import Tap

Row = Any


@dataclass(frozen=True)
class Shown:
    """What a configuration allowed a citizen to answer; never changes, so it may be kept."""

    scale_id: int
    level_ids: dict[int, int]
    allows_unlinked: bool


@dataclass
class Reference:
    """Configurations and reasons of one database, read once each."""

    shown: dict[int, Shown] = field(default_factory=dict)
    reason_ids: dict[str, int] = field(default_factory=dict)

    def load(self, connection: Connection, taps: Sequence[Tap]) -> None:
        """Read what these taps name and what has not been read before.

        Other threads use the same reference, so that it never holds half a configuration.
        """
        missing = {tap.configuration_id for tap in taps} - self.shown.keys()
        found: dict[int, Shown] = {}
        for row in connection.execute(_CONFIGURATIONS, {"ids": list(missing)}) if missing else ():
            shown = found.setdefault(row.id, Shown(row.scale_id, {}, row.allows_unlinked))
            shown.level_ids[row.position] = row.level_id
        self.shown.update(found)
        self.load_reasons(connection, {code for tap in taps for code in tap.reasons})

    def load_reasons(self, connection: Connection, codes: Iterable[str]) -> None:
        """Read the reasons' keys when one of these codes has not been seen."""
        if set(codes) - self.reason_ids.keys():
            rows = connection.execute(select(Reason.code, Reason.id))
            self.reason_ids.update({row.code: row.id for row in rows})


@dataclass
class Facts:
    """What the database knows about a group of taps, read at the start of its transaction."""

    connection: Connection
    reference: Reference
    received_at: datetime
    ratings: dict[uuid.UUID, Row]
    visits: dict[uuid.UUID, Row]
    desks: dict[int, Row]
    kiosks: dict[int, Row]


_rating = Rating.__table__
_first = aliased(Rating, name="first")
_superseder = aliased(Rating, name="superseder")
_CONFIGURATIONS = (
    select(
        Configuration.id,
        Configuration.scale_id,
        Configuration.allows_unlinked,
        Level.position,
        Level.id.label("level_id"),
    )
    .join(Level, Level.scale_id == Configuration.scale_id)
    .where(Configuration.id.in_(bindparam("ids", expanding=True)))
)
RATINGS = (
    select(*_rating.c, Visit.token.label("visit_token"), _superseder.seq.label("superseded_by"))
    .outerjoin(Visit, Visit.id == Rating.visit_id)
    .outerjoin(_superseder, _superseder.supersedes_seq == Rating.seq)
    .where(Rating.id.in_(bindparam("ids", expanding=True)))
)
_VISITS = (
    select(
        Visit.id,
        Visit.token,
        Visit.unit_id,
        Visit.desk_id,
        Visit.closed_at,
        Visit.closed_day,
        _first.seq.label("first_seq"),
    )
    .outerjoin(_first, and_(_first.visit_id == Visit.id, _first.supersedes_seq.is_(None)))
    .where(Visit.token.in_(bindparam("tokens", expanding=True)))
)
_DESKS = select(Desk.id, Desk.unit_id, Desk.from_day, Desk.until_day).where(
    Desk.id.in_(bindparam("ids", expanding=True))
)
_KIOSKS = select(Kiosk.id, Kiosk.desk_id, Kiosk.enrolled_at, Kiosk.revoked_at).where(
    Kiosk.id.in_(bindparam("ids", expanding=True))
)


def read_facts(
    connection: Connection, taps: Sequence[Tap], *, reference: Reference, received_at: datetime
) -> Facts:
    """Read, in at most four statements, what these taps are judged by."""
    ids = {tap.rating_id for tap in taps} | {tap.supersedes for tap in taps if tap.supersedes}
    tokens = {tap.visit for tap in taps if tap.visit}
    kiosks = {tap.kiosk_id for tap in taps if tap.kiosk_id}
    ratings = connection.execute(RATINGS, {"ids": list(ids)})
    visits = connection.execute(_VISITS, {"tokens": list(tokens)}) if tokens else ()
    desks = connection.execute(_DESKS, {"ids": list({tap.desk_id for tap in taps})})
    known = connection.execute(_KIOSKS, {"ids": list(kiosks)}) if kiosks else ()
    return Facts(
        connection=connection,
        reference=reference,
        received_at=received_at,
        ratings={row.id: row for row in ratings},
        visits={row.token: row for row in visits},
        desks={row.id: row for row in desks},
        kiosks={row.id: row for row in known},
    )
