"""What a unit's devices show, as an administrator sees and changes it. Refuses earlier versions.

Every change is a version of its own that begins now or on a later day; ratings keep theirs.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.configurations import Changes, change_configuration
from satisfaction.editing import Editor, check_day, get_own_unit
from satisfaction.emblems import Drawing, keep_drawing
from satisfaction.errors import OfficeChangeRefusedError, UnitNotFoundError
from satisfaction.faults import OfficeFault
from satisfaction.models import Configuration, Reason, Scale
from satisfaction.office import configure_unit, find_configuration, get_unit, load_scales, name_of
from satisfaction.terms import FollowUp, Leaning
from satisfaction.text import sort_key
from satisfaction.wording import read_words

LONGEST_TITLE = 200
LONGEST_LINE = 300
IDLE_SECONDS = (60, 300)
INVITATION_HOURS = (1, 24 * 31)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an administrator typed; ``drawing`` is a new mark, and empty levels stay computed."""

    scale_id: int
    follow_up: FollowUp
    reason_codes: Sequence[str]
    allows_unlinked: bool
    idle_seconds: int
    has_chime: bool = False
    invitation_hours: int
    office_title: str
    we_changed_vi: str
    we_changed_en: str
    drops_mark: bool = False
    drawing: Drawing | None = None
    from_day: date


@dataclass(frozen=True)
class ListedScale:
    """A version of a scale that may be chosen."""

    id: int
    code: str
    version: int
    name: str
    is_newest: bool


@dataclass(frozen=True)
class ListedReason:
    """A reason that may be offered."""

    code: str
    label_vi: str
    label_en: str


@dataclass(frozen=True)
class Version:
    """One version in a unit's history."""

    from_at: datetime
    scale_name: str
    office_title: str
    follow_up: FollowUp
    reasons: int
    allows_unlinked: bool
    has_chime: bool
    has_mark: bool
    is_coming: bool


@dataclass(frozen=True, kw_only=True)
class Presentation:
    """What the page of devices' words shows; ``set_by`` names the unit above that it goes by."""

    unit_id: int
    unit_name: str
    is_demonstration: bool
    current: Configuration | None
    set_by: str
    scales: Sequence[ListedScale]
    reasons: Sequence[ListedReason]
    versions: Sequence[Version]


def read_presentation(session: Session, scope: Set[int], unit_id: int) -> Presentation:
    """Return what is in force for a unit of the scope, and every version of its own.

    Raises: UnitNotFoundError for any other unit.
    """
    if unit_id not in scope:
        raise UnitNotFoundError(unit_id=unit_id)
    unit, now = get_unit(session, unit_id), clock.now()
    current = find_configuration(session, unit_id, now)
    is_own = current is None or current.unit_id == unit_id
    setter = None if is_own or current is None else get_unit(session, current.unit_id)
    today = clock.today()
    return Presentation(
        unit_id=unit_id,
        unit_name=name_of(unit, today).name,
        is_demonstration=unit.is_demonstration,
        current=current,
        set_by=name_of(setter, today).name if setter else "",
        scales=list_scales(session),
        reasons=list_reasons(session),
        versions=_list_versions(session, unit_id, now),
    )


def list_scales(session: Session) -> list[ListedScale]:
    """Return every version of every scale, the newest of each first."""
    scales = session.scalars(select(Scale).order_by(Scale.code, Scale.version.desc())).all()
    newest: dict[str, int] = {}
    for scale in scales:
        newest[scale.code] = max(scale.version, newest.get(scale.code, 0))
    return [
        ListedScale(one.id, one.code, one.version, one.name, one.version == newest[one.code])
        for one in scales
    ]


def list_reasons(session: Session) -> list[ListedReason]:
    """Return the fixed choices there are, in reading order."""
    found = [
        ListedReason(one.code, one.label_vi, one.label_en)
        for one in session.scalars(select(Reason))
    ]
    return sorted(found, key=lambda one: (one.code == "other", sort_key(one.label_vi)))


def _list_versions(session: Session, unit_id: int, now: datetime) -> list[Version]:
    rows = session.scalars(
        select(Configuration)
        .where(Configuration.unit_id == unit_id)
        .order_by(Configuration.from_at.desc(), Configuration.id.desc())
    )
    return [
        Version(
            row.from_at,
            row.scale.name,
            row.office_title,
            row.follow_up,
            len(row.reason_codes),
            row.allows_unlinked,
            row.has_chime,
            row.emblem_digest is not None,
            row.from_at > now,
        )
        for row in rows
    ]


