"""flask dossiers import: the report on standard output, one line of refusal on standard error."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from satisfaction import office
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Dossier
from satisfaction.terms import UnitKind
from tests.conftest import Office

Run = Callable[..., Result]
LIST = (
    "Mã hồ sơ;Mã TTHC;Ngày tiếp nhận;Họ tên;STT\n"
    "H26.14-260305-0001;9.999999;05/03/2026;Nguyễn Văn A;1\n"
    "H26.14-260305-0001;;05/03/2026;;2\n"
    "H26.14-260305-0002;;03/25/2026;;3\n"
    "BTP-7;;05/03/2026;;4\n"
)


@pytest.fixture
def run(app: Flask, ward: Office, tmp_path: Path) -> Run:
    """Return what imports a text as a file."""

    def invoke(text: str, *words: str, unit: str = "00103") -> Result:
        path = tmp_path / "list.csv"
        path.write_text(text, encoding="utf-8")
        args = ["dossiers", "import", str(path), "--unit", unit, *words]
        return app.test_cli_runner().invoke(args=args)

    return invoke


def _kept() -> dict[str, str]:
    with reading() as session:
        return {one.code: one.source_system for one in session.scalars(select(Dossier))}


def test_import_prints_what_it_did_and_names_every_bad_line(run: Run) -> None:
    result = run(LIST)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Cột được đọc: Mã hồ sơ; Mã TTHC → Mã thủ tục; Ngày tiếp nhận",
        "Cột thông tin cá nhân, không đọc: Họ tên",
        "Cột không nhận ra, không đọc: STT",
        "Mã hồ sơ khác thường, vẫn giữ và đánh dấu (1): BTP-7 (1)",
        "Thủ tục không có trong danh mục, để trống (1): 9.999999 (1)",
        "Dòng 3, cột “Mã hồ sơ”, “H26.14-260305-0001”: trùng mã với dòng 2; chỉ dòng ấy được nhập",
        "Dòng 4, cột “Ngày tiếp nhận”, “03/25/2026”: ghi tháng trước ngày; hãy xem lại cả cột",
        "Đã nhập: 4 dòng; 2 mới, 0 thay đổi, 0 như cũ, 2 dòng lỗi",
    ]
    assert _kept() == {"H26.14-260305-0001": "one-stop", "BTP-7": "one-stop"}
    assert run(LIST).stdout.splitlines()[-1] == (
        "Đã nhập: 4 dòng; 0 mới, 0 thay đổi, 2 như cũ, 2 dòng lỗi"
    )


def test_a_dry_run_stores_nothing(run: Run) -> None:
    result = run(LIST, "--dry-run")
    assert result.stdout.splitlines()[-1].startswith("Chạy thử, chưa ghi gì: 4 dòng; 2 mới")
    assert _kept() == {}


def test_the_source_and_the_columns_can_be_said(run: Run) -> None:
    result = run("Số phiếu,Họ tên\n7,A\n", "--map", "Số phiếu=code", "--source", "bo-tu-phap")
    assert result.exit_code == 0, result.output
    assert _kept() == {"7": "bo-tu-phap"}


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("", (), "Tệp trống"),
        ("Kênh\n1\n", (), "“Mã hồ sơ” trong 20 dòng đầu"),
        (LIST, ("--map", "Họ tên=code"), "“Họ tên”"),
        (LIST, ("--map", "Mã hồ sơ=mã"), "received_day"),
        ("<html></html>", (), "trang web"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(
    run: Run, text: str, words: tuple[str, ...], said: str
) -> None:
    result = run(text, *words)
    assert result.exit_code != 0
    assert result.stdout == ""
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert _kept() == {}


def test_an_unknown_unit_and_an_overlong_source_are_refused(run: Run) -> None:
    assert "NOWHERE" in run(LIST, unit="NOWHERE").stderr
    assert run(LIST, "--source", "x" * 41).exit_code == 2
    assert run(LIST, "--source", " ").exit_code == 2
    assert _kept() == {}


def test_an_abolished_units_list_is_still_imported(run: Run) -> None:
    with unit_of_work() as session:
        office.add_unit(
            session,
            "Q-CU",
            name="Quận cũ",
            kind=UnitKind.DISTRICT,
            from_day=date(2024, 1, 1),
            until_day=date(2025, 7, 1),
        )
    assert run(LIST, unit="Q-CU").exit_code == 0
    assert len(_kept()) == 2


def test_a_large_file_is_refused_by_its_size(app: Flask, run: Run) -> None:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = settings.model_copy(update={"import_max_megabytes": 1})
    result = run(LIST + "x\n" * 2**20)
    assert "1 MB" in result.stderr
    assert result.exit_code != 0
