"""Desks are added, written better and ended; none is moved, deleted or ended before its ratings."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from satisfaction import clock, furnishing, visits
from satisfaction.database import unit_of_work
from satisfaction.editing import Editor
from satisfaction.errors import DeskNotFoundError, OfficeChangeRefusedError
from satisfaction.faults import OfficeFault
from satisfaction.furnishing import NewDesk
from satisfaction.models import AuditEntry, Desk
from satisfaction.terms import DeskKind
from tests.conftest import Office, make_office
from tests.making import rated_visit

MAY = date(2026, 5, 1)


def _add(session: Session, ward: Office, new: NewDesk) -> Desk:
    return furnishing.add_desk(session, Editor({ward.unit.id}), unit_id=ward.unit.id, new=new)


def test_a_desk_is_added_from_a_day_on(ward: Office, session: Session) -> None:
    new = NewDesk(code="9", name="Bàn 9", detail="Đất đai", kind=DeskKind.REMOTE, from_day=MAY)
    desk = _add(session, ward, new)
    listed = furnishing.list_all_desks(session, {ward.unit.id})
    assert [(one.code, one.is_coming) for one in listed] == [
        ("1", False),
        ("2", False),
        ("9", True),
    ]
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.detail["after"] == {
        "code": "9",
        "name": "Bàn 9",
        "detail": "Đất đai",
        "kind": "remote",
        "from_day": "2026-05-01",
        "until_day": None,
    }
    assert entry.detail["desk_id"] == desk.id


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        (NewDesk(code="1", name="Bàn", from_day=MAY), OfficeFault.CODE_TAKEN),
        (NewDesk(code="9", name="", from_day=MAY), OfficeFault.NO_WORDS),
        (NewDesk(code="9", name="x" * 121, from_day=MAY), OfficeFault.WORDS_TOO_LONG),
        (NewDesk(code="9", name="Bàn", from_day=date(2023, 12, 31)), OfficeFault.BEFORE_BEGIN),
        (NewDesk(code="9", name="Bàn", from_day=MAY, until_day=MAY), OfficeFault.BEFORE_BEGIN),
        (NewDesk(code="9", name="Bàn", from_day=date(26, 5, 1)), OfficeFault.UNLIKELY_DAY),
    ],
)
def test_a_desk_that_cannot_be_is_refused(
    ward: Office, session: Session, new: NewDesk, fault: OfficeFault
) -> None:
    with pytest.raises(OfficeChangeRefusedError) as raised:
        _add(session, ward, new)
    assert raised.value.fields["fault"] is fault
    assert len(furnishing.list_all_desks(session, {ward.unit.id})) == 2


def test_a_code_is_free_again_after_its_desk(ward: Office, session: Session) -> None:
    editor = Editor({ward.unit.id})
    furnishing.retire_desk(session, editor, desk_id=ward.desks[0].id, until_day=MAY)
    again = _add(session, ward, NewDesk(code="1", name="Bàn 1 mới", from_day=MAY))
    assert again.id != ward.desks[0].id
    with pytest.raises(OfficeChangeRefusedError) as raised:
        furnishing.retire_desk(
            session, editor, desk_id=ward.desks[0].id, until_day=MAY + timedelta(days=9)
        )
    assert raised.value.fields["fault"] is OfficeFault.DAYS_OVERLAP


def test_a_desk_is_written_better_and_the_log_keeps_the_old_words(
    ward: Office, session: Session
) -> None:
    editor = Editor({ward.unit.id})
    furnishing.correct_desk(session, editor, desk_id=ward.desks[0].id, name=" Bàn  A", detail="x")
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.detail["before"] == {"name": "Bàn 1", "detail": ""}
    assert entry.detail["after"] == {"name": "Bàn A", "detail": "x"}
    with pytest.raises(OfficeChangeRefusedError) as raised:
        furnishing.correct_desk(session, editor, desk_id=ward.desks[0].id, name="Bàn A", detail="x")
    assert raised.value.fields["fault"] is OfficeFault.NOTHING_CHANGED


def test_a_desk_does_not_end_before_its_last_rating(ward: Office, session: Session) -> None:
    yesterday = clock.today() - timedelta(days=1)
    rated_visit(ward, 5, at=clock.now() - timedelta(days=1))
    editor, desk = Editor({ward.unit.id}), ward.desks[0]
    for day in (yesterday - timedelta(days=3), yesterday):
        with pytest.raises(OfficeChangeRefusedError) as raised:
            furnishing.retire_desk(session, editor, desk_id=desk.id, until_day=day)
        assert raised.value.fields["fault"] is OfficeFault.HAS_RATINGS
        assert raised.value.fields["day"] == yesterday
    furnishing.retire_desk(session, editor, desk_id=desk.id, until_day=clock.today())
    assert session.get_one(Desk, desk.id).until_day == clock.today()


def test_a_desk_does_not_end_while_somebody_is_served_there(ward: Office) -> None:
    with unit_of_work() as session:
        visits.open_visit(session, visits.NewVisit(desk_id=ward.desks[0].id))
    with unit_of_work() as session, pytest.raises(OfficeChangeRefusedError) as raised:
        furnishing.retire_desk(
            session, Editor({ward.unit.id}), desk_id=ward.desks[0].id, until_day=clock.today()
        )
    assert raised.value.fields["fault"] is OfficeFault.HAS_RATINGS


def test_the_desk_of_another_unit_is_not_found(ward: Office, session: Session) -> None:
    other = make_office(session, "00091", "Phường Phú Thượng")
    editor = Editor({ward.unit.id})
    with pytest.raises(DeskNotFoundError):
        furnishing.retire_desk(session, editor, desk_id=other.desks[0].id, until_day=MAY)
    with pytest.raises(DeskNotFoundError):
        furnishing.correct_desk(session, editor, desk_id=other.desks[0].id, name="x", detail="")
