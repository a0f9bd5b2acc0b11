"""Units, desks, sectors, procedures and scales, with their history. Refuses to rewrite the past.

A unit's code, name and parent are dated; a succession never moves a rating.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.database import read_once
from satisfaction.errors import AmbiguousUnitError, DeskNotFoundError, UnitNotFoundError
from satisfaction.models import (
    Configuration,
    Desk,
    Level,
    Procedure,
    Reason,
    Scale,
    Sector,
    Unit,
    UnitName,
    UnitParent,
)
from satisfaction.parents import follow, list_parent_links
from satisfaction.periods import Period
from satisfaction.terms import DeskKind, FollowUp, Leaning, UnitKind
from satisfaction.text import clean, search_form, sort_key


@dataclass(frozen=True)
class Segment:
    """A run of days during which the same units stood within a unit."""

    period: Period
    unit_ids: frozenset[int]


def add_unit(
    session: Session,
    code: str,
    *,
    name: str,
    kind: UnitKind,
    from_day: date,
    until_day: date | None = None,
    parent: Unit | None = None,
) -> Unit:
    """Add a unit with its first name and, if given, its first parent."""
    unit = Unit()
    session.add(unit)
    session.flush()
    name = clean(name)
    session.add(
        UnitName(
            unit_id=unit.id,
            code=code,
            kind=kind,
            name=name,
            search=search_form(name),
            from_day=from_day,
            until_day=until_day,
        )
    )
    if parent is not None:
        session.add(
            UnitParent(unit_id=unit.id, parent_id=parent.id, from_day=from_day, until_day=until_day)
        )
    session.flush()
    return unit


def add_desk(
    session: Session,
    unit: Unit,
    *,
    code: str,
    name: str,
    detail: str = "",
    kind: DeskKind = DeskKind.COUNTER,
    from_day: date,
    until_day: date | None = None,
) -> Desk:
    """Add a desk to a unit."""
    desk = Desk(
        unit_id=unit.id,
        code=code,
        name=clean(name),
        detail=clean(detail),
        kind=kind,
        from_day=from_day,
        until_day=until_day,
    )
    session.add(desk)
    session.flush()
    return desk


def add_procedure(
    session: Session,
    national_code: str,
    *,
    name: str,
    short_name: str,
    sector: Sector,
    valid_from_day: date,
    valid_until_day: date | None = None,
) -> Procedure:
    """Add a procedure of the catalogue."""
    name, short_name = clean(name), clean(short_name)
    procedure = Procedure(
        national_code=national_code,
        name=name,
        short_name=short_name,
        search=search_form(f"{national_code} {short_name} {name}")[:1200],
        sector_id=sector.id,
        valid_from_day=valid_from_day,
        valid_until_day=valid_until_day,
    )
    session.add(procedure)
    session.flush()
    return procedure


def ensure_sector(session: Session, name: str) -> Sector:
    """Return the sector of this name, added if it is new."""
    name = clean(name)
    sector = session.scalar(select(Sector).where(Sector.name == name))
    if sector is None:
        sector = Sector(name=name, search=search_form(name))
        session.add(sector)
        session.flush()
    return sector


def get_unit(session: Session, unit_id: int) -> Unit:
    """Return a unit by its key.

    Raises: UnitNotFoundError.
    """
    unit = read_once(session, (Unit, unit_id), lambda: session.get(Unit, unit_id))
    if unit is None:
        raise UnitNotFoundError(unit_id=unit_id)
    return unit


def find_units(session: Session, unit_ids: Iterable[int]) -> dict[int, Unit]:
    """Return those of these units that exist, by their keys, each with its names.

    A reading session reads each unit once, however often it is asked for.
    """
    wanted = set(unit_ids)
    known: dict[int, Unit] = read_once(session, find_units, dict)
    if missing := sorted(wanted - known.keys()):
        found = session.scalars(select(Unit).where(Unit.id.in_(missing)))
        known.update({unit.id: unit for unit in found})
    return {unit_id: known[unit_id] for unit_id in wanted & known.keys()}


def names_of(session: Session, unit_ids: Iterable[int], day: date) -> dict[int, str]:
    """Return what these units were called on a day, by their keys."""
    units = find_units(session, unit_ids)
    return {unit_id: name_of(unit, day).name for unit_id, unit in units.items()}


def get_unit_by_code(session: Session, code: str, period: Period) -> Unit:
    """Return the unit that bore a code during a period.

    Raises: UnitNotFoundError; AmbiguousUnitError when several units bore it in turn.
    """
    found = session.scalars(
        select(UnitName.unit_id)
        .where(
            UnitName.code == code,
            UnitName.from_day < period.end_day,
            or_(UnitName.until_day.is_(None), UnitName.until_day > period.first_day),
        )
        .distinct()
    ).all()
    if not found:
        raise UnitNotFoundError(code=code, period=period)
    if len(found) > 1:
        raise AmbiguousUnitError(code=code, period=period)
    return get_unit(session, found[0])


def name_of(unit: Unit, day: date) -> UnitName:
    """Return what a unit was called on a day; its nearest name outside its life."""
    for name in reversed(unit.names):
        if name.from_day <= day:
            return name
    return unit.names[0]


def existed_during(unit: Unit, period: Period) -> bool:
    """Say whether a unit was there on any day of a period."""
    first, last = unit.names[0].from_day, unit.names[-1].until_day
    return first < period.end_day and (last is None or last > period.first_day)


def get_desk(session: Session, desk_id: int) -> Desk:
    """Return a desk by its key.

    Raises: DeskNotFoundError.
    """
    desk = session.get(Desk, desk_id)
    if desk is None:
        raise DeskNotFoundError(desk_id=desk_id)
    return desk


def get_desk_by_code(session: Session, unit_id: int, *, code: str, day: date) -> Desk:
    """Return the desk that bears a code within a unit on a day.

    Raises: DeskNotFoundError.
    """
    desk = session.scalar(
        select(Desk).where(
            Desk.unit_id == unit_id,
            Desk.code == code,
            Desk.from_day <= day,
            or_(Desk.until_day.is_(None), Desk.until_day > day),
        )
    )
    if desk is None:
        raise DeskNotFoundError(code=code)
    return desk


def list_desks(session: Session, unit_ids: Iterable[int], day: date) -> Sequence[Desk]:
    """Return the desks that serve on a day within these units, in reading order."""
    desks = session.scalars(
        select(Desk).where(
            Desk.unit_id.in_(list(unit_ids)),
            Desk.from_day <= day,
            or_(Desk.until_day.is_(None), Desk.until_day > day),
        )
    )
    return sorted(desks, key=lambda desk: (desk.unit_id, sort_key(desk.name)))


def list_procedures(session: Session, day: date) -> Sequence[Procedure]:
    """Return the procedures valid on a day, in reading order."""
    procedures = session.scalars(
        select(Procedure).where(
            Procedure.valid_from_day <= day,
            or_(Procedure.valid_until_day.is_(None), Procedure.valid_until_day > day),
        )
    )
    return sorted(procedures, key=lambda procedure: sort_key(procedure.short_name))


def segments_under(session: Session, unit_id: int, period: Period) -> Sequence[Segment]:
    """Return who stood within a unit, itself included, at each time of a period, in order."""
    name = (segments_under, unit_id, period)
    return read_once(session, name, lambda: _read_segments(session, unit_id, period))


def _read_segments(session: Session, unit_id: int, period: Period) -> Sequence[Segment]:
    links = list_parent_links(session, period)
    cuts = {period.first_day, period.end_day}
    for link in links:
        cuts |= {day for day in (link.from_day, link.until_day) if day is not None}
    days = sorted(day for day in cuts if period.first_day <= day <= period.end_day)
    segments: list[Segment] = []
    for first, end in itertools.pairwise(days):
        children: dict[int, list[int]] = {}
        for link in links:
            if link.holds_on(first):
                children.setdefault(link.parent_id, []).append(link.unit_id)
        unit_ids = follow([unit_id], children)
        if segments and segments[-1].unit_ids == unit_ids:
            segments[-1] = Segment(Period(segments[-1].period.first_day, end), unit_ids)
        else:
            segments.append(Segment(Period(first, end), unit_ids))
    return segments


def units_under(session: Session, unit_ids: Iterable[int], day: date) -> frozenset[int]:
    """Return these units and all that stands under them on a day."""
    period = Period(day, date.fromordinal(day.toordinal() + 1))
    found: set[int] = set()
    for unit_id in unit_ids:
        for segment in segments_under(session, unit_id, period):
            found |= segment.unit_ids
    return frozenset(found)


@dataclass(frozen=True)
class LevelWords:
    """One level of a scale that is shipped: words, leaning, and which face stands for it."""

    label_vi: str
    label_en: str
    leaning: Leaning
    face: int


FIVE_LEVELS = (
    LevelWords("Rất không hài lòng", "Very dissatisfied", Leaning.DISSATISFIED, 1),
    LevelWords("Không hài lòng", "Dissatisfied", Leaning.DISSATISFIED, 2),
    LevelWords("Bình thường", "Neutral", Leaning.NEUTRAL, 3),
    LevelWords("Hài lòng", "Satisfied", Leaning.SATISFIED, 4),
    LevelWords("Rất hài lòng", "Very satisfied", Leaning.SATISFIED, 5),
)
THREE_LEVELS = (
    LevelWords("Chưa hài lòng", "Not yet satisfied", Leaning.DISSATISFIED, 2),
    LevelWords("Hài lòng", "Satisfied", Leaning.SATISFIED, 4),
    LevelWords("Rất hài lòng", "Very satisfied", Leaning.SATISFIED, 5),
)
REASONS = (
    ("wait", "Chờ lâu", "Long wait", ""),
    ("manner", "Thái độ phục vụ", "Staff manner", "NĐ 61/2018 Đ31.1.đ"),
    ("unclear", "Hướng dẫn chưa rõ", "Unclear guidance", "NĐ 61/2018 Đ31.1.d"),
    ("again", "Phải đi lại nhiều lần", "Had to come back", "NĐ 61/2018 Đ31.1.c"),
    ("papers", "Giấy tờ rườm rà", "Too much paperwork", ""),
    ("late", "Trễ hẹn trả kết quả", "Result late", "NĐ 61/2018 Đ31.1.a"),
    ("fee", "Đòi thêm tiền, giấy tờ", "Asked for extra money or papers", "NĐ 61/2018 Đ31.1.e"),
    ("place", "Chỗ ngồi, chỗ chờ", "Seating, waiting area", ""),
    ("other", "Ý khác", "Something else", "NĐ 61/2018 Đ31.1.i"),
)


def load_scales(session: Session) -> dict[str, Scale]:
    """Add the scales and reasons that are shipped, where they are missing.

    Source: five levels as public-service portals word them; three levels of TT 32/2017/TT-BTTTT.
    """
    shipped = {
        "five": ("Năm mức", "", FIVE_LEVELS),
        "three": ("Ba mức", "TT 32/2017/TT-BTTTT, Điều 12", THREE_LEVELS),
    }
    for code, (name, source, levels) in shipped.items():
        if session.scalar(select(Scale.id).where(Scale.code == code, Scale.version == 1)) is None:
            session.add(_make_scale(code, name, source, levels))
    known = set(session.scalars(select(Reason.code)))
    for code, label_vi, label_en, basis in REASONS:
        if code not in known:
            session.add(Reason(code=code, label_vi=label_vi, label_en=label_en, basis=basis))
    session.flush()
    return {scale.code: scale for scale in session.scalars(select(Scale))}


def _make_scale(code: str, name: str, source: str, levels: Sequence[LevelWords]) -> Scale:
    return Scale(
        code=code,
        version=1,
        name=name,
        source=source,
        levels=[
            Level(
                position=position,
                face=words.face,
                label_vi=words.label_vi,
                label_en=words.label_en,
                leaning=words.leaning,
            )
            for position, words in enumerate(levels, start=1)
        ],
    )


def configure_unit(
    session: Session,
    unit: Unit,
    *,
    scale: Scale,
    from_at: datetime | None = None,
    follow_up: FollowUp = FollowUp.LOW,
    allows_unlinked: bool = False,
    office_title: str = "Trung tâm Phục vụ hành chính công",
) -> Configuration:
    """Add a version of what a unit's kiosks show; earlier versions stay for their ratings."""
    configuration = Configuration(
        unit_id=unit.id,
        from_at=from_at or clock.now(),
        scale_id=scale.id,
        follow_up=follow_up,
        reason_codes=[code for code, *_ in REASONS],
        allows_unlinked=allows_unlinked,
        office_title=office_title,
    )
    session.add(configuration)
    session.flush()
    return configuration


