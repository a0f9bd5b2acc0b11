"""Files opened as tables, for the tests of each kind of file: what was read, or why not."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault
from satisfaction.lines import MOST_COLUMNS, Cell, Line
from satisfaction.tables import open_tables

WriteFile = Callable[[bytes], Path]
MEGABYTES = 64 * 2**20


def lines_of(path: Path, table: int | str = 0) -> list[Line]:
    """Return the lines of one table of a file."""
    with open_tables(path, most_bytes=MEGABYTES) as tables:
        chosen = (
            tables[table]
            if isinstance(table, int)
            else next(one for one in tables if one.name == table)
        )
        count = chosen.check()
        lines = list(chosen.lines())
    assert not lines or lines[-1].number <= count
    return lines


def rows_of(path: Path, table: int | str = 0) -> list[list[Cell]]:
    """Return the cells of those lines."""
    return [list(line.cells) for line in lines_of(path, table)]


def fault_of(path: Path, most_bytes: int = MEGABYTES) -> tuple[FileFault, dict[str, Any]]:
    """Return why a file is refused."""
    with pytest.raises(ImportRefusedError) as refused:
        read_whole(path, most_bytes)
    return refused.value.fields["reason"], refused.value.fields


def read_whole(path: Path, most_bytes: int = MEGABYTES) -> None:
    """Read every table of a file to its end."""
    with open_tables(path, most_bytes=most_bytes) as tables:
        for table in tables:
            table.check()
            assert all(len(line.cells) <= MOST_COLUMNS + 1 for line in table.lines())


def read_or_refuse(path: Path) -> None:
    """Read a file, or have it refused with a name; anything else fails."""
    with contextlib.suppress(ImportRefusedError):
        read_whole(path)
