"""Plan the letters that are due and send those that wait. Refuses to know when it is asked."""

import logging
import threading

from flask import current_app
from sqlalchemy.orm import Session

from satisfaction import jobs, letters, outbox
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import MailServerError, PdfUnavailableError
from satisfaction.figures import CountQuery
from satisfaction.letters import Attachment, Batch, Reading, Slot, Writing
from satisfaction.mail import Courier, MailServer, build_message
from satisfaction.outbox import Answer, HeldDelivery, Outcome
from satisfaction.periods import Period
from satisfaction.reports.report import Report, build_report
from satisfaction.terms import Dimension, PeriodKind
from satisfaction.troubles import Trouble, list_troubles
from satisfaction.web.letter_pages import render_letter, stop_url
from satisfaction.web.report_files import WRITERS, name_file

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


def read_report(session: Session, unit_id: int, *, period: Period) -> Report:
    """Return the figures of the report that goes with a monthly letter."""
    query = CountQuery(unit_id=unit_id, period=period, by=Dimension.DESK)
    return build_report(session, query, PeriodKind.MONTH)


def read_troubles(session: Session) -> list[Trouble]:
    """Return what is wrong with this installation now."""
    return list_troubles(session, current_app.config["SETTINGS"], jobs=jobs.job_names())


def make_file(report: Report) -> Attachment | None:
    """Return a report as the file with a letter; nothing where this machine makes none."""
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
    """Write the letters of one slot from one consistent state, which is let go before."""
    with reading() as session:
        gathered = letters.gather_slot(session, slot, how_to_read())
    return letters.write_letters(gathered, how_to_write())


def draft_by_hand(slot: Slot) -> Batch:
    """Write the letters of a slot for all who ask for this kind, at whatever hour, of any day."""
    with reading() as session:
        gathered = letters.gather_by_hand(session, slot, how_to_read())
    return letters.write_letters(gathered, how_to_write())


def how_to_read() -> Reading:
    """Return how the letters of this installation are read."""
    settings: Settings = current_app.config["SETTINGS"]
    return Reading(read_report=read_report, read_troubles=read_troubles, limit=settings.small_count)


def how_to_write() -> Writing:
    """Return how the letters of this installation are written."""
    return Writing(render=render_letter, make_file=make_file)


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
