"""Rows that stand in the database when a revision is taken or taken back, one plan a revision."""

import tempfile
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, column, func, insert, inspect, select, table, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from satisfaction import (
    calendars,
    clock,
    credentials,
    office,
    recording,
    schema,
    succession,
    visits,
)
from satisfaction.audit import record_deed
from satisfaction.config import Settings
from satisfaction.database import Base, db, unit_of_work, writing_engine
from satisfaction.models import (
    Account,
    Case,
    CaseEvent,
    CasePolicy,
    Configuration,
    CountedDay,
    DayNote,
    Desk,
    DeskCard,
    Emblem,
    Grant,
    Kiosk,
    QuotaUse,
    Rating,
    RatingMark,
    RecoveryCode,
    ServiceToken,
    SignIn,
    UnitName,
    Visit,
)
from satisfaction.recording import Tap
from satisfaction.refusals import RefusedItem, keep_refused_item
from satisfaction.terms import (
    AuditAction,
    CaseDeed,
    CaseKind,
    CaseState,
    Mark,
    RefusalReason,
    Role,
    SuccessionExtent,
    SuccessionKind,
    UnitKind,
)
from tests.conftest import make_office
from tests.migrations.planting_letters import plant_letters
from wsgi import create_app

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


def plant_first() -> None:
    """Plant the same in the tables of the first revision, which lack what later ones added.

    The rows are made in a database at the head and carried over, column by column where both
    have it.
    """
    rows = _make_rows()
    known = inspect(db.engine)
    with writing_engine(db.engine).begin() as connection:
        for whole in Base.metadata.sorted_tables:
            if rows[whole.name] and known.has_table(whole.name):
                names = {found["name"] for found in known.get_columns(whole.name)}
                bare = table(
                    whole.name,
                    *(column(one.name, one.type) for one in whole.columns if one.name in names),
                )
                values = [{name: row[name] for name in names} for row in rows[whole.name]]
                connection.execute(insert(bare), values)
                _go_on_counting(connection, whole)


def _go_on_counting(connection: Connection, whole: Table) -> None:
    """Have PostgreSQL number further rows after those that were carried over with their keys."""
    key = whole.autoincrement_column
    if connection.dialect.name == "postgresql" and key is not None:
        sequence = func.pg_get_serial_sequence(whole.name, key.name)
        connection.execute(select(func.setval(sequence, select(func.max(key)).scalar_subquery())))


