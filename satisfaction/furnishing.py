"""The desks of a unit as an administrator keeps them. Refuses to move a desk, or to delete one.

A desk that was rated or served at cannot end before its last rating or visit; what was given
there stays counted there.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from satisfaction import clock, office, succession
from satisfaction.editing import Editor, check_day, get_own_unit, keep_change
from satisfaction.errors import DeskNotFoundError, OfficeChangeRefusedError
from satisfaction.faults import OfficeFault
from satisfaction.models import Desk, Rating, Unit, Visit
from satisfaction.terms import DeskKind
from satisfaction.text import sort_key
from satisfaction.wording import read_code, read_words

LONGEST_CODE = 32
LONGEST_NAME = 120
LONGEST_DETAIL = 200


@dataclass(frozen=True, kw_only=True)
class NewDesk:
    """What is said of a desk that is added."""

    code: str
    name: str
    detail: str = ""
    kind: DeskKind = DeskKind.COUNTER
    from_day: date
    until_day: date | None = None


@dataclass(frozen=True)
class ListedDesk:
    """A desk as its row in the list; ``is_coming`` before its first day."""

    id: int
    code: str
    name: str
    detail: str
    kind: DeskKind
    from_day: date
    until_day: date | None
    is_coming: bool
    has_ended: bool


def list_all_desks(session: Session, unit_ids: Set[int]) -> list[ListedDesk]:
    """Return the desks that these units have or had: those that serve first, in reading order."""
    today = clock.today()
    desks = [
        ListedDesk(
            desk.id,
            desk.code,
            desk.name,
            desk.detail,
            desk.kind,
            desk.from_day,
            desk.until_day,
            is_coming=desk.from_day > today,
            has_ended=desk.until_day is not None and desk.until_day <= today,
        )
        for desk in session.scalars(select(Desk).where(Desk.unit_id.in_(list(unit_ids))))
    ]
    return sorted(desks, key=lambda desk: (desk.has_ended, sort_key(desk.name), desk.from_day))


def get_own_desk(session: Session, editor: Editor, desk_id: int) -> Desk:
    """Return a desk of the editor's units.

    Raises: DeskNotFoundError, also for any other desk.
    """
    desk = session.get(Desk, desk_id)
    if desk is None or desk.unit_id not in editor.scope:
        raise DeskNotFoundError(desk_id=desk_id)
    return desk


def add_desk(session: Session, editor: Editor, *, unit_id: int, new: NewDesk) -> Desk:
    """Add a desk to a unit of the editor's, from a day on.

    Writes: desk, audit_entry.
    Raises: UnitNotFoundError; OfficeChangeRefusedError.
    """
    unit = get_own_unit(session, editor, unit_id)
    code = read_code(new.code, field="code", longest=LONGEST_CODE)
    name = read_words(new.name, field="name", longest=LONGEST_NAME)
    detail = read_words(new.detail, field="detail", longest=LONGEST_DETAIL, may_be_empty=True)
    _check_days(unit, new)
    _refuse_taken(session, unit, code, new)
    desk = office.add_desk(
        session,
        unit,
        code=code,
        name=name,
        detail=detail,
        kind=new.kind,
        from_day=new.from_day,
        until_day=new.until_day,
    )
    after = {
        "code": code,
        "name": name,
        "detail": detail,
        "kind": new.kind.value,
        "from_day": new.from_day,
        "until_day": new.until_day,
    }
    keep_change(
        session, editor, what="desk_added", unit_id=unit.id, after=after, desk_id=desk.id, desk=name
    )
    session.flush()
    return desk


def _check_days(unit: Unit, new: NewDesk) -> None:
    founded, last = unit.names[0].from_day, unit.names[-1].until_day
    if check_day(new.from_day) < founded:
        raise OfficeChangeRefusedError(fault=OfficeFault.BEFORE_BEGIN, day=founded)
    if last is not None and new.from_day >= last:
        raise OfficeChangeRefusedError(fault=OfficeFault.AFTER_END, day=last)
    if new.until_day is not None and check_day(new.until_day) <= new.from_day:
        raise OfficeChangeRefusedError(fault=OfficeFault.BEFORE_BEGIN, day=new.from_day)


def _refuse_taken(session: Session, unit: Unit, code: str, new: NewDesk) -> None:
    """Refuse a code that another desk of the unit bears on one of the same days."""
    end = new.until_day or date.max
    taken = session.scalar(
        select(Desk.id).where(
            Desk.unit_id == unit.id,
            Desk.code == code,
            or_(Desk.from_day < end, Desk.from_day == new.from_day),
            or_(Desk.until_day.is_(None), Desk.until_day > new.from_day),
        )
    )
    if taken is not None:
        raise OfficeChangeRefusedError(fault=OfficeFault.CODE_TAKEN, code=code)


def correct_desk(session: Session, editor: Editor, *, desk_id: int, name: str, detail: str) -> Desk:
    """Write the name of a desk better; it stays the same desk, and the log keeps the old words.

    Writes: desk, audit_entry.
    Raises: DeskNotFoundError; OfficeChangeRefusedError.
    """
    desk = get_own_desk(session, editor, desk_id)
    before = {"name": desk.name, "detail": desk.detail}
    after = {
        "name": read_words(name, field="name", longest=LONGEST_NAME),
        "detail": read_words(detail, field="detail", longest=LONGEST_DETAIL, may_be_empty=True),
    }
    if before == after:
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    desk.name, desk.detail = after["name"], after["detail"]
    keep_change(
        session,
        editor,
        what="desk_corrected",
        unit_id=desk.unit_id,
        before=before,
        after=after,
        desk_id=desk.id,
        desk=desk.name,
    )
    session.flush()
    return desk


def retire_desk(session: Session, editor: Editor, *, desk_id: int, until_day: date) -> Desk:
    """Let a desk serve until a day, itself excluded.

    Writes: desk, audit_entry.
    Raises: DeskNotFoundError; OfficeChangeRefusedError, also for a day before its last rating.
    """
    desk = get_own_desk(session, editor, desk_id)
    if check_day(until_day) <= desk.from_day:
        raise OfficeChangeRefusedError(fault=OfficeFault.BEFORE_BEGIN, day=desk.from_day)
    if until_day == desk.until_day:
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    last = desk.unit.names[-1].until_day
    if last is not None and until_day > last:
        raise OfficeChangeRefusedError(fault=OfficeFault.AFTER_END, day=last)
    _refuse_longer(session, desk, until_day)
    refuse_used_after(session, [desk], until_day)
    succession.retire_desk(session, desk, until_day=until_day, account_id=editor.account_id)
    return desk


def _refuse_longer(session: Session, desk: Desk, until_day: date) -> None:
    """Refuse to stretch a desk's time over that of the one that has its code after it."""
    following = session.scalar(
        select(Desk.from_day)
        .where(
            Desk.unit_id == desk.unit_id,
            Desk.code == desk.code,
            Desk.id != desk.id,
            Desk.from_day > desk.from_day,
            Desk.from_day < until_day,
        )
        .order_by(Desk.from_day)
        .limit(1)
    )
    if following is not None:
        raise OfficeChangeRefusedError(fault=OfficeFault.DAYS_OVERLAP, day=following)


