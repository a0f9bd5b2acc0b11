"""What draws a PDF keeps to its time and its folder; what looks for formulas finds them."""

import io
from pathlib import Path

import pytest
import xlsxwriter
from flask import Flask

from satisfaction.errors import PdfUnavailableError
from satisfaction.reports import pdf
from tests.reading import formulas_of, text_of_pdf


def test_formulas_would_be_found() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet().write(0, 0, "=1+1")
    assert formulas_of(file.getvalue())


def test_drawing_a_pdf_ends_when_its_time_is_over(app: Flask) -> None:
    with pytest.raises(PdfUnavailableError, match="late"):
        pdf.render_pdf("<p>x</p>", static=Path(str(app.static_folder)), longest_seconds=0.01)


def test_drawing_a_pdf_reads_nothing_but_its_own_folder(app: Flask, tmp_path: Path) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'><text y='9'>MẬT</text></svg>")
    html = f"<img src='{secret.as_uri()}'><img src='http://127.0.0.1:9/x.png'><p>còn lại</p>"
    drawn = pdf.render_pdf(html, static=Path(str(app.static_folder)))
    assert text_of_pdf(drawn) == "còn lại 1 / 1"
