"""Columns are known by their headings, however they are written; those about persons never."""

import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault, RowFault
from satisfaction.headings import (
    FIELDS,
    Columns,
    ListField,
    find_columns,
    heading_key,
    is_personal,
    read_mapping,
)
from satisfaction.lines import MOST_COLUMNS, Cell, Line

VIETNAMESE = {
    "Mã hồ sơ": ListField.CODE,
    "Mã TTHC": ListField.PROCEDURE_CODE,
    "Tên TTHC": ListField.PROCEDURE_NAME,
    "Lĩnh vực": ListField.SECTOR,
    "Ngày tiếp nhận": ListField.RECEIVED_DAY,
    "Ngày nộp hồ sơ": ListField.SUBMITTED_DAY,
    "Ngày hẹn trả": ListField.DUE_DAY,
    "Ngày kết thúc xử lý": ListField.FINISHED_DAY,
    "Ngày trả": ListField.RETURNED_DAY,
    "Kênh": ListField.CHANNEL,
    "Quầy": ListField.DESK,
    "Số hóa": ListField.DIGITISED,
    "Số hoá": ListField.DIGITISED,
}
IN_SYSTEMS = {
    "MaHoSo": ListField.CODE,
    "MaTTHC": ListField.PROCEDURE_CODE,
    "NgayNopHoSo": ListField.SUBMITTED_DAY,
    "NgayTiepNhan": ListField.RECEIVED_DAY,
    "NgayHenTra": ListField.DUE_DAY,
    "NgayKetThucXuLy": ListField.FINISHED_DAY,
    "NgayTra": ListField.RETURNED_DAY,
    "KenhThucHien": ListField.CHANNEL,
}
_WAYS = (
    str,
    str.upper,
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: f"  {text.replace(' ', '  ')} (*)\n",
    lambda text: text.replace(" ", "_"),
)


@given(
    heading=st.sampled_from(list(VIETNAMESE | IN_SYSTEMS)),
    way=st.sampled_from(_WAYS),
)
def test_headings_are_known_however_they_are_written(heading: str, way: "type[str]") -> None:
    assert FIELDS[heading_key(way(heading))] is (VIETNAMESE | IN_SYSTEMS)[heading]


def _find(*rows: Sequence[Cell], mapping: Sequence[str] = ()) -> Columns | None:
    lines = [Line(number, row) for number, row in enumerate(rows, start=1)]
    return find_columns(lines, read_mapping(mapping))


def _fault(*rows: Sequence[Cell], mapping: Sequence[str] = ()) -> tuple[FileFault, object]:
    with pytest.raises(ImportRefusedError) as refused:
        _find(*rows, mapping=mapping)
    return refused.value.fields["reason"], refused.value.fields.get("headings")


def test_the_headings_may_stand_below_titles() -> None:
    columns = _find(
        ["UBND PHƯỜNG TÂY HỒ"],
        [],
        ["Mã hồ sơ:", None],
        ["STT", "Mã hồ sơ", "Họ tên", None, "Ngày tiếp nhận", "Lĩnh vực", 7],
        ["1", "H26"],
    )
    assert columns is not None
    assert columns.line_number == 4
    assert columns.places == {ListField.CODE: 1, ListField.RECEIVED_DAY: 4}
    assert (columns.personal, columns.unknown, columns.not_kept) == (
        ("Họ tên",),
        ("STT",),
        ("Lĩnh vực",),
    )
    assert columns.is_heading_again("MÃ HỒ SƠ")
    assert not columns.is_heading_again("Mã hồ sơ 7")
    assert not columns.is_heading_again(RowFault.FORMULA_ERROR)
    assert not columns.is_heading_again(None)


def test_without_a_code_there_are_no_headings() -> None:
    assert _find(["Ngày tiếp nhận", "Kênh"], ["1"]) is None
    assert _find() is None


def test_two_columns_for_one_field_are_refused_by_name() -> None:
    assert _fault(["Mã hồ sơ", "Ngày trả", "Ngày trả kết quả", "Kênh"]) == (
        FileFault.DUPLICATE_HEADING,
        ("Ngày trả", "Ngày trả kết quả"),
    )
    assert _fault(["Mã hồ sơ", "MaHoSo"])[0] is FileFault.DUPLICATE_HEADING


def test_doubled_headings_that_nobody_reads_are_no_fault() -> None:
    columns = _find(["Mã hồ sơ", "Ghi chú", "Ghi chú", "Lĩnh vực", "Tên lĩnh vực"])
    assert columns is not None
    assert columns.unknown == ("Ghi chú", "Ghi chú")


def test_a_mapping_says_what_a_column_is_and_settles_a_doubt() -> None:
    columns = _find(
        ["Số biên lai", "Ngày trả", "Ngày trả kết quả"],
        mapping=["số BIÊN lai=code", "Ngày trả=ignored"],
    )
    assert columns is not None
    assert columns.places == {ListField.CODE: 0, ListField.RETURNED_DAY: 2}
    assert columns.not_kept == ("Ngày trả",)


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ("Mã hồ sơ", FileFault.UNKNOWN_MAPPING),
        ("=code", FileFault.UNKNOWN_MAPPING),
        ("Mã hồ sơ=ma", FileFault.UNKNOWN_MAPPING),
        ("Không có=code", FileFault.UNKNOWN_MAPPING),
        ("Họ và tên=code", FileFault.PERSONAL_MAPPING),
        ("Số CCCD=code", FileFault.PERSONAL_MAPPING),
    ],
)
def test_a_mapping_that_cannot_be_followed_is_refused(mapping: str, reason: FileFault) -> None:
    assert _fault(["Mã hồ sơ", "Họ và tên"], mapping=[mapping])[0] is reason


def test_very_many_columns_are_refused() -> None:
    assert _fault(["Mã hồ sơ"] + ["x"] * MOST_COLUMNS)[0] is FileFault.TOO_MANY_COLUMNS
    assert _find(["Mã hồ sơ"] + ["x"] * (MOST_COLUMNS - 1) + [None]) is not None


@pytest.mark.parametrize(
    "heading",
    [
        "Họ tên",
        "Họ và tên người nộp",
        "Tên công dân",
        "Chủ hồ sơ",
        "CMND/CCCD",
        "Số căn cước",
        "Số định danh cá nhân",
        "Số điện thoại",
        "SĐT",
        "Di động",
        "Địa chỉ",
        "Nơi ở hiện nay",
        "Email",
        "Thư điện tử",
        "Ngày sinh",
        "Giới tính",
        "NguoiNop",
    ],
)
def test_columns_about_persons_are_recognised(heading: str) -> None:
    assert is_personal(heading_key(heading))


@pytest.mark.parametrize("heading", [*VIETNAMESE, *IN_SYSTEMS, "STT", "Trạng thái", "Đơn vị"])
def test_other_columns_are_not_taken_for_personal_ones(heading: str) -> None:
    assert not is_personal(heading_key(heading))


def test_numbers_are_channels_only_under_headings_that_are_known_for_it() -> None:
    for heading, has_numbers in (("KenhThucHien", True), ("Hình thức nộp", False)):
        columns = _find(["Mã hồ sơ", heading])
        assert columns is not None
        assert columns.has_numbered_channels is has_numbers
