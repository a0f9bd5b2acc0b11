"""A real mail server on loopback, that does to a letter whatever a test asks for."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from satisfaction.mail import MailServer
from tests.engines import free_port

SENDER = "danhgia@example.gov.vn"


@dataclass
class PostOffice:
    """What arrived, and how the server behaves.

    ``on_address`` and ``on_text`` answer instead of the server; ``dies`` closes the connection
    after the text was taken and before the answer.
    """

    server: MailServer
    arrived: list[EmailMessage] = field(default_factory=list)
    returns_to: set[str] = field(default_factory=set)
    connections: int = 0
    dies: int = 0
    on_address: Callable[[str], str | None] = lambda _address: None
    on_text: Callable[[], str | None] = lambda: None

    def to(self, address: str) -> list[EmailMessage]:
        """Return what arrived for an address."""
        return [one for one in self.arrived if one["To"] == address]


class _Handler:
    def __init__(self, office: PostOffice) -> None:
        self.office = office

    async def handle_EHLO(  # noqa: N802 - named by aiosmtpd
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: Any
    ) -> Any:
        self.office.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        refused = self.office.on_address(address)
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        said = self.office.on_text()
        if said:
            return said
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        self.office.returns_to.add(envelope.mail_from or "")
        self.office.arrived.append(message)
        if self.office.dies:
            self.office.dies -= 1
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 taken"


@contextmanager
def post_office(
    *,
    tls: ssl.SSLContext | None = None,
    is_implicit: bool = False,
    sign_in: tuple[str, str] | None = None,
    **fields: Any,
) -> Iterator[PostOffice]:
    """Run a mail server until the block ends; TLS is begun by a command, or with the connection."""
    port = free_port()
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none" if tls is None else "tls" if is_implicit else "starttls",
        "sender": SENDER,
        "socket_seconds": 10.0,
        "longest_seconds": 20.0,
    }
    office = PostOffice(MailServer(**(values | fields)))
    options: dict[str, Any] = {"ssl_context": tls}
    if not is_implicit:
        options = {"tls_context": tls, "require_starttls": tls is not None}
    if sign_in:

        def check(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
            assert isinstance(data, LoginPassword)
            given = (data.login.decode(), data.password.decode())
            return AuthResult(success=given == sign_in, handled=False)

        options |= {
            "authenticator": check,
            "auth_required": True,
            # What is asked is whether TLS was begun by a command.
            "auth_require_tls": tls is not None and not is_implicit,
        }
    controller = Controller(_Handler(office), hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@contextmanager
def slow_server(says: bytes) -> Iterator[int]:
    """Run a server that says one byte each half second; yield its port."""
    started: list[asyncio.AbstractEventLoop] = []
    port = free_port()

    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                for byte in says:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.5)
        except OSError:
            pass
        finally:
            writer.close()

    async def serve() -> None:
        started.append(asyncio.get_running_loop())
        server = await asyncio.start_server(speak, "127.0.0.1", port)
        ready.set()
        async with server:
            await stopped.wait()

    import threading

    ready = threading.Event()
    stopped = asyncio.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(5)
    try:
        yield port
    finally:
        started[0].call_soon_threadsafe(stopped.set)
        thread.join(10)
