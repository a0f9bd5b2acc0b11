"""Today's phường Tây Hồ, with visits and answers from the last month up to this moment.

Refuses to look ahead: a day is always invented whole and cut at this moment, so what is shown
does not depend on when the office was loaded. Units, codes and what became of the old wards are
as published; desks, opening hours and all figures are invented.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from satisfaction import calendars, clock, credentials, fleet, office
from satisfaction.demonstration.history import (
    Answer,
    Invention,
    Place,
    PlannedDossier,
    Serving,
    store,
)
from satisfaction.demonstration.words import invent_words
from satisfaction.models import Configuration, Procedure, Succession, Unit
from satisfaction.office import REASONS
from satisfaction.periods import month_period
from satisfaction.terms import (
    Channel,
    DeskKind,
    Outcome,
    SuccessionExtent,
    SuccessionKind,
    UnitKind,
    VisitKind,
)

FOUNDED_DAY = date(2025, 7, 1)
WARD_CODE = "00103"
OPEN_HOURS = "07:30-11:30, 13:30-17:00"
USUAL = (1.0, 2.5, 5.0, 37.0, 54.5)
LOWER = (4.5, 8.0, 9.0, 42.0, 36.5)
KINDS = (VisitKind.INTAKE, VisitKind.RESULT, VisitKind.GUIDANCE, VisitKind.SUPPLEMENT)
KIND_WEIGHTS = (46, 36, 12, 6)
NEIGHBOURS = {
    "00091": "Phường Phú Thượng",
    "00097": "Phường Hồng Hà",
    "00004": "Phường Ba Đình",
    "00611": "Phường Xuân Đỉnh",
}
SUCCESSIONS = {
    "P-BUOI": (WARD_CODE,),
    "P-NHATTAN": (WARD_CODE, "00097"),
    "P-PHUTHUONG": (WARD_CODE, "00091"),
    "P-QUANGAN": (WARD_CODE, "00097"),
    "P-THUYKHUE": (WARD_CODE, "00004"),
    "P-TULIEN": (WARD_CODE, "00097"),
    "P-XUANLA": (WARD_CODE, "00091", "00611"),
    "P-YENPHU": (WARD_CODE, "00097"),
}


@dataclass(frozen=True)
class DeskPlan:
    """One desk: its words, the sectors it serves, how many it serves a day, how it is judged."""

    name: str
    detail: str
    sectors: tuple[str, ...]
    visits_a_day: int
    weights: tuple[float, ...] = USUAL


DESKS = (
    DeskPlan("Bàn 1", "Hướng dẫn, tiếp nhận", ("Hộ tịch", "Cư trú", "Chứng thực"), 22),
    DeskPlan("Bàn 2", "Hộ tịch", ("Hộ tịch",), 16),
    DeskPlan("Bàn 3", "Chứng thực", ("Chứng thực",), 30),
    DeskPlan("Bàn 4", "Đất đai, xây dựng", ("Đất đai", "Xây dựng"), 14, LOWER),
    DeskPlan("Bàn 5", "Đăng ký kinh doanh", ("Hộ kinh doanh", "Hợp tác xã"), 9),
    DeskPlan("Bàn 6", "Chứng thực (tăng cường)", ("Chứng thực",), 20),
    DeskPlan(
        "Bàn 7", "Người có công, bảo trợ", ("Người có công", "Bảo trợ xã hội", "Giảm nghèo"), 8
    ),
)
ONLINE = DeskPlan("Trực tuyến", "", ("Hộ tịch", "Chứng thực", "Hộ kinh doanh"), 24)


@dataclass(frozen=True)
class Ward:
    """Today's ward and the credentials of its kiosks by the names of their desks."""

    unit: Unit
    kiosk_tokens: dict[str, str]


def load_present(
    session: Session, procedures: Sequence[Procedure], predecessors: dict[str, Unit]
) -> Ward:
    """Add today's ward, what it followed, its last whole month and this one so far."""
    unit = _add_ward(session, WARD_CODE, "Phường Tây Hồ")
    _add_successions(session, predecessors | {WARD_CODE: unit})
    configuration = office.configure_unit(
        session,
        unit,
        scale=office.load_scales(session)["five"],
        from_at=clock.start_of_day(FOUNDED_DAY),
    )
    working, resting = calendars.read_spans(OPEN_HOURS), calendars.CLOSED
    week = calendars.Week((working,) * 5 + (resting,) * 2)
    calendars.set_week(session, unit.id, week=week, from_day=FOUNDED_DAY)
    configuration.we_changed_vi = "Bàn 6 mở thêm buổi sáng để giảm chờ chứng thực."
    configuration.we_changed_en = "Desk 6 opens in the morning to shorten the wait."
    places, tokens = _add_places(session, unit, configuration)
    today = clock.today()
    first = max(FOUNDED_DAY, month_period(today.replace(day=1) - timedelta(days=1)).first_day)
    servings = [
        serving
        for offset in range((today - first).days + 1)
        for serving in _day(first + timedelta(days=offset), places, procedures)
        if serving.settled_at < clock.now() - timedelta(minutes=1)
    ]
    if servings:
        store(session, servings)
    return Ward(unit, tokens)


def _add_ward(session: Session, code: str, name: str) -> Unit:
    unit = office.add_unit(session, code, name=name, kind=UnitKind.WARD, from_day=FOUNDED_DAY)
    unit.is_demonstration = True
    return unit


