"""The power is cut between any two writes, and every sector that was not synced may be lost (R2).

What a program did to its files is written down; a cut keeps what was synced and each other sector
of 512 bytes at random. The same test must find losses where synchronous is less than FULL: a test
that cannot fail proves nothing.
"""

import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.engines import Engines
from tests.faults.serving import ROOT

IS_LONG = os.environ.get("FAULTS") == "long"
CUTS = 200 if IS_LONG else 40
ROWS = 120
SECTOR = 512
_HEAD = struct.Struct("=ciqI")
COMPILER = shutil.which("gcc") or shutil.which("cc")


@dataclass(frozen=True)
class _Record:
    kind: str
    file: int
    offset: int
    data: bytes


@dataclass
class _File:
    """What the disk surely holds of a file, and what it may or may not hold besides."""

    kept: bytearray = field(default_factory=bytearray)
    waiting: list[_Record] = field(default_factory=list)

    def sync(self) -> None:
        for record in self.waiting:
            _apply(self.kept, record)
        self.waiting.clear()

    def after_cut(self, draw: random.Random) -> bytes:
        """Return what is found when the power is back."""
        found = bytearray(self.kept)
        for record in self.waiting:
            if record.kind == "t":
                if draw.random() < 0.5:
                    _apply(found, record)
                continue
            for start in range(0, len(record.data), SECTOR):
                if draw.random() < 0.5:
                    part = record.data[start : start + SECTOR]
                    _apply(found, _Record("w", 0, record.offset + start, part))
        return bytes(found)


def _apply(content: bytearray, record: _Record) -> None:
    if record.kind == "t":
        del content[record.offset :]
        content.extend(bytes(record.offset - len(content)))
        return
    content.extend(bytes(max(0, record.offset - len(content))))
    content[record.offset : record.offset + len(record.data)] = record.data


def _records(log: bytes) -> Iterator[_Record]:
    place = 0
    while place < len(log):
        kind, file, offset, length = _HEAD.unpack_from(log, place)
        place += _HEAD.size
        yield _Record(kind.decode(), file, offset, log[place : place + length])
        place += length


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled recorder."""
    assert COMPILER is not None, "apt-get install gcc libc6-dev"
    target = tmp_path_factory.mktemp("recorder") / "recorder.so"
    source = Path(__file__).with_name("recorder.c")
    words = [COMPILER, "-shared", "-fPIC", "-O1", "-o", str(target), str(source), "-ldl"]
    subprocess.run(words, check=True, capture_output=True)
    return target


def _record(library: Path, folder: Path, journal: str = "", synchronous: str = "") -> list[_Record]:
    data, log = folder / "data", folder / "log"
    data.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-m", "tests.faults.writer", data, journal, synchronous, str(ROWS)],
        cwd=ROOT,
        env={
            **os.environ,
            "LD_PRELOAD": str(library),
            "RECORD_FOLDER": str(data),
            "RECORD_LOG": str(log),
        },
        check=True,
        timeout=120,
    )
    return list(_records(log.read_bytes()))


def _cut(records: list[_Record], place: int, draw: random.Random) -> tuple[dict[str, bytes], int]:
    """Return the files after a cut at a place, and how many rows were acknowledged before it."""
    names: dict[int, str] = {}
    files: dict[str, _File] = {}
    acknowledged = 0
    for record in records[:place]:
        if record.kind == "o":
            names[record.file] = Path(record.data.decode()).name
            files.setdefault(names[record.file], _File())
        elif record.kind == "u":
            files.pop(Path(record.data.decode()).name, None)
        elif names[record.file] == "acknowledged":
            acknowledged += 1
        elif record.kind == "s":
            files[names[record.file]].sync()
        else:
            files[names[record.file]].waiting.append(record)
    return {name: file.after_cut(draw) for name, file in files.items()}, acknowledged


def _lost_after(files: dict[str, bytes], acknowledged: int, folder: Path) -> int:
    """Open what is left as SQLite does; return how many acknowledged rows are not there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        if name.startswith("rows.sqlite3") and not name.endswith("-shm"):
            (folder / name).write_bytes(content)
    try:
        with closing(sqlite3.connect(folder / "rows.sqlite3")) as connection:
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                return max(acknowledged, 1)
            there = {row[0] for row in connection.execute("SELECT id FROM one")}
    except sqlite3.DatabaseError:
        return acknowledged
    return len(set(range(acknowledged)) - there)


def _lose(records: list[_Record], folder: Path) -> tuple[int, int]:
    """Cut many times; return how many acknowledged rows there were and how many were lost."""
    draw = random.Random(2)
    rows = lost = 0
    for _ in range(CUTS):
        files, acknowledged = _cut(records, draw.randint(1, len(records)), draw)
        rows += acknowledged
        lost += _lost_after(files, acknowledged, folder / "after")
    return rows, lost


def test_a_power_cut_loses_nothing_acknowledged_and_less_than_full_would(
    engines: Engines, library: Path, tmp_path: Path
) -> None:
    if not isinstance(engines.template, Path):
        assert CUTS > 0, "PostgreSQL looks after its own files"
        return
    rows, lost = _lose(_record(library, tmp_path / "ours"), tmp_path)
    said = [f"the product's mode {lost} of {rows} lost"]
    assert rows > CUTS * 10
    assert lost == 0
    for journal, synchronous, loses in (
        ("WAL", "FULL", False),
        ("WAL", "NORMAL", True),
        ("TRUNCATE", "OFF", True),
    ):
        place = tmp_path / f"{journal}-{synchronous}"
        rows, lost = _lose(_record(library, place, journal, synchronous), tmp_path)
        said.append(f"{journal} + {synchronous} {lost} of {rows}")
        assert (lost > 0) is loses, said
    print(f"\nR2: {CUTS} power cuts each: " + "; ".join(said))
