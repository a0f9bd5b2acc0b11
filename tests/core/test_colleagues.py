"""Whom cases may be given to: by unit, in several units at once, and never past a permission."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from satisfaction import (
    accounts,
    case_changes,
    case_opening,
    clock,
    colleagues,
    office,
    voice_sheets,
)
from satisfaction.case_changes import Change, Seen
from satisfaction.cases import CasesWanted
from satisfaction.colleagues import Colleague
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import CaseRefusedError
from satisfaction.faults import CaseFault
from satisfaction.models import Account, AuditEntry, Case, CaseEvent, UnitParent
from satisfaction.periods import Period
from satisfaction.terms import CaseState, Role, UnitKind
from satisfaction.voice_rows import Reader, Wanted
from tests.admin.officers import make_officer
from tests.conftest import Office, make_office
from tests.core.voicing import NAMES, reader, speak

BEGIN = date(2024, 1, 1)
WEEK = Period(date(2026, 3, 3), date(2026, 3, 11))


@pytest.fixture
def beside(ward: Office) -> Office:
    """Return an office that stands beside the ward, under nothing that both share."""
    with unit_of_work() as session:
        return make_office(session, "00091", "Phường Phú Thượng")


@pytest.fixture
def people(ward: Office, beside: Office) -> dict[str, Account]:
    """Return who handles cases: here, there, in both, and who answers for here."""
    both = make_officer("mai", Role.SUPERVISOR, unit=ward.unit)
    with unit_of_work() as session:
        account = session.get_one(Account, both.id)
        accounts.grant_role(session, account, Role.INSPECTOR, unit=beside.unit, from_day=BEGIN)
    make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    return {
        "mai": both,
        "hanh": make_officer("hanh", Role.SUPERVISOR, unit=ward.unit),
        "xuan": make_officer("xuan", Role.SUPERVISOR, unit=beside.unit),
        "binh": make_officer("binh", Role.HEAD, unit=ward.unit),
    }


def spoken(where: Office, *reasons: str) -> str:
    """Return the name of a low rating of yesterday."""
    return NAMES.name(speak(where, 1, at=clock.now() - timedelta(days=1), reasons=reasons))


def offered(who: Reader, unit_id: int | None = None) -> tuple[Colleague, ...]:
    """Return whom the lists of voices and of cases offer, which is the same."""
    with reading() as session:
        sheet = voice_sheets.read_voices(session, who, Wanted(period=WEEK), unit_id=unit_id, page=1)
        listed = voice_sheets.read_cases(
            session, who, CasesWanted(), unit_id=unit_id, page=1, period=WEEK
        )
    assert sheet.colleagues == listed.colleagues
    return sheet.colleagues


def told(found: tuple[Colleague, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Return what a page says of colleagues."""
    return [(one.name.removeprefix("Cán bộ "), one.unit_names) for one in found]


def refused(who: Reader, names: list[str], account: Account) -> dict[str, object]:
    """Return why several voices cannot be given to an officer."""
    with pytest.raises(CaseRefusedError) as caught, unit_of_work() as session:
        case_opening.open_cases(session, who, names, change=Change(assignee_id=account.id))
    return dict(caught.value.fields)


def count(model: type[Case | CaseEvent | AuditEntry]) -> int:
    """Return how many rows there are."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_side_by_side_everybody_is_offered_with_the_units_of_each(
    ward: Office, beside: Office, people: dict[str, Account]
) -> None:
    who = reader(Role.INSPECTOR, ward, beside)
    here, there = "Phường Tây Hồ", "Phường Phú Thượng"
    assert told(offered(who)) == [
        ("binh", (here,)),
        ("hanh", (here,)),
        ("mai", (there, here)),
        ("xuan", (there,)),
    ]
    assert told(offered(who, ward.unit.id)) == [("binh", ()), ("hanh", ()), ("mai", ())]
    assert told(offered(reader(Role.SUPERVISOR, beside))) == [("mai", ()), ("xuan", ())]
    assert offered(reader(Role.AUDITOR, ward, beside)) == ()


def test_who_is_over_several_units_is_named_with_the_unit_above_them(
    ward: Office, beside: Office, people: dict[str, Account]
) -> None:
    with unit_of_work() as session:
        city = office.add_unit(session, "01", name="Thành phố", kind=UnitKind.CITY, from_day=BEGIN)
        for one in (ward, beside):
            session.add(UnitParent(unit_id=one.unit.id, parent_id=city.id, from_day=BEGIN))
    make_officer("thanh", Role.INSPECTOR, unit=city)
    who = reader(Role.INSPECTOR, ward, beside)
    assert ("thanh", ("Thành phố",)) in told(offered(who))
    with reading() as session:
        reach = colleagues.read_reach(
            session, people["mai"].id, {ward.unit.id, beside.unit.id, city.id}
        )
    assert reach.cases == {ward.unit.id, beside.unit.id}
    assert reach.allegations == {beside.unit.id}


def test_what_is_out_of_an_officers_units_is_counted_and_nothing_is_kept(
    ward: Office, beside: Office, people: dict[str, Account]
) -> None:
    who = reader(Role.INSPECTOR, ward, beside, account_id=people["mai"].id)
    names = [spoken(ward), spoken(ward), spoken(beside)]
    before = [count(model) for model in (Case, CaseEvent, AuditEntry)]
    expected = {"fault": CaseFault.NOT_FOR_ALL, "outside": 1, "unseen": 0, "of": 3}
    assert refused(who, names, people["hanh"]) == expected
    assert refused(who, names, people["xuan"]) == expected | {"outside": 2}
    assert [count(model) for model in (Case, CaseEvent, AuditEntry)] == before
    with unit_of_work() as session:
        change = Change(assignee_id=people["mai"].id)
        opened = case_opening.open_cases(session, who, names, change=change)
        seen = [Seen(case.token, case.version) for case in opened]
    before = [count(model) for model in (Case, CaseEvent, AuditEntry)]
    change = Change(assignee_id=people["hanh"].id, state=CaseState.DONE, note="Xong")
    with pytest.raises(CaseRefusedError) as caught, unit_of_work() as session:
        case_changes.change_cases(session, who, seen, change=change)
    assert caught.value.fields == expected
    assert [count(model) for model in (Case, CaseEvent, AuditEntry)] == before


def test_an_allegation_is_given_to_nobody_who_may_not_see_it(
    ward: Office, beside: Office, people: dict[str, Account]
) -> None:
    who = reader(Role.INSPECTOR, ward, beside, account_id=people["mai"].id)
    names = [spoken(ward, "fee"), spoken(ward), spoken(beside)]
    expected = {"fault": CaseFault.NOT_FOR_ALL, "outside": 1, "unseen": 1, "of": 3}
    assert refused(who, names, people["hanh"]) == expected
    assert refused(who, names[:2], people["hanh"]) == expected | {"outside": 0, "of": 2}
    assert refused(who, names, people["binh"]) == expected | {"unseen": 0}
    # Who may not see allegations is told nothing of one: it is a low rating like any other.
    blind = reader(Role.SUPERVISOR, ward, beside, account_id=people["mai"].id)
    assert refused(blind, names, people["hanh"]) == expected | {"unseen": 0}
    with unit_of_work() as session:
        change = Change(assignee_id=people["hanh"].id)
        case_opening.open_cases(session, blind, names[:2], change=change)
