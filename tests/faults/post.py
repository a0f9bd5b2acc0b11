"""Debian's own mail server on loopback, with files of its own, stopped and changed at will."""

import grp
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email import message_from_bytes
from pathlib import Path

from tests.engines import free_port

MASTER = Path("/usr/lib/postfix/sbin/master")
INSTALL = "apt-get install -y --no-install-recommends postfix"
DOMAIN = "example.gov.vn"
LONGEST_SECONDS = 60
_SETTINGS = f"""\
compatibility_level = 3.6
maillog_file = /dev/stdout
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.{DOMAIN}
mydestination =
fast_flush_domains =
smtpd_peername_lookup = no
virtual_mailbox_domains = {DOMAIN}
virtual_uid_maps = static:65534
virtual_gid_maps = static:{grp.getgrnam("nogroup").gr_gid}
"""
# What takes a letter in, keeps it and lays it into its reader's box; nothing goes any further.
_SERVICES = """\
127.0.0.1:{plain} inet n - n - - smtpd
127.0.0.1:{wrapped} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """One mail server with a box for each of its readers; its ports stay when it is stopped."""

    def __init__(self, folder: Path, readers: list[str]) -> None:
        self.port, self.wrapped_port = free_port(), free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("config", "queue", "data", "boxes"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        shutil.chown(folder / "boxes", "nobody")
        boxes = "".join(f"{one}@{DOMAIN} {one}/\n" for one in readers)
        (folder / "config" / "boxes").write_text(boxes)
        services = _SERVICES.format(plain=self.port, wrapped=self.wrapped_port)
        (folder / "config" / "master.cf").write_text(services)

    def start(self, **changes: str) -> None:
        """Start with these settings beside the common ones, and wait until it greets."""
        folder = self._folder
        own = {
            "queue_directory": folder / "queue",
            "data_directory": folder / "data",
            "virtual_mailbox_base": folder / "boxes",
            "virtual_mailbox_maps": f"texthash:{folder}/config/boxes",
            **changes,
        }
        lines = "".join(f"{name} = {value}\n" for name, value in own.items())
        (folder / "config" / "main.cf").write_text(_SETTINGS + lines)
        words: list[str | Path] = ["postfix", "-c", folder / "config", "check"]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with (folder / "log").open("ab") as log:
            # It ends its own children by the number of their group, so it leads one.
            self._process = subprocess.Popen(
                [MASTER, "-c", folder / "config", "-d"],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + LONGEST_SECONDS
        while not self._greets():
            assert time.monotonic() < until, self.log()
            time.sleep(0.05)

    def _greets(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=5) as line,
        ):
            return line.recv(512).startswith(b"220 ")
        return False

    def stop(self) -> None:
        """Stop, and wait for the end of everything that belongs to it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        until = time.monotonic() + 30
        with suppress(ProcessLookupError):
            while True:
                os.killpg(process.pid, 0)
                assert time.monotonic() < until, "the mail server does not end"
                time.sleep(0.02)

    def restart(self, **changes: str) -> None:
        """Start anew with other settings."""
        self.stop()
        self.start(**changes)

    def log(self) -> str:
        """Return what it has written so far."""
        return (self._folder / "log").read_text(errors="replace")

    def boxes(self) -> Mapping[str, Counter[str]]:
        """Return how often each Message-ID lies in whose box, once nothing is under way."""
        until = time.monotonic() + LONGEST_SECONDS
        while any(self._under_way()):
            assert time.monotonic() < until, self.log()
            time.sleep(0.05)
        found: dict[str, Counter[str]] = {}
        for file in sorted((self._folder / "boxes").glob("*/new/*")):
            message = message_from_bytes(file.read_bytes())
            box = found.setdefault(file.parents[1].name, Counter())
            box[re.sub(r"\s", "", message["Message-ID"])] += 1
        return found

    def _under_way(self) -> Iterator[Path]:
        for name in ("incoming", "active", "deferred", "maildrop"):
            for found in (self._folder / "queue" / name).rglob("*"):
                with suppress(FileNotFoundError):
                    if found.is_file():
                        yield found


@contextmanager
def postfix(readers: list[str]) -> Iterator[Postfix]:
    """Have a mail server with a box for each reader until the block ends; it is not started yet.

    Its files are not among pytest's own, which are closed to the users that it runs as.
    """
    assert MASTER.exists(), f"Postfix is missing: {INSTALL}"
    assert os.geteuid() == 0, "Postfix starts as root alone: sudo make faults"
    with tempfile.TemporaryDirectory(prefix="hailong-postfix-") as place:
        Path(place).chmod(0o755)
        served = Postfix(Path(place), readers)
        try:
            yield served
        finally:
            served.stop()


class Carrier:
    """Carries SMTP to a server, and swallows as many answers to a whole text as it is told to."""

    def __init__(self, port: int) -> None:
        self.swallows = 0
        self.swallowed: list[bytes] = []
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def run(self) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def stop(self) -> None:
        """Take no more connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _carry(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self._target))
        asking = threading.Thread(target=_pass_on, args=(near, far), daemon=True)
        asking.start()
        takes_text = False
        with near, far, suppress(OSError), far.makefile("rb") as lines:
            for line in lines:
                if takes_text and self.swallows:
                    self.swallows -= 1
                    self.swallowed.append(line)
                    # Both sides have to notice, although another thread still reads from one.
                    for side in (near, far):
                        side.shutdown(socket.SHUT_RDWR)
                    return
                near.sendall(line)
                takes_text = line.startswith(b"354 ")


def _pass_on(near: socket.socket, far: socket.socket) -> None:
    with suppress(OSError):
        while part := near.recv(4096):
            far.sendall(part)
        far.shutdown(socket.SHUT_WR)


@contextmanager
def carried(port: int) -> Iterator[Carrier]:
    """Carry SMTP to a port of this machine until the block ends."""
    carrier = Carrier(port)
    thread = threading.Thread(target=carrier.run, daemon=True)
    thread.start()
    try:
        yield carrier
    finally:
        carrier.stop()
        thread.join(timeout=10)
