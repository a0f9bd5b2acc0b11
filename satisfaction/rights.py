"""Who may give which role, and whose account somebody may change: one table, and nothing beside it.

Refuses to let anybody give more than the table says, to oneself least of all.
Source: docs/people.md.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from satisfaction.accounts import Officer
from satisfaction.models import Account, Grant
from satisfaction.office import units_under
from satisfaction.terms import Permission, Role


class Reach(StrEnum):
    """Where a role may be given: in one's own unit and under it, or only under it."""

    WITHIN = "within"
    BELOW = "below"


# The system's administrator gives every role. A unit's administrator gives the roles of those who
# serve and supervise there, and appoints administrators only of units under the own one: nobody
# makes an equal. Heads, inspectors and auditors read what an administrator may not, so that the
# administrator cannot give that to anybody either.
MAY_GIVE: Mapping[Role, Mapping[Role, Reach]] = {
    Role.SYSTEM_ADMINISTRATOR: dict.fromkeys(Role, Reach.WITHIN),
    Role.ADMINISTRATOR: {
        Role.DESK_OFFICER: Reach.WITHIN,
        Role.SUPERVISOR: Reach.WITHIN,
        Role.ADMINISTRATOR: Reach.BELOW,
    },
    Role.DESK_OFFICER: {},
    Role.SUPERVISOR: {},
    Role.HEAD: {},
    Role.INSPECTOR: {},
    Role.AUDITOR: {},
}


def list_units_to_give(
    session: Session, giver: Account, day: date
) -> Mapping[Role, frozenset[int]]:
    """Return within which units an officer may give each role on a day."""
    found: dict[Role, frozenset[int]] = {}
    for held in giver.grants:
        if not held.holds_on(day):
            continue
        within = units_under(session, [held.unit_id], day)
        for role, reach in MAY_GIVE[held.role].items():
            units = within if reach is Reach.WITHIN else within - {held.unit_id}
            found[role] = found.get(role, frozenset()) | units
    return {role: units for role, units in found.items() if units}


def open_grants(account: Account, day: date) -> list[Grant]:
    """Return the roles that an account holds on a day or will hold."""
    return [one for one in account.grants if one.until_day is None or day < one.until_day]


def may_change(session: Session, officer: Officer, account: Account, *, day: date) -> bool:
    """Say whether an officer may disable an account, renew its way in, or change what it is.

    Only who could have given every role that the account holds: otherwise a new way in would make
    somebody of a ward an administrator of the city. Nobody's own account is changed this way.
    """
    if officer.account_id == account.id:
        return False
    giver = session.get_one(Account, officer.account_id)
    given = list_units_to_give(session, giver, day)
    held = open_grants(account, day)
    if not held:
        scope = officer.scope(Permission.MANAGE_PEOPLE)
        return belongs_to(account, scope) or is_over_all(giver, day)
    return all(one.unit_id in given.get(one.role, frozenset()) for one in held)


def belongs_to(account: Account, unit_ids: frozenset[int]) -> bool:
    """Say whether an account is one of these units', by where it belongs or by any role."""
    return account.unit_id in unit_ids or any(one.unit_id in unit_ids for one in account.grants)


def is_over_all(account: Account, day: date) -> bool:
    """Say whether an account is the system's administrator."""
    return any(
        one.role is Role.SYSTEM_ADMINISTRATOR and one.holds_on(day) for one in account.grants
    )
