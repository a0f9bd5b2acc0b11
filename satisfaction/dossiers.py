"""Know dossiers by source system and code. Refuses to guess what a dossier does not say.

Source: NĐ 61/2018/NĐ-CP Điều 26 and TT 01/2018/TT-VPCP Điều 19 for the form of a code, read
tolerantly, because codes of later forms and of ministries' own systems are in use beside it.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Insert, case, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.errors import DossierCodeMissingError
from satisfaction.models import Dossier
from satisfaction.office import units_under
from satisfaction.terms import Channel
from satisfaction.text import plain_hyphens

DEFAULT_SOURCE = "one-stop"
LONGEST_CODE = 80
LONGEST_SOURCE = 40
_CODES_AT_ONCE = 1000
_FORM = re.compile(r"(?:\d{3}\.\d{2}\.\d{2}\.)?[A-Z]\d{2}(?:\.\d{1,3}){0,3}-(\d{6})-\d{4,6}", re.A)
_FULL_WIDTH = {sign: sign - 0xFEE0 for sign in range(0xFF01, 0xFF5F)}
_MORE_HYPHENS = dict.fromkeys(map(ord, "\u00ad\u2043\u2015\u2212\ufe58"), "-")
_UNSEEN = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}


@dataclass(frozen=True)
class DossierCode:
    """A code as it is kept, and whether it lacks the usual form."""

    code: str
    is_irregular: bool


def normalise_code(text: str) -> DossierCode:
    """Return a typed or scanned code as it is kept; one without the usual form is only flagged.

    Shape: upper case, NFC, plain hyphens, no spaces, at most LONGEST_CODE signs: the end of a
    longer one is replaced by a digest, so that two long codes stay two. Empty for an empty text.
    """
    form = _FORM.fullmatch(text)
    if form is not None:
        return DossierCode(text, is_irregular=not _is_past_day(form[1]))
    plain = plain_hyphens(text.translate(_MORE_HYPHENS)).translate(_FULL_WIDTH)
    seen = "".join(sign for sign in plain if unicodedata.category(sign) not in _UNSEEN)
    code = unicodedata.normalize("NFC", unicodedata.normalize("NFC", seen).upper())
    if len(code) > LONGEST_CODE:
        digest = hashlib.sha256(code.encode()).hexdigest()[:12].upper()
        return DossierCode(f"{code[: LONGEST_CODE - 13]}~{digest}", is_irregular=True)
    form = _FORM.fullmatch(code)
    return DossierCode(code, is_irregular=form is None or not _is_past_day(form[1]))


def _is_past_day(digits: str) -> bool:
    """Say whether YYMMDD is a day that exists and has come."""
    day = _day_of(digits)
    return day is not None and day <= clock.today()


@lru_cache(maxsize=4096)
def _day_of(digits: str) -> date | None:
    try:
        return date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None


_ADD: dict[str, Insert] = {
    "sqlite": sqlite.insert(Dossier).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(Dossier).on_conflict_do_nothing(),
}


def find_or_add_dossier(
    session: Session,
    *,
    source_system: str,
    code: str,
    unit_id: int,
    procedure_id: int | None = None,
    desk_id: int | None = None,
    channel: Channel = Channel.UNKNOWN,
) -> Dossier:
    """Return the dossier of this code, added with what is known when it is new.

    A known dossier is returned as it is: the first unit, procedure, desk and channel stay.
    Writes: dossier; two callers at the same moment get the same row.
    Raises: DossierCodeMissingError for a code of no signs.
    """
    normal = normalise_code(code)
    if not normal.code:
        raise DossierCodeMissingError()
    wanted = select(Dossier).where(
        Dossier.source_system == source_system, Dossier.code == normal.code
    )
    known = session.scalar(wanted)
    if known is not None:
        return known
    session.execute(
        _ADD[session.get_bind().dialect.name],
        {
            "source_system": source_system,
            "code": normal.code,
            "is_code_irregular": normal.is_irregular,
            "unit_id": unit_id,
            "procedure_id": procedure_id,
            "desk_id": desk_id,
            "channel": channel,
        },
    )
    return session.scalars(wanted).one()


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierRow:
    """What a list says of one dossier; None and UNKNOWN mean that it does not say."""

    code: DossierCode
    channel: Channel = Channel.UNKNOWN
    procedure_id: int | None = None
    desk_id: int | None = None
    received_day: date | None = None
    due_day: date | None = None
    finished_day: date | None = None
    returned_day: date | None = None
    is_digitised: bool | None = None


@dataclass(frozen=True)
class Holder:
    """Whose dossiers rows are: a source system, the unit of new ones, the units of known ones."""

    source_system: str
    unit_id: int
    unit_ids: frozenset[int]


@dataclass
class Comparison:
    """Rows against what is known: to be written, already so, or another unit's and left alone."""

    holder: Holder
    new: list[DossierRow] = field(default_factory=list)
    changed: list[DossierRow] = field(default_factory=list)
    unchanged: list[DossierRow] = field(default_factory=list)
    foreign: list[DossierRow] = field(default_factory=list)


