"""Catalogues are imported whole, say every bad line, repair text, and change nothing twice."""

import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import Workbook
from sqlalchemy import func, select

from satisfaction import clock
from satisfaction.catalogue_lists import (
    CatalogueOrder,
    CatalogueReport,
    Likeness,
    import_catalogue,
)
from satisfaction.database import reading, unit_of_work
from satisfaction.editing import operator
from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault, RowFault
from satisfaction.models import AuditEntry, Desk, Procedure, Sector
from satisfaction.terms import (
    AuditAction,
    CatalogueKind,
    DeskKind,
)
from satisfaction.web import catalogue_words, import_words
from tests.conftest import Office
from tests.making import rated_visit

HEADINGS = "Mã TTHC;Tên thủ tục;Tên ngắn;Lĩnh vực;Hiệu lực từ;Hết hiệu lực"
GOOD = (
    HEADINGS,
    "2.000815;Chứng thực bản sao từ bản chính;Chứng thực bản sao;Chứng thực;01/01/2025;",
    "1.004227;Đăng ký khai sinh;;Hộ tịch;;",
)
Importing = Callable[..., CatalogueReport]


@pytest.fixture
def importing(ward: Office, tmp_path: Path) -> Importing:
    """Return what imports lines of text, or only tries."""

    def run(
        *lines: str,
        kind: CatalogueKind = CatalogueKind.PROCEDURES,
        is_trial: bool = False,
        path: Path | None = None,
    ) -> CatalogueReport:
        if path is None:
            path = tmp_path / "list.csv"
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with reading() as session:
            order = CatalogueOrder(
                path=path,
                kind=kind,
                most_bytes=2**20,
                editor=operator(session),
                unit_id=ward.unit.id if kind is CatalogueKind.DESKS else None,
            )
        return import_catalogue(order, reading=reading, writing=None if is_trial else unit_of_work)

    return run


def _counts(report: CatalogueReport) -> tuple[int, ...]:
    return (report.lines, report.new, report.changed, report.unchanged, report.bad)


def _procedures(code: str) -> Sequence[Procedure]:
    with reading() as session:
        return session.scalars(
            select(Procedure)
            .where(Procedure.national_code == code)
            .order_by(Procedure.valid_from_day)
        ).all()


def test_the_same_file_again_changes_nothing(importing: Importing) -> None:
    assert _counts(importing(*GOOD, is_trial=True)) == (2, 2, 0, 0, 0)
    assert _procedures("2.000815") == []
    assert _counts(importing(*GOOD)) == (2, 2, 0, 0, 0)
    kept = _procedures("2.000815")
    assert [(one.short_name, one.valid_from_day) for one in kept] == [
        ("Chứng thực bản sao", date(2025, 1, 1))
    ]
    assert _procedures("1.004227")[0].valid_from_day == clock.today()
    for _ in range(2):
        assert _counts(importing(*GOOD)) == (2, 0, 0, 2, 0)
    with reading() as session:
        deeds = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.CATALOGUE_IMPORTED)
        ).all()
    assert [deed.detail["after"]["new"] for deed in deeds] == [2, 0, 0]


def test_better_words_stay_the_procedure_and_later_ones_begin_a_version(
    importing: Importing,
) -> None:
    importing(*GOOD)
    better = "2.000815;Chứng thực bản sao từ bản chính giấy tờ;Chứng thực bản sao;Chứng thực;;"
    assert _counts(importing(HEADINGS, better)) == (1, 0, 1, 0, 0)
    assert len(_procedures("2.000815")) == 1
    later = "2.000815;Chứng thực điện tử;Chứng thực điện tử;Chứng thực;01/07/2026;"
    assert _counts(importing(HEADINGS, later)) == (1, 0, 1, 0, 0)
    assert [
        (one.short_name, one.valid_from_day, one.valid_until_day) for one in _procedures("2.000815")
    ] == [
        ("Chứng thực bản sao", date(2025, 1, 1), date(2026, 7, 1)),
        ("Chứng thực điện tử", date(2026, 7, 1), None),
    ]
    assert _counts(importing(HEADINGS, later)) == (1, 0, 0, 1, 0)
    with reading() as session:
        deeds = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.OFFICE_CHANGED)
        ).all()
    told = [
        (one.detail["procedure"], one.detail["before"], one.detail["after"])
        for one in deeds
        if one.detail["what"] == "procedure_changed"
    ]
    assert [code for code, _, _ in told] == ["2.000815"] * 2
    assert told[0][1]["name"] == "Chứng thực bản sao từ bản chính"
    assert told[0][2]["name"] == "Chứng thực bản sao từ bản chính giấy tờ"
    assert told[1][2]["from_day"] == "2026-07-01"


