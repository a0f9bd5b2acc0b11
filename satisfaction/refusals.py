"""Keep what was delivered and not counted, with its reason. Refuses to keep a citizen's words."""

import hashlib
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from satisfaction import clock
from satisfaction.models import AuditEntry, Kiosk, Rating, Refusal
from satisfaction.taps import RecordingOutcome, Tap
from satisfaction.terms import AuditAction, RecordingResult, RefusalReason

PAGE_LENGTH = 50
_INSERT_REFUSAL = {
    "sqlite": sqlite.insert(Refusal).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(Refusal).on_conflict_do_nothing(),
}


@dataclass(frozen=True, kw_only=True)
class RefusedItem:
    """An item of a device's queue that is no readable tap: its name, whose it is, what it said."""

    item_id: uuid.UUID
    kiosk_id: int
    reason: RefusalReason
    content: Mapping[str, int | str | None]
    device_epoch: int | None = None
    device_counter: int | None = None


def keep_refused_item(connection: Connection, item: RefusedItem) -> None:
    """Keep a refused item of a queue that is no readable tap; the same one is kept once."""
    content = dict(item.content)
    row = {
        "rating_id": item.item_id,
        "content_hash": _hash(content),
        "kiosk_id": item.kiosk_id,
        "device_epoch": item.device_epoch,
        "device_counter": item.device_counter,
        "received_at": clock.now(),
        "reason": item.reason,
        "content": content,
    }
    connection.execute(_INSERT_REFUSAL[connection.dialect.name], row)


def _hash(content: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(content).encode()).digest()


@dataclass(frozen=True)
class KeptRefusal:
    """Something that a device delivered and that is not counted; it tells no level."""

    received_at: datetime
    kiosk_name: str
    reason: RefusalReason


@dataclass(frozen=True)
class RefusalPage:
    """One page of what was delivered in vain, and how much there is in all."""

    refusals: Sequence[KeptRefusal]
    total: int
    page: int
    page_count: int


def list_refusals(session: Session, unit_ids: Collection[int], *, page: int = 1) -> RefusalPage:
    """Return one page of what the devices of these units delivered in vain, the newest first.

    What was counted after all, as once a device was paired anew, is not in vain. A page beyond
    the last one is the last one.
    """
    counted = exists().where(Rating.id == Refusal.rating_id)
    in_vain = (
        Kiosk.unit_id.in_(unit_ids),
        or_(Refusal.reason == RefusalReason.CONFLICT, ~counted),
    )
    total = session.scalar(select(func.count()).select_from(Refusal).join(Kiosk).where(*in_vain))
    page_count = max(1, -(-(total or 0) // PAGE_LENGTH))
    page = min(max(1, page), page_count)
    rows = session.execute(
        select(Refusal.received_at, Kiosk.name, Refusal.reason)
        .join(Kiosk)
        .where(*in_vain)
        .order_by(Refusal.received_at.desc(), Refusal.id.desc())
        .limit(PAGE_LENGTH)
        .offset((page - 1) * PAGE_LENGTH)
    )
    return RefusalPage([KeptRefusal(*row) for row in rows], total or 0, page, page_count)


def keep_refusals(
    connection: Connection,
    refused: Sequence[tuple[Tap, RecordingOutcome]],
    *,
    known_kiosks: Collection[int],
) -> None:
    """Keep what was not counted, with its reason and without the citizen's words.

    A device that does not exist stands in the content only, where no key refers to it.
    """
    for tap, outcome in refused:
        content = _content(tap)
        row = {
            "rating_id": tap.rating_id,
            "content_hash": _hash(content),
            "kiosk_id": tap.kiosk_id if tap.kiosk_id in known_kiosks else None,
            "device_epoch": tap.device_epoch,
            "device_counter": tap.device_counter,
            "received_at": clock.now(),
            "reason": outcome.reason,
            "content": content,
        }
        kept = connection.execute(_INSERT_REFUSAL[connection.dialect.name], row)
        if kept.rowcount and outcome.result is RecordingResult.CONFLICT:
            connection.execute(
                insert(AuditEntry),
                {
                    "at": row["received_at"],
                    "action": AuditAction.RATING_CONFLICT,
                    "detail": {"rating_id": str(tap.rating_id), "kiosk_id": tap.kiosk_id},
                },
            )


def _content(tap: Tap) -> dict[str, Any]:
    """Return what identifies a delivery, as JSON can hold it; a comment leaves only its length.

    What the server itself told of the visit does not belong to it: it may come sealed anew.
    """
    content = asdict(tap)
    del content["docket"]
    content["comment"] = len(tap.comment)
    return {
        name: value if isinstance(value, int | str | None) else str(value)
        for name, value in content.items()
    }
