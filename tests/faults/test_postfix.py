"""Letters through Debian's own mail server: down, slow, greylisting, choosy, cut off, TLS (R11).

What the small server of ``tests/jobs/posting.py`` does on purpose, Postfix does as it does it at
an office. The long form waits for the limits that the product ships with.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from satisfaction.database import reading
from satisfaction.mail import SOCKET_SECONDS, MailServer
from satisfaction.models import Delivery, RefusedAddress
from satisfaction.outbox import PAUSES
from satisfaction.terms import DeliveryState
from tests.conftest import Office
from tests.faults.post import DOMAIN, INSTALL, MASTER, Postfix, carried, postfix
from tests.jobs.posting import SENDER
from tests.jobs.test_letters import deliveries, open_ward
from tests.jobs.test_mail import MINUTE, make_certificate, plan, send

__all__ = ["open_ward"]
IS_LONG = os.environ.get("FAULTS") == "long"
# What a mail server does says nothing of the engine.
pytestmark = [
    pytest.mark.once,
    # The long form installs Postfix and fails where it is missing. The short one puts no mail
    # server on a machine: test_mail.py tries there what is tried here, with a small one.
    pytest.mark.skipif(
        not IS_LONG and not MASTER.exists(), reason=f"a part of the long form: {INSTALL}"
    ),
]
READERS = [f"reader{number}" for number in range(20 if IS_LONG else 3)]
ADDRESSES = [f"{reader}@{DOMAIN}" for reader in READERS]
LIMIT_SECONDS = SOCKET_SECONDS if IS_LONG else 1.0
GREYLISTING = "check_recipient_access static:{450 4.7.1 greylisted, come back later}, permit"


@pytest.fixture
def served() -> Iterator[Postfix]:
    """Return a mail server that is not running yet."""
    with postfix(READERS) as made:
        yield made


def _server(port: int, **fields: Any) -> MailServer:
    values: dict[str, Any] = {"security": "none", "sender": SENDER}
    return MailServer(host="127.0.0.1", port=port, **(values | fields))


def _states() -> Counter[DeliveryState]:
    return Counter(one.state for one in deliveries())


def _one() -> Delivery:
    (found,) = deliveries()
    return found


def _each_once() -> dict[str, Counter[str]]:
    """Return the boxes as they are when each letter has come once."""
    return {one.address.partition("@")[0]: Counter({one.message_id: 1}) for one in deliveries()}


def test_letters_wait_for_a_server_that_is_down_and_come_once(
    open_ward: Office, served: Postfix
) -> None:
    served.start()
    served.stop()
    plan(open_ward, *ADDRESSES)
    after = timedelta()
    for pause in PAUSES[:4]:
        assert send(_server(served.port), after=after) == 0
        after += pause
    assert _states() == {DeliveryState.PLANNED: len(READERS)}
    assert all("unreachable" in one.problem for one in deliveries() if one.tries)
    served.start()
    assert send(_server(served.port), after=after) == len(READERS)
    assert send(_server(served.port), after=after + timedelta(days=1)) == 0
    assert served.boxes() == _each_once()
    print(f"\nR11 Postfix down: {len(READERS)} letters waited, each came once")


def test_a_slow_server_is_left_in_time_and_gets_the_letter_later(
    open_ward: Office, served: Postfix
) -> None:
    served.start(smtpd_recipient_restrictions=f"sleep {round(LIMIT_SECONDS) + 4}, permit")
    plan(open_ward, ADDRESSES[0])
    slow = _server(served.port, socket_seconds=LIMIT_SECONDS)
    begun = time.monotonic()
    assert send(slow) == 0
    waited = time.monotonic() - begun
    assert LIMIT_SECONDS <= waited < LIMIT_SECONDS + 3
    assert (_one().state, _one().repeats) == (DeliveryState.PLANNED, 0)
    served.restart()
    assert send(slow, after=MINUTE) == 1
    assert served.boxes() == _each_once()
    print(
        f"\nR11 Postfix slow: left after {waited:.1f} s of {LIMIT_SECONDS:.0f} s, came once later"
    )


def test_a_server_that_greylists_gets_them_when_it_asked_for_them(
    open_ward: Office, served: Postfix
) -> None:
    served.start(smtpd_recipient_restrictions=GREYLISTING)
    plan(open_ward, *ADDRESSES)
    assert send(_server(served.port)) == 0
    assert _states() == {DeliveryState.PLANNED: len(READERS)}
    assert all("450 4.7.1" in one.problem for one in deliveries()), deliveries()[0].problem
    served.restart()
    assert send(_server(served.port), after=MINUTE / 2) == 0
    assert send(_server(served.port), after=MINUTE) == len(READERS)
    assert served.boxes() == _each_once()
    assert {(one.tries, one.repeats) for one in deliveries()} == {(2, 0)}
    print(f"\nR11 Postfix greylisting: {len(READERS)} letters put off, each came once")


def test_one_unknown_reader_of_many_is_recorded_and_hinders_nobody(
    open_ward: Office, served: Postfix
) -> None:
    served.start()
    unknown = f"gone@{DOMAIN}"
    plan(open_ward, ADDRESSES[0], unknown, *ADDRESSES[1:])
    assert send(_server(served.port)) == len(READERS)
    failed = [one for one in deliveries() if one.state is DeliveryState.FAILED]
    assert [one.address for one in failed] == [unknown]
    assert failed[0].problem.startswith("550 5.1.1")
    assert "User unknown" in failed[0].problem
    with reading() as session:
        assert session.scalars(select(RefusedAddress.address)).all() == [unknown]
    assert send(_server(served.port), after=timedelta(days=1)) == 0
    boxes = served.boxes()
    assert {name: sum(box.values()) for name, box in boxes.items()} == dict.fromkeys(READERS, 1)
    print(f"\nR11 Postfix refusing one: {len(READERS)} of {len(READERS) + 1} came, one recorded")


def test_a_letter_whose_answer_was_lost_comes_again_as_the_same(
    open_ward: Office, served: Postfix
) -> None:
    served.start()
    plan(open_ward, *ADDRESSES)
    with carried(served.port) as carrier:
        carrier.swallows = 1
        assert send(_server(carrier.port)) == len(READERS) - 1
        assert carrier.swallowed[0].startswith(b"250 ")
        (unsure,) = [one for one in deliveries() if one.state is DeliveryState.UNCERTAIN]
        assert unsure.repeats == 1
        assert send(_server(carrier.port), after=MINUTE) == 1
    boxes = served.boxes()
    expected = _each_once()
    expected[unsure.address.partition("@")[0]][unsure.message_id] = 2
    assert boxes == expected
    assert _states() == {DeliveryState.SENT: len(READERS)}
    print(
        f"\nR11 Postfix's answer swallowed: {len(READERS)} letters came, 1 twice with the same"
        " Message-ID"
    )


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_only_a_server_with_the_right_certificate_gets_a_letter(
    open_ward: Office, served: Postfix, tmp_path: Path, security: str
) -> None:
    wrong, right = (make_certificate(tmp_path, name) for name in ("127.0.0.9", "127.0.0.1"))
    port = served.port if security == "starttls" else served.wrapped_port
    plan(open_ward, ADDRESSES[0])
    served.start(**_encrypting(*wrong))
    said = []
    # Nobody vouches for the first; the second is vouched for and bears another name.
    for tries, fields in enumerate(({}, {"ca_file": str(wrong[0])})):
        server = _server(port, security=security, **fields)
        assert send(server, after=sum(PAUSES[:tries], timedelta())) == 0
        said.append(_one().problem)
    assert all("certificate" in one for one in said)
    assert "self-signed" in said[0].replace(" ", "-")
    assert "127.0.0.1" in said[1]
    assert served.boxes() == {}
    served.restart(**_encrypting(*right))
    server = _server(port, security=security, ca_file=str(right[0]))
    assert send(server, after=sum(PAUSES[:2], timedelta())) == 1
    assert served.boxes() == _each_once()
    assert "TLS connection established" in served.log()
    print(f"\nR11 Postfix {security}: refused with {said}, the right certificate taken")


def _encrypting(paper: Path, key: Path) -> dict[str, str]:
    return {
        "smtpd_tls_security_level": "encrypt",
        "smtpd_tls_loglevel": "1",
        "smtpd_tls_cert_file": str(paper),
        "smtpd_tls_key_file": str(key),
    }
