"""Rows that stand in the database when a revision is taken or taken back, one plan a revision."""

from collections.abc import Callable

from sqlalchemy import MetaData, func, inspect, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from satisfaction import clock, office, recording, succession, visits
from satisfaction.database import db, unit_of_work
from satisfaction.models import Rating, RatingMark
from satisfaction.recording import Tap
from satisfaction.terms import Mark, SuccessionExtent, SuccessionKind, UnitKind
from tests.conftest import make_office

DAY = clock.start_of_day(clock.today()).date()


def plant_head() -> None:
    """Plant a small office and one rating with all that can belong to it."""
    with unit_of_work() as session:
        ward = make_office(session)
        older = office.add_unit(session, "x", name="Cũ", kind=UnitKind.WARD, from_day=DAY)
        succession.move_unit(session, older, ward.unit, from_day=DAY)
        succession.add_succession(
            session,
            older,
            successor=ward.unit,
            kind=SuccessionKind.MERGED,
            extent=SuccessionExtent.WHOLE,
            from_day=DAY,
        )
        visit = visits.open_visit(session, visits.NewVisit(desk_id=ward.desks[0].id))
        visits.close_visit(session, visit.id)
        given = Tap(
            rating_id=recording.new_rating_id(),
            desk_id=ward.desks[0].id,
            configuration_id=ward.configuration.id,
            scale_id=ward.configuration.scale_id,
            level=1,
            tapped_at=clock.now(),
            visit=visit.token,
            reasons=("wait",),
            comment="Chờ lâu",
        )
        recording.record_rating(session, given)
        seq = session.scalars(select(Rating.seq)).one()
        session.add(RatingMark(rating_seq=seq, mark=Mark.BURST, marked_at=clock.now()))
        recording.void_rating(session, given.rating_id, account_id=None, explanation="thử")
        _refuse(session, given)


def _refuse(session: Session, given: Tap) -> None:
    stranger = Tap(
        rating_id=recording.new_rating_id(),
        desk_id=given.desk_id,
        configuration_id=given.configuration_id,
        scale_id=given.scale_id,
        level=9,
        tapped_at=given.tapped_at,
    )
    recording.record_ratings(session.connection(), [stranger])


PLANTS: dict[str, Callable[[], None]] = {"0001": plant_head}


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has, by the database's own account of its tables."""
    metadata = MetaData()
    metadata.reflect(connection)
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in metadata.sorted_tables
        if table.name != "alembic_version"
    }


def tables() -> set[str]:
    """Return the tables there are."""
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}
