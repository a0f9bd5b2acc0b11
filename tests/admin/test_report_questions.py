"""How a report is asked for: which questions are refused, what comes where no PDF can be drawn."""

from pathlib import Path

import pytest
from flask import Flask

from satisfaction.errors import PdfUnavailableError
from satisfaction.figures import LevelCount
from satisfaction.reports.exports import digest_of
from satisfaction.terms import Leaning
from satisfaction.web.words import name_levels, name_scales
from tests.admin.officers import OfficersBrowser
from tests.admin.test_reports import QUERY, february
from tests.conftest import Office

pytestmark = pytest.mark.once

__all__ = ["february"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("period=2026-13", 400),
        ("from=2026-03-02&to=2026-03-01", 400),
        ("year=2026&part=-Q9", 400),
        ("year=x&part=", 400),
        ("unit=999999", 404),
        ("unit=x", 404),
        ("period=2026-02&form=doc", 400),
    ],
)
def test_what_is_no_question_is_refused_in_words(
    supervisor: OfficersBrowser, february: Office, query: str, status: int
) -> None:
    for path in ("/admin/reports", "/admin/reports/file"):
        if "form=" not in query or path.endswith("file"):
            answer = supervisor.get(f"{path}?{query}")
            assert (answer.status_code, answer.mimetype) == (status, "text/html")


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("from=2026-02-02&to=2026-02-05", "<p>02/02 – 05/02/2026</p>"),
        ("period=2026-02-02", "<p>Thứ Hai 02/02/2026</p>"),
        ("period=2026-02", "<p>Tháng 2/2026 (01/02 – 28/02/2026)</p>"),
    ],
)
def test_the_heading_says_the_days_once(
    supervisor: OfficersBrowser, february: Office, query: str, heading: str
) -> None:
    assert heading in supervisor.get(f"/admin/reports?{query}").text


def test_the_method_names_a_scale_in_words(supervisor: OfficersBrowser, february: Office) -> None:
    page = supervisor.get(f"/admin/reports?{QUERY}").text
    assert "Thang đo 5 mức, tính như sau: " in page
    assert "five-1" not in page


def test_scales_of_one_size_are_told_apart() -> None:
    def level(scale: str) -> LevelCount:
        return LevelCount(scale, 1, "Tốt", "Good", Leaning.SATISFIED, 5, 0)

    assert name_scales([level("a-1"), level("a-2")]) == {
        "a-1": "1 mức, bản 1",
        "a-2": "1 mức, bản 2",
    }
    assert name_scales([level("a-1"), level("b-1")]) == {"a-1": "1 mức, a-1", "b-1": "1 mức, b-1"}
    assert name_levels([level("a-1"), level("b-1")])[1] == "Tốt (thang 1 mức, b-1)"
    assert name_levels([level("a-1")]) == ("Tốt",)


def test_year_and_part_choose_a_period(supervisor: OfficersBrowser, february: Office) -> None:
    for part, name in (("", "Cả năm 2026"), ("-Q1", "Quý I/2026"), ("-9M", "9 tháng năm 2026")):
        page = supervisor.get(f"/admin/reports?year=2026&part={part}").text
        assert name in page
        assert f'<option value="{part}" selected>' in page


@pytest.mark.parametrize(
    ("reason", "words"),
    [("missing", "chưa cài bộ tạo PDF"), ("late", "Chưa tạo được PDF trong thời gian")],
)
def test_without_a_pdf_the_page_to_print_is_shown(
    supervisor: OfficersBrowser,
    february: Office,
    monkeypatch: pytest.MonkeyPatch,
    *,
    reason: str,
    words: str,
) -> None:
    def refuse(*_: object, **__: object) -> bytes:
        raise PdfUnavailableError(reason=reason)

    monkeypatch.setattr("satisfaction.web.report_files.render_pdf", refuse)
    answer = supervisor.get(f"/admin/reports/file?{QUERY}&form=pdf")
    assert answer.status_code == 503
    assert words in answer.text
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in answer.text


def test_the_command_writes_the_page_s_files(
    app: Flask, february: Office, tmp_path: Path, supervisor: OfficersBrowser
) -> None:
    words = ["report", "--unit", "00103", "--from", "2026-02-01", "--until", "2026-03-01"]
    for form in ("xlsx", "csv"):
        path = tmp_path / f"report.{form}"
        done = app.test_cli_runner().invoke(args=[*words, "--format", form, "--output", str(path)])
        assert done.exit_code == 0, done.output
        assert done.output == f"{digest_of(path.read_bytes())}  {path}\n"
        assert path.read_bytes() == supervisor.get(f"/admin/reports/file?{QUERY}&form={form}").data
    bad = app.test_cli_runner().invoke(args=[*words, "--output", str(tmp_path / "no" / "x.pdf")])
    assert bad.exit_code == 1
    assert "Không ghi được" in bad.output
