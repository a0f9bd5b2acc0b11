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
    "09 12 34 56 78",
    "09.12.34.56.78",
    "(+84) 912 345 678",
    "+84(0)912345678",
    "0912_345_678",
    "0912–345–678",
    "091·234·5678",
    "0️⃣9️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣",
    "001-099-012-345",
    "001.099.012.345",
    "079 2 01 012345",
    "13 chữ số 4790123456789",
    "1900 1234",
]
JOINED = ["CCCD001099012345", "sđt0912345678", "GD4790123456789", "O912345678", "zalo:0912345678"]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_leads_to_a_person_is_hidden(number: str) -> None:
    masked = mask_personal_numbers(f"Gọi tôi {number} nhé.")
    assert HIDDEN in masked
    assert not re.search(r"\d{5}", masked)
    assert masked.startswith("Gọi tôi ")
    assert masked.endswith(" nhé.")


@pytest.mark.parametrize("number", JOINED)
def test_a_number_that_is_written_onto_a_word_is_hidden(number: str) -> None:
    masked = mask_personal_numbers(f"Gọi {number} nhé.")
    assert HIDDEN in masked
    assert not re.search(r"\d{3}", masked)


def test_a_number_behind_a_day_is_hidden_and_the_day_stays() -> None:
    masked = mask_personal_numbers("Hẹn 14/10/2025 0912 345 678, rồi 2025-10-15 098 7654 321.")
    assert masked == f"Hẹn 14/10/2025 {HIDDEN}, rồi 2025-10-15 {HIDDEN}."


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
        "Ngày 14/10/2025 8 giờ đến, 12-03-2024 15-03-2024 vẫn chưa xong.",
        "Nghỉ từ 14/10/2025-20/10/2025.",
        "Nộp 15000000 đồng, trả lại 1.234.567.890 đ.",
        "Nhà ở ngõ 12/3/24, tầng 5, biển 29A-123.45.",
    ],
)
def test_days_sums_and_small_numbers_stay(text: str) -> None:
    assert mask_personal_numbers(text) == text


@given(st.text(max_size=200))
def test_masking_never_fails_and_leaves_no_long_run(text: str) -> None:
    masked = mask_personal_numbers(text)
    assert not re.search(r"[0-9]{9,}(?!\s*(?i:đ|vn))", masked)


@given(st.text(alphabet="0123456789 .-()+abc", max_size=60))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask_personal_numbers(text)
    assert mask_personal_numbers(once) == once
