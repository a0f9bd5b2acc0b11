"""How numbers, shares, days and periods are written."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from satisfaction.periods import parse_period
from satisfaction.terms import (
    Answered,
    Channel,
    Dimension,
    Leaning,
    PeriodKind,
    RatingSource,
    VisitKind,
)
from satisfaction.web import formats, words

# Says nothing of the engine.
pytestmark = pytest.mark.once


@pytest.fixture(params=["vi", "en"])
def language(app: Flask, request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield each language, within a request for a page in it."""
    with app.test_request_context(f"/admin/counts?lang={request.param}"):
        yield request.param


@pytest.mark.parametrize(
    ("share", "of", "vietnamese"),
    [
        *((0.625, 8, "63%"), (0.5, 99, "50%"), (0.5, 100, "50,0%"), (0.1235, 2000, "12,4%")),
        *((1.0, 2655, "100,0%"), (0.0, 100, "0,0%"), (0.873, None, "87,3%"), (None, 0, "–")),
    ],
)
def test_a_share_has_a_decimal_from_a_hundred_on_and_half_goes_up(
    language: str, share: float | None, of: int | None, vietnamese: str
) -> None:
    expected = vietnamese if language == "vi" else vietnamese.replace(",", ".")
    assert formats.as_share(share, of) == expected


@pytest.mark.parametrize(("of", "is_shown"), [(None, False), (0, False), (29, False), (30, True)])
def test_no_share_of_a_few_is_shown(language: str, of: int | None, is_shown: bool) -> None:
    assert formats.as_shown_share(0.5, of) == ("50%" if is_shown else formats.NO_VALUE)


def test_counts_part_their_thousands(language: str) -> None:
    expected = ("2.655", "1.234.567") if language == "vi" else ("2,655", "1,234,567")
    assert (formats.as_number(2655), formats.as_number(1234567)) == expected
    assert (formats.as_number(0), formats.as_number(-3), formats.as_number(None)) == (
        "0",
        "−3",
        "–",
    )


def test_times_are_those_of_the_office(language: str) -> None:
    late = datetime(2025, 10, 14, 17, 30, tzinfo=UTC)
    assert (formats.as_clock(late), formats.as_moment(late)) == ("00:30", "00:30, 15/10/2025")
    assert (formats.as_clock(None), formats.as_moment(None), formats.as_day(None)) == ("–",) * 3


@pytest.mark.parametrize(
    ("word", "name"),
    [
        *(("2024-Q1", "Quý I/2024"), ("2024-Q4", "Quý IV/2024"), ("2024-03", "Tháng 3/2024")),
        *(("2024-H1", "6 tháng đầu năm 2024"), ("2024-H2", "6 tháng cuối năm 2024")),
        *(("2024-9M", "9 tháng năm 2024"), ("2024", "Cả năm 2024")),
        *(("2025-W01", "Tuần 1/2025"), ("2025-10-14", "Thứ Ba 14/10/2025")),
    ],
)
def test_periods_have_the_names_of_official_reports(app: Flask, word: str, name: str) -> None:
    with app.test_request_context("/admin/counts"):
        kind, period = parse_period(word)
        assert words.name_period(kind, period) == name
        heading = words.describe_period(kind, period)
        assert heading == name if kind is PeriodKind.DAY else heading.startswith(f"{name} · Thứ")


def test_a_month_has_its_name_in_english(app: Flask) -> None:
    with app.test_request_context("/admin/counts?lang=en"):
        assert words.name_period(*parse_period("2024-03")) == "March 2024"


def test_two_dates_name_their_year_once(app: Flask) -> None:
    with app.test_request_context("/admin/counts"):
        _kind, october = parse_period("2025-10")
        assert words.name_dates(october) == "01/10/2025 – 31/10/2025".replace("/2025 –", " –")
        _kind, week = parse_period("2025-W01")
        assert words.name_dates(week) == "30/12/2024 – 05/01/2025"
        assert words.describe_period(PeriodKind.DATES, week) == (
            "Thứ Hai 30/12/2024 – Chủ Nhật 05/01/2025"
        )
        assert formats.as_weekday(date(2026, 3, 7)) == "Thứ Bảy 07/03/2026"


@pytest.mark.parametrize(
    "kind", [Answered, Channel, Dimension, Leaning, RatingSource, VisitKind], ids=str
)
def test_every_word_of_a_vocabulary_is_named_differently(app: Flask, kind: type[Channel]) -> None:
    with app.test_request_context("/admin/counts"):
        named = [words.as_word(term) for term in kind]
    assert len(set(named)) == len(named)


def test_an_assets_address_changes_with_its_content(app: Flask) -> None:
    with app.test_request_context("/"):
        first, second = (formats.asset_url(name) for name in ("css/admin.css", "css/tokens.css"))
    assert first.partition("?v=")[2] != second.partition("?v=")[2]
    assert len(first.partition("?v=")[2]) == 12


def test_a_typed_difference_is_one_that_spreadsheets_read(language: str) -> None:
    sign = "," if language == "vi" else "."
    shown = [formats.as_points(one) for one in (0.007, -0.031, 0.0, None)]
    assert shown == [f"+0{sign}7", f"−3{sign}1", f"0{sign}0", "–"]
    typed = [formats.as_typed_points(one) for one in (0.007, -0.031, 0.0, None)]
    assert typed == [f"0{sign}7", f"-3{sign}1", f"0{sign}0", ""]


def test_a_difference_has_no_more_decimals_than_the_shares_beside_it(language: str) -> None:
    sign = "," if language == "vi" else "."
    assert formats.as_points(-0.059, 100) == f"−5{sign}9"
    assert [formats.as_points(one, 99) for one in (-0.059, 0.065, 0.004)] == ["−6", "+7", "0"]
    assert formats.as_typed_points(-0.059, 99) == "-6"
