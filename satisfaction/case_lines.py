"""The line on a unit's waiting screens, and the case that it came from. Refuses to change it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.case_figures import sees_case
from satisfaction.models import Case, CaseEvent, Configuration, Desk
from satisfaction.office import find_configuration
from satisfaction.terms import CaseDeed
from satisfaction.voice_rows import Reader


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The case that a line came from."""

    token: uuid.UUID
    desk_name: str
    day: date


@dataclass(frozen=True, kw_only=True)
class ShownLine:
    """What the waiting screens say now; ``origin`` is None where no case that is seen said it.

    ``configuration_id`` names the version that says it.
    """

    configuration_id: int
    vi: str
    en: str
    origin: Origin | None


def find_shown(session: Session, reader: Reader, unit_id: int) -> ShownLine | None:
    """Return the line that a unit's screens show now; None where nothing is said of its screens."""
    current = find_configuration(session, unit_id, clock.now())
    if current is None:
        return None
    return ShownLine(
        configuration_id=current.id,
        vi=current.we_changed_vi,
        en=current.we_changed_en,
        origin=_find_origin(session, reader, unit_id, current),
    )


def is_shown_still(session: Session, configuration_id: int, current: Configuration) -> bool:
    """Say whether the screens say what they said in an earlier version."""
    seen = session.get(Configuration, configuration_id)
    return seen is not None and _words_of(seen) == _words_of(current)


def _words_of(configuration: Configuration) -> Mapping[str, str]:
    return {"vi": configuration.we_changed_vi, "en": configuration.we_changed_en}


def _find_origin(
    session: Session, reader: Reader, unit_id: int, current: Configuration
) -> Origin | None:
    """Return the case that said the line last, while one of its languages is there yet."""
    found = session.execute(
        select(CaseEvent.detail, Case.id)
        .join(Case, Case.id == CaseEvent.case_id)
        .where(Case.unit_id == unit_id, CaseEvent.deed == CaseDeed.PUBLISHED)
        .order_by(CaseEvent.at.desc(), CaseEvent.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None or not _is_there(found.detail, _words_of(current)):
        return None
    case = session.execute(
        select(Case.token, Case.day, Desk.name)
        .join(Desk, Desk.id == Case.desk_id)
        .where(Case.id == found.id, sees_case(reader))
    ).one_or_none()
    return None if case is None else Origin(token=case.token, desk_name=case.name, day=case.day)


def _is_there(said: Mapping[str, Any], shown: Mapping[str, str]) -> bool:
    return any(words and said.get(language) == words for language, words in shown.items())
