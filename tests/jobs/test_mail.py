"""Sending through a real server that is down, slow, choosy, falls silent or shows a wrong paper."""

import ssl
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import clock, sending
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.mail import Courier, MailServer
from satisfaction.models import Delivery, RefusedAddress
from satisfaction.outbox import PAUSES
from satisfaction.terms import DeliveryState, LetterKind
from tests.conftest import Office
from tests.engines import free_port
from tests.jobs.posting import SENDER, PostOffice, post_office, slow_server
from tests.jobs.test_letters import (
    EVENING,
    TODAY,
    deliveries,
    office,
    open_ward,
    rate_day,
    subscribe,
)

__all__ = ["office", "open_ward"]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def waiting(open_ward: Office) -> Office:
    """Return the ward with one letter of today in the outbox."""
    plan(open_ward, "one@example.gov.vn")
    return open_ward


def plan(ward: Office, *addresses: str) -> None:
    """Put today's letter to these addresses into the outbox."""
    rate_day(ward, TODAY, "5")
    for address in addresses:
        one = subscribe(ward, address, kinds=frozenset({LetterKind.DAILY}))
        with unit_of_work() as session:
            found = session.merge(one)
            found.created_at = EVENING - MINUTE
    with clock.replaced(EVENING):
        sending.plan_letters()


def send(server: MailServer, *, after: timedelta = timedelta()) -> int:
    """Send what waits, so long after the evening."""
    with clock.replaced(EVENING + after):
        return sending.send_waiting(server=server)


def one() -> Delivery:
    """Return the only letter."""
    (found,) = deliveries()
    return found


def test_a_server_that_is_down_is_tried_again_and_given_up_after_three_days(
    waiting: Office,
) -> None:
    dead = MailServer(host="127.0.0.1", port=free_port(), security="none", sender=SENDER)
    after, tries = timedelta(), 0
    while one().state is not DeliveryState.FAILED:
        assert send(dead, after=after) == 0
        tries += 1
        after += PAUSES[min(tries, len(PAUSES)) - 1]
        assert tries < 40
    assert "unreachable" in one().problem
    assert timedelta(hours=72) <= after < timedelta(hours=90)
    assert one().tries >= 12


def test_the_product_waits_ten_seconds_for_an_answer_and_a_minute_for_a_letter(
    tmp_path: Path,
) -> None:
    """What the tests shorten is what an installation gets."""
    set_up = Settings(data=tmp_path, smtp_host="mail.example.gov.vn", smtp_from=SENDER)
    server = sending.mail_server(set_up)
    assert server is not None
    assert (server.socket_seconds, server.longest_seconds) == (10.0, 60.0)
    assert server.security == "starttls"


def test_a_slow_server_holds_nobody_up(waiting: Office) -> None:
    with slow_server(b"220-patience\r\n") as port:
        server = MailServer(
            host="127.0.0.1",
            port=port,
            security="none",
            sender=SENDER,
            socket_seconds=2.0,
            longest_seconds=2.0,
        )
        begun = time.monotonic()
        assert send(server) == 0
        assert time.monotonic() - begun < 8
    assert one().state is DeliveryState.PLANNED
    assert one().tries == 1


def test_a_server_that_asks_for_patience_gets_it(waiting: Office) -> None:
    greylisted = ["451 later, please"]
    with post_office() as served:
        served.on_address = lambda _address: greylisted.pop() if greylisted else None
        assert send(served.server) == 0
        assert "451 later, please" in one().problem
        assert send(served.server, after=MINUTE / 2) == 0
        assert send(served.server, after=MINUTE) == 1
    assert (one().state, one().tries, one().repeats) == (DeliveryState.SENT, 2, 0)
    assert len(served.arrived) == 1


