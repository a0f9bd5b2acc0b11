"""The port and the addresses to serve on: IPv6 and IPv4 together. Refuses a port that is taken."""

import errno
import socket
from collections.abc import Mapping

from satisfaction.errors import PortError

USUAL_PORT = 8000


def read_port(environment: Mapping[str, str]) -> int:
    """Return the port that PORT names, or the usual one.

    Raises: PortError for what is no port number.
    """
    text = environment.get("PORT", "") or str(USUAL_PORT)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise PortError(port=text, problem="not a port")
    return int(text)


def find_binds(port: int) -> list[str]:
    """Return the addresses through which IPv6 and IPv4 clients both reach the port.

    One socket on ``::`` serves both, unless the machine keeps the two apart or has no IPv6.
    """
    if not _has_ipv6():
        return [f"0.0.0.0:{port}"]
    with socket.socket(socket.AF_INET6) as probe:
        is_apart = probe.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    return [f"[::]:{port}", f"0.0.0.0:{port}"] if is_apart else [f"[::]:{port}"]


def _has_ipv6() -> bool:
    """Say whether this machine can serve on IPv6; it may be compiled in and switched off."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True


def require_free(port: int) -> None:
    """Refuse a port that another program serves on, or that this user may not use.

    Raises: PortError.
    """
    families = [(socket.AF_INET, "")]
    if _has_ipv6():
        families.insert(0, (socket.AF_INET6, "::"))
    for family, address in families:
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as problem:
            taken = problem.errno == errno.EADDRINUSE
            raise PortError(port=port, problem="taken" if taken else "not permitted") from problem
