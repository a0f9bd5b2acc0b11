"""Plant citizens' voices for tests: answers with reasons and words, given at a moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from satisfaction import accounts, clock, recording
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Rating
from satisfaction.pseudonyms import Pseudonyms
from satisfaction.terms import Permission, Role
from satisfaction.voice_rows import Reader
from tests.conftest import Office
from tests.making import finished_visit, tap

NAMES = Pseudonyms("a secret of these tests", purpose="voices")


def speak(
    ward: Office,
    level: int,
    *,
    at: datetime,
    reasons: tuple[str, ...] = (),
    words: str = "",
    **fields: Any,
) -> int:
    """Finish a visit and answer it at once; return the rating's own key."""
    desk = fields.pop("desk", 0)
    with clock.replaced(at):
        visit = finished_visit(ward.desks[desk], at=at, **fields)
        given = tap(ward, visit, desk=desk, level=level, reasons=reasons, comment=words)
        with unit_of_work() as session:
            recording.record_rating(session, given)
    with reading() as session:
        seq = session.scalar(select(Rating.seq).where(Rating.id == given.rating_id))
    assert seq is not None
    return seq


def reader(role: Role, *offices: Office, account_id: int = 0, names: Pseudonyms = NAMES) -> Reader:
    """Return a reader who holds a role in these offices."""
    granted = frozenset(office.unit.id for office in offices)

    def scope(permission: Permission) -> frozenset[int]:
        return granted if permission in accounts.PERMISSIONS[role] else frozenset()

    return Reader(
        account_id=account_id,
        names=names,
        voices=scope(Permission.SEE_VOICES),
        words=scope(Permission.READ_WORDS),
        allegations=scope(Permission.SEE_ALLEGATIONS),
        cases=scope(Permission.READ_CASES),
        handling=scope(Permission.HANDLE_CASES),
        dossiers=scope(Permission.OPEN_DOSSIERS),
    )
