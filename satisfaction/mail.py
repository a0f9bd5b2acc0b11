"""Deliver one message after another to a mail server. SMTP only; refuses to know what it says.

Every step has its time: a server that says one byte a second holds nobody up. The certificate is
always checked, and whatever goes wrong is told apart by what it means for another try.
"""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import TracebackType

from satisfaction import clock
from satisfaction.errors import MailServerError
from satisfaction.outbox import Answer, HeldDelivery, Outcome

SOCKET_SECONDS = 10.0
LONGEST_SECONDS = 60.0
MOST_PER_CONNECTION = 50
_LINE_START = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where letters are handed in, and how; ``security`` is starttls, tls or none.

    ``bounces`` is where failures are reported to, the sender itself where it is empty.
    Units: ``socket_seconds`` for one answer of the network, ``longest_seconds`` for one letter.
    """

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""
    sender: str = ""
    bounces: str = ""
    ca_file: str = ""
    socket_seconds: float = SOCKET_SECONDS
    longest_seconds: float = LONGEST_SECONDS

    def __repr__(self) -> str:
        """Return the server without its password."""
        return f"MailServer({self.host}:{self.port}, {self.security})"


class Courier:
    """One connection to a mail server, opened when it is needed and used again."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._delivered = 0

    def __enter__(self) -> "Courier":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take leave of the server, and be gone where it does not answer."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            with self._in_time(smtp, 5.0):
                smtp.quit()
        except (OSError, smtplib.SMTPException):
            smtp.close()

    def connect(self) -> None:
        """Reach the server, by TLS where it is asked for, and sign in.

        Raises: MailServerError saying what is wrong with the server; no letter was touched.
        """
        if self._smtp is not None:
            return
        try:
            self._smtp = self._open()
        except ssl.SSLCertVerificationError as problem:
            raise MailServerError(
                problem="certificate", detail=problem.verify_message or str(problem)
            ) from problem
        except smtplib.SMTPAuthenticationError as problem:
            raise MailServerError(problem="sign-in", detail=_words(problem.smtp_error)) from problem
        except smtplib.SMTPNotSupportedError as problem:
            raise MailServerError(problem="unsupported", detail=str(problem)) from problem
        except (OSError, smtplib.SMTPException) as problem:
            raise MailServerError(problem="unreachable", detail=_reason(problem)) from problem

    def _open(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context(cafile=server.ca_file or None)
        name = server.sender.rpartition("@")[2] or "localhost"
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                timeout=server.socket_seconds, local_hostname=name, context=context
            )
        else:
            smtp = smtplib.SMTP(timeout=server.socket_seconds, local_hostname=name)
        # The name is what the certificate has to bear; connect() alone does not set it, and a
        # constructor that is given it connects at once, outside of the time that is allowed.
        smtp._host = server.host  # type: ignore[attr-defined]  # Not in the library's types.
        try:
            with self._in_time(smtp, server.longest_seconds):
                code, said = smtp.connect(server.host, server.port)
                if code != 220:
                    raise smtplib.SMTPConnectError(code, said)
                smtp.ehlo_or_helo_if_needed()
                if server.security == "starttls":
                    smtp.starttls(context=context)
                    smtp.ehlo()
                if server.user:
                    smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def deliver(
        self, message: EmailMessage, to: str, *, before_text: Callable[[], bool]
    ) -> Answer | None:
        """Hand one message over; None where ``before_text`` says that it is not ours any more.

        Raises: MailServerError when the server cannot be reached at all.
        """
        self.connect()
        smtp = self._smtp
        assert smtp is not None
        has_text_gone = False
        try:
            with self._in_time(smtp, self._server.longest_seconds):
                refusal = self._introduce(smtp, to)
                if refusal is not None:
                    return refusal
                if not before_text():
                    self.close()
                    return None
                has_text_gone = True
                smtp.send(_as_text(message))
                answer = _judge(*smtp.getreply(), is_address=False)
        except (OSError, smtplib.SMTPException) as problem:
            self._smtp = None
            smtp.close()
            outcome = Outcome.UNCERTAIN if has_text_gone else Outcome.LATER
            return Answer(outcome, detail=_reason(problem))
        self._count()
        return answer

    def _introduce(self, smtp: smtplib.SMTP, to: str) -> Answer | None:
        """Say from whom and to whom; return the refusal where there is one."""
        steps = (
            (f"mail FROM:<{self._server.bounces or self._server.sender}>", False, 250),
            (f"rcpt TO:<{to}>", True, 250),
            ("data", False, 354),
        )
        for command, is_address, wanted in steps:
            code, said = smtp.docmd(command)
            if code == 421:
                raise smtplib.SMTPServerDisconnected(f"421 {_words(said)}")
            if code != wanted and not (is_address and code == 251):
                smtp.rset()
                return _judge(code, said, is_address=is_address)
        return None

    def _count(self) -> None:
        """Begin a new connection after a while, as some servers ask for."""
        self._delivered += 1
        if self._delivered % MOST_PER_CONNECTION == 0:
            self.close()

    @contextmanager
    def _in_time(self, smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
        """Cut the connection when a block takes too long, however busy the server seems."""

        def cut() -> None:
            sock = smtp.sock
            if sock is not None:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    sock.close()

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _as_text(message: EmailMessage) -> bytes:
    """Return a message as it goes over the wire: its lines, dots doubled, and the final dot."""
    text = _LINE_START.sub(b"..", message.as_bytes(policy=SMTP))
    return text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _judge(code: int, said: bytes, *, is_address: bool) -> Answer:
    if 200 <= code < 300:
        return Answer(Outcome.SENT, code)
    if 500 <= code < 600:
        outcome = Outcome.REFUSED_ADDRESS if is_address else Outcome.REFUSED
        return Answer(outcome, code, _words(said))
    if code < 0:
        raise smtplib.SMTPServerDisconnected("the server closed without an answer")
    return Answer(Outcome.LATER, code, _words(said))


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())


def _reason(problem: Exception) -> str:
    return f"{type(problem).__name__}: {_words(str(problem))}"


def build_message(held: HeldDelivery, *, sender: str, stop_url: str) -> EmailMessage:
    """Return a letter as a message: plain text first, then HTML, then the file if there is one.

    Source: RFC 8058 for the one click, which counts over HTTPS only; RFC 3834 for Auto-Submitted.
    """
    message = EmailMessage(policy=SMTP)
    local, _, domain = sender.rpartition("@")
    message["Subject"] = _one_line(held.subject)
    message["From"] = Address(_one_line(held.unit_name), local, domain)
    user, _, at = held.address.rpartition("@")
    message["To"] = Address("", user, at)
    message["Date"] = format_datetime(clock.local_time(held.planned_at))
    message["Message-ID"] = held.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if stop_url:
        message["List-Unsubscribe"] = f"<{stop_url}>"
        if stop_url.startswith("https://"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(held.plain, cte="quoted-printable")
    message.add_alternative(held.html, subtype="html", cte="quoted-printable")
    if held.file is not None:
        message.add_attachment(
            held.file, maintype="application", subtype="pdf", filename=held.file_name
        )
    # Last, because what is said of the content goes with it into a part when another is added.
    message["Content-Language"] = held.language
    return message


def _one_line(text: str) -> str:
    """Return text without anything that could begin another header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
