"""Procedures and sectors, shared by all units. Refuses to delete one, or to rewrite what it was.

A name written better stays the same procedure; another name or sector from a day on is a version
of its own, so that earlier visits keep what they were about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from satisfaction import clock, office
from satisfaction.editing import Editor, check_day, keep_change
from satisfaction.errors import OfficeChangeRefusedError, ProcedureNotFoundError
from satisfaction.faults import OfficeFault
from satisfaction.models import Dossier, Procedure, Sector, Visit
from satisfaction.text import clean, search_form, sort_key
from satisfaction.wording import read_code, read_words

LONGEST_CODE = 40
LONGEST_NAME = 1000
LONGEST_SHORT_NAME = 120
LONGEST_SECTOR = 200
LONGEST_SEARCH = 1200
AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class ProcedureWords:
    """What a procedure is called, and of which sector it is."""

    name: str
    short_name: str
    sector: str


@dataclass(frozen=True)
class SectorRow:
    """A sector, and how many procedures are of it today."""

    id: int
    name: str
    procedures: int


@dataclass(frozen=True)
class ProcedurePage:
    """Some of the procedures that were looked for, and how many there are."""

    procedures: Sequence[Procedure]
    found: int
    page: int
    pages: int


def find_procedures(
    session: Session, *, words: str = "", sector_id: int | None = None, page: int = 1
) -> ProcedurePage:
    """Return the procedures with these words, whatever their marks: those valid today first."""
    today = clock.today()
    query = select(Procedure).options(joinedload(Procedure.sector))
    for word in search_form(words).split():
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        query = query.where(Procedure.search.like(f"%{escaped}%", escape="\\"))
    if sector_id is not None:
        query = query.where(Procedure.sector_id == sector_id)
    found = sorted(
        session.scalars(query),
        key=lambda one: (
            one.valid_until_day is not None and one.valid_until_day <= today,
            sort_key(one.short_name),
            one.national_code,
            one.valid_from_day,
        ),
    )
    pages = max(1, -(-len(found) // AT_ONCE))
    page = min(max(1, page), pages)
    return ProcedurePage(found[(page - 1) * AT_ONCE : page * AT_ONCE], len(found), page, pages)


def list_sectors(session: Session) -> list[SectorRow]:
    """Return all sectors in reading order."""
    today = clock.today()
    rows = session.execute(
        select(Sector.id, Sector.name, func.count(Procedure.id))
        .outerjoin(
            Procedure,
            (Procedure.sector_id == Sector.id)
            & or_(Procedure.valid_until_day.is_(None), Procedure.valid_until_day > today),
        )
        .group_by(Sector.id, Sector.name)
    )
    return sorted((SectorRow(*row) for row in rows), key=lambda row: sort_key(row.name))


def get_procedure(session: Session, procedure_id: int) -> Procedure:
    """Return a procedure by its key.

    Raises: ProcedureNotFoundError.
    """
    found = session.get(Procedure, procedure_id, options=[joinedload(Procedure.sector)])
    if found is None:
        raise ProcedureNotFoundError(procedure_id=procedure_id)
    return found


def get_procedure_by_code(session: Session, national_code: str, day: date) -> Procedure:
    """Return what a code means on a day, or meant last before it, or will mean first.

    Raises: ProcedureNotFoundError.
    """
    versions = list_versions(session, national_code)
    if not versions:
        raise ProcedureNotFoundError(code=national_code)
    begun = [one for one in versions if one.valid_from_day <= day]
    return begun[-1] if begun else versions[0]


def get_sector_by_name(session: Session, name: str) -> Sector:
    """Return the sector of this name.

    Raises: OfficeChangeRefusedError.
    """
    found = session.scalar(select(Sector).where(Sector.name == clean(name)))
    if found is None:
        raise OfficeChangeRefusedError(fault=OfficeFault.SECTOR_UNKNOWN)
    return found


def list_versions(session: Session, national_code: str) -> Sequence[Procedure]:
    """Return what a code has meant, oldest first."""
    return session.scalars(
        select(Procedure)
        .options(joinedload(Procedure.sector))
        .where(Procedure.national_code == national_code)
        .order_by(Procedure.valid_from_day)
    ).all()


def read_procedure_words(words: ProcedureWords) -> ProcedureWords:
    """Return words as they are kept.

    Raises: OfficeChangeRefusedError.
    """
    return ProcedureWords(
        name=read_words(words.name, field="name", longest=LONGEST_NAME),
        short_name=read_words(
            words.short_name or words.name[:LONGEST_SHORT_NAME],
            field="short_name",
            longest=LONGEST_SHORT_NAME,
        ),
        sector=read_words(words.sector, field="sector", longest=LONGEST_SECTOR),
    )


def add_procedure(
    session: Session, editor: Editor, *, code: str, words: ProcedureWords, from_day: date
) -> Procedure:
    """Add a procedure that is valid from a day on.

    Writes: procedure, sector, audit_entry. Raises: OfficeChangeRefusedError.
    """
    code = read_code(code, field="code", longest=LONGEST_CODE)
    words = read_procedure_words(words)
    check_day(from_day)
    for version in list_versions(session, code):
        if version.valid_until_day is None or version.valid_until_day > from_day:
            raise OfficeChangeRefusedError(fault=OfficeFault.CODE_TAKEN, code=code)
    added = _add(session, code, words=words, from_day=from_day)
    after = vars(words) | {"code": code, "from_day": from_day}
    _keep(session, editor, "procedure_added", procedure=added, after=after)
    return added


def _add(session: Session, code: str, *, words: ProcedureWords, from_day: date) -> Procedure:
    return office.add_procedure(
        session,
        code,
        name=words.name,
        short_name=words.short_name,
        sector=office.ensure_sector(session, words.sector),
        valid_from_day=from_day,
    )


def correct_procedure(
    session: Session, editor: Editor, *, procedure_id: int, words: ProcedureWords
) -> Procedure:
    """Write a procedure's words better; it stays the same procedure.

    Writes: procedure, sector, audit_entry.
    Raises: ProcedureNotFoundError; OfficeChangeRefusedError.
    """
    procedure = get_procedure(session, procedure_id)
    words = read_procedure_words(words)
    before = words_of(procedure)
    if before == words:
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    rewrite(session, procedure, words)
    _keep(
        session,
        editor,
        "procedure_changed",
        procedure=procedure,
        before=vars(before),
        after=vars(words),
    )
    return procedure


def words_of(procedure: Procedure) -> ProcedureWords:
    """Return what a procedure is called now."""
    return ProcedureWords(
        name=procedure.name, short_name=procedure.short_name, sector=procedure.sector.name
    )


def rewrite(session: Session, procedure: Procedure, words: ProcedureWords) -> None:
    """Put better words in place of a procedure's; they were read before."""
    procedure.name, procedure.short_name = words.name, words.short_name
    text = f"{procedure.national_code} {words.short_name} {words.name}"
    procedure.search = search_form(text)[:LONGEST_SEARCH]
    procedure.sector = office.ensure_sector(session, words.sector)
    session.flush()


