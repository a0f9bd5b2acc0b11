"""Found units for tests as an operator does."""

from datetime import date

from sqlalchemy.orm import Session

from satisfaction import structure
from satisfaction.editing import operator
from satisfaction.models import Unit
from satisfaction.structure import NewUnit
from satisfaction.terms import UnitKind

BEGIN = date(2024, 1, 1)


def found_unit(session: Session, code: str, parent: Unit | None = None, day: date = BEGIN) -> Unit:
    """Found a ward under another unit, or at the top, from a day on."""
    new = NewUnit(
        code=code,
        name=f"Phường {code}",
        kind=UnitKind.WARD,
        legal_basis="NQ 1656",
        from_day=day,
        parent_id=parent.id if parent else None,
    )
    return structure.found_unit(session, operator(session), new)
