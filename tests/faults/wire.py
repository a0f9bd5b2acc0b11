"""The wire between a device and the server, to be cut in the middle of what it carries."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

CHUNK = 4096
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Wire:
    """Carries connections to a port until told to cut some of them.

    ``cuts`` says for each coming delivery of a queue where the wire breaks: ``asking`` in the
    middle of the request, ``answering`` after the server has answered and before anybody hears it.
    While it ``is_down`` it carries nothing at all.
    """

    def __init__(self, port: int) -> None:
        self.cuts: list[str] = []
        self.made: list[str] = []
        self.is_down = False
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

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
        """Carry one connection, request by request."""
        with near, suppress(OSError):
            while (request := _read_head(near)) and not self.is_down:
                with socket.create_connection(("127.0.0.1", self._target)) as far:
                    if not self._exchange(near, far, request):
                        return

    def _exchange(self, near: socket.socket, far: socket.socket, head: bytes) -> bool:
        """Carry one request and its answer; say whether the wire still holds."""
        is_delivery = head.startswith((b"POST /kiosk/sync ", b"POST /kiosk/ratings "))
        cut = self.cuts.pop(0) if is_delivery and self.cuts else ""
        found = _LENGTH.search(head)
        body = _read(near, int(found[1])) if found else b""
        far.sendall(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        if cut == "asking":
            far.sendall(body[: len(body) // 2])
            self.made.append(cut)
            return False
        far.sendall(body)
        answer = b"".join(iter(lambda: far.recv(CHUNK), b""))
        if cut == "answering":
            near.sendall(answer[: len(answer) // 2])
            self.made.append(cut)
            return False
        near.sendall(answer)
        return bool(answer) and b"\r\nConnection: close" not in answer.partition(b"\r\n\r\n")[0]


def _read_head(near: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        sign = near.recv(1)
        if not sign:
            return b""
        head += sign
    return re.sub(rb"\r\nConnection: [^\r]*", b"", head, flags=re.IGNORECASE)


def _read(near: socket.socket, length: int) -> bytes:
    body = b""
    while len(body) < length:
        part = near.recv(min(CHUNK, length - len(body)))
        if not part:
            raise OSError("the device went away")
        body += part
    return body


@contextmanager
def wired(port: int) -> Iterator[Wire]:
    """Lay a wire to a port of this machine until the block ends."""
    wire = Wire(port)
    run: Callable[[], None] = wire.run
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.stop()
        thread.join(timeout=10)
