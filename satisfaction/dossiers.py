"""Know dossiers by source system and code. Refuses to guess what a dossier does not say.

Source: NĐ 61/2018/NĐ-CP Điều 26 and TT 01/2018/TT-VPCP Điều 19 for the form of a code, read
tolerantly, because codes of later forms and of ministries' own systems are in use beside it.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.errors import DossierCodeMissingError
from satisfaction.models import Dossier
from satisfaction.terms import Channel
from satisfaction.text import plain_hyphens

DEFAULT_SOURCE = "one-stop"
LONGEST_CODE = 80
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
    try:
        day = date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return False
    return day <= clock.today()


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
