"""Files of every odd kind: a right reading, or one named refusal; never anything else."""

import contextlib
import io
import random
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from satisfaction.errors import ImportRefusedError
from satisfaction.lines import MOST_COLUMNS, MOST_LINES, Cell, Line
from satisfaction.sheets import LONGEST_CELL
from satisfaction.tables import open_tables
from satisfaction.terms import FileFault, RowFault
from tests.workbooks import MAIN, STYLES, WORKBOOK, cells_xml, sheet_xml, write_parts

MEGABYTES = 64 * 2**20


def _lines(path: Path, table: int | str = 0) -> list[Line]:
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


def _rows(path: Path, table: int | str = 0) -> list[list[Cell]]:
    return [list(line.cells) for line in _lines(path, table)]


def _fault(path: Path, most_bytes: int = MEGABYTES) -> tuple[FileFault, dict[str, Any]]:
    with pytest.raises(ImportRefusedError) as refused:
        _read_whole(path, most_bytes)
    return refused.value.fields["reason"], refused.value.fields


def _read_whole(path: Path, most_bytes: int = MEGABYTES) -> None:
    with open_tables(path, most_bytes=most_bytes) as tables:
        for table in tables:
            table.check()
            assert all(len(line.cells) <= MOST_COLUMNS + 1 for line in table.lines())


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    """Return how to write a file."""

    def write(content: bytes) -> Path:
        path = tmp_path / "danh-sach"
        path.write_bytes(content)
        return path

    return write


WriteFile = Callable[[bytes], Path]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_csv_is_read_in_each_encoding_and_with_each_separator(
    file: WriteFile, encoding: str, separator: str
) -> None:
    text = separator.join(["Mã hồ sơ", "Kênh"]) + "\r\n" + separator.join(["H26", "Trực tiếp"])
    assert _rows(file(text.encode(encoding)), separator) == [
        ["Mã hồ sơ", "Kênh"],
        ["H26", "Trực tiếp"],
    ]


def test_big_endian_utf16_is_read(file: WriteFile) -> None:
    assert _rows(file(b"\xfe\xff" + "Quầy;1".encode("utf-16-be"))) == [["Quầy", "1"]]


def test_csv_lines_are_numbered_as_in_a_spreadsheet(file: WriteFile) -> None:
    lines = _lines(file(b'a;"x\ny"\r\n\r\nb;z\n'))
    assert [(line.number, list(line.cells)) for line in lines] == [
        (1, ["a", "x\ny"]),
        (2, []),
        (3, ["b", "z"]),
    ]


def test_csv_texts_dressed_as_formulas_are_read_and_other_formulas_are_not(
    file: WriteFile,
) -> None:
    content = b'="000.17";"=""0""1""";=A1+1;=;-1\n'
    without = RowFault.FORMULA_WITHOUT_VALUE
    assert _rows(file(content)) == [["000.17", '0"1', without, without, "-1"]]


@pytest.mark.parametrize("encoding", ["cp1258", "cp1252", "utf-16-le"])
def test_csv_of_another_encoding_is_refused_with_its_line(file: WriteFile, encoding: str) -> None:
    accented = "Qu\u00eay \u00e1".encode(encoding)
    newline = "\n".encode(encoding if encoding == "utf-16-le" else "ascii")
    reason, fields = _fault(file(b"a;b\n" * (encoding != "utf-16-le") + accented + newline))
    assert reason is FileFault.NOT_UTF8
    assert fields["line"] == (1 if encoding == "utf-16-le" else 2)


def test_the_line_of_a_wrong_sign_is_counted_across_pieces(file: WriteFile) -> None:
    reason, fields = _fault(file(b"0123456789\n" * 20_000 + b"\xff"))
    assert (reason, fields["line"]) == (FileFault.NOT_UTF8, 20_001)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\t "])
def test_an_empty_file_is_refused(file: WriteFile, content: bytes) -> None:
    assert _fault(file(content))[0] is FileFault.EMPTY


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
    assert _fault(file(content))[0] is reason


def test_a_file_of_two_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as large:
        large.truncate(2 * 2**30)
    reason, fields = _fault(path)
    assert (reason, fields["most_bytes"]) == (FileFault.TOO_LARGE, MEGABYTES)


def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_line(file: WriteFile) -> None:
    reason, fields = _fault(file(b'a;b\na;"b\n' + b"a;b\n" * 50_000))
    assert (reason, fields["line"]) == (FileFault.CELL_TOO_LONG, 2)


def test_a_cell_of_a_megabyte_is_refused(file: WriteFile) -> None:
    reason, fields = _fault(file(b"a;b\n" * 9 + b"x" * 2**20 + b"\n"))
    assert (reason, fields["line"]) == (FileFault.CELL_TOO_LONG, 10)


