"""Lists in CSV of every odd kind: a right reading, or one named refusal."""

from pathlib import Path

import pytest

from satisfaction.faults import FileFault, RowFault
from satisfaction.lines import MOST_COLUMNS, Cell
from satisfaction.tables import open_tables
from tests.core.opened import MEGABYTES, WriteFile, fault_of, lines_of, rows_of
from tests.workbooks import cells_xml, sheet_xml, write_parts


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_csv_is_read_in_each_encoding_and_with_each_separator(
    file: WriteFile, encoding: str, separator: str
) -> None:
    text = separator.join(["Mã hồ sơ", "Kênh"]) + "\r\n" + separator.join(["H26", "Trực tiếp"])
    assert rows_of(file(text.encode(encoding)), separator) == [
        ["Mã hồ sơ", "Kênh"],
        ["H26", "Trực tiếp"],
    ]


def test_big_endian_utf16_is_read(file: WriteFile) -> None:
    assert rows_of(file(b"\xfe\xff" + "Quầy;1".encode("utf-16-be"))) == [["Quầy", "1"]]


def test_csv_lines_are_numbered_as_in_a_spreadsheet(file: WriteFile) -> None:
    lines = lines_of(file(b'a;"x\ny"\r\n\r\nb;z\n'))
    assert [(line.number, list(line.cells)) for line in lines] == [
        (1, ["a", "x\ny"]),
        (2, []),
        (3, ["b", "z"]),
    ]


def test_csv_texts_dressed_as_formulas_are_read_and_other_formulas_are_not(
    file: WriteFile,
) -> None:
    content = b'="000.17";"=""0""1""";=A1+1;=;-1\n'
    formula = RowFault.FORMULA_IN_TEXT
    assert rows_of(file(content)) == [["000.17", '0"1', formula, formula, "-1"]]


@pytest.mark.parametrize("encoding", ["cp1258", "cp1252", "utf-16-le"])
def test_csv_of_another_encoding_is_refused_with_its_line(file: WriteFile, encoding: str) -> None:
    accented = "Qu\u00eay \u00e1".encode(encoding)
    newline = "\n".encode(encoding if encoding == "utf-16-le" else "ascii")
    reason, fields = fault_of(file(b"a;b\n" * (encoding != "utf-16-le") + accented + newline))
    assert reason is FileFault.NOT_UTF8
    assert fields["line"] == (1 if encoding == "utf-16-le" else 2)


def test_the_line_of_a_wrong_sign_is_counted_across_pieces(file: WriteFile) -> None:
    reason, fields = fault_of(file(b"0123456789\n" * 20_000 + b"\xff"))
    assert (reason, fields["line"]) == (FileFault.NOT_UTF8, 20_001)


def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_line(file: WriteFile) -> None:
    reason, fields = fault_of(file(b'a;b\na;"b\n' + b"a;b\n" * 50_000))
    assert (reason, fields["line"]) == (FileFault.CELL_TOO_LONG, 2)


def test_a_cell_of_a_megabyte_is_refused(file: WriteFile) -> None:
    reason, fields = fault_of(file(b"a;b\n" * 9 + b"x" * 2**20 + b"\n"))
    assert (reason, fields["line"]) == (FileFault.CELL_TOO_LONG, 10)


def test_a_line_of_many_megabytes_is_refused(file: WriteFile) -> None:
    reason, _ = fault_of(file(b"a\n" + b"x;" * 2**22))
    assert reason is FileFault.CELL_TOO_LONG


def test_columns_beyond_the_limit_are_not_kept(file: WriteFile, tmp_path: Path) -> None:
    assert len(rows_of(file(b"x;" * 9_999 + b"x\n"))[0]) == MOST_COLUMNS + 1
    wide = write_parts(tmp_path / "wide.xlsx", sheet_xml(cells_xml(*["x"] * 10_000)))
    assert len(rows_of(wide)[0]) == MOST_COLUMNS + 1


def test_only_the_cells_that_are_wanted_are_read(file: WriteFile, tmp_path: Path) -> None:
    text = file("mã;Nguyễn Văn A;ngày\n=1;Trần Thị B\n".encode())
    book = write_parts(tmp_path / "b.xlsx", sheet_xml(cells_xml("mã", "Nguyễn Văn A", "ngày")))
    expected: list[list[Cell]] = [["mã", None, "ngày"]]
    for path, further in ((text, [[RowFault.FORMULA_IN_TEXT, None, ""]]), (book, [])):
        with open_tables(path, most_bytes=MEGABYTES) as tables:
            read = [list(line.cells) for line in tables[0].lines([2, 0])]
        assert read == expected + further


def test_an_isolated_nul_stays_in_its_cell(file: WriteFile) -> None:
    assert rows_of(file(b"abcdefgh;i\0j\n")) == [["abcdefgh", "i\0j"]]
