"""Reports of mail servers about letters that came back, as Postfix and Exchange write them."""

import textwrap

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from satisfaction import outbox, subscriptions
from satisfaction.bounces import MOST_BYTES, read_bounces
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import BounceUnreadableError
from satisfaction.models import RefusedAddress, Subscription
from satisfaction.terms import DeliveryState
from tests.conftest import Office
from tests.jobs.posting import SENDER, PostOffice
from tests.jobs.test_letters import (
    DAY,
    EVENING,
    READER,
    TODAY,
    deliveries,
    office,
    open_ward,
    rate_day,
    subscribe,
    tick,
)

__all__ = ["office", "open_ward"]


def postfix(
    message_id: str,
    *,
    to: str = READER,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "550 5.1.1 <head@example.gov.vn>: Recipient address rejected: User unknown",
) -> bytes:
    """Return a report in the form of Postfix, which sends the letter's headers back."""
    return textwrap.dedent(
        f"""\
        Return-Path: <>
        Received: by mail.example.gov.vn (Postfix)
        \tid 4Rk2Qz1B2cz9tY; Tue, 10 Mar 2026 18:00:09 +0700 (+07)
        Date: Tue, 10 Mar 2026 18:00:09 +0700 (+07)
        From: MAILER-DAEMON@mail.example.gov.vn (Mail Delivery System)
        Subject: Undelivered Mail Returned to Sender
        To: {SENDER}
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status;
        \tboundary="4Rk2Qz19BGz9tX.1773140409/mail.example.gov.vn"
        Content-Transfer-Encoding: 8bit
        Message-Id: <4Rk2Qz1B2cz9tY@mail.example.gov.vn>

        This is a MIME-encapsulated message.

        --4Rk2Qz19BGz9tX.1773140409/mail.example.gov.vn
        Content-Description: Notification
        Content-Type: text/plain; charset=us-ascii

        This is the mail system at host mail.example.gov.vn.

        I'm sorry to have to inform you that your message could not
        be delivered to one or more recipients. It's attached below.

        --4Rk2Qz19BGz9tX.1773140409/mail.example.gov.vn
        Content-Description: Delivery report
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mail.example.gov.vn
        X-Postfix-Queue-ID: 4Rk2Qz19BGz9tX
        X-Postfix-Sender: rfc822; {SENDER}
        Arrival-Date: Tue, 10 Mar 2026 18:00:05 +0700 (+07)

        Final-Recipient: rfc822; {to}
        Original-Recipient: rfc822;{to}
        Action: {action}
        Status: {status}
        Remote-MTA: dns; mx.example.gov.vn
        Diagnostic-Code: smtp; {said}

        --4Rk2Qz19BGz9tX.1773140409/mail.example.gov.vn
        Content-Description: Undelivered Message Headers
        Content-Type: text/rfc822-headers
        Content-Transfer-Encoding: 8bit

        Return-Path: <{SENDER}>
        Subject: =?utf-8?q?=C4=90=C3=A1nh_gi=C3=A1?=
        From: =?utf-8?q?Ph=C6=B0=E1=BB=9Dng_T=C3=A2y_H=E1=BB=93?= <{SENDER}>
        To: {to}
        Message-ID: {message_id}
        Auto-Submitted: auto-generated

        --4Rk2Qz19BGz9tX.1773140409/mail.example.gov.vn--
        """
    ).encode()


def exchange(message_id: str, *, to: str = "Head@Example.gov.vn", is_whole: bool = True) -> bytes:
    """Return a report in the form of Exchange, which wraps the whole letter, or only names it."""
    original = (
        f"""

        --_f1a2_
        Content-Type: message/rfc822

        Received: from mail.example.gov.vn (10.1.2.3) by EX01.example.gov.vn
        From: {SENDER}
        To: {to}
        Subject: =?utf-8?B?xJDDoW5oIGdpw6E=?=
        Message-ID:
         {message_id}
        MIME-Version: 1.0
        Content-Type: text/plain

        x
        """
        if is_whole
        else "\n"
    )
    return (
        textwrap.dedent(
            f"""\
        From: "Microsoft Outlook" <postmaster@example.gov.vn>
        To: <{SENDER}>
        Date: Tue, 10 Mar 2026 11:00:12 +0000
        Content-Type: multipart/report; report-type=delivery-status;
         boundary="_f1a2_"
        Content-Language: en-US
        Message-ID: <7c1d6c1e-0000-4bfd-9c0e-5a2f@EX01.example.gov.vn>
        In-Reply-To: {message_id}
        References: {message_id}
        Thread-Topic: test
        Subject: Undeliverable: test
        MIME-Version: 1.0

        --_f1a2_
        Content-Type: multipart/alternative; differences=Content-Type;
         boundary="_aa_"

        --_aa_
        Content-Type: text/plain; charset="us-ascii"

        Delivery has failed to these recipients or groups:
        --_aa_
        Content-Type: text/html; charset="us-ascii"

        <p>Delivery has failed</p>
        --_aa_--

        --_f1a2_
        Content-Type: message/delivery-status

        Reporting-MTA: dns;EX01.example.gov.vn
        Received-From-MTA: dns;mail.example.gov.vn
        Arrival-Date: Tue, 10 Mar 2026 11:00:11 +0000

        Final-Recipient: rfc822;{to}
        Action: failed
        Status: 5.1.10
        Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found
         by SMTP address lookup
        X-Display-Name: head
{original}
        --_f1a2_--
        """
        )
        .replace("\n", "\r\n")
        .encode()
    )


