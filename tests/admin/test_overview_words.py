"""What the overview says: in both languages, of every kind of period, and nothing by halves."""

import re

from flask import Flask

from tests.admin.overviews import PAGE, open_overview, part_of, plant
from tests.conftest import Office


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
