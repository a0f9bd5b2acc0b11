"""Open XLSX archives and read their parts. Refuses one made to exhaust memory, disk or time.

Sizes are checked before anything is unpacked, and a part is parsed in small pieces by handlers
that keep only what they look for; document types, and with them entities, are refused.
"""

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO
from xml.parsers import expat

from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault

MOST_UNPACKED_BYTES = 512 * 2**20
MOST_RATIO = 150
FREE_OF_RATIO_BYTES = 20 * 2**20
MOST_DIRECTORY_BYTES = 2**20
LONGEST_TOKEN_BYTES = 2**22
_CHUNK_BYTES = 2**16
_LONGEST_END = 2**16 + 22 + 76
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}

Attributes = dict[str, str]


@contextmanager
def _refused_if_damaged() -> Iterator[None]:
    """Answer what zip and expat raise for damage with one refusal; stands around them alone."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        EOFError,
        LookupError,
        NotImplementedError,
        OSError,
        ValueError,
        struct.error,
    ) as problem:
        raise ImportRefusedError(reason=FileFault.BROKEN) from problem


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose sizes are those of a list.

    Raises: ImportRefusedError.
    """
    with path.open("rb") as file:
        with _refused_if_damaged():
            _check_directory(file)
            archive = zipfile.ZipFile(file)
        with archive:
            _check_parts(archive.infolist())
            yield archive


def _check_directory(file: IO[bytes]) -> None:
    """Refuse an archive of very many parts before its list of parts is read into memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _LONGEST_END))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise EOFError("no end of directory")
    (directory_bytes,) = struct.unpack_from("<L", tail, end + 12)
    end_64 = end - 76
    if end_64 >= 0 and tail.startswith(b"PK\x06\x06", end_64):
        (directory_bytes,) = struct.unpack_from("<Q", tail, end_64 + 40)
    if directory_bytes > MOST_DIRECTORY_BYTES:
        raise ImportRefusedError(reason=FileFault.UNPACKS_TOO_LARGE)
    file.seek(0)


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    """Refuse parts by what the directory says of them; unpacking never yields more than that."""
    if any(part.flag_bits & 1 for part in parts):
        raise ImportRefusedError(reason=FileFault.ENCRYPTED)
    packed = sum(part.compress_size for part in parts)
    most = min(MOST_UNPACKED_BYTES, max(FREE_OF_RATIO_BYTES, packed * MOST_RATIO))
    if sum(part.file_size for part in parts) > most:
        raise ImportRefusedError(reason=FileFault.UNPACKS_TOO_LARGE)
    if any(part.compress_type not in _COMPRESSIONS for part in parts):
        raise ImportRefusedError(reason=FileFault.BROKEN)


def size_of(archive: zipfile.ZipFile, name: str) -> int:
    """Return how large a part is when it is unpacked; 0 for one that is not there."""
    part = archive.NameToInfo.get(name)
    return part.file_size if part else 0


def unpack(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Yield a part in small pieces.

    Raises: ImportRefusedError for a part that is damaged or not there.
    """
    with _refused_if_damaged():
        part = archive.open(name)
    with part:
        while True:
            with _refused_if_damaged():
                chunk = part.read(_CHUNK_BYTES)
            if not chunk:
                return
            yield chunk


class PartParser:
    """A parser that keeps nothing itself and refuses what no list has."""

    def __init__(
        self,
        start: Callable[[str, Attributes], None] | None = None,
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.StartElementHandler = start
        self._parser.EndElementHandler = end
        self._parser.CharacterDataHandler = text
        self._fed = 0

    def feed(self, chunk: bytes, *, is_last: bool = False) -> None:
        """Parse the next piece.

        Raises: ImportRefusedError for what is no XML, or a tag or comment of millions of signs.
        """
        with _refused_if_damaged():
            self._parser.Parse(chunk, is_last)
        self._fed += len(chunk)
        if self._fed - max(0, self._parser.CurrentByteIndex) > LONGEST_TOKEN_BYTES:
            raise ImportRefusedError(reason=FileFault.BROKEN)


def _refuse(*_: object) -> None:
    raise ImportRefusedError(reason=FileFault.BROKEN)


@lru_cache(maxsize=1024)
def local_name(name: str) -> str:
    """Return an element's or attribute's name without the prefix of its namespace."""
    return name.rpartition(":")[2]


def list_elements(
    archive: zipfile.ZipFile, name: str, *, wanted: set[str], most: int
) -> list[tuple[str, Attributes]]:
    """Return the elements of a part that have one of these names, in order, without their text.

    Raises: ImportRefusedError for more than ``most``.
    """
    found: list[tuple[str, Attributes]] = []

    def start(name: str, attributes: Attributes) -> None:
        tag = local_name(name)
        if tag in wanted:
            found.append((tag, {local_name(key): value for key, value in attributes.items()}))
            if len(found) > most:
                raise ImportRefusedError(reason=FileFault.BROKEN)

    parser = PartParser(start)
    for chunk in unpack(archive, name):
        parser.feed(chunk)
    parser.feed(b"", is_last=True)
    return found


def relations_of(archive: zipfile.ZipFile, name: str) -> list[tuple[str, str, str]]:
    """Return what a part points to: the relation's id, its kind and the part's name."""
    folder, file = posixpath.split(name)
    path = posixpath.join(folder, "_rels", f"{file}.rels")
    if path not in archive.NameToInfo:
        return []
    return [
        (
            relation.get("Id", ""),
            relation.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/"),
        )
        for _, relation in list_elements(archive, path, wanted={"Relationship"}, most=10_000)
    ]