def test_a_line_of_many_megabytes_is_refused(file: WriteFile) -> None:
    reason, _ = _fault(file(b"a\n" + b"x;" * 2**22))
    assert reason is FileFault.CELL_TOO_LONG


def test_columns_beyond_the_limit_are_not_kept(file: WriteFile, tmp_path: Path) -> None:
    assert len(_rows(file(b"x;" * 9_999 + b"x\n"))[0]) == MOST_COLUMNS + 1
    wide = write_parts(tmp_path / "wide.xlsx", sheet_xml(cells_xml(*["x"] * 10_000)))
    assert len(_rows(wide)[0]) == MOST_COLUMNS + 1


def test_only_the_cells_that_are_wanted_are_read(file: WriteFile, tmp_path: Path) -> None:
    text = file("mã;Nguyễn Văn A;ngày\n=1;Trần Thị B\n".encode())
    book = write_parts(tmp_path / "b.xlsx", sheet_xml(cells_xml("mã", "Nguyễn Văn A", "ngày")))
    expected: list[list[Cell]] = [["mã", None, "ngày"]]
    for path, further in ((text, [[RowFault.FORMULA_WITHOUT_VALUE, None, ""]]), (book, [])):
        with open_tables(path, most_bytes=MEGABYTES) as tables:
            read = [list(line.cells) for line in tables[0].lines([2, 0])]
        assert read == expected + further


def test_an_isolated_nul_stays_in_its_cell(file: WriteFile) -> None:
    assert _rows(file(b"abcdefgh;i\0j\n")) == [["abcdefgh", "i\0j"]]


_VALUES = (
    st.none()
    | st.integers(-(10**14), 10**14)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.booleans()
    | st.dates(date(1930, 1, 1), date(2100, 1, 1))
    | st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Cn"], exclude_characters="\ufffe\uffff_"),
        max_size=20,
    ).filter(lambda text: text.strip() == text and not text.startswith(("=", "#")))
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    grid=st.lists(st.lists(_VALUES, min_size=1, max_size=6), min_size=1, max_size=6),
    is_1904=st.booleans(),
)
def test_workbooks_are_read_as_the_library_reads_them(
    tmp_path: Path, grid: list[list[Any]], is_1904: bool
) -> None:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904 if is_1904 else book.epoch
    sheet = book.active
    assert sheet is not None
    for row in grid:
        sheet.append(row)
    book.save(path)
    read = {line.number: list(line.cells) for line in _lines(path)}
    library = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
    for number, values in enumerate(library.iter_rows(values_only=True), start=1):
        expected = [v.date() if isinstance(v, datetime) else v for v in values]
        mine = read.get(number, [])
        assert [*mine, *[None] * (len(expected) - len(mine))] == expected


def test_days_are_numbered_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    rows = '<row r="1"><c s="1"><v>44629</v></c><c><v>44629.5</v></c></row>'
    workbook = WORKBOOK.replace("<workbookPr/>", '<workbookPr date1904="true"/>')
    path = write_parts(tmp_path / "mac.xlsx", sheet_xml(rows), workbook=workbook)
    with open_tables(path, most_bytes=MEGABYTES) as tables:
        assert tables[0].is_1904 is True
        assert list(next(tables[0].lines()).cells) == [date(2026, 3, 10), 44629.5]


def test_numbers_are_days_by_their_format_alone(tmp_path: Path) -> None:
    numbers = "".join(f'<c s="{style}"><v>46091.75</v></c>' for style in (0, 1, 2, 3, 99))
    numbers += '<c s="1"><v>0.5</v></c><c s="1"><v>-9e9</v></c><c s="1"><v>mai</v></c>'
    path = write_parts(tmp_path / "formats.xlsx", sheet_xml(f'<row r="1">{numbers}</row>'))
    day = date(2026, 3, 10)
    assert _rows(path) == [
        [46091.75, day, day, 46091.75, 46091.75, timedelta(hours=12), "-9e9", "mai"]
    ]


def test_every_way_to_write_a_cell_is_read(tmp_path: Path) -> None:
    strings = (
        f'<x:sst xmlns:x="{MAIN}"><x:si><x:t>Quầy 1</x:t></x:si>'
        "<x:si><x:r><x:t>Trực </x:t></x:r><x:r><x:rPr><x:b/></x:rPr><x:t>tiếp</x:t></x:r>"
        '<x:rPh sb="0" eb="1"><x:t>đọc</x:t></x:rPh></x:si><x:si/></x:sst>'
    )
    row = (
        '<x:row><x:c r="B1" t="s"><x:v>0</x:v></x:c><x:c t="s"><x:v>1</x:v></x:c>'
        '<x:c t="s"><x:v>2</x:v></x:c><x:c t="s"><x:v>9</x:v></x:c>'
        '<x:c t="str"><x:f>1</x:f><x:v>a_x000A_b</x:v></x:c><x:c t="b"><x:v>1</x:v></x:c>'
        '<x:c t="e"><x:v>#REF!</x:v></x:c><x:c><x:f>A1</x:f></x:c>'
        '<x:c t="d"><x:v>2026-03-10T00:00:00</x:v></x:c><x:c t="inlineStr"><x:is><x:t>x</x:t>'
        "</x:is></x:c><x:c/></x:row>"
    )
    sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>\n {row}\n</x:sheetData></x:worksheet>'
    path = write_parts(tmp_path / "prefixed.xlsx", sheet, strings=strings)
    assert _rows(path) == [
        [
            *(None, "Quầy 1", "Trực tiếp", "", None, "a\nb", True),
            *(RowFault.FORMULA_ERROR, RowFault.FORMULA_WITHOUT_VALUE, "2026-03-10T00:00:00", "x"),
        ]
    ]


