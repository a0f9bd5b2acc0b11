"""Archives that are no workbook, or made to do harm, are refused before they unpack."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from satisfaction.faults import FileFault
from tests.core.opened import fault_of, rows_of
from tests.workbooks import MAIN, cells_xml, sheet_xml, write_parts


def test_other_archives_are_refused(tmp_path: Path) -> None:
    for name, part in (("text.docx", "word/document.xml"), ("book.ods", "content.xml")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(part, "<a/>")
        assert fault_of(tmp_path / name)[0] is FileFault.OTHER_FORMAT
    not_a_book = write_parts(tmp_path / "a.xlsx", sheet_xml(""), workbook="<presentation/>")
    assert fault_of(not_a_book)[0] is FileFault.OTHER_FORMAT


def _bomb_by_ratio(path: Path) -> Path:
    return write_parts(path, sheet_xml(cells_xml("0" * 2**25)))


def _bomb_by_claim(path: Path) -> Path:
    content = write_parts(path, sheet_xml(cells_xml("x"))).read_bytes()
    directory = content.rindex(b"PK\x01\x02")
    claim = struct.pack("<L", 2**31)
    path.write_bytes(content[: directory + 24] + claim + content[directory + 28 :])
    return path


def _bomb_by_parts(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"xl/{number:060}", b"")
    return path


@pytest.mark.parametrize("make", [_bomb_by_ratio, _bomb_by_claim, _bomb_by_parts])
def test_archives_that_unpack_to_too_much_are_refused(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    assert fault_of(make(tmp_path / "bomb.xlsx"))[0] is FileFault.UNPACKS_TOO_LARGE


def test_more_is_never_unpacked_than_the_directory_says(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "liar.xlsx", sheet_xml(cells_xml("x" * 50_000)))
    content = path.read_bytes()
    directory = content.rindex(b"PK\x01\x02")
    path.write_bytes(content[: directory + 24] + struct.pack("<L", 100) + content[directory + 28 :])
    assert fault_of(path)[0] is FileFault.BROKEN


@pytest.mark.parametrize("limit", ["MOST_STRING_BYTES", "MOST_STRINGS"])
def test_large_string_tables_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    strings = f'<sst xmlns="{MAIN}"><si/><si/><si/></sst>'
    path = write_parts(tmp_path / "strings.xlsx", sheet_xml(""), strings=strings)
    assert rows_of(path) == []
    monkeypatch.setattr(f"satisfaction.workbooks.{limit}", 2)
    assert fault_of(path)[0] is FileFault.UNPACKS_TOO_LARGE


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "locked.xlsx", sheet_xml(""))
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert fault_of(path)[0] is FileFault.ENCRYPTED


def test_an_unusual_compression_is_refused(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "lzma.xlsx", sheet_xml(""))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/more.xml", "<a/>")
    assert fault_of(path)[0] is FileFault.BROKEN


def test_parts_that_are_missing_or_lead_outside_are_refused(tmp_path: Path) -> None:
    for target in ("worksheets/none.xml", "../../../etc/worksheets/passwd"):
        path = write_parts(
            tmp_path / "away.xlsx",
            sheet_xml(""),
            **{
                "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId1" '
                f'Type="/worksheet" Target="{target}"/></Relationships>'
            },
        )
        assert fault_of(path)[0] is FileFault.BROKEN


def test_zip64_directories_are_measured_too(tmp_path: Path) -> None:
    record = b"PK\x06\x06" + b"\0" * 36 + struct.pack("<Q", 2**40) + b"\0" * 8
    locator = b"PK\x06\x07" + b"\0" * 16
    end = b"PK\x05\x06" + b"\0" * 8 + struct.pack("<L", 10) + b"\0" * 6
    path = tmp_path / "64.xlsx"
    path.write_bytes(b"PK\x03\x04" + record + locator + end)
    assert fault_of(path)[0] is FileFault.UNPACKS_TOO_LARGE
