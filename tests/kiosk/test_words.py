"""The citizens' words are those of the design, in both languages, whatever screen they stand on."""

from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _

from satisfaction.office import FIVE_LEVELS, REASONS

# Says nothing of the engine.
pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
SOURCES = ("templates/kiosk/**/*.html", "kiosk/*.py", "templates/layouts/*.html")
WORDS = (
    ("Ông/bà thấy lần phục vụ vừa rồi thế nào?", "How was the service you received just now?"),
    ("Chạm vào một khuôn mặt", "Touch one face"),
    ("Phiếu %(number)s", "Ticket %(number)s"),
    ("Bàn %(number)s", "Desk %(number)s"),
    ("xong lúc %(time)s", "served at %(time)s"),
    (
        "Cán bộ tại bàn không xem được ông/bà chọn gì. Đánh giá không ảnh hưởng đến hồ sơ.",
        "The officer at the desk cannot see what you choose. It has no effect on your application.",
    ),
    ("Không đánh giá", "No rating"),
    ("Nghe đọc", "Listen"),
    ("Chữ to", "Larger text"),
    (
        "Phục vụ xong, mời ông/bà chạm vào màn hình này để đánh giá",
        "When you have been served, please touch this screen to rate",
    ),
    (
        "Mỗi lần chỉ một chạm. Ý kiến được giữ kín.",
        "One touch is enough. Your answer is confidential.",
    ),
    ("Mời ông/bà đánh giá khi được phục vụ xong.", "Please rate once you have been served."),
    ("Điều gì nên làm tốt hơn?", "What should we do better?"),
    (
        "Chọn một hay nhiều ý. Mức đánh giá đã ghi nhận rồi, có thể bỏ qua.",
        "Choose one or more. Your rating is saved; you may skip this.",
    ),
    ("Điều gì ông/bà thấy tốt nhất?", "What did you like best?"),
    ("Muốn viết thêm?", "Want to write more?"),
    ("Quét bằng điện thoại", "Scan with your phone"),
    (
        "Viết thêm (không bắt buộc). Xin đừng ghi họ tên, số giấy tờ hay số điện thoại.",
        "Write more (optional). Please leave out names, document and phone numbers.",
    ),
    ("Gửi", "Send"),
    ("Bỏ qua", "Skip"),
    ("Thêm thời gian", "More time"),
    ("Đổi mức đánh giá", "Change rating"),
    ("Tự gửi sau %(seconds)s giây", "Sends itself in %(seconds)s seconds"),
    ("Cảm ơn ông/bà!", "Thank you!"),
    (
        "Ý kiến đã được ghi nhận và giữ kín.",
        "Your answer has been recorded and is confidential.",
    ),
    (
        "màn hình tự đóng sau %(seconds)s giây",
        "this screen closes in %(seconds)s seconds",
    ),
    ("Chạm nhầm? Đánh giá lại", "Wrong touch? Rate again"),
    ("Nhờ góp ý của bà con:", "Thanks to your comments:"),
    ("Ông/bà còn đó không?", "Are you still there?"),
    ("Màn hình sẽ đóng sau %(seconds)s giây.", "This screen closes in %(seconds)s seconds."),
    ("Tôi còn đây", "I am here"),
    ("Đóng", "Close"),
    ("Máy đang mất mạng.", "No network."),
    (
        "Ông/bà vẫn đánh giá được. Ý kiến được lưu tại máy và tự gửi khi có mạng lại.",
        "You can still rate: your answer is kept here and sent later.",
    ),
    ("Màn hình đang tạm nghỉ", "This screen is resting"),
    (
        (
            "Vẫn có thể đánh giá bằng điện thoại theo mã in trên phiếu, "
            "hoặc bỏ phiếu giấy vào hòm thư góp ý ở cửa ra."
        ),
        "You can rate by phone with the code on your ticket, or on paper at the exit.",
    ),
    ("Phiếu này đã được đánh giá.", "This ticket has already been rated."),
    ("Mã này đã hết hạn sau %(hours)s giờ.", "This code has expired after %(hours)s hours."),
)
LEVELS = {
    "Rất không hài lòng": "Very dissatisfied",
    "Không hài lòng": "Dissatisfied",
    "Bình thường": "Neutral",
    "Hài lòng": "Satisfied",
    "Rất hài lòng": "Very satisfied",
}
CHOICES = {
    "Chờ lâu": "Long wait",
    "Thái độ phục vụ": "Staff manner",
    "Hướng dẫn chưa rõ": "Unclear guidance",
    "Phải đi lại nhiều lần": "Had to come back",
    "Giấy tờ rườm rà": "Too much paperwork",
    "Trễ hẹn trả kết quả": "Result late",
    "Đòi thêm tiền, giấy tờ": "Asked for extra money or papers",
    "Chỗ ngồi, chỗ chờ": "Seating, waiting area",
    "Ý khác": "Something else",
}


@pytest.fixture(scope="module")
def sources() -> str:
    """Return all that the citizens' pages are made of."""
    paths = [path for pattern in SOURCES for path in sorted(ROOT.glob(pattern))]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.mark.parametrize(("vietnamese", "english"), WORDS)
def test_citizens_read_the_words_of_the_design(
    app: Flask, sources: str, vietnamese: str, english: str
) -> None:
    assert f'"{vietnamese}"' in sources or f"'{vietnamese}'" in sources
    names = {"number": "", "time": "", "seconds": "", "hours": ""}
    with app.test_request_context(), force_locale("en"):
        assert _(vietnamese, **names) == english % names


def test_levels_and_reasons_are_those_of_the_design() -> None:
    assert {level.label_vi: level.label_en for level in FIVE_LEVELS} == LEVELS
    assert {vi: en for _code, vi, en, _basis in REASONS} == CHOICES
