"""Files of others that we ship: each is known by name, version, licence, source and checksum."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[1] / "static"
VENDOR = STATIC / "vendor"
MANIFEST = VENDOR / "vendored.json"
ENTRIES: list[dict[str, str]] = json.loads(MANIFEST.read_text(encoding="utf-8"))
FIELDS = {"name", "version", "licence", "licence_file", "source", "file", "checksum"}


def _inside(entry: dict[str, str], field: str) -> Path:
    return (VENDOR / entry[field]).resolve()


def _file(entry: dict[str, str]) -> str:
    return entry["file"]


@pytest.mark.parametrize("entry", ENTRIES, ids=_file)
def test_a_vendored_file_is_what_its_entry_says(entry: dict[str, str]) -> None:
    assert entry.keys() >= FIELDS
    assert all(entry[field].strip() for field in FIELDS)
    assert entry["source"].startswith("https://")
    digest = hashlib.sha384(_inside(entry, "file").read_bytes()).digest()
    assert entry["checksum"] == f"sha384-{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize("entry", ENTRIES, ids=_file)
def test_a_vendored_file_comes_with_its_licence(entry: dict[str, str]) -> None:
    text = _inside(entry, "licence_file").read_text(encoding="utf-8")
    assert len(text.split()) > 50


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if entry["version"][:1].isdigit()], ids=_file
)
def test_a_versioned_file_bears_its_version_in_its_name(entry: dict[str, str]) -> None:
    assert entry["version"] in entry["file"]


def test_no_file_of_others_lies_outside_the_manifest() -> None:
    known = {_inside(entry, field) for entry in ENTRIES for field in ("file", "licence_file")}
    known.add(MANIFEST)
    shipped = {
        path.resolve()
        for folder in (VENDOR, STATIC / "fonts")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert shipped == known
