"""The kiosk's unit, its browser policy and the commands of docs/kiosk-hardware.md hold.

The browser is asked by name for every flag and every rule, because one that it does not know is
ignored in silence.
"""

import json
import mmap
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "systemd" / "hailong-kiosk-browser.service"
POLICY = ROOT / "systemd" / "chromium-policy.json"
MANUAL = ROOT / "docs" / "kiosk-hardware.md"
CHROMIUM = Path("/usr/lib/chromium/chromium")
PLACEHOLDER = "https://kiosk.example.internal"
LEFT_TO_OFFICE = "read -rs"


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.exit(f"{name} is missing: apt-get install -y {package}", returncode=3)
    return found


def _policy() -> dict[str, Any]:
    rules: dict[str, Any] = json.loads(POLICY.read_text(encoding="utf-8"))
    return rules


def _command() -> list[str]:
    """Return what the unit runs, word by word."""
    text = UNIT.read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.search(r"^ExecStart=(.+)$", text, re.MULTILINE)
    assert found is not None
    return found.group(1).split()


def _flags() -> list[str]:
    command = _command()
    return [word for word in command[command.index("/usr/bin/chromium") :] if word[:2] == "--"]


def _unknown_to_chromium(words: list[str]) -> list[str]:
    if not CHROMIUM.exists():
        pytest.exit("Chromium is missing: apt-get install -y chromium", returncode=3)
    with CHROMIUM.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as program:
        return [word for word in words if program.find(b"\0" + word.encode() + b"\0") < 0]


def test_systemd_has_nothing_to_say_against_the_unit(tmp_path: Path) -> None:
    """The two programs need not be installed where the unit is only checked."""
    text = UNIT.read_text(encoding="utf-8").replace("/usr/bin/cage", "/bin/true")
    copy = tmp_path / UNIT.name
    copy.write_text(text, encoding="utf-8")
    answer = subprocess.run(
        [_program("systemd-analyze", "systemd"), "verify", "--man=no", copy],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (answer.stderr, answer.returncode) == ("", 0)


def test_unit_names_only_flags_that_chromium_knows() -> None:
    names = [flag.removeprefix("--").partition("=")[0] for flag in _flags()]
    assert len(names) > 10
    assert _unknown_to_chromium(names) == []
    absent = ["disable-session-crashed-bubble", "ozone-platform-hint"]
    assert _unknown_to_chromium(absent) == absent, "the search finds what is not there"


def test_unit_keeps_the_queue_and_opens_no_door() -> None:
    flags = _flags()
    assert "--user-data-dir=%S/hailong-kiosk/profile" in flags
    for word in ("incognito", "temp-profile", "remote-debugging", "insecure", "no-sandbox"):
        assert not any(word in flag for flag in flags)
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    for line in (
        "StateDirectory=hailong-kiosk",
        "PAMName=login",
        "Conflicts=getty@tty1.service",
        "Restart=always",
        "StartLimitIntervalSec=0",
        "User=hailong-kiosk",
    ):
        assert line in lines


def test_policy_names_only_rules_that_chromium_knows() -> None:
    assert _unknown_to_chromium(list(_policy())) == []


def test_policy_lets_the_kiosk_in_and_nothing_else() -> None:
    policy = _policy()
    assert policy["URLBlocklist"] == ["*"]
    for open_to_kiosk in ("URLAllowlist", "AutoplayAllowlist", "NotificationsAllowedForUrls"):
        assert policy[open_to_kiosk] == [PLACEHOLDER]
    assert policy["ExtensionInstallBlocklist"] == ["*"]
    assert policy["DeveloperToolsAvailability"] == 2
    assert policy["RemoteDebuggingAllowed"] is False
    assert policy["AllowDeletingBrowserHistory"] is False
    for forgetful in ("ForceEphemeralProfiles", "ClearBrowsingDataOnExitList"):
        assert forgetful not in policy


def _commands_between(start: str, end: str) -> str:
    """Return the commands that the manual gives between two headings."""
    text = MANUAL.read_text(encoding="utf-8")
    part = text[text.index(start) : text.index(end)]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", part, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the manual's own commands make, for this machine's addresses."""
    folder = tmp_path_factory.mktemp("certificates")
    script = _commands_between("### 5.1", "### 5.3")
    for name, value in (
        ("IPV4", "127.0.0.1"),
        ("IPV6", "::1"),
        ("NETWORK4", "127.0.0.0/255.0.0.0"),
        ("NETWORK6", "::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ):
        script, replaced = re.subn(rf"^{name}=.*$", f"{name}={value}", script, flags=re.MULTILINE)
        assert replaced == 1
    kept = [line for line in script.splitlines() if not line.startswith(LEFT_TO_OFFICE)]
    subprocess.run(
        [_program("bash", "bash"), "-euo", "pipefail", "-c", "\n".join(kept)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "CA_PASSPHRASE": "of the test alone"},
        check=True,
        capture_output=True,
        timeout=60,
    )
    return folder


@contextmanager
def _server(folder: Path, family: socket.AddressFamily, address: str) -> Iterator[int]:
    """Greet one visitor over TLS with the server's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    with socket.socket(family) as listener:
        listener.bind((address, 0))
        listener.listen()

        def greet() -> None:
            visitor, _address = listener.accept()
            with visitor:
                try:
                    with context.wrap_socket(visitor, server_side=True) as secure:
                        secure.sendall(b"welcome")
                except (ssl.SSLError, ConnectionError):
                    return

        thread = threading.Thread(target=greet)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            thread.join(timeout=10)


def _visit(folder: Path, family: socket.AddressFamily, address: str, name: str) -> bytes:
    """Return what a server with the manual's certificate says to one who trusts its authority."""
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    with (
        _server(folder, family, address) as port,
        socket.create_connection((address, port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.recv(100)


@pytest.mark.parametrize(
    ("family", "address", "name"),
    [
        (socket.AF_INET, "127.0.0.1", "kiosk.example.internal"),
        (socket.AF_INET, "127.0.0.1", "127.0.0.1"),
        (socket.AF_INET6, "::1", "::1"),
    ],
)
def test_certificate_of_the_manual_is_trusted_by_name_and_by_both_kinds_of_address(
    certificates: Path, family: socket.AddressFamily, address: str, name: str
) -> None:
    assert _visit(certificates, family, address, name) == b"welcome"


def test_certificate_of_the_manual_is_not_good_for_another_name(certificates: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        _visit(certificates, socket.AF_INET, "127.0.0.1", "bank.example")


def test_authority_of_the_manual_cannot_speak_for_other_names(certificates: Path) -> None:
    openssl = _program("openssl", "openssl")
    (certificates / "bank.ext").write_text("subjectAltName = DNS:bank.example\n")
    steps = (
        [*("req", "-new", "-key", "server.key", "-out", "bank.csr", "-subj", "/CN=bank.example")],
        [
            *("x509", "-req", "-in", "bank.csr", "-CA", "ca.crt", "-CAkey", "ca.key"),
            *("-passin", "pass:of the test alone", "-extfile", "bank.ext", "-out", "bank.crt"),
        ],
    )
    for step in steps:
        subprocess.run([openssl, *step], cwd=certificates, check=True, capture_output=True)
    answer = subprocess.run(
        [openssl, "verify", "-CAfile", "ca.crt", "bank.crt"],
        cwd=certificates,
        capture_output=True,
        text=True,
    )
    assert answer.returncode != 0
    assert "permitted subtree violation" in answer.stdout + answer.stderr