@pytest.mark.parametrize(
    ("line", "heading", "fault"),
    [
        (";Tên;;Lĩnh vực;;", "Mã TTHC", RowFault.PROCEDURE_CODE_MISSING),
        ("a b;Tên;;Lĩnh vực;;", "Mã TTHC", RowFault.ODD_CODE),
        ("1.000001;;;Lĩnh vực;;", "Mã TTHC", RowFault.NAME_MISSING),
        ("1.000001;Tên;;;;", "Mã TTHC", RowFault.SECTOR_MISSING),
        (f"1.000001;Tên;{'x' * 300};Lĩnh vực;;", "Tên ngắn", RowFault.TOO_LONG),
        ("1.000001;Tên 😀;;Lĩnh vực;;", "Tên thủ tục", RowFault.ODD_SIGNS),
        ("1.000001;Tên\x07;;Lĩnh vực;;", "Tên thủ tục", RowFault.CONTROL_SIGNS),
        ("1.000001;Tên;;Lĩnh vực;31/02/2026;", "Hiệu lực từ", RowFault.IMPOSSIBLE_DAY),
        (
            "1.000001;Tên;;Lĩnh vực;02/02/2026;01/02/2026",
            "Hết hiệu lực",
            RowFault.UNTIL_BEFORE_FROM,
        ),
        ("1.000001;=cmd|x;;Lĩnh vực;;", "Tên thủ tục", RowFault.FORMULA_IN_TEXT),
        ("=1;Tên;;Lĩnh vực;;", "Mã TTHC", RowFault.FORMULA_IN_TEXT),
        ("1.000001;Tên;;Lĩnh vực;=A1;", "Hiệu lực từ", RowFault.FORMULA_IN_TEXT),
    ],
)
def test_a_bad_line_is_named_and_the_good_ones_are_kept(
    importing: Importing, line: str, heading: str, fault: RowFault
) -> None:
    report = importing(*GOOD, line)
    assert _counts(report) == (3, 2, 0, 0, 1)
    assert [(one.number, one.heading, one.fault) for one in report.problems] == [
        (4, heading, fault)
    ]
    assert fault not in {one.value for one in report.problems}
    assert import_words.say_row_fault(report.problems[0]) != ""


def test_every_line_that_is_not_kept_is_named_before_and_after(importing: Importing) -> None:
    odd = ("abc;;;;;", "abc;Tên;;;;", "abc", "abc,Tên", ";;abc;;;", "=1;=2;=3;=4;=5;=6", '"a;b"')
    expected = [(number, True) for number in range(4, 4 + len(odd))]
    for is_trial in (True, False):
        report = importing(*GOOD, *odd, is_trial=is_trial)
        assert (report.lines, report.bad) == (len(odd) + 2, len(odd))
        named = {one.number: bool(import_words.say_row_fault(one)) for one in report.problems}
        assert sorted(named.items()) == expected
    # The office's own code is no fault: it is kept, and the trial says so too.
    for is_trial in (True, False):
        own = importing(*GOOD, "abc;Tên;;Lĩnh vực;;", is_trial=is_trial)
        assert (own.lines, own.new, own.bad) == (3, 1, 0)
    assert [one.name for one in _procedures("abc")] == ["Tên"]


@pytest.mark.parametrize(
    ("kind", "lines", "said"),
    [
        (CatalogueKind.PROCEDURES, (*GOOD, ";Tên;;Lĩnh vực;;"), "thiếu mã TTHC"),
        (CatalogueKind.DESKS, ("Mã bàn;Tên bàn", ";Bàn 9"), "thiếu mã bàn"),
    ],
)
def test_a_missing_code_is_called_what_its_column_is_called(
    app: Flask, importing: Importing, kind: CatalogueKind, lines: tuple[str, ...], said: str
) -> None:
    [problem] = importing(*lines, kind=kind).problems
    with app.test_request_context():
        assert import_words.say_row_fault(problem) == said


def test_a_code_twice_is_refused_and_lookalikes_are_named(importing: Importing) -> None:
    name = "Đăng ký khai sinh"
    decomposed = unicodedata.normalize("NFD", name)
    report = importing(
        *GOOD,
        "2.000815;Khác;;Chứng thực;;",
        f"1.009999;{decomposed};;Hộ tịch;;",
        "1.008888;Chứng thực bản sao từ bản chính;;Chứng thực;;",
    )
    assert _counts(report) == (5, 4, 0, 0, 1)
    assert [(one.fault, one.number, one.first_number) for one in report.problems] == [
        (RowFault.DUPLICATE_CODE, 4, 2)
    ]
    assert report.repaired == 1
    assert [(one.likeness, one.lines) for one in report.duplicates] == [
        (Likeness.SAME_RECORD, ((2, "2.000815"), (6, "1.008888"))),
        (Likeness.SAME_BUT_FORM, ((3, "1.004227"), (5, "1.009999"))),
    ]
    assert _procedures("1.009999")[0].name == name
    again = importing(HEADINGS, "1.007777;Đăng ký khai sinh;;Hộ tịch;;")
    assert again.duplicates[0].lines == ((0, "1.004227"), (0, "1.009999"), (2, "1.007777"))


