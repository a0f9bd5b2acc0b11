"""How the office changes, and that figures of earlier days stay where they were counted."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from satisfaction import clock, counting, office, recording, succession
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import InvalidPeriodError, RatingRefusedError, UnitUnderItselfError
from satisfaction.figures import CountQuery
from satisfaction.models import AuditEntry, Desk, Unit, UnitParent
from satisfaction.periods import Period
from satisfaction.terms import (
    AuditAction,
    Dimension,
    RefusalReason,
    SuccessionExtent,
    SuccessionKind,
    UnitKind,
)
from tests.conftest import Office, make_office
from tests.making import finished_visit, rated_visit, tap

BEGIN = date(2024, 1, 1)
REFORM = date(2025, 7, 1)


def _unit(session: Session, code: str) -> Unit:
    return office.add_unit(session, code, name=code, kind=UnitKind.WARD, from_day=BEGIN)


def test_a_new_name_holds_from_its_day(session: Session) -> None:
    unit = _unit(session, "00103")
    succession.rename_unit(session, unit, name="Hồ  Tây", code="00104", from_day=REFORM)
    succession.rename_unit(session, unit, name="Giữa", from_day=date(2025, 1, 1))
    days = [BEGIN, date(2024, 12, 31), date(2025, 1, 1), REFORM - timedelta(days=1), REFORM]
    assert [office.name_of(unit, day).name for day in days] == [
        *("00103", "00103", "Giữa", "Giữa", "Hồ Tây")
    ]
    assert [(name.code, name.from_day, name.until_day) for name in unit.names] == [
        ("00103", BEGIN, date(2025, 1, 1)),
        ("00103", date(2025, 1, 1), REFORM),
        ("00104", REFORM, None),
    ]
    assert unit.names[-1].search == "ho tay"


@pytest.mark.parametrize("day", [BEGIN, BEGIN - timedelta(days=1)])
def test_no_name_begins_twice_or_before_the_unit(session: Session, day: date) -> None:
    unit = _unit(session, "a")
    with pytest.raises(InvalidPeriodError):
        succession.rename_unit(session, unit, name="b", from_day=day)


def test_a_unit_moves_from_a_day_on(session: Session) -> None:
    city, district, ward = (_unit(session, code) for code in "abc")
    succession.move_unit(session, ward, city, from_day=REFORM)
    succession.move_unit(session, ward, district, from_day=BEGIN)
    succession.move_unit(session, ward, None, from_day=date(2026, 1, 1))
    links = session.scalars(select(UnitParent).order_by(UnitParent.from_day)).all()
    assert [(link.parent_id, link.from_day, link.until_day) for link in links] == [
        (district.id, BEGIN, REFORM),
        (city.id, REFORM, date(2026, 1, 1)),
    ]
    with pytest.raises(InvalidPeriodError):
        succession.move_unit(session, ward, district, from_day=REFORM)


def test_a_unit_never_stands_under_itself(session: Session) -> None:
    city, district, ward = (_unit(session, code) for code in "abc")
    succession.move_unit(session, district, city, from_day=BEGIN)
    succession.move_unit(session, ward, district, from_day=REFORM)
    for unit in (city, district, ward):
        with pytest.raises(UnitUnderItselfError):
            succession.move_unit(session, city, unit, from_day=BEGIN)
    succession.move_unit(session, ward, None, from_day=date(2026, 1, 1))
    succession.move_unit(session, city, ward, from_day=date(2026, 1, 1))
    with pytest.raises(UnitUnderItselfError):
        succession.move_unit(session, ward, city, from_day=date(2026, 2, 1))


def test_figures_follow_a_unit_only_from_the_day_it_moved(ward: Office) -> None:
    with unit_of_work() as session:
        old, new = _unit(session, "old"), _unit(session, "new")
        moved = session.get_one(Unit, ward.unit.id)
        succession.move_unit(session, moved, old, from_day=BEGIN)
        succession.move_unit(session, moved, new, from_day=date(2026, 3, 5))
    for day, level in ((4, 1), (5, 5), (6, 5)):
        rated_visit(ward, level, at=datetime(2026, 3, day, 3, tzinfo=UTC))
    march = Period(date(2026, 3, 1), date(2026, 4, 1))
    with reading() as session:
        found = {
            unit.id: counting.count(session, CountQuery(unit_id=unit.id, period=march)).total
            for unit in (old, new, moved)
        }
    assert [found[unit.id].answers for unit in (old, new, moved)] == [1, 2, 3]
    assert [found[unit.id].satisfied for unit in (old, new, moved)] == [0, 2, 2]


def test_a_unit_abolished_within_the_period_keeps_its_days(ward: Office) -> None:
    """Its successor begins empty: no rating moves."""
    with unit_of_work() as session:
        city = _unit(session, "city")
        ended = session.get_one(Unit, ward.unit.id)
        succession.move_unit(session, ended, city, from_day=BEGIN)
        heir = make_office(session, "heir", "Phường kế")
        succession.add_succession(
            session,
            ended,
            successor=heir.unit,
            kind=SuccessionKind.MERGED,
            extent=SuccessionExtent.WHOLE,
            from_day=date(2026, 3, 5),
        )
        succession.move_unit(session, ended, None, from_day=date(2026, 3, 5))
        succession.move_unit(session, heir.unit, city, from_day=date(2026, 3, 5))
    for day in (3, 4, 5):
        rated_visit(ward, 5, at=datetime(2026, 3, day, 3, tzinfo=UTC))
    rated_visit(heir, 1, at=datetime(2026, 3, 6, 3, tzinfo=UTC))
    march = Period(date(2026, 3, 1), date(2026, 4, 1))
    with reading() as session:
        query = CountQuery(unit_id=city.id, period=march, by=Dimension.UNIT)
        rows = counting.count(session, query).rows
        of_heir = counting.count(session, CountQuery(unit_id=heir.unit.id, period=march)).total
    assert {row.key: row.answers for row in rows} == {"00103": 2, "heir": 1}
    assert of_heir.answers == 1


def test_succession_is_many_to_many_and_keeps_its_basis(session: Session) -> None:
    one, two, three = (_unit(session, code) for code in "abc")
    for before, after, extent in (
        (one, three, SuccessionExtent.WHOLE),
        (two, three, SuccessionExtent.PART),
        (two, one, SuccessionExtent.PART),
    ):
        succession.add_succession(
            session,
            before,
            successor=after,
            kind=SuccessionKind.MERGED,
            extent=extent,
            from_day=REFORM,
            legal_basis=" Nghị quyết  1656 ",
        )
    earlier = succession.list_predecessors(session, three)
    assert [(link.predecessor.id, link.extent) for link in earlier] == [
        (one.id, SuccessionExtent.WHOLE),
        (two.id, SuccessionExtent.PART),
    ]
    later = succession.list_successors(session, two)
    assert [link.successor.id for link in later] == [three.id, one.id]
    assert later[0].legal_basis == "Nghị quyết 1656"
    assert list(succession.list_successors(session, three)) == []


def test_a_unit_does_not_follow_itself_or_another_twice(session: Session) -> None:
    one, two = _unit(session, "a"), _unit(session, "b")

    def follow(before: Unit, after: Unit) -> None:
        succession.add_succession(
            session,
            before,
            successor=after,
            kind=SuccessionKind.RENAMED,
            extent=SuccessionExtent.WHOLE,
            from_day=REFORM,
        )

    with pytest.raises(UnitUnderItselfError):
        follow(one, one)
    follow(one, two)
    with pytest.raises(IntegrityError):
        follow(one, two)


def test_a_retired_desk_serves_until_its_day_and_stays_counted(ward: Office) -> None:
    rated_visit(ward, 5, at=clock.now() - timedelta(days=1))
    waiting = finished_visit(ward.desks[0])
    with unit_of_work() as session:
        desk = session.get_one(Desk, ward.desks[0].id)
        succession.retire_desk(session, desk, until_day=clock.today())
    with unit_of_work() as session, pytest.raises(RatingRefusedError) as caught:
        recording.record_rating(session, tap(ward, waiting))
    assert caught.value.reason is RefusalReason.RETIRED_DESK
    with reading() as session:
        march = Period(date(2026, 3, 1), date(2026, 4, 1))
        rows = counting.count(
            session, CountQuery(unit_id=ward.unit.id, period=march, by=Dimension.DESK)
        ).rows
    assert [(row.key, row.answers) for row in rows] == [(str(ward.desks[0].id), 1)]


def test_a_desk_cannot_end_before_it_began(ward: Office) -> None:
    with unit_of_work() as session:
        desk = session.get_one(Desk, ward.desks[0].id)
        with pytest.raises(InvalidPeriodError):
            succession.retire_desk(session, desk, until_day=desk.from_day)


def test_every_change_is_kept_with_who_made_it(ward: Office) -> None:
    with unit_of_work() as session:
        unit, parent = session.get_one(Unit, ward.unit.id), _unit(session, "p")
        succession.rename_unit(session, unit, name="Mới", from_day=REFORM)
        succession.move_unit(session, unit, parent, from_day=REFORM)
        desk = session.get_one(Desk, ward.desks[0].id)
        succession.retire_desk(session, desk, until_day=REFORM)
    with reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.OFFICE_CHANGED)
        ).all()
    assert [entry.unit_id for entry in entries] == [ward.unit.id] * 3
    assert [entry.detail for entry in entries] == [
        {
            "what": "unit_renamed",
            "before": {"code": "00103", "name": "Phường Tây Hồ", "kind": "ward"},
            "after": {"code": "00103", "name": "Mới", "kind": "ward"},
            "from_day": "2025-07-01",
        },
        {
            "what": "unit_moved",
            "before": {"parent_id": None},
            "after": {"parent_id": parent.id},
            "from_day": "2025-07-01",
        },
        {
            "what": "desk_retired",
            "desk_id": ward.desks[0].id,
            "desk": "Bàn 1",
            "before": {"until_day": None},
            "after": {"until_day": "2025-07-01"},
        },
    ]
