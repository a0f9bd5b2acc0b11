"""Dockets: what the server told a device of a visit, sealed so that nobody else makes one.

A device hands a docket back with what was answered, and a server that was restored from a copy
knows by it a visit that was opened after the copy. Refuses what anybody else made, and to hold a
dossier or a citizen's data. Passes are made the same way: words with which a desk's page speaks for
its officer while the server is away.
"""

import base64
import binascii
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from satisfaction.sealing import derive_key, seal, unseal
from satisfaction.terms import Channel, VisitKind

LONGEST_WORD = 600
_DOCKET = "docket"
_OF_DESK = "desk pass"
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Docket:
    """The facts of a finished visit; ``procedure`` is a national code, empty where none is known.

    A restored server may give a number anew, so nothing but the unit, the desk and the officer is
    named by one; whoever makes the visit again checks these. ``is_offline`` is never written: it
    says that no server told of the visit, but an officer whose pass was found to hold.
    """

    visit: uuid.UUID
    unit_id: int
    desk_id: int
    kind: VisitKind
    channel: Channel
    ticket_number: str
    procedure: str
    opened_by_id: int | None
    opened_at: datetime
    closed_at: datetime
    is_assisted: bool
    is_offline: bool = False


@dataclass(frozen=True, kw_only=True)
class DeskPass:
    """Who may open visits at which desk while the server is away, and from when until when."""

    account_id: int
    unit_id: int
    desk_id: int
    from_at: datetime
    until_at: datetime


def write_docket(docket: Docket, installation_key: str) -> str:
    """Return a docket as one word that tells nothing and that nobody else can write.

    Shape: letters, digits, ``-`` and ``_``; about 230 characters.
    """
    facts = [
        docket.visit.hex,
        docket.unit_id,
        docket.desk_id,
        docket.kind,
        docket.channel,
        docket.ticket_number,
        docket.procedure,
        docket.opened_by_id,
        (docket.opened_at - _FIRST) // _MICROSECOND,
        (docket.closed_at - _FIRST) // _MICROSECOND,
        int(docket.is_assisted),
    ]
    return _write(facts, _DOCKET, installation_key)


def read_docket(word: object, installation_key: str) -> Docket | None:
    """Return the docket in a word, or nothing where this installation did not write it."""
    text = _read(word, _DOCKET, installation_key)
    return _read_facts(text) if text is not None else None


def _read_facts(text: str) -> Docket:
    visit, unit, desk, kind, channel, ticket, procedure, officer, opened, closed, helped = (
        json.loads(text)
    )
    return Docket(
        visit=uuid.UUID(visit),
        unit_id=unit,
        desk_id=desk,
        kind=VisitKind(kind),
        channel=Channel(channel),
        ticket_number=ticket,
        procedure=procedure,
        opened_by_id=officer,
        opened_at=_FIRST + opened * _MICROSECOND,
        closed_at=_FIRST + closed * _MICROSECOND,
        is_assisted=bool(helped),
    )


def write_pass(desk_pass: DeskPass, installation_key: str) -> str:
    """Return a pass as one word that tells nothing and that nobody else can write."""
    facts = [
        desk_pass.account_id,
        desk_pass.unit_id,
        desk_pass.desk_id,
        (desk_pass.from_at - _FIRST) // _MICROSECOND,
        (desk_pass.until_at - _FIRST) // _MICROSECOND,
    ]
    return _write(facts, _OF_DESK, installation_key)


def read_pass(word: object, installation_key: str) -> DeskPass | None:
    """Return the pass in a word, or nothing where this installation did not write it."""
    text = _read(word, _OF_DESK, installation_key)
    if text is None:
        return None
    account, unit, desk, begun, over = json.loads(text)
    return DeskPass(
        account_id=account,
        unit_id=unit,
        desk_id=desk,
        from_at=_FIRST + begun * _MICROSECOND,
        until_at=_FIRST + over * _MICROSECOND,
    )


def _write(facts: Sequence[object], purpose: str, installation_key: str) -> str:
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    sealed = seal(text, key=_key(installation_key, purpose), about=purpose)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _read(word: object, purpose: str, installation_key: str) -> str | None:
    if not isinstance(word, str) or not 0 < len(word) <= LONGEST_WORD:
        return None
    try:
        sealed = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
        return unseal(sealed, key=_key(installation_key, purpose), about=purpose)
    except (binascii.Error, ValueError):
        return None


@lru_cache(maxsize=4)
def _key(installation_key: str, purpose: str) -> bytes:
    return derive_key(installation_key, purpose)