def test_rows_keep_their_numbers_where_some_are_left_out(tmp_path: Path) -> None:
    rows = cells_xml("a", row=3) + "<row><c><v>7</v></c></row>" + cells_xml("b", row=90)
    path = write_parts(tmp_path / "gaps.xlsx", sheet_xml(rows))
    assert [(line.number, list(line.cells)) for line in _lines(path)] == [
        (3, ["a"]),
        (4, [7]),
        (90, ["b"]),
    ]


def test_cells_merged_downwards_share_their_value_and_those_merged_sideways_do_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "merged.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Nhóm", None, "x"], ["a", "1", "y"], [None, None, "z"], [None, None, "t"]):
        sheet.append(row)
    sheet.merge_cells("A1:B1")
    sheet.merge_cells("A2:B4")
    sheet.merge_cells("D3:D4")
    book.save(path)
    rows = [[*row, None][:3] for row in _rows(path)]
    assert rows == [["Nhóm", None, "x"], ["a", None, "y"], ["a", None, "z"], ["a", None, "t"]]


def test_hidden_sheets_and_charts_are_no_tables(tmp_path: Path) -> None:
    path = tmp_path / "sheets.xlsx"
    book = openpyxl.Workbook()
    for title, state in (("Ẩn", "hidden"), ("Ẩn kỹ", "veryHidden")):
        book.create_sheet(title).sheet_state = state
    book.create_chartsheet("Biểu đồ")
    book.save(path)
    with open_tables(path, most_bytes=MEGABYTES) as tables:
        assert [table.name for table in tables] == ["Sheet"]


def test_other_archives_are_refused(tmp_path: Path) -> None:
    for name, part in (("text.docx", "word/document.xml"), ("book.ods", "content.xml")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(part, "<a/>")
        assert _fault(tmp_path / name)[0] is FileFault.OTHER_FORMAT
    not_a_book = write_parts(tmp_path / "a.xlsx", sheet_xml(""), workbook="<presentation/>")
    assert _fault(not_a_book)[0] is FileFault.OTHER_FORMAT


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
    assert _fault(make(tmp_path / "bomb.xlsx"))[0] is FileFault.UNPACKS_TOO_LARGE


def test_more_is_never_unpacked_than_the_directory_says(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "liar.xlsx", sheet_xml(cells_xml("x" * 50_000)))
    content = path.read_bytes()
    directory = content.rindex(b"PK\x01\x02")
    path.write_bytes(content[: directory + 24] + struct.pack("<L", 100) + content[directory + 28 :])
    assert _fault(path)[0] is FileFault.BROKEN


@pytest.mark.parametrize("limit", ["MOST_STRING_BYTES", "MOST_STRINGS"])
def test_large_string_tables_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    strings = f'<sst xmlns="{MAIN}"><si/><si/><si/></sst>'
    path = write_parts(tmp_path / "strings.xlsx", sheet_xml(""), strings=strings)
    assert _rows(path) == []
    monkeypatch.setattr(f"satisfaction.workbooks.{limit}", 2)
    assert _fault(path)[0] is FileFault.UNPACKS_TOO_LARGE


_ENTITIES = '<!DOCTYPE a [<!ENTITY b "bbbb">]>'
_ROW_1 = '<row r="1"/>'


@pytest.mark.parametrize(
    "sheet",
    [
        _ENTITIES + sheet_xml(cells_xml("&b;")),
        sheet_xml('<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row>'),
        sheet_xml('<row r="1"><c r="a1"><v>1</v></c></row>'),
        sheet_xml('<row r="1">' + "<c/>" * 16_385 + "</row>"),
        sheet_xml(_ROW_1 + _ROW_1),
        sheet_xml("<row></c>"),
        sheet_xml(_ROW_1)[:-5],
        sheet_xml(_ROW_1).encode("utf-8") + b"\xff",
        sheet_xml("<c " + "x" * 2**23 + '="1"/>'),
        sheet_xml("<!--" + random.Random(1).randbytes(2**22).hex() + "-->"),
        sheet_xml("", "".join(f'<mergeCell ref="A{n}:A{n + 1}"/>' for n in range(1, 20_010))),
        sheet_xml(cells_xml("x"), "".join(f'<mergeCell ref="A1:A{n}"/>' for n in range(2, 600))),
    ],
    ids=lambda sheet: str(sheet[90:130]),
)
def test_sheets_made_to_do_harm_are_refused(tmp_path: Path, sheet: str | bytes) -> None:
    assert _fault(write_parts(tmp_path / "bad.xlsx", sheet))[0] in {
        FileFault.BROKEN,
        FileFault.UNPACKS_TOO_LARGE,
    }


def test_sheets_of_too_many_rows_are_refused(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "long.xlsx", sheet_xml(f'<row r="{MOST_LINES + 1}"/>'))
    assert _fault(path)[0] is FileFault.TOO_MANY_LINES


def test_a_cell_of_a_megabyte_is_named_and_not_kept(tmp_path: Path) -> None:
    long = "x" * 2**20
    strings = (
        f'<sst xmlns="{MAIN}"><si><t>{long}</t></si><si><t>{long[:LONGEST_CELL]}</t></si></sst>'
    )
    row = f'<c t="inlineStr"><is><t>{long}</t></is></c><c t="s"><v>0</v></c><c t="s"><v>1</v></c>'
    path = write_parts(tmp_path / "fat.xlsx", sheet_xml(f'<row r="1">{row}</row>'), strings=strings)
    assert _rows(path) == [[RowFault.TOO_LONG, RowFault.TOO_LONG, "x" * LONGEST_CELL]]


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "locked.xlsx", sheet_xml(""))
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert _fault(path)[0] is FileFault.ENCRYPTED


