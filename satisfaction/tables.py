"""Open a file as the tables it may hold. Refuses files that are not what they seem.

A file is looked through from end to end before its first line is handed out, so that a fault in
its last part is found before anything of it is used. What the lines mean is not known here.
"""

import codecs
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path

from satisfaction.delimited import open_text
from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault
from satisfaction.lines import Table
from satisfaction.workbooks import open_workbook

_START_BYTES = 2**16
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_FOREIGN = (b"%PDF", b"{\\rtf", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"\x89PNG", b"\xff\xd8\xff")


@contextmanager
def open_tables(path: Path, *, most_bytes: int) -> Iterator[Sequence[Table]]:
    """Open the sheets of a workbook, or a CSV file once for each separator it may have.

    Only who knows the headings can choose among them.
    Raises: ImportRefusedError.
    """
    if path.stat().st_size > most_bytes:
        raise ImportRefusedError(reason=FileFault.TOO_LARGE, most_bytes=most_bytes)
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    if start.startswith(b"PK\x03\x04"):
        with open_workbook(path) as sheets:
            yield sheets
        return
    _refuse_other_kinds(path, start)
    yield open_text(path, start)


def _refuse_other_kinds(path: Path, start: bytes) -> None:
    """Refuse what is no text at all, naming what it is as far as that helps."""
    visible = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if not visible:
        raise ImportRefusedError(reason=FileFault.EMPTY)
    if start.startswith(_OLE):
        raise ImportRefusedError(
            reason=FileFault.ENCRYPTED if _is_encrypted(path) else FileFault.OLD_EXCEL
        )
    if visible.startswith(b"<"):
        raise ImportRefusedError(reason=FileFault.WEB_PAGE)
    if start.startswith(_FOREIGN):
        raise ImportRefusedError(reason=FileFault.OTHER_FORMAT)


def _is_encrypted(path: Path) -> bool:
    """Say whether an old container holds a newer workbook behind a password."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        return content.find(_ENCRYPTED) >= 0
