"""By the units of today: whole successors take over, what was split stays apart, totals agree."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from satisfaction import clock, counting, office, structure, succession
from satisfaction.database import reading, unit_of_work
from satisfaction.editing import operator
from satisfaction.errors import UnitNotFoundError
from satisfaction.figures import CountQuery
from satisfaction.models import Unit
from satisfaction.periods import Period
from satisfaction.present_view import count_present, find_present
from satisfaction.structure import Ending
from satisfaction.terms import SuccessionExtent, SuccessionKind, UnitKind
from tests.conftest import Office, make_office
from tests.making import rated_visit

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))


def _end(session: Session, unit_id: int, kind: SuccessionKind, *successors: int) -> None:
    is_whole = kind is SuccessionKind.MERGED
    ending = Ending(
        kind=kind,
        extent=SuccessionExtent.WHOLE if is_whole else SuccessionExtent.PART,
        successor_ids=successors,
        from_day=clock.today(),
    )
    structure.end_unit(session, operator(session), unit_id=unit_id, ending=ending)


def test_both_views_have_one_total_and_only_whole_units_are_taken_over(ward: Office) -> None:
    with unit_of_work() as session:
        split = make_office(session, "00091", "Phường Phú Thượng")
        heir = make_office(session, "00100", "Phường Mới")
        city = office.add_unit(
            session, "HN", name="Hà Nội", kind=UnitKind.CITY, from_day=date(2024, 1, 1)
        )
        for one in (ward, split, heir):
            unit = session.get_one(Unit, one.unit.id)
            succession.move_unit(session, unit, city, from_day=date(2024, 1, 1))
    yesterday = clock.now() - timedelta(days=1)
    for one, levels in ((ward, (5, 1)), (split, (1, 1, 4)), (heir, (5,))):
        for level in levels:
            rated_visit(one, level, at=yesterday)
    with unit_of_work() as session:
        _end(session, ward.unit.id, SuccessionKind.MERGED, heir.unit.id)
        _end(session, split.unit.id, SuccessionKind.SPLIT, heir.unit.id)
    with reading() as session:
        view = count_present(session, {city.id}, unit_id=city.id, period=MARCH)
        at_the_time = counting.count(session, CountQuery(unit_id=city.id, period=MARCH)).total
    assert [(row.name, row.included, row.answers, row.satisfied) for row in view.rows] == [
        ("Phường Mới", ("Phường Tây Hồ",), 3, 2)
    ]
    assert view.rest is not None
    assert (view.rest.included, view.rest.answers) == (("Phường Phú Thượng",), 3)
    assert view.total.answers == at_the_time.answers == 6
    assert sum(row.answers for row in (*view.rows, view.rest)) == view.total.answers
    assert sum(row.finished_visits for row in (*view.rows, view.rest)) == 6


def test_a_chain_of_whole_mergers_is_followed_and_a_dissolution_ends_it(session: Session) -> None:
    units = [
        office.add_unit(session, code, name=code, kind=UnitKind.WARD, from_day=date(2024, 1, 1))
        for code in "abc"
    ]
    for unit in units:
        session.refresh(unit, ["names"])
    _end(session, units[0].id, SuccessionKind.MERGED, units[1].id)
    assert find_present(session, units[0].id, clock.today()) == units[1].id
    units[1].names[-1].until_day = clock.today()
    session.flush()
    assert find_present(session, units[0].id, clock.today()) is None
    succession.add_succession(
        session,
        units[1],
        successor=units[2],
        kind=SuccessionKind.RENAMED,
        extent=SuccessionExtent.WHOLE,
        from_day=clock.today(),
    )
    assert find_present(session, units[0].id, clock.today()) == units[2].id
    assert find_present(session, units[0].id, clock.today() - timedelta(days=1)) == units[0].id


def test_another_unit_is_not_counted(ward: Office, session: Session) -> None:
    with pytest.raises(UnitNotFoundError):
        count_present(session, set(), unit_id=ward.unit.id, period=MARCH)