def test_an_unusual_compression_is_refused(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "lzma.xlsx", sheet_xml(""))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/more.xml", "<a/>")
    assert _fault(path)[0] is FileFault.BROKEN


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
        assert _fault(path)[0] is FileFault.BROKEN


def test_zip64_directories_are_measured_too(tmp_path: Path) -> None:
    record = b"PK\x06\x06" + b"\0" * 36 + struct.pack("<Q", 2**40) + b"\0" * 8
    locator = b"PK\x06\x07" + b"\0" * 16
    end = b"PK\x05\x06" + b"\0" * 8 + struct.pack("<L", 10) + b"\0" * 6
    path = tmp_path / "64.xlsx"
    path.write_bytes(b"PK\x03\x04" + record + locator + end)
    assert _fault(path)[0] is FileFault.UNPACKS_TOO_LARGE


def _sample() -> bytes:
    content = io.BytesIO()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Mã hồ sơ", "Ngày tiếp nhận"])
    sheet.append(["H26-260310-0001", date(2026, 3, 10)])
    sheet.merge_cells("A2:A4")
    book.save(content)
    return content.getvalue()


_SAMPLE = _sample()
_CHANGES = st.lists(
    st.tuples(st.integers(0, len(_SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=6
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=_CHANGES, length=st.integers(len(_SAMPLE) // 2, len(_SAMPLE)))
def test_damaged_workbooks_are_read_or_refused_and_nothing_else(
    tmp_path: Path, changes: list[tuple[int, int]], length: int
) -> None:
    content = bytearray(_SAMPLE)
    for place, value in changes:
        content[place] = value
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(content[: length if length % 3 == 0 else None])
    _read_or_refuse(path)


_PARTS = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/strings.xml"]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    part=st.sampled_from([*_PARTS, "xl/worksheets/one.xml", "_rels/.rels"]),
    place=st.integers(0, 10_000),
    text=st.text(st.sampled_from('<>/"=&;: rcvtsif01A9é'), max_size=8),
    cut=st.integers(0, 12),
)
def test_workbooks_of_wrong_parts_are_read_or_refused_and_nothing_else(
    tmp_path: Path, part: str, place: int, text: str, cut: int
) -> None:
    path = write_parts(
        tmp_path / "wrong.xlsx",
        sheet_xml(
            '<row r="1" spans="1:2"><c r="A1" s="1"><v>46091</v></c><c r="B1" t="s"><v>0</v></c>'
            '<c r="C1"><f>A1</f></c></row>',
            '<mergeCells count="1"><mergeCell ref="A1:A3"/></mergeCells>',
        ),
        strings=f'<sst xmlns="{MAIN}"><si><t>Quầy</t></si></sst>',
        styles=STYLES,
    )
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    at = place % len(parts[part])
    parts[part] = parts[part][:at] + text + parts[part][at + cut :]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    _read_or_refuse(path)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused_and_nothing_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    _read_or_refuse(path)


def _read_or_refuse(path: Path) -> None:
    with contextlib.suppress(ImportRefusedError):
        _read_whole(path)
