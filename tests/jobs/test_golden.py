"""The letters are those that were read in review, and every mail program can show them."""

import re

import pytest
from flask import Flask

from tests.golden.writing import FOLDER, files_of, write_letters


@pytest.fixture
def files(app: Flask) -> dict[str, str]:
    """Return the letters as they are written now."""
    return files_of(write_letters(app))


def test_letters_are_as_they_were_read(files: dict[str, str]) -> None:
    kept = {path.name for path in FOLDER.iterdir() if path.suffix in {".txt", ".html"}}
    assert kept == set(files)
    for name, text in files.items():
        assert text == (FOLDER / name).read_text(encoding="utf-8"), name


def test_html_is_small_whole_and_loads_nothing(files: dict[str, str]) -> None:
    for name, text in files.items():
        if name.endswith(".html"):
            assert len(text.encode()) < 25_000, name
            assert not re.search(r"<img|<script|<link|url\(|src=|@import|@font-face", text), name
            assert set(re.findall(r'href="(https?://[^/"]+)', text)) <= {
                "https://danhgia.example.gov.vn"
            }


def test_plain_text_has_no_line_that_is_too_long(files: dict[str, str]) -> None:
    for name, text in files.items():
        if name.endswith(".txt"):
            lines = text.splitlines()[1:]
            assert [one for one in lines if len(one) > 72 and "https://" not in one] == [], name


def test_who_sees_no_single_answers_reads_none(files: dict[str, str]) -> None:
    assert "Chờ lâu" in files["daily.vi.txt"]
    assert "Đòi thêm tiền" in files["daily.vi.html"]
    daily = files["daily-guest.vi.txt"] + files["daily-guest.vi.html"]
    assert not re.search(r"Chờ lâu|hài lòng:|127|134|219|20 trong 21|lưu tại máy", daily)
    assert "Máy ở Bàn 7 mất liên lạc từ 15:20" in daily
    monthly = files["monthly-guest.vi.txt"]
    assert "Hài lòng: 1.195 trong 1.240 lượt (96,4%)" in monthly
    assert "- Còn lại: 4 dòng gộp chung: 108 trong 120 lượt" in monthly
    assert not re.search("Đất đai|Hộ tịch|Ý KIẾN CẦN XEM|Chờ lâu", monthly)
