"""Who may give which role, asked for every pair of roles and every place in the tree."""

from datetime import date
from itertools import product

import pytest

from satisfaction import accounts, clock, office, people, succession
from satisfaction.accounts import PERMISSIONS
from satisfaction.database import unit_of_work
from satisfaction.errors import AccountNotFoundError, GrantInvalidError, PermissionDeniedError
from satisfaction.models import Account, Unit
from satisfaction.people import NewRole
from satisfaction.rights import MAY_GIVE, Reach
from satisfaction.terms import Permission, Role, UnitKind
from tests.admin.officers import make_officer
from tests.conftest import Office

S, U = Role.SYSTEM_ADMINISTRATOR, Role.ADMINISTRATOR
FOUNDED = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        (Permission.READ_CASES, Permission.SEE_VOICES),
        (Permission.READ_WORDS, Permission.SEE_VOICES),
        (Permission.SEE_ALLEGATIONS, Permission.READ_WORDS),
        (Permission.HANDLE_CASES, Permission.READ_WORDS),
        (Permission.OPEN_DOSSIERS, Permission.HANDLE_CASES),
    ],
)
def test_no_role_may_do_what_it_could_not_see(given: Permission, needed: Permission) -> None:
    assert [role for role, may in PERMISSIONS.items() if given in may and needed not in may] == []


@pytest.fixture
def tree(ward: Office) -> dict[str, Unit]:
    """Return a city over the ward, a neighbour beside it, and a post under it."""
    with unit_of_work() as session:
        units = {
            name: office.add_unit(session, name, name=name, kind=UnitKind.WARD, from_day=FOUNDED)
            for name in ("above", "beside", "below")
        }
        ward_unit = session.get_one(Unit, ward.unit.id)
        for child, parent in (
            (ward_unit, units["above"]),
            (units["beside"], units["above"]),
            (units["below"], ward_unit),
        ):
            succession.move_unit(session, child, parent, from_day=FOUNDED)
    return units | {"own": ward.unit}


def _expected(giver: Role, role: Role, place: str) -> bool:
    if giver is S:
        return place in {"own", "below"}
    if giver is U and role in {Role.DESK_OFFICER, Role.SUPERVISOR}:
        return place in {"own", "below"}
    return giver is U and role is U and place == "below"


@pytest.mark.parametrize("giver", Role)
def test_every_pair_of_roles_in_every_place(tree: dict[str, Unit], giver: Role) -> None:
    make_officer("giver", giver, unit=tree["own"])
    target = make_officer("target", unit=tree["own"])
    with unit_of_work() as session:
        session.get_one(Account, target.id).unit_id = tree["own"].id
    for role, place in product(Role, ("own", "above", "beside", "below")):
        with unit_of_work() as session:
            account = accounts.get_account(session, "giver")
            officer = accounts.as_officer(session, account, clock.today())
            new = NewRole(role=role, unit_id=tree[place].id, from_day=clock.today())
            try:
                people.give_role(session, officer, target.id, new=new)
                is_given = True
            except (PermissionDeniedError, AccountNotFoundError):
                is_given = False
        assert is_given is _expected(giver, role, place), (giver, role, place)


def test_nobody_gives_a_permission_to_read_what_the_giver_may_not_and_has_no_right_to_give() -> (
    None
):
    """A unit's administrator reads no allegation, and so cannot make anybody read one."""
    for giver, given in MAY_GIVE.items():
        for role in given:
            if Permission.SEE_ALLEGATIONS in PERMISSIONS[role]:
                assert giver is S
            if Permission.MANAGE_PEOPLE in PERMISSIONS[role]:
                assert giver is S or given[role] is Reach.BELOW


def test_nobody_gives_oneself_a_role(tree: dict[str, Unit]) -> None:
    for name, role in (("system", S), ("unit", U)):
        make_officer(name, role, unit=tree["own"])
        with unit_of_work() as session:
            account = accounts.get_account(session, name)
            officer = accounts.as_officer(session, account, clock.today())
            new = NewRole(role=Role.SUPERVISOR, unit_id=tree["below"].id, from_day=clock.today())
            with pytest.raises(PermissionDeniedError):
                people.give_role(session, officer, account.id, new=new)


@pytest.mark.parametrize("higher", [Role.HEAD, Role.INSPECTOR, Role.AUDITOR, U, S])
def test_a_way_into_an_account_that_holds_more_is_not_given(
    tree: dict[str, Unit], higher: Role
) -> None:
    make_officer("giver", U, unit=tree["own"])
    target = make_officer("target", Role.DESK_OFFICER, higher, unit=tree["own"])
    deeds = (
        people.renew_start,
        people.take_factor,
        people.disable_person,
        people.enable_person,
        people.confirm_person,
    )
    for deed in deeds:
        with unit_of_work() as session:
            account = accounts.get_account(session, "giver")
            officer = accounts.as_officer(session, account, clock.today())
            with pytest.raises(PermissionDeniedError):
                deed(session, officer, target.id)
    with unit_of_work() as session:
        account = accounts.get_account(session, "giver")
        officer = accounts.as_officer(session, account, clock.today())
        with pytest.raises(PermissionDeniedError):
            people.change_person(session, officer, target.id, display_name="x", email="")


def test_a_role_elsewhere_protects_an_account_too(tree: dict[str, Unit]) -> None:
    make_officer("giver", U, unit=tree["own"])
    target = make_officer("target", Role.DESK_OFFICER, unit=tree["own"])
    with unit_of_work() as session:
        accounts.grant_role(
            session,
            accounts.get_account(session, "target"),
            Role.DESK_OFFICER,
            unit=tree["beside"],
            from_day=clock.today(),
        )
    with unit_of_work() as session:
        account = accounts.get_account(session, "giver")
        officer = accounts.as_officer(session, account, clock.today())
        sheet = people.read_person(session, officer, target.id)
        assert not sheet.may_change
        assert {one.unit_name for one in sheet.person.roles} == {"Phường Tây Hồ"}
        with pytest.raises(PermissionDeniedError):
            people.renew_start(session, officer, target.id)


def test_a_role_is_not_given_twice_nor_backwards(ward: Office) -> None:
    account = make_officer("lan", Role.DESK_OFFICER, unit=ward.unit)
    today = clock.today()
    with unit_of_work() as session:
        stored = session.get_one(Account, account.id)
        for days in ((today, None), (today, today)):
            with pytest.raises(GrantInvalidError):
                accounts.grant_role(
                    session,
                    stored,
                    Role.DESK_OFFICER,
                    unit=ward.unit,
                    from_day=days[0],
                    until_day=days[1],
                )
