"""Who answers for a unit that is no more, and who does not."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from satisfaction import structure, succession
from satisfaction.deeds import Wanted as DeedsWanted
from satisfaction.deeds import list_deeds
from satisfaction.editing import operator
from satisfaction.heirs import answering_for, units_reached
from satisfaction.models import Unit
from satisfaction.structure import Ending
from satisfaction.terms import SuccessionExtent, SuccessionKind
from tests.core.founding import found_unit

REFORM = date(2025, 7, 1)
EVE = REFORM - timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock(now: object) -> None:
    """Let it be 2026."""


def _end(session: Session, unit: Unit, kind: SuccessionKind, *successors: Unit) -> None:
    ending = Ending(
        kind=kind,
        extent=(SuccessionExtent.PART if kind is SuccessionKind.SPLIT else SuccessionExtent.WHOLE),
        successor_ids=[one.id for one in successors],
        legal_basis="NQ 1656",
        from_day=REFORM,
    )
    structure.end_unit(session, operator(session), unit_id=unit.id, ending=ending)


def test_a_merged_unit_is_answered_for_by_its_successor_and_by_whom_it_stood_under(
    session: Session,
) -> None:
    city = found_unit(session, "c")
    old, other = found_unit(session, "a", city), found_unit(session, "o", city)
    new = found_unit(session, "n", city, REFORM)
    _end(session, old, SuccessionKind.MERGED, new)
    assert units_reached(session, [new.id], EVE) == {new.id}
    assert units_reached(session, [new.id], REFORM) == {new.id, old.id}
    assert units_reached(session, [city.id], REFORM) == {city.id, old.id, other.id, new.id}
    assert units_reached(session, [other.id], REFORM) == {other.id}
    assert answering_for(session, old.id, EVE) == {old.id, city.id}
    assert answering_for(session, old.id, REFORM) == {old.id, new.id, city.id}


def test_a_parted_unit_is_answered_for_above_and_by_none_of_its_successors(
    session: Session,
) -> None:
    city = found_unit(session, "c")
    old = found_unit(session, "a", city)
    parts = [found_unit(session, code, city, REFORM) for code in "xy"]
    _end(session, old, SuccessionKind.SPLIT, *parts)
    assert answering_for(session, old.id, REFORM) == {old.id, city.id}


def test_a_whole_level_that_was_abolished_is_reached_from_its_top(session: Session) -> None:
    district = found_unit(session, "d")
    ward = found_unit(session, "w", district)
    lower = found_unit(session, "l", ward)
    for unit in (lower, ward, district):
        _end(session, unit, SuccessionKind.DISSOLVED)
    everybody = {district.id, ward.id, lower.id}
    assert units_reached(session, [district.id], REFORM) == everybody
    assert answering_for(session, lower.id, REFORM) == everybody


def test_a_unit_that_only_moved_is_left_to_whom_it_stands_under_now(session: Session) -> None:
    before, after = found_unit(session, "b"), found_unit(session, "f")
    unit = found_unit(session, "u", before)
    succession.move_unit(session, unit, after, from_day=date(2025, 1, 1))
    assert units_reached(session, [before.id], REFORM) == {before.id}
    _end(session, unit, SuccessionKind.DISSOLVED)
    assert answering_for(session, unit.id, REFORM) == {unit.id, after.id}


def test_a_unit_that_left_its_parent_before_it_ended_is_nobodys(session: Session) -> None:
    parent = found_unit(session, "p")
    unit = found_unit(session, "u", parent)
    succession.move_unit(session, unit, None, from_day=date(2025, 1, 1))
    _end(session, unit, SuccessionKind.DISSOLVED)
    assert answering_for(session, unit.id, REFORM) == {unit.id}


def test_who_reads_the_log_of_every_living_unit_reads_all_of_it(session: Session) -> None:
    city, orphan = found_unit(session, "c"), found_unit(session, "o")
    _end(session, orphan, SuccessionKind.DISSOLVED)
    ward = found_unit(session, "w", city)
    whole = list_deeds(session, {city.id, ward.id}, DeedsWanted()).lines
    assert {line.unit_code for line in whole} >= {"c", "o", "w"}
    part = list_deeds(session, {ward.id}, DeedsWanted()).lines
    assert {line.unit_code for line in part} == {"w"}