@pytest.fixture
def sent(open_ward: Office, office: PostOffice) -> str:
    """Return the identity of a letter that a server took."""
    subscribe(open_ward)
    rate_day(open_ward, TODAY, "5")
    tick(EVENING, office)
    found = deliveries()[-1]
    assert found.state is DeliveryState.SENT
    return found.message_id


def feed(app: Flask, content: bytes) -> Result:
    """Hand a report to the command, as a mail server would."""
    return app.test_cli_runner().invoke(args=["letters", "bounce"], input=content)


def refusals() -> dict[str, str]:
    """Return the addresses that are refused, with the words."""
    with reading() as session:
        found = session.scalars(select(RefusedAddress))
        return {one.address: f"{one.code} {one.detail}" for one in found}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (
            postfix,
            "550 5.1.1 <head@example.gov.vn>: Recipient address rejected: User unknown",
        ),
        (
            exchange,
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        ),
    ],
)
def test_a_letter_that_came_back_is_written_down_once(
    app: Flask, sent: str, form: object, said: str
) -> None:
    assert callable(form)
    first = feed(app, form(sent))
    assert first.exit_code == 0, first.output
    assert "không gửi nữa / nothing more is sent there" in first.output
    assert refusals() == {READER: said}
    kept = deliveries()[-1]
    assert (kept.state, kept.problem) == (DeliveryState.FAILED, said)
    again = feed(app, form(sent))
    assert again.exit_code == 0
    assert "đã ghi từ trước / written down before" in again.output
    assert refusals() == {READER: said}


def test_nothing_more_is_sent_until_the_refusal_is_cleared(
    app: Flask, open_ward: Office, office: PostOffice, sent: str
) -> None:
    assert feed(app, postfix(sent)).exit_code == 0
    office.arrived.clear()
    rate_day(open_ward, TODAY + DAY, "5")
    assert tick(EVENING + DAY, office) == 0
    with unit_of_work() as session:
        (one,) = subscriptions.list_subscribers(session, scope={open_ward.unit.id})
        assert one.refused.startswith("550 5.1.1")
        subscriptions.clear_refusal(session, {open_ward.unit.id}, one.id)
    rate_day(open_ward, TODAY + 2 * DAY, "5")
    assert tick(EVENING + 2 * DAY, office) == 1
    assert "12/03" in office.arrived[0]["Subject"]
    # The old report, read once more, does not take the address away again.
    assert "written down before" in feed(app, postfix(sent)).output
    assert refusals() == {}


@pytest.mark.once
@pytest.mark.parametrize(
    ("action", "status"),
    [("delayed", "4.4.1"), ("failed", "4.4.7"), ("relayed", "2.1.5"), ("delivered", "2.1.5")],
)
def test_what_is_not_for_good_is_left_alone_and_said(
    app: Flask, sent: str, action: str, status: str
) -> None:
    answer = feed(app, postfix(sent, action=action, status=status, said="451 later"))
    assert answer.exit_code == 0
    assert f"{action} {status}" in answer.output
    assert "bỏ qua / not for good, ignored" in answer.output
    assert refusals() == {}
    assert deliveries()[-1].state is DeliveryState.SENT


@pytest.mark.once
def test_a_refused_text_blames_no_address(app: Flask, sent: str) -> None:
    said = "552 5.3.4 Message size exceeds fixed limit"
    answer = feed(app, postfix(sent, status="5.3.4", said=said))
    assert "chỉ thư này / this letter alone" in answer.output
    assert refusals() == {}
    assert (deliveries()[-1].state, deliveries()[-1].problem) == (DeliveryState.FAILED, said)


def test_a_report_that_sends_nothing_back_is_known_by_what_it_answers(
    app: Flask, sent: str
) -> None:
    assert feed(app, exchange(sent, is_whole=False)).exit_code == 0
    assert set(refusals()) == {READER}


def test_an_unknown_letter_and_a_wrong_recipient_are_refused_clearly(app: Flask, sent: str) -> None:
    for report in (postfix("<none@example.gov.vn>"), postfix(sent, to="other@example.gov.vn")):
        answer = feed(app, report)
        assert answer.exit_code == 1
        assert "Không có thư <" in answer.output
    assert refusals() == {}


@pytest.mark.once
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00\n\n" * 50,
        b"From: a@example.vn\r\nSubject: Re: letters\r\n\r\nPlease stop.\r\n",
        (
            b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: "
            b"message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n--x--\r\n"
        ),
        postfix("no identity"),
        b"x" * (MOST_BYTES + 1),
    ],
    ids=["nothing", "noise", "an answer", "no recipient", "no identity", "too large"],
)
def test_other_mail_is_refused_clearly(app: Flask, sent: str, content: bytes) -> None:
    answer = feed(app, content)
    assert answer.exit_code == 1
    assert "This is no report of a letter that came back: " in answer.output
    with pytest.raises(BounceUnreadableError):
        read_bounces(content)
    assert deliveries()[-1].state is DeliveryState.SENT


def test_a_letter_that_is_being_sent_again_is_given_up(
    app: Flask, open_ward: Office, sent: str
) -> None:
    one = deliveries()[-1]
    with unit_of_work() as session:
        kept = session.get_one(Subscription, one.subscription_id)
        assert kept.account_id is not None
        outbox.send_again(
            session,
            frozenset({open_ward.unit.id}),
            one.id,
            reason="Hộp thư đầy",
            account_id=kept.account_id,
        )
        held = outbox.take_delivery(session, per_minute=1000)
    assert held is not None
    assert feed(app, postfix(sent)).exit_code == 0
    with unit_of_work() as session:
        assert not outbox.hand_over(session, held)
    assert deliveries()[-1].state is DeliveryState.FAILED
