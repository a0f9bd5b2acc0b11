"""Scales, their versions, and the reasons that may be offered. Refuses to change a version.

Ratings keep the version that they were given under; a new version is only shown where a unit's
devices are told to show it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction.editing import Editor, keep_change
from satisfaction.errors import NotFoundError, OfficeChangeRefusedError
from satisfaction.faults import OfficeFault
from satisfaction.models import Level, Reason, Scale
from satisfaction.terms import Leaning
from satisfaction.text import sort_key
from satisfaction.wording import read_code, read_words

FEWEST_LEVELS, MOST_LEVELS = 2, 5
LONGEST_CODE = 24
LONGEST_NAME = 120
LONGEST_SOURCE = 200
LONGEST_LEVEL = 60
LONGEST_REASON = 80
LONGEST_BASIS = 120
FACES = (1, 2, 3, 4, 5)
_ORDER = (Leaning.DISSATISFIED, Leaning.NEUTRAL, Leaning.SATISFIED)


@dataclass(frozen=True)
class NewLevel:
    """One answer: its words in both languages, what it counts as, and its face from 1 to 5."""

    label_vi: str
    label_en: str
    leaning: Leaning
    face: int


@dataclass(frozen=True, kw_only=True)
class NewVersion:
    """A version of a scale, new or known by its code; the lowest level first."""

    code: str
    name: str
    source: str = ""
    levels: Sequence[NewLevel]


@dataclass(frozen=True, kw_only=True)
class ReasonWords:
    """What a reason says, in both languages, and the rule that it goes back to."""

    label_vi: str
    label_en: str
    basis: str = ""


def list_scales(session: Session) -> list[Scale]:
    """Return every version of every scale, the newest of each first."""
    return list(session.scalars(select(Scale).order_by(Scale.code, Scale.version.desc())))


def add_version(session: Session, editor: Editor, new: NewVersion) -> Scale:
    """Add a scale, or another version of one.

    Writes: scale, level, audit_entry. Raises: OfficeChangeRefusedError.
    """
    code = read_code(new.code, field="code", longest=LONGEST_CODE)
    name = read_words(new.name, field="name", longest=LONGEST_NAME)
    source = read_words(new.source, field="source", longest=LONGEST_SOURCE, may_be_empty=True)
    levels = [_read_level(number, level) for number, level in enumerate(new.levels, start=1)]
    _check_levels(levels)
    earlier = session.scalars(
        select(Scale).where(Scale.code == code).order_by(Scale.version.desc()).limit(1)
    ).first()
    if earlier is not None and _is_same(earlier, name=name, source=source, levels=levels):
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    scale = Scale(
        code=code,
        version=earlier.version + 1 if earlier else 1,
        name=name,
        source=source,
        levels=[
            Level(position=number, **vars(level)) for number, level in enumerate(levels, start=1)
        ],
    )
    session.add(scale)
    session.flush()
    keep_change(
        session,
        editor,
        what="scale_added",
        thing=f"{name} ({code}, {scale.version})",
        before={"levels": [level.label_vi for level in earlier.levels]} if earlier else None,
        after={"levels": [level.label_vi for level in levels], "name": name},
    )
    session.flush()
    return scale


def _is_same(scale: Scale, *, name: str, source: str, levels: Sequence[NewLevel]) -> bool:
    is_called_so = (scale.name, scale.source) == (name, source)
    return is_called_so and [_as_new(level) for level in scale.levels] == levels


def _as_new(level: Level) -> NewLevel:
    return NewLevel(level.label_vi, level.label_en, level.leaning, level.face)


def _read_level(number: int, level: NewLevel) -> NewLevel:
    if level.face not in FACES:
        raise OfficeChangeRefusedError(
            fault=OfficeFault.OUT_OF_BOUNDS, field=f"face_{number}", least=FACES[0], most=FACES[-1]
        )
    return NewLevel(
        read_words(level.label_vi, field=f"label_vi_{number}", longest=LONGEST_LEVEL),
        read_words(level.label_en, field=f"label_en_{number}", longest=LONGEST_LEVEL),
        level.leaning,
        level.face,
    )


def _check_levels(levels: Sequence[NewLevel]) -> None:
    if not FEWEST_LEVELS <= len(levels) <= MOST_LEVELS:
        raise OfficeChangeRefusedError(
            fault=OfficeFault.LEVELS_FEW_OR_MANY, least=FEWEST_LEVELS, most=MOST_LEVELS
        )
    places = [_ORDER.index(level.leaning) for level in levels]
    faces = [level.face for level in levels]
    if places != sorted(places) or faces != sorted(set(faces)):
        raise OfficeChangeRefusedError(fault=OfficeFault.LEVELS_OUT_OF_ORDER)
    if not {Leaning.SATISFIED, Leaning.DISSATISFIED} <= {level.leaning for level in levels}:
        raise OfficeChangeRefusedError(fault=OfficeFault.LEVELS_ONE_SIDED)
    if len({level.label_vi for level in levels}) < len(levels):
        raise OfficeChangeRefusedError(fault=OfficeFault.NAME_TAKEN)


def list_reasons(session: Session) -> list[Reason]:
    """Return every reason in reading order."""
    return sorted(session.scalars(select(Reason)), key=lambda one: sort_key(one.label_vi))


def add_reason(session: Session, editor: Editor, *, code: str, words: ReasonWords) -> Reason:
    """Add a reason that units may offer.

    Writes: reason, audit_entry. Raises: OfficeChangeRefusedError.
    """
    code = read_code(code, field="code", longest=LONGEST_CODE)
    words = _read_reason(words)
    if session.scalar(select(Reason.id).where(Reason.code == code)) is not None:
        raise OfficeChangeRefusedError(fault=OfficeFault.CODE_TAKEN, code=code)
    reason = Reason(code=code, **vars(words))
    session.add(reason)
    session.flush()
    after = vars(words) | {"code": code}
    keep_change(session, editor, what="reason_added", thing=words.label_vi, after=after)
    session.flush()
    return reason


def get_reason(session: Session, reason_id: int) -> Reason:
    """Return a reason by its key.

    Raises: NotFoundError.
    """
    found = session.get(Reason, reason_id)
    if found is None:
        raise NotFoundError(reason_id=reason_id)
    return found


def get_reason_by_code(session: Session, code: str) -> Reason:
    """Return a reason by its code.

    Raises: OfficeChangeRefusedError.
    """
    found = session.scalar(select(Reason).where(Reason.code == code))
    if found is None:
        raise OfficeChangeRefusedError(fault=OfficeFault.REASON_UNKNOWN)
    return found


def words_of_reason(reason: Reason) -> ReasonWords:
    """Return what a reason says now."""
    return ReasonWords(label_vi=reason.label_vi, label_en=reason.label_en, basis=reason.basis)


def correct_reason(
    session: Session, editor: Editor, *, reason_id: int, words: ReasonWords
) -> Reason:
    """Write a reason's words better; answers that name it go on naming it.

    Writes: reason, audit_entry. Raises: NotFoundError; OfficeChangeRefusedError.
    """
    reason = get_reason(session, reason_id)
    words = _read_reason(words)
    before = vars(words_of_reason(reason))
    if before == vars(words):
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    for name, value in vars(words).items():
        setattr(reason, name, value)
    keep_change(
        session,
        editor,
        what="reason_corrected",
        thing=words.label_vi,
        before=before,
        after=vars(words),
    )
    session.flush()
    return reason


def _read_reason(words: ReasonWords) -> ReasonWords:
    return ReasonWords(
        label_vi=read_words(words.label_vi, field="label_vi", longest=LONGEST_REASON),
        label_en=read_words(words.label_en, field="label_en", longest=LONGEST_REASON),
        basis=read_words(words.basis, field="basis", longest=LONGEST_BASIS, may_be_empty=True),
    )
