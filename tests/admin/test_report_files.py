"""What draws a PDF keeps to its time and its folder; what looks for formulas finds them."""

import io
from pathlib import Path

import pytest
import xlsxwriter
from flask import Flask

from satisfaction.errors import PdfUnavailableError
from satisfaction.reports import pdf
from tests.reading import formulas_of, pages_of_pdf, text_of_pdf


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


def _draw(app: Flask, *parts: str) -> list[str]:
    html = f"<body class='paper'>{''.join(parts)}"
    return pages_of_pdf(pdf.render_pdf(html, static=Path(str(app.static_folder))))


def test_a_total_stands_on_the_page_of_its_last_lines(app: Flask) -> None:
    def table(n: int) -> str:
        lines = "".join(f"<tr><th>dòng</th><td class='n'>{k}</td></tr>" for k in range(n))
        total = "<tr class='sum'><th>Tổng</th><td class='n'>9</td></tr>"
        head = "<thead><tr><th>Bàn</th><th class='n'>Lượt</th></tr></thead>"
        return f"<section class='part'><table class='lines'>{head}{lines}{total}</table></section>"

    pages = _draw(app, *map(table, range(20, 50)))
    assert len(pages) > 20
    assert sum(page.count("Tổng") for page in pages) == 30
    assert [page for page in pages if page.startswith("Bàn Lượt Tổng")] == []


def test_the_signatures_do_not_stand_alone(app: Flask) -> None:
    filled = "<div style='height:150mm'>đầy</div>"
    method = "<section class='method'><h2>Phương pháp</h2><p>một</p><p>hai</p></section>"
    signed = "<div class='signatures'><div><p>NGƯỜI LẬP BIỂU</p></div></div>"
    first, second = _draw(app, filled, method, signed)
    assert "đầy" in first
    assert "hai NGƯỜI LẬP BIỂU" in second
