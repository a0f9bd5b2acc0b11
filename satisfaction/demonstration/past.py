"""Quận Tây Hồ and its eight phường in the first quarter of 2024, with the published figures.

Refuses to leave a published figure to chance: dossiers, online dossiers and satisfied answers are
dealt out exactly; everything that was not published, such as how many visits were rated, how many
dossiers were early rather than on time, and on which day, is invented and says so.

Source: the published report on Tây Hồ, Quý I/2024: 1.400 dossiers of the district, 1.145 of them
online; 3.382 of the wards, 2.167 online; all early or on time; 2.655 satisfied answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from satisfaction import clock, fleet, office
from satisfaction.demonstration.history import (
    Invention,
    Place,
    PlannedDossier,
    Serving,
    store,
)
from satisfaction.models import Configuration, Procedure, Unit
from satisfaction.office import REASONS
from satisfaction.periods import quarter_period
from satisfaction.terms import Channel, DeskKind, Outcome, UnitKind, VisitKind

QUARTER = quarter_period(2024, 1)
KNOWN_FROM_DAY = date(2024, 1, 1)
ABOLISHED_DAY = date(2025, 7, 1)
DISTRICT_CODE = "Q-TAYHO"
CLOSED_DAYS = frozenset(
    [date(2024, 1, 1), *(date(2024, 2, 8) + timedelta(days=n) for n in range(7))]
)
SECTORS = {
    "Hộ tịch, chứng thực": ("Hộ tịch", "Chứng thực"),
    "Kinh doanh, xã hội": ("Hộ kinh doanh", "Bảo trợ xã hội", "Người có công", "Giảm nghèo"),
}


@dataclass(frozen=True)
class Share:
    """What one unit contributes to the published sums; ``early`` and later fields are invented."""

    code: str
    name: str
    dossiers: int
    online: int
    early: int
    satisfied: int
    neutral: int
    dissatisfied: int

    @property
    def rated(self) -> int:
        """Visits of this unit that were rated."""
        return self.satisfied + self.neutral + self.dissatisfied


DISTRICT = Share(DISTRICT_CODE, "Quận Tây Hồ", 1400, 1145, 1036, 752, 47, 27)
WARDS = (
    Share("P-BUOI", "Phường Bưởi", 512, 331, 365, 290, 18, 10),
    Share("P-NHATTAN", "Phường Nhật Tân", 389, 247, 276, 217, 14, 7),
    Share("P-PHUTHUONG", "Phường Phú Thượng", 458, 288, 322, 256, 17, 10),
    Share("P-QUANGAN", "Phường Quảng An", 301, 199, 217, 175, 10, 5),
    Share("P-THUYKHUE", "Phường Thụy Khuê", 402, 261, 288, 229, 15, 8),
    Share("P-TULIEN", "Phường Tứ Liên", 327, 203, 229, 181, 12, 6),
    Share("P-XUANLA", "Phường Xuân La", 541, 349, 386, 305, 21, 11),
    Share("P-YENPHU", "Phường Yên Phụ", 452, 289, 318, 250, 17, 8),
)


def working_days() -> list[date]:
    """Return the days of the quarter on which this demonstration has the offices open."""
    return [d for d in QUARTER.days() if d.weekday() < 5 and d not in CLOSED_DAYS]


def load_past(session: Session, procedures: Sequence[Procedure]) -> dict[str, Unit]:
    """Add the district, its wards and their quarter; return the units by their codes."""
    opened_at = clock.start_of_day(KNOWN_FROM_DAY)
    district = _add_unit(session, DISTRICT, parent=None)
    units = {DISTRICT.code: district}
    for share in WARDS:
        units[share.code] = _add_unit(session, share, parent=district)
    configuration = office.configure_unit(
        session,
        district,
        scale=office.load_scales(session)["five"],
        from_at=opened_at,
        office_title="Bộ phận Một cửa",
    )
    servings: list[Serving] = []
    for number, share in enumerate((DISTRICT, *WARDS), start=1):
        places = _add_places(session, units[share.code], configuration)
        servings += _Quarter(share, number, places, procedures).servings()
    store(session, servings)
    _retire_kiosks(session, servings)
    return units


def _add_unit(session: Session, share: Share, parent: Unit | None) -> Unit:
    unit = office.add_unit(
        session,
        share.code,
        name=share.name,
        kind=UnitKind.DISTRICT if parent is None else UnitKind.WARD,
        from_day=KNOWN_FROM_DAY,
        until_day=ABOLISHED_DAY,
        parent=parent,
    )
    unit.is_demonstration = True
    return unit


def _add_places(session: Session, unit: Unit, configuration: Configuration) -> list[Place]:
    """Add a counter with a kiosk for each group of sectors, and the place for online dossiers."""
    places = []
    for number, detail in enumerate(SECTORS, start=1):
        desk = office.add_desk(
            session,
            unit,
            code=str(number),
            name=f"Bàn {number}",
            detail=detail,
            from_day=KNOWN_FROM_DAY,
            until_day=ABOLISHED_DAY,
        )
        with clock.replaced(clock.start_of_day(KNOWN_FROM_DAY)):
            kiosk = fleet.enrol_kiosk(session, desk, name=desk.name).kiosk
        places.append(Place(desk, kiosk, configuration))
    remote = office.add_desk(
        session,
        unit,
        code="TT",
        name="Trực tuyến",
        kind=DeskKind.REMOTE,
        from_day=KNOWN_FROM_DAY,
        until_day=ABOLISHED_DAY,
    )
    return [*places, Place(remote, None, configuration)]


def _retire_kiosks(session: Session, servings: Sequence[Serving]) -> None:
    """Take the credentials of the abolished offices' devices away, on that day."""
    kiosks = {s.place.kiosk.id: s.place.kiosk for s in servings if s.place.kiosk}
    with clock.replaced(clock.start_of_day(ABOLISHED_DAY)):
        for kiosk in kiosks.values():
            fleet.revoke_kiosk(session, kiosk)


