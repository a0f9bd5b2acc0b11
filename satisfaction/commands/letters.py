"""Plan, send and list letters by hand."""

import sys
from collections.abc import Mapping
from datetime import datetime

import click

from satisfaction import clock, letters, outbox, sending
from satisfaction.bounces import MOST_BYTES, read_bounces
from satisfaction.commands.base import DAY, Commands, unit_of_any_time
from satisfaction.database import reading, unit_of_work
from satisfaction.letters import Batch, Slot
from satisfaction.outbox import Returned
from satisfaction.periods import Period, day_period, month_period, week_period
from satisfaction.terms import LetterKind

_PERIODS = {
    LetterKind.DAILY: day_period,
    LetterKind.WEEKLY: week_period,
    LetterKind.MONTHLY: month_period,
}
RETURNED: Mapping[Returned, str] = {
    Returned.ADDRESS_REFUSED: "địa chỉ không nhận thư, không gửi nữa / nothing more is sent there",
    Returned.LETTER_REFUSED: "không gửi được chỉ thư này / this letter alone did not get there",
    Returned.KNOWN: "đã ghi từ trước / written down before",
    Returned.IGNORED: "chưa phải từ chối hẳn, bỏ qua / not for good, ignored",
}
KINDS = click.Choice([kind.value for kind in LetterKind])


@click.group("letters", cls=Commands)
def letter_commands() -> None:
    """Send the letters of the office, or list them."""


@letter_commands.command("send")
@click.option("--day", type=DAY, required=True, help="The day, or one of the week or month.")
@click.option("--kind", type=KINDS, default=LetterKind.DAILY.value)
@click.option("--unit", "code", help="Only of this unit.")
@click.option("--dry-run", is_flag=True, help="Print the letters and send nothing.")
def send_command(day: datetime, *, kind: str, code: str | None, dry_run: bool) -> None:
    """Plan the letters of a day that are not planned yet, and send all that wait."""
    wanted = LetterKind(kind)
    period = _PERIODS[wanted](day.date())
    batches = [_draft(wanted, period, unit_id) for unit_id in _units(wanted, code)]
    if dry_run:
        for batch in batches:
            _show(batch)
        return
    planned = 0
    for batch in batches:
        if batch.drafts:
            with unit_of_work() as session:
                planned += letters.put_into_outbox(session, batch, host=sending.message_host())
    sent = sending.send_waiting()
    click.echo(f"Đã lập {planned} thư, đã gửi {sent} / {planned} letters planned, {sent} sent")


def _units(kind: LetterKind, code: str | None) -> list[int]:
    with reading() as session:
        if code is not None:
            return [unit_of_any_time(session, code).id]
        return letters.list_units(session, kind)


def _draft(kind: LetterKind, period: Period, unit_id: int) -> Batch:
    """Write the letters of a unit; one is late only against its own time."""
    return sending.draft_by_hand(Slot(clock.now(), unit_id, kind, period))


def _show(batch: Batch) -> None:
    for one in batch.drafts:
        click.echo(f"{one.address}\n{one.rendered.subject}\n\n{one.rendered.plain}")
    count = len(batch.drafts)
    click.echo(f"{count} thư, chưa gửi gì / {count} letters, nothing was sent")


@letter_commands.command("bounce")
def bounce_command() -> None:
    """Read a mail server's report of a letter that came back, from standard input."""
    found = read_bounces(sys.stdin.buffer.read(MOST_BYTES + 1))
    for one in found:
        with unit_of_work() as session:
            returned = outbox.record_bounce(session, one)
        about = f"{one.message_id} {one.action} {one.status}".strip()
        click.echo(f"{about}: {RETURNED[returned]}")


@letter_commands.command("list")
@click.option("--most", type=click.IntRange(1, 1000), default=30)
def list_command(most: int) -> None:
    """List the newest letters: when, to whom, what became of them."""
    with reading() as session:
        kept = outbox.list_letters(session, None, most=most)
        states = outbox.count_states(session)
        waiting = outbox.oldest_waiting(session)
    for one in kept:
        planned = f"{clock.local_time(one.planned_at):%d/%m/%Y %H:%M}"
        click.echo(f"{planned}  {one.kind:<8}{one.state:<10}{one.address}  {one.problem}")
    counted = ", ".join(f"{state}={amount}" for state, amount in sorted(states.items()))
    since = f"; chờ từ / waiting since {clock.local_time(waiting):%d/%m %H:%M}" if waiting else ""
    click.echo(f"{counted or 'chưa có thư / no letters'}{since}")
