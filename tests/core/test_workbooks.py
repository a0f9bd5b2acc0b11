"""Workbooks of every odd kind: read as the library reads them, or refused by name."""

import io
import random
import zipfile
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from satisfaction.faults import FileFault, RowFault
from satisfaction.lines import MOST_LINES
from satisfaction.sheets import LONGEST_CELL
from satisfaction.tables import open_tables
from tests.core.opened import MEGABYTES, fault_of, lines_of, read_or_refuse, rows_of
from tests.workbooks import MAIN, STYLES, WORKBOOK, cells_xml, sheet_xml, write_parts

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
    read = {line.number: list(line.cells) for line in lines_of(path)}
    with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as library:
        lines = list(library.worksheets[0].iter_rows(values_only=True))
    for number, values in enumerate(lines, start=1):
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
    assert rows_of(path) == [
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
    assert rows_of(path) == [
        [
            *(None, "Quầy 1", "Trực tiếp", "", None, "a\nb", True),
            *(RowFault.FORMULA_ERROR, RowFault.FORMULA_WITHOUT_VALUE, "2026-03-10T00:00:00", "x"),
        ]
    ]


def test_rows_keep_their_numbers_where_some_are_left_out(tmp_path: Path) -> None:
    rows = cells_xml("a", row=3) + "<row><c><v>7</v></c></row>" + cells_xml("b", row=90)
    path = write_parts(tmp_path / "gaps.xlsx", sheet_xml(rows))
    assert [(line.number, list(line.cells)) for line in lines_of(path)] == [
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
    rows = [[*row, None][:3] for row in rows_of(path)]
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
    assert fault_of(write_parts(tmp_path / "bad.xlsx", sheet))[0] in {
        FileFault.BROKEN,
        FileFault.UNPACKS_TOO_LARGE,
    }


def test_sheets_of_too_many_rows_are_refused(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "long.xlsx", sheet_xml(f'<row r="{MOST_LINES + 1}"/>'))
    assert fault_of(path)[0] is FileFault.TOO_MANY_LINES


def test_a_cell_of_a_megabyte_is_named_and_not_kept(tmp_path: Path) -> None:
    long = "x" * 2**20
    strings = (
        f'<sst xmlns="{MAIN}"><si><t>{long}</t></si><si><t>{long[:LONGEST_CELL]}</t></si></sst>'
    )
    row = f'<c t="inlineStr"><is><t>{long}</t></is></c><c t="s"><v>0</v></c><c t="s"><v>1</v></c>'
    path = write_parts(tmp_path / "fat.xlsx", sheet_xml(f'<row r="1">{row}</row>'), strings=strings)
    assert rows_of(path) == [[RowFault.TOO_LONG, RowFault.TOO_LONG, "x" * LONGEST_CELL]]


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
    read_or_refuse(path)


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
    read_or_refuse(path)
