"""Change what a unit's devices and links do, from now on. Refuses to change an earlier version.

A change adds a version, so that every rating can still name the one that it was given under.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.audit import record_deed
from satisfaction.errors import UnitNotConfiguredError
from satisfaction.models import Configuration, Unit
from satisfaction.office import find_configuration
from satisfaction.terms import AuditAction, FollowUp

_KEPT = (
    "scale_id",
    "follow_up",
    "follow_up_most",
    "reason_codes",
    "allows_unlinked",
    "idle_seconds",
    "has_chime",
    "invitation_hours",
    "office_title",
    "we_changed_vi",
    "we_changed_en",
    "emblem_digest",
)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is to be different; None leaves a thing as it is."""

    allows_unlinked: bool | None = None
    invitation_hours: int | None = None
    follow_up: FollowUp | None = None
    follow_up_most: int | None = None
    idle_seconds: int | None = None
    has_chime: bool | None = None
    scale_id: int | None = None
    reason_codes: list[str] | None = None
    office_title: str | None = None
    we_changed_vi: str | None = None
    we_changed_en: str | None = None
    emblem_digest: str | None = None


def change_configuration(
    session: Session,
    unit: Unit,
    changes: Changes,
    *,
    changed_by_id: int | None = None,
    from_at: datetime | None = None,
) -> Configuration:
    """Add a version for a unit that differs from what is in force there then; now, unless said.

    A unit that went by what stands above it has a version of its own from then on. An empty
    ``emblem_digest`` takes the mark away.
    Writes: configuration, audit_entry.
    Raises: UnitNotConfiguredError.
    """
    from_at = from_at or clock.now()
    current = find_configuration(session, unit.id, from_at)
    if current is None:
        raise UnitNotConfiguredError(unit_id=unit.id)
    wanted = {name: value for name, value in vars(changes).items() if value is not None}
    kept = {name: getattr(current, name) for name in _KEPT}
    new = kept | wanted
    new["emblem_digest"] = new["emblem_digest"] or None
    version = Configuration(unit_id=unit.id, from_at=from_at, **new)
    session.add(version)
    session.flush()
    record_deed(
        session,
        AuditAction.OFFICE_CHANGED,
        account_id=changed_by_id,
        unit_id=unit.id,
        detail={
            "what": "shown_changed",
            "configuration_id": version.id,
            "from_at": from_at.isoformat(),
            "before": {name: kept[name] for name in wanted},
            "after": wanted,
        },
    )
    return version
