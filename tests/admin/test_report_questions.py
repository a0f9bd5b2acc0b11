"""How a report is asked for: which questions are refused, what comes where no PDF can be drawn."""

from pathlib import Path

import pytest
from flask import Flask

from satisfaction.errors import PdfUnavailableError
from satisfaction.reports.exports import digest_of
from tests.admin.officers import OfficersBrowser
from tests.admin.test_reports import QUERY, february
from tests.conftest import Office

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
