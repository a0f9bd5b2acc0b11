"""Units are founded, renamed, moved and ended from a day on, and their past stays as it was."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock, furnishing, office, structure, succession, unit_tree
from satisfaction.editing import Editor, operator
from satisfaction.errors import OfficeChangeRefusedError, UnitNotFoundError
from satisfaction.faults import OfficeFault
from satisfaction.models import AuditEntry, Desk, Rating, Unit
from satisfaction.structure import Ending, NewName, NewUnit
from satisfaction.terms import (
    AuditAction,
    SuccessionExtent,
    SuccessionKind,
    UnitKind,
)
from tests.conftest import Office
from tests.core.founding import BEGIN, found_unit
from tests.making import rated_visit

REFORM = date(2025, 7, 1)
LATER = date(2026, 6, 1)


def _fault(raised: pytest.ExceptionInfo[OfficeChangeRefusedError]) -> OfficeFault:
    fault: OfficeFault = raised.value.fields["fault"]
    return fault


def _name(day: date, *, code: str = "new", name: str = "Tên mới") -> NewName:
    return NewName(code=code, name=name, kind=UnitKind.COMMUNE, legal_basis="NQ 2", from_day=day)


def test_a_unit_is_founded_with_its_basis_and_the_shipped_scales(session: Session) -> None:
    city = found_unit(session, "HN")
    ward = found_unit(session, "00103", city, REFORM)
    assert [(one.code, one.legal_basis, one.from_day) for one in ward.names] == [
        ("00103", "NQ 1656", REFORM)
    ]
    rows = unit_tree.read_tree(session, {city.id}, clock.today())
    assert [(row.code, row.depth) for row in rows] == [("HN", 0), ("00103", 1)]
    assert [row.code for row in unit_tree.read_tree(session, {city.id}, BEGIN)] == ["HN"]
    assert set(office.load_scales(session)) == {"five", "three"}
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.action is AuditAction.OFFICE_CHANGED
    assert entry.detail["what"] == "unit_founded"
    assert entry.detail["after"]["from_day"] == "2025-07-01"


@pytest.mark.parametrize(
    ("code", "name", "fault"),
    [
        ("", "Tên", OfficeFault.NO_WORDS),
        ("a b", "Tên", OfficeFault.ODD_CODE),
        ("<b>", "Tên", OfficeFault.ODD_CODE),
        ("x" * 33, "Tên", OfficeFault.WORDS_TOO_LONG),
        ("x", "T" * 300, OfficeFault.WORDS_TOO_LONG),
        ("x", "\u202e\u200f\x07", OfficeFault.NO_WORDS),
        ("x", "Phường 😀", OfficeFault.ODD_SIGNS),
    ],
)
def test_odd_names_and_codes_are_refused(
    session: Session, code: str, name: str, fault: OfficeFault
) -> None:
    new = NewUnit(code=code, name=name, kind=UnitKind.WARD, from_day=BEGIN)
    with pytest.raises(OfficeChangeRefusedError) as raised:
        structure.found_unit(session, operator(session), new)
    assert _fault(raised) is fault
    assert session.scalar(select(Unit.id)) is None


def test_names_are_kept_in_one_form_and_what_is_not_seen_goes(session: Session) -> None:
    decomposed = "Phu\u031bo\u031b\u0300ng \u202eHoà <script>"
    new = NewUnit(code="x", name=decomposed, kind=UnitKind.WARD, from_day=BEGIN)
    unit = structure.found_unit(session, operator(session), new)
    assert unit.names[0].name == "Phường Hoà <script>"
    rows = unit_tree.read_tree(session, {unit.id}, clock.today())
    assert unit_tree.find_in_tree(rows, "phuong hòa") == rows
    assert unit_tree.find_in_tree(rows, "quận") == []


def test_no_two_units_bear_a_code_on_the_same_days(session: Session) -> None:
    one = found_unit(session, "a")
    with pytest.raises(OfficeChangeRefusedError) as raised:
        found_unit(session, "a", None, LATER)
    assert _fault(raised) is OfficeFault.CODE_TAKEN
    structure.rename_unit(session, operator(session), unit_id=one.id, new=_name(REFORM, code="b"))
    assert found_unit(session, "a", None, REFORM).names[0].code == "a"
    with pytest.raises(OfficeChangeRefusedError) as raised:
        found_unit(session, "b", None, LATER)
    assert _fault(raised) is OfficeFault.CODE_TAKEN


@pytest.mark.parametrize(
    ("day", "fault"),
    [
        (BEGIN, OfficeFault.DAY_TAKEN),
        (BEGIN - timedelta(days=1), OfficeFault.BEFORE_BEGIN),
        (date(1900, 1, 1), OfficeFault.UNLIKELY_DAY),
        (date(2999, 1, 1), OfficeFault.UNLIKELY_DAY),
    ],
)
def test_a_name_begins_within_the_units_life(
    session: Session, day: date, fault: OfficeFault
) -> None:
    unit = found_unit(session, "a")
    with pytest.raises(OfficeChangeRefusedError) as raised:
        structure.rename_unit(session, operator(session), unit_id=unit.id, new=_name(day))
    assert _fault(raised) is fault


def test_a_rename_keeps_the_unit_its_history_and_its_basis(session: Session) -> None:
    unit = found_unit(session, "a")
    editor = operator(session)
    structure.rename_unit(session, editor, unit_id=unit.id, new=_name(REFORM))
    sheet = unit_tree.read_unit(session, {unit.id}, unit.id)
    assert [(one.name, one.kind, one.legal_basis, one.until_day) for one in sheet.names] == [
        ("Phường a", UnitKind.WARD, "NQ 1656", REFORM),
        ("Tên mới", UnitKind.COMMUNE, "NQ 2", None),
    ]
    with pytest.raises(OfficeChangeRefusedError) as raised:
        structure.rename_unit(session, editor, unit_id=unit.id, new=_name(LATER))
    assert _fault(raised) is OfficeFault.NOTHING_CHANGED


def test_a_unit_is_never_put_under_itself(session: Session) -> None:
    city = found_unit(session, "c")
    ward = found_unit(session, "w", city)
    with pytest.raises(OfficeChangeRefusedError) as raised:
        structure.move_unit(
            session, operator(session), unit_id=city.id, parent_id=ward.id, from_day=REFORM
        )
    assert _fault(raised) is OfficeFault.UNDER_ITSELF
    later = found_unit(session, "l", None, LATER)
    with pytest.raises(OfficeChangeRefusedError) as raised:
        structure.move_unit(
            session, operator(session), unit_id=ward.id, parent_id=later.id, from_day=REFORM
        )
    assert _fault(raised) is OfficeFault.PARENT_NOT_THERE
    with pytest.raises(OfficeChangeRefusedError) as raised:
        structure.move_unit(
            session, operator(session), unit_id=ward.id, parent_id=city.id, from_day=REFORM
        )
    assert _fault(raised) is OfficeFault.NOTHING_CHANGED


def test_a_merger_ends_two_units_and_keeps_their_successor(session: Session) -> None:
    city = found_unit(session, "c")
    old = [found_unit(session, code, city) for code in "ab"]
    desk = office.add_desk(session, old[0], code="1", name="Bàn 1", from_day=BEGIN)
    new = found_unit(session, "n", city, REFORM)
    editor = operator(session)
    for unit in old:
        ending = Ending(
            kind=SuccessionKind.MERGED,
            successor_ids=[new.id],
            legal_basis="NQ 1656/NQ-UBTVQH15",
            from_day=REFORM,
        )
        structure.end_unit(session, editor, unit_id=unit.id, ending=ending)
    assert desk.until_day == REFORM
    before = unit_tree.read_tree(session, {city.id}, REFORM - timedelta(days=1))
    after = unit_tree.read_tree(session, {city.id}, REFORM)
    assert [row.code for row in before] == ["c", "a", "b"]
    assert [row.code for row in after] == ["c", "n"]
    sheet = unit_tree.read_unit(session, {city.id}, new.id)
    assert [(one.name, one.extent, one.legal_basis) for one in sheet.before] == [
        ("Phường a", SuccessionExtent.WHOLE, "NQ 1656/NQ-UBTVQH15"),
        ("Phường b", SuccessionExtent.WHOLE, "NQ 1656/NQ-UBTVQH15"),
    ]
    ended = unit_tree.read_unit(session, {city.id}, old[0].id)
    assert ended.ended_on == REFORM
    assert [one.unit_id for one in ended.after] == [new.id]
    with pytest.raises(OfficeChangeRefusedError) as raised:
        structure.rename_unit(session, editor, unit_id=old[0].id, new=_name(LATER))
    assert _fault(raised) is OfficeFault.AFTER_END


@pytest.mark.parametrize(
    ("ending", "fault"),
    [
        (Ending(kind=SuccessionKind.MERGED, from_day=REFORM), OfficeFault.NEEDS_SUCCESSOR),
        (
            Ending(kind=SuccessionKind.DISSOLVED, successor_ids=[2], from_day=REFORM),
            OfficeFault.NEEDS_NO_SUCCESSOR,
        ),
        (
            Ending(kind=SuccessionKind.MERGED, successor_ids=[1], from_day=REFORM),
            OfficeFault.UNDER_ITSELF,
        ),
        (
            Ending(kind=SuccessionKind.SPLIT, successor_ids=[2], from_day=REFORM),
            OfficeFault.WHOLE_TO_ONE,
        ),
        (
            Ending(kind=SuccessionKind.MERGED, successor_ids=[3], from_day=REFORM),
            OfficeFault.SUCCESSOR_NOT_THERE,
        ),
        (Ending(kind=SuccessionKind.DISSOLVED, from_day=BEGIN), OfficeFault.BEFORE_BEGIN),
    ],
)
def test_an_ending_that_makes_no_sense_is_refused_whole(
    session: Session, ending: Ending, fault: OfficeFault
) -> None:
    first, second, third = (
        found_unit(session, "a"),
        found_unit(session, "b"),
        found_unit(session, "c"),
    )
    third.names[0].from_day = LATER
    numbers = {1: first.id, 2: second.id, 3: third.id}
    real = Ending(
        kind=ending.kind,
        extent=ending.extent,
        successor_ids=[numbers[one] for one in ending.successor_ids],
        from_day=ending.from_day,
    )
    with pytest.raises(OfficeChangeRefusedError) as raised:
        structure.end_unit(session, operator(session), unit_id=first.id, ending=real)
    assert _fault(raised) is fault
    assert first.names[-1].until_day is None


def test_a_unit_with_units_under_it_or_ratings_since_does_not_end(
    ward: Office, session: Session
) -> None:
    rated_visit(ward, 5, at=clock.now() - timedelta(hours=1))
    editor = operator(session)
    today, tomorrow = clock.today(), clock.today() + timedelta(days=1)
    dissolved = Ending(kind=SuccessionKind.DISSOLVED, from_day=today)
    with pytest.raises(OfficeChangeRefusedError) as raised:
        structure.end_unit(session, editor, unit_id=ward.unit.id, ending=dissolved)
    assert (_fault(raised), raised.value.fields["day"]) == (OfficeFault.HAS_RATINGS, today)
    child = found_unit(session, "x")
    unit = session.get_one(Unit, ward.unit.id)
    succession.move_unit(session, child, unit, from_day=REFORM)
    dissolved = Ending(kind=SuccessionKind.DISSOLVED, from_day=tomorrow)
    with pytest.raises(OfficeChangeRefusedError) as raised:
        structure.end_unit(session, operator(session), unit_id=unit.id, ending=dissolved)
    assert _fault(raised) is OfficeFault.HAS_UNITS
    succession.move_unit(session, child, None, from_day=tomorrow)
    structure.end_unit(session, operator(session), unit_id=unit.id, ending=dissolved)
    assert session.scalar(select(Rating.seq)) is not None
    desks = session.scalars(select(Desk).where(Desk.unit_id == unit.id)).all()
    assert {desk.until_day for desk in desks} == {tomorrow}


def test_nobody_reaches_beyond_their_own_units(session: Session) -> None:
    own, other = found_unit(session, "a"), found_unit(session, "b")
    editor = Editor({own.id})
    with pytest.raises(UnitNotFoundError):
        structure.rename_unit(session, editor, unit_id=other.id, new=_name(REFORM))
    with pytest.raises(UnitNotFoundError):
        structure.move_unit(session, editor, unit_id=own.id, parent_id=other.id, from_day=REFORM)
    with pytest.raises(UnitNotFoundError):
        unit_tree.read_unit(session, {own.id}, other.id)
    with pytest.raises(UnitNotFoundError):
        furnishing.add_desk(
            session,
            editor,
            unit_id=other.id,
            new=furnishing.NewDesk(code="1", name="Bàn", from_day=BEGIN),
        )
