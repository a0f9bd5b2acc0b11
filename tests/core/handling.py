"""Open and change cases for tests, as an officer does on a page."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from satisfaction import (
    case_changes,
    case_opening,
    cases,
    clock,
)
from satisfaction.case_changes import Change, Seen
from satisfaction.cases import CaseSheet
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import (
    CaseRefusedError,
)
from satisfaction.faults import CaseFault
from satisfaction.voice_rows import Reader

MONDAY = date(2026, 3, 9)
WHY = "Chờ sở trả lời văn bản"


def yesterday(hour: int) -> datetime:
    """Return a moment of the day before."""
    return clock.start_of_day(MONDAY) + timedelta(hours=hour)


def opened(who: Reader, name: str, change: Change | None = None) -> Seen:
    """Open a case for a voice."""
    with unit_of_work() as session:
        [case] = case_opening.open_cases(session, who, [name], change=change or Change())
        return Seen(case.token, case.version)


def changed(who: Reader, seen: Seen, **fields: Any) -> Seen:
    """Change a case, and return it as a page would name it now."""
    with unit_of_work() as session:
        case = case_changes.change_case(session, who, seen, change=Change(**fields))
        return Seen(case.token, case.version)


def sheet(who: Reader, seen: Seen) -> CaseSheet:
    """Return a case as an officer sees it."""
    with reading() as session:
        return cases.read_case(session, who, seen.token)


def fault(caught: pytest.ExceptionInfo[CaseRefusedError]) -> CaseFault:
    """Return why a change was refused."""
    found: CaseFault = caught.value.fields["fault"]
    return found
