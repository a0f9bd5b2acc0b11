"""The overview says what is so: in both languages, of each kind of period, and nothing by halves."""

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
