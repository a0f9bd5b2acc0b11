"""The units and their installation: services may do little, and nothing older is installed."""

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from satisfaction.config import PREFIX, Settings
from satisfaction.web import server

ROOT = Path(__file__).parents[1]
UNITS = ROOT / "systemd"
SERVICES = ["hailong-web.service", "hailong-jobs.service", "hailong-backup.service"]
INSTALLED = [*SERVICES, "hailong-web.socket", "hailong-backup.timer", "hailong.slice"]
ANALYZE = shutil.which("systemd-analyze")
MOST_EXPOSURE = 2.0
PARTS = (
    *("satisfaction", "kiosk", "admin", "static", "templates", "docs", "systemd"),
    *("wsgi.py", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"),
)
ALWAYS = {
    "Slice": "hailong.slice",
    "User": "hailong",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "StateDirectory": "hailong",
    "StateDirectoryMode": "0700",
    "UMask": "0077",
    "LoadCredential": "hailong:/etc/hailong/credentials",
    "MemoryDenyWriteExecute": "yes",
}


def _unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((UNITS / name).read_text(encoding="utf-8"))
    return parser


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_little(name: str) -> None:
    service = _unit(name)["Service"]
    assert {key: service.get(key) for key in ALWAYS} == ALWAYS
    if ANALYZE:
        words = [ANALYZE, "security", "--offline=true", "--threshold=20", str(UNITS / name)]
        said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        found = re.search(r"exposure level for \S+: ([\d.]+)", said)
        assert found is not None
        assert float(found[1]) <= MOST_EXPOSURE


def test_the_units_say_nothing_that_systemd_does_not_know(tmp_path: Path) -> None:
    kinds = {".service", ".socket", ".timer", ".slice"}
    there = {path.name for path in UNITS.iterdir() if path.suffix in kinds}
    assert there == {*INSTALLED, "hailong-kiosk-browser.service"}
    for name in INSTALLED:
        text = (UNITS / name).read_text(encoding="utf-8")
        text = text.replace("/opt/hailong/current/venv/bin/python", "/bin/true")
        (tmp_path / name).write_text(text)
    if ANALYZE:
        words = [ANALYZE, "verify", *(str(path) for path in tmp_path.iterdir())]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        ours = [line for line in done.stderr.splitlines() if "hailong" in line]
        assert [line for line in ours if "man:" not in line] == []


def test_everything_together_has_half_a_gigabyte() -> None:
    assert _unit("hailong.slice")["Slice"]["MemoryMax"] == "512M"


def test_the_web_service_ends_and_reloads_as_gunicorn_wants() -> None:
    service = _unit("hailong-web.service")["Service"]
    assert (service["Type"], service["NotifyAccess"]) == ("notify", "main")
    assert service["KillMode"] == "mixed"
    assert service["ExecReload"].endswith("python -m satisfaction.commands.web reload $MAINPID")
    assert service["RuntimeDirectoryMode"] == "0700"
    assert int(service["TimeoutStopSec"]) > server.graceful_timeout
    assert server.control_socket_disable
    text = (UNITS / "hailong-web.service").read_text(encoding="utf-8")
    assert text.index("database prepare") < text.index("--check-config")
    assert "StartLimitIntervalSec=0" in text


def test_the_settings_that_are_installed_exist() -> None:
    text = (UNITS / "hailong.env").read_text(encoding="utf-8")
    text += "".join((UNITS / name).read_text(encoding="utf-8") for name in SERVICES)
    text += (UNITS / "nginx-hailong.conf").read_text(encoding="utf-8")
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(r"HAILONG_[A-Z_]+", text)) <= known
    socket = (UNITS / "hailong-web.socket").read_text(encoding="utf-8")
    address = re.search(r"^HAILONG_METRICS=(.+)$", text, re.MULTILINE)
    assert address is not None
    assert f"ListenStream={address[1]}" in socket


