"""Phone and identity numbers never reach the database."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction.masking import HIDDEN, mask_personal_numbers

NUMBERS = [
    "0912345678",
    "0912 345 678",
    "091.234.5678",
    "091-234-5678",
    "(091) 234 5678",
    "+84912345678",
    "+84 91 234 56 78",
    "84912345678",
    "0084 912 345 678",
    "02438 234 567",
    "024 3823 4567",
    "024.38234567",
    "001099012345",
    "001 099 012 345",
    "0010 9901 2345",
    "012345678",
    "012 345 678",
    "B1234567",
    "c 1234567",
    "P12345678",
    "０９１２３４５６７８",
    "9 1 2 3 4 5 6 7 8",
    "H26.14-240823-0001",
    "1234567890123",
    "nguyen.van.a@example.vn",
    "không chín một hai ba bốn năm sáu bảy tám",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_leads_to_a_person_is_hidden(number: str) -> None:
    masked = mask_personal_numbers(f"Gọi tôi {number} nhé.")
    assert HIDDEN in masked
    assert not re.search(r"\d{5}", masked)
    assert masked.startswith("Gọi tôi ")
    assert masked.endswith(" nhé.")


@pytest.mark.parametrize(
    "text",
    [
        "Chờ từ 8:30 đến 11:45 ngày 14/10/2025.",
        "Hẹn 12-03-2024 mà 15.03.2024 mới xong.",
        "Bị đòi thêm 1.500.000 đồng.",
        "Nộp 150.000.000 đ rồi.",
        "Phiếu 047, Bàn 3, đi lại 4 lần trong 2 tuần.",
        "Nghị định 118/2025 quy định rồi.",
        "Làm từ 2019-2024 chưa xong.",
        "Một hai ba lần rồi.",
    ],
)
def test_days_sums_and_small_numbers_stay(text: str) -> None:
    assert mask_personal_numbers(text) == text


@given(st.text(max_size=200))
def test_masking_never_fails_and_leaves_no_long_run(text: str) -> None:
    masked = mask_personal_numbers(text)
    assert not re.search(r"(?<!\w)[0-9]{9,}", masked)


@given(st.text(alphabet="0123456789 .-()+abc", max_size=60))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask_personal_numbers(text)
    assert mask_personal_numbers(once) == once
