"""Keep who did what. Refuses citizens' words and full network addresses."""

import logging
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.logs import DEEDS
from satisfaction.models import AuditEntry
from satisfaction.terms import AuditAction

# From which network the request at hand comes, for those that officers send.
_network: ContextVar[str] = ContextVar("_network", default="")


def come_from(network: str) -> None:
    """Say from which network the deeds of this request come; nothing for citizens' requests."""
    _network.set(network)


def record_deed(
    session: Session,
    action: AuditAction,
    *,
    account_id: int | None = None,
    unit_id: int | None = None,
    network: str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add one entry to the log, within the unit of work of the deed itself."""
    network = network or _network.get()
    entry = AuditEntry(
        at=clock.now(),
        action=action,
        account_id=account_id,
        unit_id=unit_id,
        network=network,
        detail=detail or {},
    )
    session.add(entry)
    told = {"account": account_id, "unit": unit_id, "network": network, "detail": detail or {}}
    event.listen(session, "after_commit", lambda _session: _tell(action, told), once=True)
    return entry


def _tell(action: AuditAction, told: dict[str, Any]) -> None:
    """Tell the log for programs, and through it a monitoring centre, once the deed is stored."""
    logging.getLogger(DEEDS).info(action.value, extra=told)
