"""One cell at a time: what is certain is read, what is not is a named fault."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction import clock
from satisfaction.cells import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_TEXT,
    read_channel,
    read_code,
    read_day,
    read_procedure_code,
    read_text,
    read_yes_or_no,
)
from satisfaction.dossiers import DossierCode
from satisfaction.faults import RowFault
from satisfaction.lines import Cell
from satisfaction.terms import Channel
from tests.conftest import NOW

DAY = date(2026, 3, 10)
LIKELY_DAYS = st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        "10/03/2026",
        "10/3/2026",
        "10-03-2026",
        "10.03.2026",
        " 10/03/2026 08:30",
        "10/03/2026 08:30:59",
        "10/03/2026, 08:30",
        "08:30 10/03/2026",
        "08:30:00, 10/03/2026",
        "10/03/2026 8:30:00 SA",
        "10/03/2026 8:30:00 CH",
        "2026-03-10",
        "2026/03/10",
        "2026-03-10T08:30:00",
        "2026-03-10 08:30:00.000",
        "2026-03-09T17:00:00Z",
        "2026-03-10T23:59:59+07:00",
        "2026-03-10T00:30:00+0900",
        "2026-03-09T10:30:00-08:00",
        "20260310",
        "20260310083000",
        "202603100830",
        "Ngày 10 tháng 3 năm 2026",
        "'10/03/2026",
        "\u200b10/03/2026\u00a0",
    ],
)
def test_read_day_knows_every_way_a_day_is_written(text: str) -> None:
    expected = DAY - timedelta(days=1) if text.startswith("2026-03-10T00:30") else DAY
    assert read_day(text, is_1904=None) == expected


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("03/13/2026", RowFault.MONTH_FIRST),
        ("3/10/2026 9:00:00 AM", RowFault.AMBIGUOUS_DAY),
        ("9:00 PM 3/10/2026", RowFault.AMBIGUOUS_DAY),
        ("10/03/26", RowFault.AMBIGUOUS_DAY),
        ("46091", RowFault.AMBIGUOUS_DAY),
        (46091, RowFault.AMBIGUOUS_DAY),
        ("31/02/2026", RowFault.IMPOSSIBLE_DAY),
        ("00/03/2026", RowFault.IMPOSSIBLE_DAY),
        ("2026-13-01", RowFault.IMPOSSIBLE_DAY),
        ("20261310", RowFault.IMPOSSIBLE_DAY),
        ("10/03/1026", RowFault.UNLIKELY_DAY),
        (date(1900, 1, 1), RowFault.UNLIKELY_DAY),
        ("10/03", RowFault.NOT_A_DAY),
        ("10/03-2026", RowFault.NOT_A_DAY),
        ("03/2026", RowFault.NOT_A_DAY),
        ("mai trả", RowFault.NOT_A_DAY),
        ("10/03/2026 25:00", RowFault.NOT_A_DAY),
        ("20260310256199", RowFault.NOT_A_DAY),
        ("2026-03-10Z", RowFault.NOT_A_DAY),
        ("2026-03-10 09:00 PM+07:00", RowFault.NOT_A_DAY),
        ("10/03/2026 08:00+07:00", RowFault.NOT_A_DAY),
        ("2026-03-10T08:00+99:00", RowFault.NOT_A_DAY),
        ("2026-02-30T08:00Z", RowFault.IMPOSSIBLE_DAY),
        (True, RowFault.NOT_A_DAY),
        (timedelta(hours=8), RowFault.NOT_A_DAY),
        (0.5, RowFault.NOT_A_DAY),
        (-46091.0, RowFault.NOT_A_DAY),
        (float("nan"), RowFault.NOT_A_DAY),
        (float("inf"), RowFault.NOT_A_DAY),
        (1e300, RowFault.NOT_A_DAY),
        ("#REF!", RowFault.FORMULA_ERROR),
        ("10/03\x002026", RowFault.CONTROL_SIGNS),
        ("1" * 81, RowFault.TOO_LONG),
        (RowFault.FORMULA_WITHOUT_VALUE, RowFault.FORMULA_WITHOUT_VALUE),
    ],
)
def test_read_day_names_what_cannot_be_read_for_certain(cell: Cell, fault: RowFault) -> None:
    assert read_day(cell, is_1904=None) is fault


@pytest.mark.parametrize("cell", [None, "", "   ", "\u200b"])
def test_an_empty_cell_says_nothing(cell: Cell) -> None:
    assert read_day(cell, is_1904=False) is None
    assert read_code(cell) is None
    assert read_text(cell) is None
    assert read_procedure_code(cell) is None
    assert read_yes_or_no(cell) is None
    assert read_channel(cell, has_numbers=True) is Channel.UNKNOWN


@given(day=LIKELY_DAYS, share=st.floats(0, 0.999))
def test_read_day_counts_days_as_the_workbook_does(day: date, share: float) -> None:
    for is_1904, epoch in ((False, date(1899, 12, 30)), (True, date(1904, 1, 1))):
        number = (day - epoch).days
        for cell in (number, float(number), number + share, str(number)):
            assert read_day(cell, is_1904=is_1904) == day
    assert read_day(day, is_1904=None) == day


@given(day=LIKELY_DAYS, sign=st.sampled_from("/.-"), minute=st.integers(0, 24 * 60 - 1))
def test_read_day_puts_the_day_before_the_month(day: date, sign: str, minute: int) -> None:
    time = f"{minute // 60:02}:{minute % 60:02}"
    for text in (
        f"{day:%d{sign}%m{sign}%Y}",
        f"{day.day}{sign}{day.month}{sign}{day.year} {time}",
        f"{day:%Y{sign}%m{sign}%d}",
        f"{day:%Y%m%d}",
        f"{day:%Y-%m-%d}T{time}+07:00",
    ):
        assert read_day(text, is_1904=None) == day


@given(day=LIKELY_DAYS)
def test_read_day_never_reads_the_month_first(day: date) -> None:
    american = f"{day.month}/{day.day}/{day.year}"
    read = read_day(american, is_1904=None)
    if day.day > 12:
        assert read is RowFault.MONTH_FIRST
    else:
        assert read == date(day.year, day.day, day.month)
    if day.day <= 12 and day.day != day.month:
        assert read_day(f"{american} 9:00 AM", is_1904=None) is RowFault.AMBIGUOUS_DAY


_ANY_CELL = (
    st.none()
    | st.text(max_size=60)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.dates()
    | st.timedeltas()
    | st.sampled_from(list(RowFault))
    | st.from_regex(r"[0-9/.: -]{0,20}", fullmatch=True)
)


@given(cell=_ANY_CELL, is_1904=st.none() | st.booleans())
def test_every_reader_answers_any_cell(cell: Any, is_1904: bool | None) -> None:
    with clock.replaced(NOW):
        day = read_day(cell, is_1904=is_1904)
        code = read_code(cell)
    assert day is None or isinstance(day, RowFault) or FIRST_YEAR <= day.year <= LAST_YEAR
    assert code is None or isinstance(code, RowFault | DossierCode)
    assert isinstance(read_channel(cell, has_numbers=False), Channel)
    assert read_yes_or_no(cell) in {None, True, False}
    assert isinstance(read_procedure_code(cell), str | RowFault | None)
    assert isinstance(read_text(cell), str | RowFault | None)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (" h26.14–260310–0001 ", "H26.14-260310-0001"),
        (1234567890123, "1234567890123"),
        (1234567890123.0, "1234567890123"),
        ("BTP 77/2026", "BTP77/2026"),
        ("'000.17.22.H56-210531-0001", "000.17.22.H56-210531-0001"),
    ],
)
def test_read_code_keeps_texts_and_numbers(now: object, cell: Cell, code: str) -> None:
    read = read_code(cell)
    assert isinstance(read, DossierCode)
    assert read.code == code


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("Tổng cộng: 120 hồ sơ", RowFault.NOT_A_CODE),
        ("TỔNG: 12", RowFault.NOT_A_CODE),
        ("Hộ tịch", RowFault.NOT_A_CODE),
        (date(2026, 3, 10), RowFault.NOT_A_CODE),
        (True, RowFault.NOT_A_CODE),
        ("1,23457E+12", RowFault.ROUNDED_NUMBER),
        ("1.23457e+12", RowFault.ROUNDED_NUMBER),
        (1e15, RowFault.ROUNDED_NUMBER),
        (12345678901234567, RowFault.ROUNDED_NUMBER),
        ("1" * 200, RowFault.TOO_LONG),
        ("1" * 100, RowFault.TOO_LONG),
        ("H26-26\x000310-0001", RowFault.CONTROL_SIGNS),
        ("#N/A", RowFault.FORMULA_ERROR),
    ],
)
def test_read_code_refuses_what_is_no_code(now: object, cell: Cell, fault: RowFault) -> None:
    assert read_code(cell) is fault


def test_a_code_that_begins_like_a_total_is_still_a_code(now: object) -> None:
    assert read_code("TONG-260310-0001") == DossierCode("TONG-260310-0001", is_irregular=True)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1.001193", "1.001193"),
        (" 1.001193.000.00.00.h56 ", "1.001193"),
        ("2.000635.01", "2.000635"),
        (1.00089, "1.000890"),
        ("1.00089", "1.000890"),
        ("Khai sinh", "Khai sinh"),
        (7, "7"),
    ],
)
def test_read_procedure_code_finds_the_national_code(cell: Cell, code: str) -> None:
    assert read_procedure_code(cell) == code


@pytest.mark.parametrize(
    ("cell", "channel"),
    [
        ("Trực tiếp", Channel.IN_PERSON),
        ("TRUC TIEP", Channel.IN_PERSON),
        ("Tru\u031b\u0323c tuye\u0302\u0301n", Channel.ONLINE),
        ("Nộp trực tuyến toàn trình", Channel.ONLINE),
        ("Bưu chính công ích", Channel.POST),
        ("Bưu điện", Channel.POST),
        ("in_person", Channel.IN_PERSON),
        ("Trực tiếp / Trực tuyến", Channel.UNKNOWN),
        ("Không trực tuyến", Channel.UNKNOWN),
        ("Một cửa", Channel.UNKNOWN),
        ("?", Channel.UNKNOWN),
        (RowFault.FORMULA_ERROR, Channel.UNKNOWN),
    ],
)
def test_read_channel_takes_only_what_is_said(cell: Cell, channel: Channel) -> None:
    assert read_channel(cell, has_numbers=True) is channel
    assert read_channel(cell, has_numbers=False) is channel


@pytest.mark.parametrize(
    ("cell", "channel"),
    [("1", Channel.IN_PERSON), (2, Channel.ONLINE), (3.0, Channel.POST), (4, Channel.UNKNOWN)],
)
def test_numbers_are_channels_only_where_a_column_is_known_for_them(
    cell: Cell, channel: Channel
) -> None:
    assert read_channel(cell, has_numbers=True) is channel
    assert read_channel(cell, has_numbers=False) is Channel.UNKNOWN


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("Có", True),
        ("x", True),
        (1, True),
        (True, True),
        ("Đã số hóa", True),
        ("Đã số hoá", True),
        ("Không", False),
        ("Chưa số hóa", False),
        (0, False),
        ("một phần", None),
        (RowFault.TOO_LONG, None),
    ],
)
def test_read_yes_or_no(cell: Cell, answer: bool | None) -> None:
    assert read_yes_or_no(cell) is answer


def test_read_text_composes_and_bounds() -> None:
    assert read_text("Ho\u0323\u0302 ti\u0323ch\r\n") == "Hộ tịch"
    assert read_text("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
    assert read_text("x" * (LONGEST_TEXT + 1)) is RowFault.TOO_LONG
