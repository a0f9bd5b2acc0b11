"""The catalogue of procedures that is shipped. Refuses to know time limits: dossiers carry them.

Codes and short names were read in public lists of 2026; where the official name is not known the
short name stands for it, and the day from which a procedure is valid here is no legal date.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction.models import Procedure
from satisfaction.office import add_procedure, ensure_sector

VALID_FROM_DAY = date(2024, 1, 1)


@dataclass(frozen=True)
class ShippedProcedure:
    """One line of the shipped list."""

    code: str
    short_name: str
    sector: str


def read_procedures() -> Sequence[ShippedProcedure]:
    """Return the shipped list in its order."""
    file = resources.files("satisfaction") / "data" / "procedures.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    return [ShippedProcedure(**row) for row in csv.DictReader(lines, delimiter=";")]


def load_catalogue(session: Session) -> dict[str, Procedure]:
    """Add the shipped procedures that are missing and return all of the list by their codes."""
    known = {
        procedure.national_code: procedure
        for procedure in session.scalars(
            select(Procedure).where(Procedure.valid_from_day == VALID_FROM_DAY)
        )
    }
    found: dict[str, Procedure] = {}
    for line in read_procedures():
        found[line.code] = known.get(line.code) or add_procedure(
            session,
            line.code,
            name=line.short_name,
            short_name=line.short_name,
            sector=ensure_sector(session, line.sector),
            valid_from_day=VALID_FROM_DAY,
        )
    return found