def _run(word: str, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", UNITS / "install.sh", word],
        env={**os.environ, "DESTDIR": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_older_program_is_not_put_in_the_place_of_a_newer_one(tmp_path: Path) -> None:
    app = tmp_path / "opt/hailong/current/app"
    app.mkdir(parents=True)
    (app / "pyproject.toml").write_text('version = "99.0.0"\n')
    done = _run("install", tmp_path)
    assert done.returncode == 1
    assert "99.0.0" in done.stderr
    assert " / " in done.stderr
    assert list((tmp_path / "opt/hailong").iterdir()) == [tmp_path / "opt/hailong/current"]


def _source(folder: Path) -> Path:
    """Return the program as it is unpacked, without the libraries: those take minutes."""
    for name in (*PARTS, "requirements"):
        part, copy = ROOT / name, folder / name
        if part.is_dir():
            shutil.copytree(part, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(part, copy)
    (folder / "requirements/run.txt").write_text("")
    return folder


def _install(source: Path, root: Path, version: str) -> subprocess.CompletedProcess[str]:
    project = source / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    project.write_text(re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', text))
    return subprocess.run(
        ["sh", source / "systemd/install.sh", "install"],
        env={**os.environ, "DESTDIR": str(root), "PREFIX": "/srv/hailong"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_installing_again_upgrades_and_keeps_two_releases(tmp_path: Path) -> None:
    source, root = _source(tmp_path / "source"), tmp_path / "root"
    done = _install(source, root, "9.8.0")
    assert done.returncode == 0, done.stderr
    settings = root / "etc/hailong/hailong.env"
    settings.write_text("HAILONG_IDLE_MINUTES=10\n")
    # The unit that an administrator changed by a drop-in, and the one that an upgrade replaces.
    own = root / "etc/systemd/system/hailong-jobs.service.d/own.conf"
    own.parent.mkdir()
    own.write_text("[Service]\nMemoryMax=200M\n")
    unit = root / "etc/systemd/system/hailong-web.service"
    unit.write_text("old")

    (source / "requirements/run.txt").write_text("no such library at all\n")
    broken = _install(source, root, "9.9.0")
    assert broken.returncode != 0
    home = root / "srv/hailong"
    assert (home / "current").readlink().name.startswith("9.8.0-")
    assert [path.name.split("-")[0] for path in (home / "releases").iterdir()] == ["9.8.0"]
    assert unit.read_text() == "old"

    (source / "requirements/run.txt").write_text("")
    for version in ("9.9.0", "9.10.0"):
        done = _install(source, root, version)
        assert done.returncode == 0, done.stderr
    assert sorted(path.name.split("-")[0] for path in (home / "releases").iterdir()) == [
        "9.10.0",
        "9.9.0",
    ]
    current = (home / "current").readlink()
    assert current.name.startswith("9.10.0-")
    assert (home / "current/venv/bin/python").exists()
    assert (home / "current/app/wsgi.py").exists()
    assert "/srv/hailong/current/venv/bin/python" in unit.read_text()
    assert "/opt/hailong/" not in unit.read_text().replace("file:///opt", "")
    assert settings.read_text() == "HAILONG_IDLE_MINUTES=10\n"
    assert own.exists()
    assert (root / "etc/hailong/credentials").stat().st_mode & 0o777 == 0o700
    command = root / "usr/local/sbin/hailong"
    assert os.access(command, os.X_OK)
    assert "PREFIX=/srv/hailong" in command.read_text(encoding="utf-8")
    refused = _install(source, root, "9.9.5")
    assert refused.returncode == 1
    assert "9.10.0" in refused.stderr


def test_what_is_removed_leaves_data_and_settings(tmp_path: Path) -> None:
    for name in ("opt/hailong/current", "etc/systemd/system", "etc/hailong", "var/lib/hailong"):
        (tmp_path / name).mkdir(parents=True)
    units = tmp_path / "etc/systemd/system"
    for name in INSTALLED:
        (units / name).touch()
    (units / "hailong-kiosk-browser.service").touch()
    own = units / "hailong-web.service.d" / "own.conf"
    own.parent.mkdir()
    own.write_text("[Service]\nReadWritePaths=/mnt/backup\n")
    (tmp_path / "var/lib/hailong/hailong.sqlite3").touch()
    done = _run("uninstall", tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "opt/hailong").exists()
    assert {path.name for path in units.iterdir()} == {
        "hailong-kiosk-browser.service",
        "hailong-web.service.d",
    }
    assert own.exists()
    assert (tmp_path / "var/lib/hailong/hailong.sqlite3").exists()
    assert (tmp_path / "etc/hailong").exists()