def test_a_procedure_does_not_end_before_its_last_visit(ward: Office, importing: Importing) -> None:
    at = clock.now() - timedelta(hours=1)
    rated_visit(ward, 5, at=at, procedure_id=ward.procedures[0].id)
    with reading() as session:
        used = session.get_one(Procedure, ward.procedures[0].id)
    line = f"{used.national_code};{used.name};;Chứng thực;;01/02/2026"
    report = importing(HEADINGS, line)
    assert [one.fault for one in report.problems] == [RowFault.STILL_USED]
    assert _procedures(used.national_code)[0].valid_until_day is None
    later = f"{used.national_code};{used.name};;Chứng thực;;01/06/2026"
    assert _counts(importing(HEADINGS, later)) == (1, 0, 1, 0, 0)
    assert _procedures(used.national_code)[0].valid_until_day == date(2026, 6, 1)


def test_a_workbook_of_desks_is_imported(
    importing: Importing, tmp_path: Path, ward: Office
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Mã bàn", "Tên bàn", "Chi tiết", "Loại", "Từ ngày"],
        ["1", "Bàn số 1", "Đất đai", "tại chỗ", None],
        [7, "Bàn 7", None, "Trực tuyến", date(2026, 4, 1)],
        ["2", "Bàn 2", None, "trực tuyến", None],
        ["8", "Bàn 8", None, None, date(2020, 1, 1)],
    ):
        sheet.append(row)
    path = tmp_path / "desks.xlsx"
    book.save(path)
    report = importing(kind=CatalogueKind.DESKS, path=path)
    assert _counts(report) == (4, 1, 1, 0, 2)
    assert [(one.number, one.fault) for one in report.problems] == [
        (4, RowFault.UNKNOWN_KIND),
        (5, RowFault.BEFORE_UNIT),
    ]
    with reading() as session:
        desks = session.scalars(select(Desk).where(Desk.unit_id == ward.unit.id)).all()
    assert {(desk.code, desk.name, desk.detail, desk.kind) for desk in desks} == {
        ("1", "Bàn số 1", "Đất đai", DeskKind.COUNTER),
        ("2", "Bàn 2", "", DeskKind.COUNTER),
        ("7", "Bàn 7", "", DeskKind.REMOTE),
    }
    assert _counts(importing(kind=CatalogueKind.DESKS, path=path)) == (4, 0, 0, 2, 2)


def test_a_workbook_with_two_catalogues_is_refused_in_its_own_words(
    importing: Importing, tmp_path: Path
) -> None:
    book = Workbook()
    for name in ("Sheet", "Cũ"):
        sheet = book[name] if name in book.sheetnames else book.create_sheet(name)
        sheet.append(["Mã bàn", "Tên bàn"])
    path = tmp_path / "desks.xlsx"
    book.save(path)
    with pytest.raises(ImportRefusedError) as raised:
        importing(kind=CatalogueKind.DESKS, path=path)
    said = catalogue_words.say_catalogue_fault(raised.value, CatalogueKind.DESKS)
    assert said.startswith("Nhiều trang tính cùng là danh mục: “Sheet”; “Cũ”.")


def test_a_desk_does_not_end_before_its_last_rating(ward: Office, importing: Importing) -> None:
    rated_visit(ward, 5, at=clock.now() - timedelta(hours=1))
    lines = ("Mã bàn;Tên bàn;Ngày kết thúc", "1;Bàn 1;01/03/2026", "2;Bàn 2;01/03/2026")
    report = importing(*lines, kind=CatalogueKind.DESKS)
    assert _counts(report) == (2, 0, 1, 0, 1)
    assert [(one.number, one.fault) for one in report.problems] == [(2, RowFault.STILL_USED)]
    assert _counts(importing(*lines, kind=CatalogueKind.DESKS)) == (2, 0, 0, 1, 1)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("Tên;Ngày", "a;b"), FileFault.NO_HEADINGS),
        (("Mã TTHC;Tên thủ tục;Tên TTHC", "1;2;3"), FileFault.DUPLICATE_HEADING),
        (("<html>",), FileFault.WEB_PAGE),
    ],
)
def test_what_is_no_catalogue_is_refused_whole(
    importing: Importing, lines: tuple[str, ...], reason: FileFault
) -> None:
    with pytest.raises(ImportRefusedError) as raised:
        importing(*lines)
    assert raised.value.fields["reason"] is reason
    said = catalogue_words.say_catalogue_fault(raised.value, CatalogueKind.PROCEDURES)
    assert not [word for word in ("hồ sơ", "ignored") if word in said]
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Sector)) == 1
