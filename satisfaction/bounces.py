"""Read what a mail server reports of a letter that it could not deliver. Refuses all other mail.

Pure: a delivery status notification is taken apart and nothing is looked up. Whoever can write to
the mailbox can forge one, so that it is only ever believed of the letter whose identity it bears.

Source: RFC 3464 for the fields, RFC 3463 for the status codes, RFC 6522 for the parts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses

from satisfaction.errors import BounceUnreadableError

MOST_BYTES = 10 * 1024**2
_IDENTITY = re.compile(r"<[^<>\s]{1,118}>")
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_REPLY = re.compile(r"([45]\d\d)\b")
# The letter itself was refused, not who it was for: its content, or its size.
_ABOUT_THE_TEXT = re.compile(r"5\.6\.\d+|5\.3\.4|5\.2\.3")


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """What is reported of one recipient of one letter.

    ``addresses`` are all by which the report knows the recipient; ``code`` is the reply of the
    server that refused, nought where it gave none.
    """

    message_id: str
    addresses: frozenset[str]
    action: str
    status: str
    code: int
    detail: str

    @property
    def is_permanent(self) -> bool:
        """Whether the recipient failed for good."""
        return self.action == "failed" and self.status.startswith("5")

    @property
    def blames_address(self) -> bool:
        """Whether no letter at all would get there."""
        return self.is_permanent and not _ABOUT_THE_TEXT.fullmatch(self.status)


def read_bounces(content: bytes) -> tuple[Bounce, ...]:
    """Return what a report says of each recipient.

    Raises: BounceUnreadableError for what is no report, or one that names no letter.
    """
    if len(content) > MOST_BYTES:
        raise BounceUnreadableError(problem="large")
    message = message_from_bytes(content, policy=compat32)
    report = next(_parts(message, "message/delivery-status"), None)
    if report is None:
        raise BounceUnreadableError(problem="no report")
    original = _find_original(message)
    identity = _find_identity(message, original)
    if identity is None:
        raise BounceUnreadableError(problem="no identity")
    sent_to = _addresses(original.get_all("To", []) if original is not None else [])
    blocks = report.get_payload()
    recipients = [one for one in blocks if isinstance(one, Message) and one["Action"]]
    if not recipients:
        raise BounceUnreadableError(problem="no recipient")
    return tuple(_read(one, identity=identity, sent_to=sent_to) for one in recipients)


def _parts(message: Message, kind: str) -> Iterator[Message]:
    return (part for part in message.walk() if part.get_content_type() == kind)


def _find_original(message: Message) -> Message | None:
    """Return the headers of the letter that came back, whole or alone."""
    for part in _parts(message, "message/rfc822"):
        payload = part.get_payload()
        if isinstance(payload, list) and payload and isinstance(payload[0], Message):
            return payload[0]
    for part in _parts(message, "text/rfc822-headers"):
        text = part.get_payload(decode=True)
        if isinstance(text, bytes):
            return message_from_string(text.decode("utf-8", "replace"), policy=compat32)
    return None


def _find_identity(message: Message, original: Message | None) -> str | None:
    """Return the identity of the letter; some servers send none of it back but name it above."""
    named = [original["Message-ID"] if original is not None else None]
    named += [message["X-Original-Message-ID"], message["In-Reply-To"]]
    for value in named:
        found = _IDENTITY.search(str(value or ""))
        if found:
            return found[0]
    return None


def _addresses(values: list[str]) -> frozenset[str]:
    return frozenset(
        address.strip().lower() for _, address in getaddresses(map(str, values)) if "@" in address
    )


def _read(block: Message, *, identity: str, sent_to: frozenset[str]) -> Bounce:
    typed = [str(block[name] or "") for name in ("Original-Recipient", "Final-Recipient")]
    named = _addresses([one.partition(";")[2] for one in typed])
    detail = " ".join(str(block["Diagnostic-Code"] or "").partition(";")[2].split())
    status = _STATUS.search(str(block["Status"] or ""))
    reply = _REPLY.match(detail)
    if reply:
        detail = detail[reply.end() :].strip()
    return Bounce(
        message_id=identity,
        addresses=named | sent_to,
        action=str(block["Action"]).strip().lower(),
        status=status[0] if status else "",
        code=int(reply[1]) if reply else 0,
        detail=detail or (status[0] if status else ""),
    )
