"""Vietnamese text: one form in storage, found without marks, sorted as in a dictionary."""

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction.text import clean, plain_hyphens, search_form, sort_key


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (unicodedata.normalize("NFD", "Phường Tây Hồ"), "Phường Tây Hồ"),
        ("  Phường\t Tây\u00a0Hồ\r\n", "Phường Tây Hồ"),
        ("a\x00b\x07c", "a b c"),
        ("Bàn\u200b 1\ufeff", "Bàn 1"),
        ("\u202eđảo\u202c", "đảo"),
        ("nửa \ud83d cặp", "nửa cặp"),
        ("", ""),
    ],
)
def test_text_is_kept_in_one_form(written: str, kept: str) -> None:
    assert clean(written) == kept


@given(st.text())
def test_cleaning_again_changes_nothing_and_can_be_stored(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert "\x00" not in once.encode().decode()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yên Hoà", "Yên Hòa"),
        ("Thuỷ", "THỦY"),
        ("Đống Đa", "dong da"),
        ("Nghĩa Đô", unicodedata.normalize("NFD", "nghĩa đô")),
        ("Xã  Ư", "xa u"),
        ("Ơ", "o"),
    ],
)
def test_names_are_found_however_they_are_written(one: str, other: str) -> None:
    assert search_form(one) == search_form(other)


def test_different_letters_stay_different_when_searched() -> None:
    assert search_form("Ba Đình") != search_form("Ba Vì")
    assert search_form("Bàn 1") != search_form("Bàn 2")


@pytest.mark.parametrize(
    "words",
    [
        ["Bàn 2", "Bàn 9", "Bàn 10", "Bàn 10A", "Bàn 100"],
        ["An", "Anh", "Ăn", "Ân", "Ba", "Cao", "Dương", "Đông", "Em", "Êm", "Giang"],
        ["Ơn", "Phú", "Quảng", "Tây", "Uyên", "Ưng", "Vân"],
        ["ma", "mà", "mả", "mã", "má", "mạ"],
        ["Hồ", "Hồ Tây", "Hộ tịch", "Hội"],
        ["Tây Hô", "Tây Hồ", "Tây Hồng"],
        ["10 m", "10 m²", "11 m"],
    ],
)
def test_names_sort_as_in_a_vietnamese_dictionary(words: list[str]) -> None:
    assert sorted(random.Random(1).sample(words, len(words)), key=sort_key) == words


def test_the_binary_order_would_be_another() -> None:
    assert sorted(["Đông", "Em"]) != sorted(["Đông", "Em"], key=sort_key)


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    assert (sort_key(one) < sort_key(other)) in {True, False}


@pytest.mark.parametrize("hyphen", list("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d-"))
def test_every_hyphen_is_a_plain_one(hyphen: str) -> None:
    assert plain_hyphens(f"H26{hyphen}240331") == "H26-240331"
