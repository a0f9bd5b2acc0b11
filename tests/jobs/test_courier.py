"""One connection to a mail server: by TLS from the first byte, cut off, renewed; dead senders."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from satisfaction import clock, mail, outbox
from satisfaction.database import unit_of_work
from satisfaction.outbox import LEASE, Answer, HeldDelivery, Outcome
from satisfaction.terms import DeliveryState
from tests.conftest import Office
from tests.jobs.posting import SENDER, post_office
from tests.jobs.test_letters import EVENING, deliveries, office, open_ward
from tests.jobs.test_mail import MINUTE, context, make_certificate, one, plan, send, waiting

__all__ = ["office", "open_ward", "waiting"]


@pytest.mark.filterwarnings("ignore:Session.login_data:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_tls_from_the_first_byte_with_a_sign_in(waiting: Office, tmp_path: Path) -> None:
    paper, key = make_certificate(tmp_path, "127.0.0.1")
    options: dict[str, Any] = {
        "tls": context(paper, key),
        "is_implicit": True,
        "sign_in": ("hailong", "secret"),
        "user": "hailong",
        "password": "secret",
    }
    with post_office(**options) as served:
        assert served.server.security == "tls"
        assert send(served.server) == 0
        assert "certificate" in one().problem
        assert served.arrived == []
    with post_office(**options, ca_file=str(paper)) as served:
        assert send(served.server, after=MINUTE) == 1
    assert len(served.arrived) == 1
    assert one().state is DeliveryState.SENT


def test_a_server_that_does_not_speak_tls_is_said_to_be_out_of_reach(waiting: Office) -> None:
    with post_office(security="tls") as served:
        assert send(served.server) == 0
        assert served.arrived == []
    assert one().problem.startswith("mail server") or "unreachable" in one().problem
    assert (one().state, one().repeats) == (DeliveryState.PLANNED, 0)


def test_a_server_that_closes_within_a_session_hinders_one_letter_for_a_while(
    open_ward: Office,
) -> None:
    plan(open_ward, *[f"reader{n}@example.gov.vn" for n in range(3)])
    closing = ["421 4.3.2 shutting down"]
    with post_office() as served:
        served.on_address = lambda to: closing.pop() if "1@" in to and closing else None
        assert send(served.server) == 2
        assert served.connections == 2
        put_off = [one for one in deliveries() if one.state is DeliveryState.PLANNED]
        assert [(one.address, one.repeats) for one in put_off] == [("reader1@example.gov.vn", 0)]
        assert "421 4.3.2 shutting down" in put_off[0].problem
        assert send(served.server, after=MINUTE) == 1
    assert len(served.arrived) == 3


def test_a_connection_is_renewed_after_so_many_letters(
    open_ward: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "MOST_PER_CONNECTION", 2)
    plan(open_ward, *[f"reader{n}@example.gov.vn" for n in range(5)])
    with post_office() as served:
        assert send(served.server) == 5
        assert served.connections == 3
    assert len({message["Message-ID"] for message in served.arrived}) == 5


@pytest.mark.parametrize("bounces", ["", "tra-lai@example.gov.vn"])
def test_failures_are_reported_to_an_address_of_its_own(waiting: Office, bounces: str) -> None:
    with post_office(bounces=bounces) as served:
        assert send(served.server) == 1
    assert served.returns_to == {bounces or SENDER}
    assert SENDER in served.arrived[0]["From"]


def _take(*, after: timedelta = timedelta()) -> HeldDelivery | None:
    with clock.replaced(EVENING + after), unit_of_work() as session:
        return outbox.take_delivery(session, per_minute=1000)


@pytest.mark.parametrize("has_handed_over", [False, True])
def test_a_dead_senders_letter_is_taken_over_when_its_lease_ends(
    waiting: Office, *, has_handed_over: bool
) -> None:
    dead = _take()
    assert dead is not None
    if has_handed_over:
        with clock.replaced(EVENING), unit_of_work() as session:
            assert outbox.hand_over(session, dead)
    assert _take(after=LEASE - timedelta(seconds=1)) is None
    with post_office() as served:
        assert send(served.server, after=LEASE - timedelta(seconds=1)) == 0
        assert send(served.server, after=LEASE) == 1
    assert (one().state, one().tries) == (DeliveryState.SENT, 2)
    assert one().repeats == int(has_handed_over)
    # Whoever was thought to be dead may write nothing down any more.
    with clock.replaced(EVENING + LEASE), unit_of_work() as session:
        outbox.finish_delivery(session, dead, Answer(Outcome.REFUSED_ADDRESS, 550, "late"))
    with unit_of_work() as session:
        assert not outbox.hand_over(session, dead)
    assert (one().state, one().problem) == (DeliveryState.SENT, "")