def present(session: Session, editor: Editor, *, unit_id: int, wanted: Wanted) -> Configuration:
    """Have a unit's devices show something else, from now or from a later day on.

    A unit for which nothing was said yet gets its first version.
    Writes: configuration, emblem, scale, reason, audit_entry.
    Raises: UnitNotFoundError; OfficeChangeRefusedError, also when nothing differs.
    """
    unit = get_own_unit(session, editor, unit_id)
    from_at = begin_of(wanted.from_day)
    scale = session.get(Scale, wanted.scale_id)
    if scale is None:
        raise OfficeChangeRefusedError(fault=OfficeFault.SCALE_UNKNOWN)
    changes = _check(session, wanted, scale)
    current = find_configuration(session, unit.id, from_at)
    if current is None:
        current = configure_unit(session, unit, scale=scale, from_at=from_at)
    differing = _differing(current, changes)
    if wanted.drawing is not None:
        differing["emblem_digest"] = keep_drawing(session, wanted.drawing)
    elif wanted.drops_mark and current.emblem_digest:
        differing["emblem_digest"] = ""
    if differing.get("emblem_digest") == current.emblem_digest:
        differing.pop("emblem_digest", None)
    if not differing and current.unit_id == unit.id:
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    return change_configuration(
        session,
        unit,
        Changes(**differing),
        changed_by_id=editor.account_id,
        from_at=from_at,
    )


def begin_of(day: date) -> datetime:
    """Return from which moment a change holds: now for today, midnight for a later day.

    Raises: OfficeChangeRefusedError for a day that is over.
    """
    today = clock.today()
    if check_day(day) < today:
        raise OfficeChangeRefusedError(fault=OfficeFault.DAY_IS_OVER)
    return clock.now() if day == today else clock.start_of_day(day)


def _check(session: Session, wanted: Wanted, scale: Scale) -> dict[str, Any]:
    known = set(session.scalars(select(Reason.code)))
    codes = list(dict.fromkeys(wanted.reason_codes))
    if not set(codes) <= known:
        raise OfficeChangeRefusedError(fault=OfficeFault.REASON_UNKNOWN)
    for value, (least, most), field in (
        (wanted.idle_seconds, IDLE_SECONDS, "idle_seconds"),
        (wanted.invitation_hours, INVITATION_HOURS, "invitation_hours"),
    ):
        if not least <= value <= most:
            raise OfficeChangeRefusedError(
                fault=OfficeFault.OUT_OF_BOUNDS, field=field, least=least, most=most
            )
    return {
        "scale_id": scale.id,
        "follow_up": wanted.follow_up,
        "follow_up_most": _low_levels(scale),
        "reason_codes": codes,
        "allows_unlinked": wanted.allows_unlinked,
        "idle_seconds": wanted.idle_seconds,
        "has_chime": wanted.has_chime,
        "invitation_hours": wanted.invitation_hours,
        "office_title": _line(wanted.office_title, "office_title", LONGEST_TITLE),
        "we_changed_vi": _line(wanted.we_changed_vi, "we_changed_vi", LONGEST_LINE),
        "we_changed_en": _line(wanted.we_changed_en, "we_changed_en", LONGEST_LINE),
    }


def _line(text: str, field: str, longest: int) -> str:
    return read_words(text, field=field, longest=longest, may_be_empty=True)


def _differing(current: Configuration, changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if getattr(current, name) != value}


def begin_presentation(session: Session, editor: Editor, *, unit_id: int, title: str) -> None:
    """Say for the first time what a unit's devices show: five levels, the shipped reasons.

    Writes: configuration, scale, reason. Raises: UnitNotFoundError; OfficeChangeRefusedError.
    """
    unit = get_own_unit(session, editor, unit_id)
    scales = load_scales(session)
    configure_unit(
        session,
        unit,
        scale=scales["five"],
        office_title=read_words(title, field="office_title", longest=LONGEST_TITLE),
    )


def read_title(text: str) -> str:
    """Return a title for the head as it is kept.

    Raises: OfficeChangeRefusedError.
    """
    return _line(text, "office_title", LONGEST_TITLE)


def read_line(text: str) -> str:
    """Return a line for the waiting screen as it is kept.

    Raises: OfficeChangeRefusedError.
    """
    return _line(text, "we_changed_vi", LONGEST_LINE)


def read_reasons(session: Session, codes: str) -> list[str]:
    """Return the codes of reasons that stand in a text with commas between them.

    Raises: OfficeChangeRefusedError for one that is not known.
    """
    wanted = [code.strip() for code in codes.split(",") if code.strip()]
    if not set(wanted) <= set(session.scalars(select(Reason.code))):
        raise OfficeChangeRefusedError(fault=OfficeFault.REASON_UNKNOWN)
    return list(dict.fromkeys(wanted))


def with_scale(session: Session, changes: Changes, code: str) -> Changes:
    """Return changes that also bring the newest version of a scale, and which levels are low.

    Raises: OfficeChangeRefusedError for one that is not known.
    """
    scale = session.scalars(
        select(Scale).where(Scale.code == code).order_by(Scale.version.desc()).limit(1)
    ).first()
    if scale is None:
        raise OfficeChangeRefusedError(fault=OfficeFault.SCALE_UNKNOWN)
    return replace(changes, scale_id=scale.id, follow_up_most=_low_levels(scale))


def _low_levels(scale: Scale) -> int:
    return sum(level.leaning is not Leaning.SATISFIED for level in scale.levels)