def refuse_used_after(session: Session, desks: Sequence[Desk], day: date) -> None:
    """Refuse to end desks on a day when something was given or is going on there since.

    Raises: OfficeChangeRefusedError with the last day of use.
    """
    days = [last for desk in desks if (last := _last_use(session, desk, day)) is not None]
    if days:
        raise OfficeChangeRefusedError(fault=OfficeFault.HAS_RATINGS, day=max(days))


def _last_use(session: Session, desk: Desk, day: date) -> date | None:
    """Return the last day from this one on on which a desk was rated or served at."""
    rated = session.scalar(
        select(Rating.local_day)
        .where(Rating.local_day >= day, Rating.unit_id == desk.unit_id, Rating.desk_id == desk.id)
        .order_by(Rating.local_day.desc())
        .limit(1)
    )
    served = session.scalar(
        select(Visit.closed_day)
        .where(Visit.closed_day >= day, Visit.desk_id == desk.id)
        .order_by(Visit.closed_day.desc())
        .limit(1)
    )
    opened = session.scalar(
        select(Visit.opened_at)
        .where(Visit.desk_id == desk.id, Visit.outcome.is_(None), Visit.closed_at.is_(None))
        .order_by(Visit.opened_at.desc())
        .limit(1)
    )
    days = [rated, served, clock.local_day(opened) if opened else None]
    return max((one for one in days if one is not None and one >= day), default=None)