class _Quarter:
    """One unit's quarter: every quota is dealt out exactly, in an order that the seed decides."""

    def __init__(
        self, share: Share, number: int, places: Sequence[Place], procedures: Sequence[Procedure]
    ) -> None:
        self._share = share
        self._number = number
        *self._counters, self._remote = places
        self._random = Random(f"hai-long {share.code} 2024-Q1")
        self._invention = Invention(self._random, [code for code, *_ in REASONS])
        self._days = working_days()
        self._procedures = {
            detail: [p for p in procedures if p.sector.name in sectors]
            for detail, sectors in SECTORS.items()
        }

    def servings(self) -> list[Serving]:
        """Return one visit for each dossier, on the day the dossier was finished."""
        share = self._share
        fives, ones = share.satisfied * 3 // 5, share.dissatisfied // 3
        answers = [5] * fives + [4] * (share.satisfied - fives) + [3] * share.neutral
        answers += [2] * (share.dissatisfied - ones) + [1] * ones
        online, early, levels = (
            self._deal([True] * share.online),
            self._deal([True] * share.early),
            self._deal(answers),
        )
        by_day: dict[int, list[int]] = {}
        for place in range(share.dossiers):
            by_day.setdefault(self._random.randrange(len(self._days)), []).append(place)
        found: list[Serving] = []
        for day, places in sorted(by_day.items()):
            moments = self._invention.moments(self._days[day], len(places))
            for place, moment in zip(places, moments, strict=True):
                dossier, at = self._dossier(
                    f"{len(found) + 1:04d}",
                    day,
                    is_online=bool(online[place]),
                    is_early=bool(early[place]),
                )
                found.append(self._serving(dossier, at, moment, levels[place]))
        return found

    def _deal(self, given: Sequence[int]) -> list[int]:
        """Return the given values and noughts for the rest of the dossiers, shuffled."""
        dealt = [*given, *[0] * (self._share.dossiers - len(given))]
        self._random.shuffle(dealt)
        return dealt

    def _dossier(
        self, sequence: str, day: int, *, is_online: bool, is_early: bool
    ) -> tuple[PlannedDossier, Place]:
        """Return a case that was received and finished within the quarter, and where."""
        counter = self._random.choice(self._counters)
        place = self._remote if is_online else counter
        finished = self._days[day]
        received = self._days[max(0, day - self._random.choice((0, 0, 1, 2, 3, 5, 8)))]
        spare = self._random.choice((1, 1, 2, 3, 5)) if is_early else 0
        dossier = PlannedDossier(
            code=f"X99.{self._number:02d}-{received:%y%m%d}-{sequence}",
            unit_id=place.desk.unit_id,
            desk_id=place.desk.id,
            procedure_id=self._random.choice(self._procedures[counter.desk.detail]).id,
            channel=Channel.ONLINE if is_online else Channel.IN_PERSON,
            received_day=received,
            due_day=finished + timedelta(days=spare),
            finished_day=finished,
            returned_day=finished,
            is_digitised=is_online or self._random.random() < 0.7,
        )
        return dossier, place

    def _serving(
        self, dossier: PlannedDossier, place: Place, moment: tuple[datetime, datetime], level: int
    ) -> Serving:
        opened_at, closed_at = moment
        answer = self._invention.answer(dossier.channel, closed_at, level=level) if level else None
        return Serving(
            place=place,
            token=self._invention.token(),
            kind=VisitKind.RESULT,
            channel=dossier.channel,
            procedure_id=dossier.procedure_id,
            opened_at=opened_at,
            closed_at=closed_at,
            outcome=Outcome.RATED if answer else self._invention.silence(dossier.channel),
            answer=answer,
            dossier=dossier,
        )