def renew_procedure(
    session: Session, editor: Editor, *, procedure_id: int, words: ProcedureWords, from_day: date
) -> Procedure:
    """Let a code mean something else from a day on; until then it stays what it was.

    Writes: procedure, sector, audit_entry.
    Raises: ProcedureNotFoundError; OfficeChangeRefusedError.
    """
    procedure = get_procedure(session, procedure_id)
    words = read_procedure_words(words)
    before = words_of(procedure)
    if before == words:
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    renewed = replace_from(session, procedure, words=words, from_day=from_day)
    _keep(
        session,
        editor,
        "procedure_changed",
        procedure=renewed,
        before=vars(before),
        after=vars(words) | {"from_day": from_day},
    )
    return renewed


def replace_from(
    session: Session, procedure: Procedure, *, words: ProcedureWords, from_day: date
) -> Procedure:
    """End a procedure on a day and add what follows it under its code.

    Raises: OfficeChangeRefusedError for a day outside its time, or before its last visit.
    """
    check_day(from_day)
    if from_day <= procedure.valid_from_day:
        raise OfficeChangeRefusedError(fault=OfficeFault.BEFORE_BEGIN, day=procedure.valid_from_day)
    until_day = procedure.valid_until_day
    if until_day is not None and from_day >= until_day:
        raise OfficeChangeRefusedError(fault=OfficeFault.AFTER_END, day=until_day)
    refuse_used_after(session, procedure, from_day)
    procedure.valid_until_day = from_day
    session.flush()
    renewed = _add(session, procedure.national_code, words=words, from_day=from_day)
    renewed.valid_until_day = until_day
    session.flush()
    return renewed


