"""The office: what stood where when, what it was called, and what its kiosks show."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from satisfaction import clock, office
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import AmbiguousUnitError, DeskNotFoundError, UnitNotFoundError
from satisfaction.models import Desk, Level, Procedure, Reason, Scale, Unit, UnitParent
from satisfaction.periods import Period, day_period, quarter_period, year_period
from satisfaction.terms import FollowUp, Leaning, UnitKind
from tests.conftest import Office
from tests.making import rated_visit

REFORM = date(2025, 7, 1)
BEGIN = date(2024, 1, 1)


def _unit(
    session: Session, code: str, *, parent: Unit | None = None, until_day: date | None = None
) -> Unit:
    return office.add_unit(
        session,
        code,
        name=f"Đơn vị {code}",
        kind=UnitKind.WARD,
        from_day=BEGIN,
        until_day=until_day,
        parent=parent,
    )


def test_a_code_names_the_unit_that_bore_it_in_the_period(session: Session) -> None:
    old = _unit(session, "00103", until_day=REFORM)
    new = office.add_unit(session, "00103", name="Phường mới", kind=UnitKind.WARD, from_day=REFORM)
    for period, unit in (
        (quarter_period(2024, 1), old),
        (day_period(REFORM - timedelta(days=1)), old),
        (day_period(REFORM), new),
        (quarter_period(2026, 1), new),
    ):
        assert office.get_unit_by_code(session, "00103", period).id == unit.id
    with pytest.raises(AmbiguousUnitError):
        office.get_unit_by_code(session, "00103", year_period(2025))
    with pytest.raises(UnitNotFoundError):
        office.get_unit_by_code(session, "00103", year_period(2023))
    with pytest.raises(UnitNotFoundError):
        office.get_unit_by_code(session, "x", year_period(2025))


def test_a_unit_that_was_renamed_under_one_code_is_one_unit(session: Session) -> None:
    from satisfaction import succession

    unit = _unit(session, "00103")
    succession.rename_unit(session, unit, name="Phường Tây Hồ", from_day=REFORM)
    assert office.get_unit_by_code(session, "00103", year_period(2025)).id == unit.id


def test_unknown_units_and_desks_are_named_errors(session: Session) -> None:
    with pytest.raises(UnitNotFoundError):
        office.get_unit(session, 4711)
    with pytest.raises(DeskNotFoundError):
        office.get_desk(session, 4711)
    with pytest.raises(DeskNotFoundError):
        office.get_desk_by_code(session, 4711, code="1", day=REFORM)


def test_a_unit_bears_its_nearest_name_outside_its_life(session: Session) -> None:
    unit = _unit(session, "a", until_day=REFORM)
    for day in (date(2020, 1, 1), BEGIN, REFORM, date(2030, 1, 1)):
        assert office.name_of(unit, day).name == "Đơn vị a"


def test_desks_and_procedures_are_those_of_the_day_in_reading_order(session: Session) -> None:
    unit, other = _unit(session, "a"), _unit(session, "b")
    for name, until_day in (("Bàn 10", None), ("Bàn 2", None), ("Bàn 1", REFORM)):
        office.add_desk(session, unit, code=name, name=name, from_day=BEGIN, until_day=until_day)
    office.add_desk(session, other, code="x", name="Bàn khác", from_day=BEGIN)
    sector = office.ensure_sector(session, "Hộ tịch")
    assert office.ensure_sector(session, "  Hộ tịch ").id == sector.id
    for name, until_day in (("Đăng ký", None), ("Cấp bản sao", REFORM), ("Ân xá", None)):
        office.add_procedure(
            session,
            name,
            name=name,
            short_name=name,
            sector=sector,
            valid_from_day=BEGIN,
            valid_until_day=until_day,
        )

    def names(day: date) -> tuple[list[str], list[str]]:
        desks = office.list_desks(session, [unit.id], day)
        return [desk.name for desk in desks], [
            procedure.name for procedure in office.list_procedures(session, day)
        ]

    assert names(REFORM) == (["Bàn 2", "Bàn 10"], ["Ân xá", "Đăng ký"])
    assert names(REFORM - timedelta(days=1)) == (
        ["Bàn 1", "Bàn 2", "Bàn 10"],
        ["Ân xá", "Cấp bản sao", "Đăng ký"],
    )
    assert names(BEGIN - timedelta(days=1)) == ([], [])
    assert office.get_desk_by_code(session, unit.id, code="Bàn 1", day=BEGIN).name == "Bàn 1"
    with pytest.raises(DeskNotFoundError):
        office.get_desk_by_code(session, unit.id, code="Bàn 1", day=REFORM)


def test_segments_part_a_period_where_parents_change(session: Session) -> None:
    city, district, ward = (_unit(session, code) for code in "abc")
    session.add_all(
        [
            UnitParent(unit_id=district.id, parent_id=city.id, from_day=BEGIN, until_day=REFORM),
            UnitParent(unit_id=ward.id, parent_id=district.id, from_day=BEGIN, until_day=REFORM),
            UnitParent(unit_id=ward.id, parent_id=city.id, from_day=REFORM),
        ]
    )
    session.flush()
    year = year_period(2025)
    parts = office.segments_under(session, city.id, year)
    assert [(part.period, set(part.unit_ids)) for part in parts] == [
        (Period(year.first_day, REFORM), {city.id, district.id, ward.id}),
        (Period(REFORM, year.end_day), {city.id, ward.id}),
    ]
    parts = office.segments_under(session, district.id, year)
    assert [part.unit_ids for part in parts] == [{district.id, ward.id}, {district.id}]
    parts = office.segments_under(session, ward.id, year)
    assert [(part.period, set(part.unit_ids)) for part in parts] == [(year, {ward.id})]
    both = office.units_under(session, [district.id, ward.id], REFORM)
    assert both == {district.id, ward.id}


def test_a_circle_of_parents_hangs_nothing(session: Session) -> None:
    one, other = _unit(session, "a"), _unit(session, "b")
    for unit, parent in ((one, other), (other, one)):
        session.add(UnitParent(unit_id=unit.id, parent_id=parent.id, from_day=BEGIN))
    session.flush()
    assert office.units_under(session, [one.id], REFORM) == {one.id, other.id}
    assert office.find_configuration(session, one.id, clock.now()) is None


def test_a_kiosk_shows_its_unit_s_newest_version_or_its_parent_s(session: Session) -> None:
    scales = office.load_scales(session)
    city, ward = _unit(session, "a"), _unit(session, "b")
    session.add(UnitParent(unit_id=ward.id, parent_id=city.id, from_day=BEGIN, until_day=REFORM))
    begin, reform = clock.start_of_day(BEGIN), clock.start_of_day(REFORM)
    first = office.configure_unit(session, city, scale=scales["three"], from_at=begin)
    second = office.configure_unit(
        session, city, scale=scales["five"], from_at=begin + timedelta(days=1)
    )

    def shown(unit: Unit, hours: float) -> int | None:
        found = office.find_configuration(session, unit.id, begin + timedelta(hours=hours))
        return found.id if found else None

    assert [shown(ward, hours) for hours in (-1, 0, 23.9, 24)] == [
        None,
        first.id,
        first.id,
        second.id,
    ]
    assert office.find_configuration(session, ward.id, reform) is None
    own = office.configure_unit(
        session, ward, scale=scales["five"], from_at=begin + timedelta(days=2)
    )
    same_moment = office.configure_unit(session, ward, scale=scales["five"], from_at=own.from_at)
    assert (shown(ward, 48), shown(city, 48)) == (same_moment.id, second.id)
    assert (own.follow_up, own.allows_unlinked) == (FollowUp.LOW, False)


def test_the_shipped_scales_are_loaded_once(app: Flask) -> None:
    for _ in range(2):
        with unit_of_work() as session:
            scales = office.load_scales(session)
            assert set(scales) == {"five", "three"}
    with reading() as session:
        counts = [
            session.scalar(select(func.count()).select_from(model))
            for model in (Scale, Level, Reason)
        ]
        five = session.scalars(select(Scale).where(Scale.code == "five")).one()
        leanings = [level.leaning for level in five.levels]
    assert counts == [2, 8, len(office.REASONS)]
    assert leanings == [
        Leaning.DISSATISFIED,
        Leaning.DISSATISFIED,
        Leaning.NEUTRAL,
        Leaning.SATISFIED,
        Leaning.SATISFIED,
    ]


@pytest.mark.parametrize("model", [Unit, Desk, Procedure, Level, Scale])
def test_what_ratings_stand_on_cannot_be_deleted(
    ward: Office, model: type[Unit | Desk | Procedure | Level | Scale]
) -> None:
    rated_visit(ward, 5, at=clock.now(), procedure_id=ward.procedures[0].id)

    def remove() -> None:
        with unit_of_work() as session:
            session.execute(delete(model))

    with pytest.raises(IntegrityError):
        remove()
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(model))