def test_one_refused_reader_of_many_hinders_nobody(open_ward: Office) -> None:
    addresses = [f"reader{n}@example.gov.vn" for n in range(5)]
    plan(open_ward, *addresses)
    with post_office() as served:
        served.on_address = lambda to: "550 no such user" if to.startswith("reader2") else None
        assert send(served.server) == 4
        assert served.connections == 1
    refused = [one for one in deliveries() if one.state is DeliveryState.FAILED]
    assert [(one.address, one.problem) for one in refused] == [
        ("reader2@example.gov.vn", "550 no such user")
    ]
    with reading() as session:
        assert session.scalars(select(RefusedAddress.address)).all() == [refused[0].address]
    assert send(served.server, after=timedelta(days=1)) == 0


def test_a_refused_text_blames_no_address(waiting: Office) -> None:
    with post_office() as served:
        served.on_text = lambda: "554 looks like junk"
        assert send(served.server) == 0
    assert (one().state, one().problem) == (DeliveryState.FAILED, "554 looks like junk")
    with reading() as session:
        assert session.scalar(select(RefusedAddress.address)) is None


def test_a_server_that_dies_after_the_text_is_uncertain_and_gets_it_again(
    waiting: Office,
) -> None:
    with post_office() as served:
        served.dies = 1
        assert send(served.server) == 0
        assert (one().state, one().repeats) == (DeliveryState.UNCERTAIN, 1)
        assert send(served.server, after=MINUTE) == 1
    assert one().state is DeliveryState.SENT
    assert len(served.arrived) == 2
    assert len({message["Message-ID"] for message in served.arrived}) == 1


def test_no_more_than_so_many_in_a_minute(app: Flask, open_ward: Office) -> None:
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"smtp_per_minute": 3})
    plan(open_ward, *[f"reader{n}@example.gov.vn" for n in range(7)])
    with post_office() as served:
        assert [send(served.server, after=n * MINUTE) for n in range(3)] == [3, 3, 1]


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Return a certificate for an address that vouches for itself, and its key."""
    paper, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
            *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}"),
            *("-addext", f"subjectAltName=IP:{name}", "-keyout", str(key), "-out", str(paper)),
        ],
        check=True,
        capture_output=True,
    )
    return paper, key


def context(paper: Path, key: Path) -> ssl.SSLContext:
    """Return what a server shows a certificate by."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paper, key)
    return context


def test_a_wrong_certificate_is_refused_and_said_clearly(waiting: Office, tmp_path: Path) -> None:
    paper, key = make_certificate(tmp_path, "127.0.0.9")
    with post_office(tls=context(paper, key)) as served:
        assert send(served.server) == 0
        assert "certificate" in one().problem
    with post_office(tls=context(paper, key), ca_file=str(paper)) as served:
        assert send(served.server, after=MINUTE) == 0
        assert "127.0.0.1" in one().problem
        assert served.arrived == []
    assert one().state is DeliveryState.PLANNED


@pytest.mark.filterwarnings("ignore:Session.login_data:DeprecationWarning")
def test_a_right_certificate_and_a_sign_in_are_used(waiting: Office, tmp_path: Path) -> None:
    paper, key = make_certificate(tmp_path, "127.0.0.1")
    options: dict[str, Any] = {
        "tls": context(paper, key),
        "sign_in": ("hailong", "secret"),
        "user": "hailong",
    }
    with post_office(**options, ca_file=str(paper), password="wrong") as served:
        assert send(served.server) == 0
        assert "sign-in" in one().problem
        assert "wrong" not in one().problem
    with post_office(**options, ca_file=str(paper), password="secret") as served:
        assert send(served.server, after=MINUTE) == 1
    assert len(served.arrived) == 1


def test_lines_that_begin_with_a_dot_arrive_whole(office: PostOffice) -> None:
    from email.message import EmailMessage

    message = EmailMessage()
    message["To"], message["From"], message["Subject"] = "a@example.vn", SENDER, "x"
    message.set_content("one\n.\n..two\n.three\n")
    with Courier(office.server) as courier:
        answer = courier.deliver(message, "a@example.vn", before_text=lambda: True)
    assert answer is not None
    assert office.arrived[0].get_content().splitlines() == ["one", ".", "..two", ".three"]
