"""What the overview says: in both languages, of every kind of period, and nothing by halves."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from satisfaction.terms import Role
from tests.admin.overviews import MONDAY, PAGE, open_overview, part_of, plant, text_of
from tests.conftest import Office

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once


def test_a_desk_within_its_limits_is_not_called_what_a_level_is_called(
    app: Flask, ward: Office
) -> None:
    plant(ward, [5] * 40 + [3] * 2)
    plant(ward, [5] * 39 + [3] * 3, desk=1)
    browser = open_overview(app, ward)
    for language, words in (("vi", "Trong mức thường"), ("en", "Within usual range")):
        part = part_of(browser.get(f"{PAGE}&lang={language}").text, "places")
        assert re.findall(r'class="mut">([^<]*)</span>\s*</td></tr>', part) == [words] * 2


def _title(html: str, part: str) -> str:
    found = re.search(r"<h2[^>]*>(.*?)</h2>", part_of(html, part))
    assert found is not None
    return found[1]


def test_a_reason_is_the_most_frequent_only_where_chance_does_not_say_so(
    app: Flask, ward: Office
) -> None:
    browser = open_overview(app, ward)
    for amount, reason, title in (
        (1, "manner", "Lý do được chọn"),
        (14, "late", "Trễ hẹn trả kết quả là lý do nhiều nhất"),
        (13, "manner", "Không lý do nào nổi bật"),
    ):
        plant(ward, [1] * amount, reasons=(reason,))
        assert _title(browser.get(PAGE).text, "reasons") == title
    assert _title(browser.get(f"{PAGE}&lang=en").text, "reasons") == "No reason stands out"


@pytest.mark.parametrize(
    ("period", "words", "english"),
    [
        ("2026-03", ("từng ngày.", "ngày thường", "bàn, từng ngày."), "a desk or day has"),
        ("2026-Q1", ("từng tuần, ghi", "một tuần", "bàn, từng tuần."), "a desk or week has"),
        (
            "from=2025-01-01&to=2026-03-10",
            ("từng tháng.", "một tháng", "bàn, từng tháng."),
            "a desk or month has",
        ),
    ],
)
def test_the_course_says_whether_a_point_is_a_day_a_week_or_a_month(
    app: Flask, ward: Office, period: str, words: tuple[str, str, str], english: str
) -> None:
    browser = open_overview(app, ward)
    for back in (0, 7, 60):
        plant(ward, [5] * 15, at=MONDAY - timedelta(days=back))
    asked = period if "=" in period else f"period={period}"
    html = browser.get(f"/admin/overview?{asked}").text
    days = part_of(html, "days")
    assert f"Tỷ lệ hài lòng {words[0]}" in days
    assert f"</svg>{words[1]}</li>" in days
    assert ("cuối tuần" in days) == (period == "2026-03")
    assert f"từng {words[2]}" in html
    assert english in browser.get(f"/admin/overview?{asked}&lang=en").text


def test_a_course_that_cannot_be_drawn_says_what_it_would_need(app: Flask, ward: Office) -> None:
    plant(ward, [5])
    browser = open_overview(app, ward)
    for period, times in (("2026-03", "ngày"), ("2026-Q1", "tuần"), ("2026", "tuần")):
        html = browser.get(f"/admin/overview?period={period}").text
        assert _title(html, "days") == f"Chưa đủ lượt để so các {times}"
        assert f"Cần ít nhất hai {times} có từ 15 lượt để vẽ." in html


def test_the_lowest_procedures_lead_to_all_of_them(app: Flask, march: Office) -> None:
    browser = open_overview(app, march)
    part = part_of(browser.get(f"{PAGE}&sort=name").text, "procedures")
    assert 'href="/admin/counts?by=procedure&amp;period=2026-03">Mọi thủ tục' in part
    listed = browser.get("/admin/counts?by=procedure&period=2026-03&sort=share").text
    assert "Chứng thực chữ ký" in listed


def test_a_share_has_the_same_decimals_wherever_it_stands(app: Flask, ward: Office) -> None:
    plant(ward, [5] * 38 + [1] * 2, at=MONDAY - timedelta(days=28))
    plant(ward, [5] * 30 + [1] * 10)
    plant(ward, [5] * 36 + [1] * 4, at=MONDAY - timedelta(days=4))
    browser = open_overview(app, ward)
    html = browser.get(PAGE).text
    assert "<b>83%</b>" in part_of(html, "places")
    assert "TB 83%" in part_of(html, "days")
    assert text_of(part_of(html, "places")).count("−13 ") == 4
    plant(ward, [5] * 60, at=MONDAY - timedelta(days=4))
    html = browser.get(PAGE).text
    assert "<b>90,0%</b>" in part_of(html, "places")
    assert "TB 90,0%" in part_of(html, "days")
    assert "75%, Thứ Hai 09/03" in part_of(html, "days")


def _told(html: str) -> str:
    return text_of(html.split('<p class="tell"')[1].split("</p>")[0].partition(">")[2])


def test_the_sentence_names_its_period_as_it_is_spoken(app: Flask, ward: Office) -> None:
    plant(ward, [5] * 40, at=MONDAY - timedelta(days=28))
    plant(ward, [5] * 40)
    browser = open_overview(app, ward)
    english = _told(browser.get("/admin/overview?period=2026-02&lang=en").text)
    assert english.startswith("February 2026: 100% of 40 ratings")
    day = "/admin/overview?from=2026-03-09&to=2026-03-09"
    assert _told(browser.get(f"{day}&lang=vi").text).startswith("Thứ Hai 09/03/2026, 100%")
    assert _told(browser.get(f"{day}&lang=en").text).startswith("Monday 09/03/2026: 100%")
    half = _told(browser.get("/admin/overview?period=2026-H1&lang=en").text)
    assert half.startswith("First half of 2026 (until 10/03 so far): 100% of 80 ratings")


def test_an_empty_period_says_what_is_so_of_one_that_is_over_runs_or_will_come(
    app: Flask, ward: Office
) -> None:
    browser = open_overview(app, ward, Role.ADMINISTRATOR)
    unheard, set_up = "Chưa có máy đánh giá nào báo về.", "Đặt máy đánh giá"
    for period, told, is_now in (
        ("2026-02", "Trong tháng 2/2026 không có lượt đánh giá nào.", False),
        ("2026-03", "Trong tháng 3/2026 (mới đến 10/03) chưa có lượt đánh giá nào.", True),
        ("today", "Thứ Ba 10/03/2026 chưa có lượt đánh giá nào.", True),
        ("2026-04", "Trong tháng 4/2026: kỳ này chưa bắt đầu.", False),
    ):
        html = browser.get(f"/admin/overview?period={period}").text
        assert _told(html) == told
        assert (unheard in html) == (set_up in html) == is_now


def test_a_unit_without_an_earlier_record_is_not_said_not_to_have_been(
    app: Flask, ward: Office
) -> None:
    plant(ward, [5] * 40, at=datetime(2024, 1, 15, 2, tzinfo=UTC))
    html = open_overview(app, ward).get("/admin/overview?period=2024-01").text
    assert "hệ thống chưa ghi nhận đơn vị này từ đầu kỳ ấy" in html


def test_ratings_are_not_called_visits_in_english(app: Flask, march: Office) -> None:
    html = open_overview(app, march).get(f"{PAGE}&lang=en").text
    assert "Ratings</th>" in part_of(html, "procedures")
    assert "Visits</th>" not in part_of(html, "procedures")


def test_the_notes_of_the_counts_part_their_sentences(app: Flask, march: Office) -> None:
    html = open_overview(app, march).get("/admin/counts?period=2026-03").text
    assert "Kỳ này mới đến 10/03/2026. Hài lòng =" in html
