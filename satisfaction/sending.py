"""Plan the letters that are due and send those that wait. Refuses to know when it is asked."""

import logging
import threading
from collections.abc import Callable, Hashable

from flask import current_app
from sqlalchemy.orm import Session

from satisfaction import letters, outbox
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import MailServerError, PdfUnavailableError
from satisfaction.figures import CountQuery
from satisfaction.letters import Attachment, Batch, Slot, Writing
from satisfaction.mail import Courier, MailServer, build_message
from satisfaction.outbox import Answer, HeldDelivery, Outcome
from satisfaction.periods import Period
from satisfaction.reports.report import Report, build_report
from satisfaction.terms import Dimension, PeriodKind
from satisfaction.web.letter_pages import render_letter, stop_url
from satisfaction.web.report_files import WRITERS, name_file

MOST_DRAWINGS = 3
logger = logging.getLogger("hailong.letters")


def mail_server(settings: Settings) -> MailServer | None:
    """Return the mail server of this installation; None where none is set."""
    if not settings.smtp_host or not settings.smtp_from:
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password,
        sender=settings.smtp_from,
        bounces=settings.smtp_bounces,
        ca_file=settings.smtp_ca_file,
    )


def message_host() -> str:
    """Return the host in the identity of each letter."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.smtp_from.rpartition("@")[2] or "hailong.invalid"


class _Reports:
    """The reports that go with letters: counted while one reads, drawn when one does not.

    Drawing takes seconds, and on SQLite nobody can store a rating while somebody reads.
    """

    def __init__(self) -> None:
        self._drawn: dict[Hashable, Attachment | None] = {}
        self._wanted: Report | None = None

    def make_file(self, session: Session, unit_id: int, *, period: Period) -> Attachment | None:
        """Return the report of these very figures; where it is not drawn, ask for that."""
        query = CountQuery(unit_id=unit_id, period=period, by=Dimension.DESK)
        report = build_report(session, query, PeriodKind.MONTH)
        if _figures_of(report) in self._drawn:
            return self._drawn[_figures_of(report)]
        self._wanted = report
        return None

    def draw(self) -> bool:
        """Draw what was asked for, outside of any transaction; return whether anything was."""
        report, self._wanted = self._wanted, None
        if report is None:
            return False
        self._drawn[_figures_of(report)] = _draw(report)
        return True


def _figures_of(report: Report) -> Hashable:
    """Return what a report says, but for the moment at which it was counted."""
    return tuple((one.query, one.rows, one.total) for one in (report.total, *report.tables))


def _draw(report: Report) -> Attachment | None:
    """Return a report as a file; nothing where this machine makes none."""
    with current_app.test_request_context():
        try:
            content = WRITERS["pdf"](report)
        except PdfUnavailableError as problem:
            logger.warning("no report goes with the letter: %s", problem)
            return None
    return Attachment(name_file(report, "pdf"), content)


def plan_letters(stopped: threading.Event | None = None) -> int:
    """Plan every letter that is due; return how many were put into the outbox here."""
    with reading() as session:
        due = letters.list_due(session)
    planned = 0
    for slot in due:
        if stopped and stopped.is_set():
            break
        planned += plan_slot(slot)
    return planned


def plan_slot(slot: Slot) -> int:
    """Write the letters of one slot, then claim it and keep them, all at once or not at all."""
    batch = draft(slot)
    with unit_of_work() as session:
        return letters.plan_batch(session, batch, host=message_host()) or 0


def draft(slot: Slot) -> Batch:
    """Write the letters of one slot from one consistent state."""
    return write_and_draw(lambda session, writing: letters.draft_slot(session, slot, writing))


def write_and_draw(write: Callable[[Session, Writing], Batch]) -> Batch:
    """Write letters from one consistent state, and have their report be drawn outside of it.

    Letters that lack their report are written once more when it is drawn; and again, a few times,
    where a late rating has changed the figures meanwhile.
    """
    settings: Settings = current_app.config["SETTINGS"]
    reports = _Reports()
    writing = Writing(render=render_letter, make_file=reports.make_file, limit=settings.small_count)
    for _ in range(MOST_DRAWINGS + 1):
        with reading() as session:
            batch = write(session, writing)
        if not reports.draw():
            break
    return batch


def send_waiting(
    stopped: threading.Event | None = None, *, server: MailServer | None = None
) -> int:
    """Send the letters that wait, one after another; return how many a server took.

    A server that is out of reach ends the round; the letter in hand is tried again after a pause.
    """
    settings: Settings = current_app.config["SETTINGS"]
    server = server or mail_server(settings)
    if server is None:
        return 0
    sent = 0
    with Courier(server) as courier:
        while not (stopped and stopped.is_set()):
            held = _take(settings.smtp_per_minute)
            if held is None:
                break
            try:
                sent += _send(courier, held, server.sender)
            except MailServerError as problem:
                logger.warning("mail server: %s", problem)
                answer = Answer(Outcome.LATER, detail=str(problem))
                with unit_of_work() as session:
                    outbox.finish_delivery(session, held, answer)
                break
    return sent


def _take(per_minute: int) -> HeldDelivery | None:
    with reading() as session:
        if not outbox.has_waiting(session):
            return None
    with unit_of_work() as session:
        return outbox.take_delivery(session, per_minute=per_minute)


def _send(courier: Courier, held: HeldDelivery, sender: str) -> bool:
    courier.connect()
    message = build_message(held, sender=sender, stop_url=stop_url(held.subscription_id))

    def hand_over() -> bool:
        with unit_of_work() as session:
            return outbox.hand_over(session, held)

    answer = courier.deliver(message, held.address, before_text=hand_over)
    if answer is None:
        return False
    with unit_of_work() as session:
        outbox.finish_delivery(session, held, answer)
    return answer.outcome is Outcome.SENT
