"""Public holidays of a year, as a start for the table that holds. Refuses to decide anything.

Tết, compensation days and swapped working days come by decision of the Government; what is known
here is what the library of holidays knew when it was made, and somebody looks at it before it
counts.
Source: Labour Code 2019, Article 112; 24/11, Vietnam Culture Day, a day off from 2026.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

FIRST_YEAR, LAST_YEAR = 2000, 2100
CULTURE_DAY = (11, 24)
CULTURE_DAY_SINCE = 2026
CULTURE_DAY_NAME = "Ngày Văn hóa Việt Nam"
_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_WEEKEND = {5, 6}


@dataclass(frozen=True)
class ProposedDay:
    """A day off, or a day of the weekend on which offices work in place of ``instead_of``."""

    day: date
    name: str
    instead_of: date | None = None

    @property
    def is_working(self) -> bool:
        """Whether offices are open on it."""
        return self.instead_of is not None


def propose_days(year: int) -> list[ProposedDay]:
    """Return what is known of a year's holidays and swapped days, in their order."""
    # The library is large, and only this page and this command need it.
    import holidays

    known = holidays.country_holidays("VN", years=year, language="vi")
    found = {day: ProposedDay(day, name) for day, name in known.items() if day.year == year}
    for off in list(found.values()):
        if (work := _swapped_with(off)) is not None and work.year == year:
            name = f"Làm bù cho ngày nghỉ {off.day:%d/%m/%Y}"
            found[work] = ProposedDay(work, name, instead_of=off.day)
    _complete(found, year)
    return [found[day] for day in sorted(found)]


def _swapped_with(off: ProposedDay) -> date | None:
    """Return the day of the weekend that is worked for a day off, where its name says so."""
    said = _DAY.search(off.name)
    if said is None:
        return None
    day = date(int(said[3]), int(said[2]), int(said[1]))
    return day if day.weekday() in _WEEKEND else None


def _complete(found: dict[date, ProposedDay], year: int) -> None:
    """Add the day that older versions of the library do not know, and its compensation."""
    day = date(year, *CULTURE_DAY)
    if year < CULTURE_DAY_SINCE or day in found:
        return
    found[day] = ProposedDay(day, CULTURE_DAY_NAME)
    following = day
    while following.weekday() in _WEEKEND:
        following += timedelta(days=1)
    if following != day:
        found[following] = ProposedDay(following, f"{CULTURE_DAY_NAME} (nghỉ bù)")


def knows(year: Any) -> bool:
    """Say whether a year can be asked for."""
    return isinstance(year, int) and FIRST_YEAR <= year <= LAST_YEAR