def end_procedure(
    session: Session, editor: Editor, *, procedure_id: int, until_day: date
) -> Procedure:
    """Let a procedure be valid until a day, itself excluded; what was about it stays counted.

    Writes: procedure, audit_entry. Raises: ProcedureNotFoundError; OfficeChangeRefusedError.
    """
    procedure = get_procedure(session, procedure_id)
    before = procedure.valid_until_day
    if before == until_day:
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    end_on(session, procedure, until_day)
    _keep(
        session,
        editor,
        "procedure_ended",
        procedure=procedure,
        before={"until_day": before},
        after={"until_day": until_day},
    )
    return procedure


def end_on(session: Session, procedure: Procedure, until_day: date) -> None:
    """Set the day from which a procedure is no longer valid.

    Raises: OfficeChangeRefusedError.
    """
    if check_day(until_day) <= procedure.valid_from_day:
        raise OfficeChangeRefusedError(fault=OfficeFault.BEFORE_BEGIN, day=procedure.valid_from_day)
    for version in list_versions(session, procedure.national_code):
        if procedure.valid_from_day < version.valid_from_day < until_day:
            raise OfficeChangeRefusedError(
                fault=OfficeFault.DAYS_OVERLAP, day=version.valid_from_day
            )
    refuse_used_after(session, procedure, until_day)
    procedure.valid_until_day = until_day
    session.flush()


def refuse_used_after(session: Session, procedure: Procedure, day: date) -> None:
    """Refuse to end a procedure on a day when visits or dossiers are about it since.

    Raises: OfficeChangeRefusedError with the last day of use.
    """
    opened = session.scalar(
        select(func.max(Visit.opened_at)).where(Visit.procedure_id == procedure.id)
    )
    received = session.scalar(
        select(func.max(Dossier.received_day)).where(Dossier.procedure_id == procedure.id)
    )
    days = [clock.local_day(opened) if opened else None, received]
    last = max((one for one in days if one is not None), default=day - timedelta(days=1))
    if last >= day:
        raise OfficeChangeRefusedError(fault=OfficeFault.HAS_RATINGS, day=last)


def rename_sector(session: Session, editor: Editor, *, sector_id: int, name: str) -> Sector:
    """Write a sector's name better; it stays the same sector.

    Writes: sector, audit_entry. Raises: ProcedureNotFoundError for no sector;
    OfficeChangeRefusedError.
    """
    sector = session.get(Sector, sector_id)
    if sector is None:
        raise ProcedureNotFoundError(sector_id=sector_id)
    name = read_words(name, field="name", longest=LONGEST_SECTOR)
    if name == sector.name:
        raise OfficeChangeRefusedError(fault=OfficeFault.NOTHING_CHANGED)
    if session.scalar(select(Sector.id).where(Sector.name == name)) is not None:
        raise OfficeChangeRefusedError(fault=OfficeFault.NAME_TAKEN, field="name")
    before, sector.name, sector.search = sector.name, name, search_form(name)
    keep_change(
        session,
        editor,
        what="sector_renamed",
        before={"name": before},
        after={"name": name},
        thing=name,
    )
    session.flush()
    return sector


def _keep(
    session: Session, editor: Editor, what: str, *, procedure: Procedure, **values: Any
) -> None:
    keep_change(
        session,
        editor,
        what=what,
        procedure=procedure.national_code,
        procedure_id=procedure.id,
        **values,
    )
    session.flush()