def _make_rows() -> dict[str, list[dict[str, Any]]]:
    """Return the rows that the plan for the head makes, by table."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = create_app(settings=Settings(data=Path(folder)))
        with scratch.app_context():
            schema.prepare_database()
            plant_head()
            with db.engine.connect() as connection:
                rows = {
                    whole.name: [dict(row) for row in connection.execute(select(whole)).mappings()]
                    for whole in Base.metadata.sorted_tables
                }
            db.engine.dispose()
    return rows


def plant_ways_in() -> None:
    """Plant what the first revision holds, and a row for each way in beside the kiosk."""
    plant_first()
    with unit_of_work() as session:
        desk = session.scalars(select(Desk).order_by(Desk.id)).first()
        assert desk is not None
        session.add(DeskCard(desk_id=desk.id, word="THUNGHIEM", made_at=clock.now()))
        session.add(QuotaUse(key_hash=bytes(32), hour_at=clock.now(), amount=1))
        session.add(
            ServiceToken(
                name="Một cửa", unit_id=desk.unit_id, token_hash=bytes(32), made_at=clock.now()
            )
        )
        record_deed(session, AuditAction.PAPER_ENTERED, unit_id=desk.unit_id)


def plant_unreadable() -> None:
    """Plant what the second revision holds, and an item that nobody could read."""
    plant_ways_in()
    with unit_of_work() as session:
        kiosk_id = session.scalars(select(Kiosk.id).order_by(Kiosk.id)).first()
        assert kiosk_id is not None
        item = RefusedItem(
            item_id=recording.new_rating_id(),
            kiosk_id=kiosk_id,
            reason=RefusalReason.MALFORMED,
            content={"kind": "rating"},
        )
        keep_refused_item(session.connection(), item)


def plant_hours() -> None:
    """Plant what the third revision holds, and when the office is open."""
    plant_unreadable()
    with unit_of_work() as session:
        desk = session.scalars(select(Desk).order_by(Desk.id)).first()
        assert desk is not None
        week = calendars.Week((calendars.read_spans("7:30-11:30, 13:30-17:00"),) * 7)
        calendars.set_week(session, desk.unit_id, week=week, from_day=DAY)
        holiday = calendars.NewSpecialDay(DAY, "Ngày nghỉ")
        calendars.set_special_day(session, desk.unit_id, holiday)


def plant_renewal() -> None:
    """Plant what the fourth revision holds, and a credential that was handed out."""
    plant_hours()
    with unit_of_work() as session:
        for kiosk in session.scalars(select(Kiosk).order_by(Kiosk.id)):
            credentials.ask_renewal(session, kiosk)


def plant_assisted() -> None:
    """Plant what the fifth revision holds, in a database where every visit is assisted."""
    plant_renewal()
    with unit_of_work() as session:
        session.execute(update(Visit).values(is_assisted=True))


def plant_roles() -> None:
    """Plant what the sixth revision holds, an officer of a newer role and a newer deed."""
    plant_assisted()
    with unit_of_work() as session:
        unit_id = session.scalars(select(Desk.unit_id)).first()
        assert unit_id is not None
        head_id = _add_bare_account(session, "head")
        session.add(Grant(account_id=head_id, role=Role.HEAD, unit_id=unit_id, from_day=DAY))
        record_deed(session, AuditAction.ACCOUNT_REVIEWED, account_id=head_id)


def _add_bare_account(session: Session, name: str) -> int:
    """Add an account with the columns that every revision has."""
    values = {"name": name, "display_name": "Head", "password_hash": "x", "created_at": clock.now()}
    whole = Account.__table__
    bare = table("account", column("id"), *(column(one, whole.c[one].type) for one in values))
    session.execute(insert(bare), values)
    found: int = session.execute(select(bare.c.id).where(bare.c.name == name)).scalar_one()
    return found


def plant_mark() -> None:
    """Plant what the seventh revision holds, a mark in the head, and a name with its basis."""
    plant_roles()
    with unit_of_work() as session:
        session.add(Emblem(digest="0" * 64, content=b"x", width=1, height=1, added_at=clock.now()))
        session.flush()
        session.execute(update(Configuration).values(emblem_digest="0" * 64))
        session.execute(update(UnitName).values(legal_basis="Nghị quyết 1656"))


def plant_people() -> None:
    """Plant what the eighth revision holds, a second factor and a session that awaits its code."""
    plant_mark()
    with unit_of_work() as session:
        head = session.scalars(select(Account).where(Account.name == "head")).one()
        head.sealed_secret, head.start_hash, head.subject = b"x", bytes(32), "sub"
        head.unit_id = head.grants[0].unit_id
        session.add(RecoveryCode(account_id=head.id, code_hash=bytes(32), made_at=clock.now()))
        session.add(
            SignIn(
                token_hash=bytes(32),
                account_id=head.id,
                created_at=clock.now(),
                seen_at=clock.now(),
                awaits_code=True,
            )
        )


def plant_stored_day() -> None:
    """Plant what the revision before holds, and a day whose counts of then are stored."""
    plant_people()
    with unit_of_work() as session:
        day = DAY - timedelta(days=1)
        session.add(CountedDay(local_day=day, rebuilt_at=clock.now(), marked_at=None))


def plant_outbox() -> None:
    """Plant what the revision before holds, a run of a job, and a letter on its way."""
    plant_stored_day()
    plant_letters()


def plant_cases() -> None:
    """Plant what the revision before holds, a case with its history, and a policy."""
    plant_outbox()
    with unit_of_work() as session:
        rating = session.scalars(select(Rating)).one()
        today = clock.today()
        found = Case(
            token=uuid.UUID(int=1),
            kind=CaseKind.VOICE,
            unit_id=rating.unit_id,
            desk_id=rating.desk_id,
            day=today,
            rating_seq=rating.seq,
            state=CaseState.NEW,
            opened_at=clock.now(),
            opened_day=today,
            due_day=today,
        )
        session.add(found)
        session.flush()
        session.add(
            CaseEvent(case_id=found.id, at=clock.now(), deed=CaseDeed.NOTED, words="Đã gọi lại")
        )
        session.add(
            CasePolicy(
                unit_id=rating.unit_id,
                delay_days=0,
                deadline_days=5,
                kept_months=12,
                changed_at=clock.now(),
            )
        )


def plant_restored() -> None:
    """Plant what the revision before holds, in a database that was restored from a copy."""
    plant_cases()
    with unit_of_work() as session:
        session.execute(update(Visit).values(is_restored=True))


def plant_notes() -> None:
    """Plant what the revision before holds, and what was said of a day."""
    plant_restored()
    with unit_of_work() as session:
        head = session.scalars(select(Account).where(Account.name == "head")).one()
        unit_id = session.scalars(select(Desk.unit_id)).first()
        assert unit_id is not None
        session.add(
            DayNote(
                unit_id=unit_id,
                local_day=DAY,
                words="Mất điện",
                account_id=head.id,
                at=clock.now(),
            )
        )


def plant_offline() -> None:
    """Plant what the revision before holds, in a database whose visits began without a server."""
    plant_notes()
    with unit_of_work() as session:
        session.execute(update(Visit).values(is_offline=True))


def plant_chime() -> None:
    """Plant what the revision before holds, and a kiosk that sounds a chime."""
    plant_offline()
    with unit_of_work() as session:
        session.execute(update(Configuration).values(has_chime=True))


PLANTS: dict[str, Callable[[], None]] = {
    "0001": plant_first,
    "0002": plant_ways_in,
    "0003": plant_unreadable,
    "0004": plant_hours,
    "0005": plant_renewal,
    "0006": plant_assisted,
    "0007": plant_roles,
    "0008": plant_mark,
    "0009": plant_people,
    "0010": plant_stored_day,
    "0011": plant_outbox,
    "0012": plant_cases,
    "0013": plant_restored,
    "0014": plant_notes,
    "0015": plant_offline,
    "0016": plant_chime,
    "0017": plant_chime,
}


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has, by the database's own account of its tables."""
    metadata = MetaData()
    metadata.reflect(connection)
    return {
        one.name: connection.scalar(select(func.count()).select_from(one)) or 0
        for one in metadata.sorted_tables
        if one.name != "alembic_version"
    }


def tables() -> set[str]:
    """Return the tables there are."""
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}
