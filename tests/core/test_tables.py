"""Files that are no list at all are refused by name; any bytes are read or refused."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from satisfaction.faults import FileFault
from tests.core.opened import MEGABYTES, WriteFile, fault_of, read_or_refuse


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\t "])
def test_an_empty_file_is_refused(file: WriteFile, content: bytes) -> None:
    assert fault_of(file(content))[0] is FileFault.EMPTY


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, FileFault.OLD_EXCEL),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            FileFault.ENCRYPTED,
        ),
        (b"\xef\xbb\xbf\n<html><table></table></html>", FileFault.WEB_PAGE),
        (b'<?xml version="1.0"?><Workbook/>', FileFault.WEB_PAGE),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", FileFault.OTHER_FORMAT),
        (b"\x89PNG\r\n\x1a\n", FileFault.OTHER_FORMAT),
        (b"PK\x03\x04" + b"\0" * 100, FileFault.BROKEN),
        (random.Random(1).randbytes(4000), FileFault.NOT_UTF8),
    ],
)
def test_files_of_other_kinds_are_refused_by_name(
    file: WriteFile, content: bytes, reason: FileFault
) -> None:
    assert fault_of(file(content))[0] is reason


def test_a_file_of_two_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as large:
        large.truncate(2 * 2**30)
    reason, fields = fault_of(path)
    assert (reason, fields["most_bytes"]) == (FileFault.TOO_LARGE, MEGABYTES)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused_and_nothing_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    read_or_refuse(path)