def _add_successions(session: Session, units: dict[str, Unit]) -> None:
    """Keep what became of the old wards: one went whole, the others were parted."""
    units = units | {code: _add_ward(session, code, name) for code, name in NEIGHBOURS.items()}
    for predecessor, successors in SUCCESSIONS.items():
        is_whole = len(successors) == 1
        for successor in successors:
            session.add(
                Succession(
                    predecessor_id=units[predecessor].id,
                    successor_id=units[successor].id,
                    kind=SuccessionKind.MERGED if is_whole else SuccessionKind.SPLIT,
                    extent=SuccessionExtent.WHOLE if is_whole else SuccessionExtent.PART,
                    from_day=FOUNDED_DAY,
                )
            )
    session.flush()


def _add_places(
    session: Session, unit: Unit, configuration: Configuration
) -> tuple[dict[DeskPlan, Place], dict[str, str]]:
    places: dict[DeskPlan, Place] = {}
    tokens: dict[str, str] = {}
    for number, plan in enumerate(DESKS, start=1):
        desk = office.add_desk(
            session,
            unit,
            code=str(number),
            name=plan.name,
            detail=plan.detail,
            from_day=FOUNDED_DAY,
        )
        with clock.replaced(clock.start_of_day(FOUNDED_DAY)):
            enrolment = fleet.enrol_kiosk(session, desk, name=plan.name)
        credentials.begin_life(session, enrolment.kiosk)
        places[plan] = Place(desk, enrolment.kiosk, configuration)
        tokens[plan.name] = enrolment.token
    remote = office.add_desk(
        session,
        unit,
        code="TT",
        name=ONLINE.name,
        kind=DeskKind.REMOTE,
        from_day=FOUNDED_DAY,
    )
    return {**places, ONLINE: Place(remote, None, configuration)}, tokens


def _day(
    day: date, places: dict[DeskPlan, Place], procedures: Sequence[Procedure]
) -> list[Serving]:
    """Return all servings of one working day; none on a Saturday or Sunday."""
    if day.weekday() >= 5:
        return []
    found: list[Serving] = []
    for plan, place in places.items():
        matching = [p for p in procedures if p.sector.name in plan.sectors]
        found += _DeskDay(day, plan, place, matching).servings()
    return found


class _DeskDay:
    """One desk's day, decided by a seed of its own."""

    def __init__(
        self, day: date, plan: DeskPlan, place: Place, procedures: Sequence[Procedure]
    ) -> None:
        self._day = day
        self._plan = plan
        self._place = place
        self._procedures = procedures
        self._random = Random(f"hai-long {place.desk.code} {day}")
        self._invention = Invention(self._random, [code for code, *_ in REASONS])
        self._channel = Channel.IN_PERSON if place.kiosk else Channel.ONLINE

    def servings(self) -> list[Serving]:
        """Return the day's servings in their order."""
        count = max(1, round(self._plan.visits_a_day * self._random.uniform(0.75, 1.25)))
        moments = self._invention.moments(self._day, count)
        return [self._serving(number, *moment) for number, moment in enumerate(moments, start=1)]

    def _serving(self, number: int, opened_at: datetime, closed_at: datetime) -> Serving:
        at_desk = self._channel is Channel.IN_PERSON
        kind = self._random.choices(KINDS, KIND_WEIGHTS)[0] if at_desk else VisitKind.RESULT
        is_rated = self._random.random() < (0.71 if at_desk else 0.42)
        level = self._random.choices(range(1, 6), self._plan.weights)[0]
        procedure = self._random.choice(self._procedures)
        dossier = self._dossier(number, kind, procedure)
        return Serving(
            place=self._place,
            token=self._invention.token(),
            kind=kind,
            channel=self._channel,
            procedure_id=None if kind is VisitKind.GUIDANCE else procedure.id,
            opened_at=opened_at,
            closed_at=closed_at,
            outcome=Outcome.RATED if is_rated else self._invention.silence(self._channel),
            answer=self._answer(number, closed_at, level) if is_rated else None,
            dossier=dossier,
            ticket_number=f"{self._place.desk.code}{number:02d}" if at_desk else "",
        )

    def _answer(self, number: int, closed_at: datetime, level: int) -> Answer:
        answer = self._invention.answer(self._channel, closed_at, level=level)
        seed = f"{self._place.desk.code} {self._day} {number}"
        return replace(answer, comment=invent_words(seed, level=level))

    def _dossier(self, number: int, kind: VisitKind, procedure: Procedure) -> PlannedDossier | None:
        """Return the case behind a visit; guidance has none, and some results are immediate."""
        has_none = self._random.random() < 0.15
        days = self._random.choice((0, 1, 2, 4, 7))
        if kind is VisitKind.GUIDANCE or has_none:
            return None
        is_result = kind is VisitKind.RESULT
        received = self._day - timedelta(days=days) if is_result else self._day
        desk = self._place.desk
        part = desk.code if desk.code.isdigit() else "8"
        return PlannedDossier(
            code=f"X99.103.{part}-{received:%y%m%d}-{self._day:%d}{number:02d}",
            unit_id=desk.unit_id,
            desk_id=desk.id,
            procedure_id=procedure.id,
            channel=self._channel,
            received_day=received,
            due_day=self._day + timedelta(days=self._random.choice((0, 0, 1, 2, 3))),
            finished_day=self._day if is_result else None,
            returned_day=self._day if is_result else None,
            is_digitised=self._random.random() < 0.9,
        )