def find_configuration(session: Session, unit_id: int, at: datetime) -> Configuration | None:
    """Return what a unit's kiosks show at a time: its own newest version, or its parent's."""
    day = clock.local_day(at)
    current: int | None = unit_id
    asked: set[int] = set()
    while current is not None and current not in asked:
        asked.add(current)
        found = session.scalar(
            select(Configuration)
            .where(Configuration.unit_id == current, Configuration.from_at <= at)
            .order_by(Configuration.from_at.desc(), Configuration.id.desc())
            .limit(1)
        )
        if found is not None:
            return found
        current = session.scalar(
            select(UnitParent.parent_id).where(
                UnitParent.unit_id == current,
                UnitParent.from_day <= day,
                or_(UnitParent.until_day.is_(None), UnitParent.until_day > day),
            )
        )
    return None


def living_units(session: Session, day: date) -> frozenset[int]:
    """Return every unit that exists on a day."""
    names = select(UnitName.unit_id).where(
        UnitName.from_day <= day, or_(UnitName.until_day.is_(None), UnitName.until_day > day)
    )
    return frozenset(session.scalars(names))


def list_names(session: Session, unit_ids: Iterable[int], day: date) -> list[tuple[int, str]]:
    """Return these units with what they are called on a day, in reading order."""
    return sorted(
        names_of(session, unit_ids, day).items(), key=lambda pair: (sort_key(pair[1]), pair[0])
    )
