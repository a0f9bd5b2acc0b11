"""What the page of a unit's policy shows. Refuses units that the officer does not look after."""

from collections.abc import Set
from dataclasses import dataclass

from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.errors import UnitNotFoundError
from satisfaction.office import get_unit, name_of
from satisfaction.policies import Policy, read_policies, set_policy
from satisfaction.text import sort_key

__all__ = ["PolicySheet", "UnitOption", "read_policy", "set_policy"]


@dataclass(frozen=True)
class UnitOption:
    """A unit whose policy an officer may set."""

    unit_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class PolicySheet:
    """A unit's policy; ``set_by`` is the unit above that set it, empty for its own or the usual."""

    units: tuple[UnitOption, ...]
    unit: UnitOption
    policy: Policy
    has_own: bool
    set_by: str


def read_policy(session: Session, scope: Set[int], unit_id: int | None) -> PolicySheet:
    """Return what a unit of these holds to, or the first of them.

    Raises: UnitNotFoundError for a unit outside the scope, and when there is none in it.
    """
    today = clock.today()
    options = [UnitOption(one, name_of(get_unit(session, one), today).name) for one in scope]
    units = tuple(sorted(options, key=lambda one: sort_key(one.name)))
    chosen = next((one for one in units if unit_id in {None, one.unit_id}), None)
    if chosen is None:
        raise UnitNotFoundError(unit_id=unit_id)
    policy, setter = read_policies(session).with_setter(chosen.unit_id, today)
    has_own = setter == chosen.unit_id
    above = "" if setter is None or has_own else name_of(get_unit(session, setter), today).name
    return PolicySheet(units=units, unit=chosen, policy=policy, has_own=has_own, set_by=above)