_SAID = (
    "procedure_id",
    "desk_id",
    "received_day",
    "due_day",
    "finished_day",
    "returned_day",
    "is_digitised",
)
_KNOWN = (Dossier.code, Dossier.unit_id, Dossier.channel, *(getattr(Dossier, n) for n in _SAID))


def find_holder(session: Session, *, source_system: str, unit_id: int) -> Holder:
    """Return the holder for a unit: it may change dossiers of the units that stand under it."""
    under = units_under(session, [unit_id], clock.today())
    return Holder(source_system, unit_id, under | {unit_id})


def import_dossiers(
    session: Session, rows: Sequence[DossierRow], *, source_system: str, unit_id: int
) -> Comparison:
    """Add new dossiers and update known ones; nothing is deleted, and the same again is nothing.

    Writes: dossier.
    """
    holder = find_holder(session, source_system=source_system, unit_id=unit_id)
    comparison = compare_dossiers(session, rows, holder)
    write_dossiers(session, comparison)
    return comparison


def compare_dossiers(session: Session, rows: Sequence[DossierRow], holder: Holder) -> Comparison:
    """Say which rows are new, which say something else than is known, and which do not."""
    known: dict[str, Any] = {}
    for start in range(0, len(rows), _CODES_AT_ONCE):
        codes = [row.code.code for row in rows[start : start + _CODES_AT_ONCE]]
        wanted = select(*_KNOWN).where(
            Dossier.source_system == holder.source_system, Dossier.code.in_(codes)
        )
        known |= {found.code: found for found in session.execute(wanted)}
    comparison = Comparison(holder)
    for row in rows:
        found = known.get(row.code.code)
        if found is None:
            comparison.new.append(row)
        elif found.unit_id not in holder.unit_ids:
            comparison.foreign.append(row)
        elif _says_more(row, found):
            comparison.changed.append(row)
        else:
            comparison.unchanged.append(row)
    return comparison


def _says_more(row: DossierRow, known: Any) -> bool:
    """Say whether a row says anything that is not known already; silence changes nothing."""
    if row.channel not in {Channel.UNKNOWN, known.channel}:
        return True
    said = ((getattr(row, name), getattr(known, name)) for name in _SAID)
    return any(value is not None and value != before for value, before in said)


def _merge(insert: Any) -> Insert:
    """Return an insert that adds to a known dossier what it says, and takes nothing away."""
    said = insert.excluded
    merged: dict[str, Any] = {
        name: func.coalesce(getattr(said, name), getattr(Dossier, name)) for name in _SAID
    }
    merged["channel"] = case((said.channel == Channel.UNKNOWN, Dossier.channel), else_=said.channel)
    statement: Insert = insert.on_conflict_do_update(
        index_elements=["source_system", "code"], set_=merged
    )
    return statement


_MERGE = {
    "sqlite": _merge(sqlite.insert(Dossier)),
    "postgresql": _merge(postgresql.insert(Dossier)),
}


def write_dossiers(session: Session, comparison: Comparison) -> None:
    """Store the new and changed rows of a comparison; a row added meanwhile is merged into.

    Writes: dossier, in the order of codes, so that two imports cannot wait for each other.
    """
    rows = sorted([*comparison.new, *comparison.changed], key=lambda row: row.code.code)
    if rows:
        connection = session.connection()
        connection.execute(
            _MERGE[connection.dialect.name], [_values(row, comparison.holder) for row in rows]
        )


def _values(row: DossierRow, holder: Holder) -> dict[str, Any]:
    return {
        "source_system": holder.source_system,
        "unit_id": holder.unit_id,
        "code": row.code.code,
        "is_code_irregular": row.code.is_irregular,
        "channel": row.channel,
        **{name: getattr(row, name) for name in _SAID},
    }
