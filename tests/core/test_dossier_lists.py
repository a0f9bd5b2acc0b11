"""Whole lists: good lines go in, every other line is named, the same again changes nothing."""

import csv
import hashlib
import io
import uuid
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from satisfaction import dossier_lists, office
from satisfaction.database import reading, unit_of_work
from satisfaction.dossier_lists import ImportOrder, ImportReport, import_list
from satisfaction.dossier_rows import MOST_NOTED, RowProblem
from satisfaction.errors import ImportRefusedError
from satisfaction.faults import FileFault, RowFault
from satisfaction.models import AuditEntry, Dossier
from satisfaction.terms import (
    AuditAction,
    Channel,
    UnitKind,
)
from tests.conftest import Office

HEADINGS = (
    *("Mã hồ sơ", "Mã TTHC", "Kênh", "Quầy", "Ngày tiếp nhận", "Ngày hẹn trả"),
    *("Ngày kết thúc xử lý", "Ngày trả", "Số hóa", "Họ tên", "Ghi chú"),
)
GOOD = (
    *("H26.14-260305-0001", "00103.0", "Trực tuyến", "Bàn 1", "05/03/2026", "09/03/2026"),
    *("06/03/2026", "10/03/2026", "Có", "Nguyễn Thị Thuỷ", "gấp"),
)


def _csv(path: Path, *rows: Sequence[Any], headings: Sequence[str] = HEADINGS) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([headings, *rows])
    return path


def _import(ward: Office, path: Path, *, is_dry_run: bool = False, **order: Any) -> ImportReport:
    values = {"unit_id": ward.unit.id, "most_bytes": 2**26} | order
    return import_list(
        ImportOrder(path=path, **values),
        reading=reading,
        writing=None if is_dry_run else unit_of_work,
    )


def _counts(report: ImportReport) -> tuple[int, ...]:
    return report.lines, report.new, report.changed, report.unchanged, report.bad


def _all() -> dict[str, Dossier]:
    with reading() as session:
        return {dossier.code: dossier for dossier in session.scalars(select(Dossier))}


def _changed(**cells: str) -> tuple[str, ...]:
    """Return a good line with other cells, by field."""
    places = {"code": 0, "procedure": 1, "channel": 2, "desk": 3, "received": 4, "due": 5}
    places |= {"finished": 6, "returned": 7, "digitised": 8}
    row = list(GOOD)
    for name, value in cells.items():
        row[places[name]] = value
    return tuple(row)


def test_import_list_keeps_what_a_line_says(ward: Office, tmp_path: Path) -> None:
    report = _import(ward, _csv(tmp_path / "list.csv", GOOD))
    assert _counts(report) == (1, 1, 0, 0, 0)
    kept = _all()[GOOD[0]]
    assert (kept.procedure_id, kept.desk_id) == (ward.procedures[0].id, ward.desks[0].id)
    assert (kept.received_day, kept.due_day) == (date(2026, 3, 5), date(2026, 3, 9))
    assert (kept.finished_day, kept.returned_day) == (date(2026, 3, 6), date(2026, 3, 10))
    assert (kept.channel, kept.is_digitised) == (Channel.ONLINE, True)
    assert (kept.unit_id, kept.source_system) == (ward.unit.id, "one-stop")
    assert report.columns.personal == ("Họ tên",)
    assert report.columns.unknown == ("Ghi chú",)


def test_import_list_never_keeps_a_persons_data(ward: Office, tmp_path: Path) -> None:
    path = _csv(tmp_path / "list.csv", GOOD, _changed(code="?", due="?"))
    report = _import(ward, path)
    with reading() as session:
        entry = session.scalars(select(AuditEntry)).all()[-1]
    everything = repr((report, entry.detail, _all()))
    assert report.bad == 1
    assert "Thuỷ" not in everything
    assert "gấp" not in everything


def test_import_list_twice_changes_nothing(ward: Office, tmp_path: Path) -> None:
    path = _csv(tmp_path / "list.csv", *(_changed(code=f"H26-260305-{n:04}") for n in range(4500)))
    assert _counts(_import(ward, path)) == (4500, 4500, 0, 0, 0)
    assert _counts(_import(ward, path)) == (4500, 0, 0, 4500, 0)
    later = _csv(tmp_path / "later.csv", _changed(code="H26-260305-0007", due="12/03/2026"))
    assert _counts(_import(ward, later)) == (1, 0, 1, 0, 0)
    assert _all()["H26-260305-0007"].due_day == date(2026, 3, 12)


def test_a_dry_run_says_the_same_and_stores_nothing(ward: Office, tmp_path: Path) -> None:
    path = _csv(tmp_path / "list.csv", GOOD, GOOD, _changed(code="", due="31/02/2026"))
    dry, wet = _import(ward, path, is_dry_run=True), _import(ward, path)
    assert (dry.is_dry_run, wet.is_dry_run) == (True, False)
    assert _counts(dry) == _counts(wet) == (3, 1, 0, 0, 2)
    assert dry.problems == wet.problems
    with reading() as session:
        deeds = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.DOSSIERS_IMPORTED)
        ).all()
    assert len(deeds) == 1


def test_every_bad_line_is_named_and_good_ones_go_in(ward: Office, tmp_path: Path) -> None:
    path = _csv(
        tmp_path / "list.csv",
        GOOD,
        _changed(code="", due="03/13/2026"),
        [],
        _changed(code="H26.14-260305-0002", received="31/02/2026"),
        _changed(code="h26.14–260305–0001"),
        _changed(code="H26.14-260305-0003", finished="11/03/2026"),
        _changed(code="H26.14-260305-0004", finished="04/03/2026"),
        _changed(code="H26.14-260305-0005", due="12/03/2026"),
    )
    report = _import(ward, path)
    assert _counts(report) == (7, 2, 0, 0, 5)
    assert report.problems == [
        RowProblem(3, "Mã hồ sơ", "", RowFault.CODE_MISSING),
        RowProblem(3, "Ngày hẹn trả", "03/13/2026", RowFault.MONTH_FIRST),
        RowProblem(5, "Ngày tiếp nhận", "31/02/2026", RowFault.IMPOSSIBLE_DAY),
        RowProblem(6, "Mã hồ sơ", "H26.14-260305-0001", RowFault.DUPLICATE_CODE, 2),
        RowProblem(7, "Ngày kết thúc xử lý", "11/03/2026", RowFault.FUTURE_DAY),
        RowProblem(8, "Ngày kết thúc xử lý", "04/03/2026", RowFault.FINISHED_BEFORE_RECEIVED),
    ]
    assert set(_all()) == {"H26.14-260305-0001", "H26.14-260305-0005"}


def test_what_is_unknown_is_noted_and_kept(ward: Office, tmp_path: Path) -> None:
    path = _csv(
        tmp_path / "list.csv",
        _changed(code="BTP-1", procedure="9.999999", channel="Một cửa"),
        _changed(code="BTP-2", procedure="9.999999", desk="Bàn 7", digitised="một phần"),
        _changed(code="BTP-3", procedure="", channel="", desk="", digitised=""),
    )
    report = _import(ward, path)
    notes = report.notes
    assert _counts(report) == (3, 3, 0, 0, 0)
    assert notes.procedures == {"9.999999": 2}
    assert (notes.desks, notes.channels) == ({"Bàn 7": 1}, {"Một cửa": 1})
    assert notes.digitised == {"một phần": 1}
    assert notes.irregular_codes == {"BTP-1": 1, "BTP-2": 1, "BTP-3": 1}
    kept = _all()
    assert {dossier.is_code_irregular for dossier in kept.values()} == {True}
    assert kept["BTP-1"].procedure_id is None
    assert kept["BTP-1"].channel is Channel.UNKNOWN
    assert (kept["BTP-2"].desk_id, kept["BTP-2"].is_digitised) == (None, None)


def test_notes_are_bounded(ward: Office, tmp_path: Path) -> None:
    rows = (_changed(code=f"BTP-{number}") for number in range(MOST_NOTED + 10))
    report = _import(ward, _csv(tmp_path / "list.csv", *rows), is_dry_run=True)
    assert len(report.notes.irregular_codes) == MOST_NOTED + 1
    assert report.notes.irregular_codes["…"] == 10


def test_problems_are_bounded_and_still_counted(
    ward: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dossier_lists, "MOST_PROBLEMS", 3)
    rows = (_changed(code="", due="mai") for _ in range(5))
    report = _import(ward, _csv(tmp_path / "list.csv", *rows), is_dry_run=True)
    assert (len(report.problems), report.unnamed_problems, report.bad) == (3, 7, 5)


def test_printed_lists_are_read_without_their_dressing(ward: Office, tmp_path: Path) -> None:
    path = tmp_path / "printed.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["DANH SÁCH HỒ SƠ ĐÃ GIẢI QUYẾT"],
        ["Từ ngày 01/03/2026"],
        ["STT", "Mã hồ sơ", "Ngày tiếp nhận", "KenhThucHien"],
        ["(1)", "(2)", "(3)", "(4)"],
        ["I. Lĩnh vực hộ tịch"],
        [1, "H26-260305-0001", date(2026, 3, 5), 2],
        ["STT", "Mã hồ sơ", "Ngày tiếp nhận", "KenhThucHien"],
        [2, "H26-260306-0001", 46087, "3"],
        [None, "Tổng cộng: 2", None, None],
        ["Người lập biểu"],
    ):
        sheet.append(row)
    sheet.merge_cells("A1:D1")
    sheet.merge_cells("A5:D5")
    book.create_sheet("Ghi chú")["A1"] = "Mẫu in"
    book.save(path)
    report = _import(ward, path)
    assert _counts(report) == (3, 2, 0, 0, 1)
    assert report.problems == [RowProblem(9, "Mã hồ sơ", "Tổng cộng: 2", RowFault.NOT_A_CODE)]
    assert (report.table_name, report.other_tables) == ("Sheet", ("Ghi chú",))
    kept = _all()
    assert kept["H26-260305-0001"].channel is Channel.ONLINE
    assert kept["H26-260306-0001"].received_day == date(2026, 3, 6)
    assert kept["H26-260306-0001"].channel is Channel.POST


def test_numbers_in_the_first_line_are_not_taken_for_column_numbers(
    ward: Office, tmp_path: Path
) -> None:
    path = _csv(tmp_path / "l.csv", ["7", "12"], headings=["Mã hồ sơ", "Ghi chú"])
    assert _counts(_import(ward, path)) == (1, 1, 0, 0, 0)


def test_procedures_are_found_by_name_where_there_is_no_code(ward: Office, tmp_path: Path) -> None:
    path = _csv(
        tmp_path / "l.csv",
        ["B-1", "CHUNG THUC CHU KY"],
        ["B-2", "Việc khác"],
        headings=["Mã hồ sơ", "Tên TTHC"],
    )
    report = _import(ward, path)
    assert _all()["B-1"].procedure_id == ward.procedures[1].id
    assert report.notes.procedures == {"Việc khác": 1}


def test_a_procedure_is_the_version_of_its_day(ward: Office, tmp_path: Path) -> None:
    with unit_of_work() as session:
        sector = office.ensure_sector(session, "Hộ tịch")
        versions = [
            office.add_procedure(
                session,
                "1.001190",
                name=f"Bản {first.year}",
                short_name=f"Bản {first.year}",
                sector=sector,
                valid_from_day=first,
            )
            for first in (date(2025, 1, 1), date(2026, 1, 1))
        ]
    path = _csv(
        tmp_path / "l.csv",
        ["B-1", "1.00119", "31/12/2025"],
        ["B-2", "1.001190.000.00.00.H56", "01/01/2026"],
        ["B-3", "1.001190", "01/01/2020"],
        ["B-4", "1.001190", ""],
        headings=["Mã hồ sơ", "Mã TTHC", "Ngày tiếp nhận"],
    )
    _import(ward, path)
    kept = _all()
    found = [kept[f"B-{number}"].procedure_id for number in (1, 2, 3, 4)]
    old, new = (version.id for version in versions)
    assert found == [old, new, old, new]


def test_a_desk_is_the_one_that_served_on_the_day(ward: Office, tmp_path: Path) -> None:
    with unit_of_work() as session:
        desks = [
            office.add_desk(
                session, ward.unit, code="9", name="Bàn 9", from_day=first, until_day=until
            )
            for first, until in (
                (date(2024, 1, 1), date(2025, 1, 1)),
                (date(2025, 1, 1), None),
            )
        ]
    path = _csv(
        tmp_path / "l.csv",
        ["B-1", "9", "31/12/2024"],
        ["B-2", "ban 9", "01/01/2025"],
        ["B-3", "9", ""],
        headings=["Mã hồ sơ", "Quầy", "Ngày tiếp nhận"],
    )
    report = _import(ward, path)
    kept = _all()
    assert [kept[f"B-{n}"].desk_id for n in (1, 2, 3)] == [desks[0].id, desks[1].id, None]
    assert report.notes.desks == {"9": 1}


def test_another_units_dossier_is_named_and_left_alone(ward: Office, tmp_path: Path) -> None:
    path = _csv(tmp_path / "list.csv", GOOD)
    _import(ward, path)
    with unit_of_work() as session:
        other = office.add_unit(
            session, "X", name="Phường khác", kind=UnitKind.WARD, from_day=date(2024, 1, 1)
        )
    report = _import(ward, _csv(tmp_path / "x.csv", _changed(due="30/03/2026")), unit_id=other.id)
    assert report.problems == [RowProblem(2, "Mã hồ sơ", GOOD[0], RowFault.OTHER_UNIT)]
    assert (report.bad, _all()[GOOD[0]].due_day) == (1, date(2026, 3, 9))


def test_source_systems_are_kept_apart(ward: Office, tmp_path: Path) -> None:
    path = _csv(tmp_path / "list.csv", GOOD)
    _import(ward, path)
    assert _counts(_import(ward, path, source_system="bo-tu-phap")) == (1, 1, 0, 0, 0)


def test_the_log_keeps_counts_and_the_files_digest(ward: Office, tmp_path: Path) -> None:
    path = _csv(tmp_path / "Nguyễn Văn A.csv", GOOD, _changed(code=""))
    report = _import(ward, path, network="10.1.2.0/24")
    with reading() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.DOSSIERS_IMPORTED)
        ).one()
    assert (entry.unit_id, entry.network) == (ward.unit.id, "10.1.2.0/24")
    assert entry.detail == {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "source": "one-stop",
        "lines": 2,
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "bad": 1,
    }
    assert report.sha256 == entry.detail["sha256"]


def test_an_import_that_breaks_off_leaves_whole_batches_and_its_deed(
    ward: Office, tmp_path: Path
) -> None:
    path = _csv(tmp_path / "list.csv", *(_changed(code=f"H26-260305-{n:04}") for n in range(4500)))

    class PulledPlugError(Exception):
        pass

    def progress(done: int, total: int) -> None:
        if done > 3000:
            raise PulledPlugError(done, total)

    order = ImportOrder(path=path, unit_id=ward.unit.id, most_bytes=2**26)
    with pytest.raises(PulledPlugError):
        import_list(order, reading=reading, writing=unit_of_work, progress=progress)
    assert len(_all()) == 4000
    with reading() as session:
        assert session.scalars(select(AuditEntry)).all()[-1].detail["new"] == 4000
    assert _counts(_import(ward, path)) == (4500, 500, 0, 4000, 0)


def test_progress_is_told_in_lines(ward: Office, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = _csv(tmp_path / "list.csv", *[GOOD] * 4500)
    order = ImportOrder(path=path, unit_id=ward.unit.id, most_bytes=2**26)
    import_list(order, reading=reading, progress=lambda done, total: told.append((done, total)))
    assert told == [(2001, 4501), (4001, 4501), (4501, 4501)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Ngày trả;Kênh\n", FileFault.NO_HEADINGS),
        ("\n" * 20 + "Mã hồ sơ\nH26-260305-0001\n", FileFault.NO_HEADINGS),
        ("Mã hồ sơ;Kênh;KenhThucHien\n", FileFault.DUPLICATE_HEADING),
        ('Mã hồ sơ;"Kênh' + "\nx" * 100_000, FileFault.CELL_TOO_LONG),
        (
            "Mã hồ sơ\n" + "H26-260305-0001\n" * 3000 + '"' + "x\n" * 100_000,
            FileFault.CELL_TOO_LONG,
        ),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_and_nothing_of_it_kept(
    ward: Office, tmp_path: Path, text: str, reason: FileFault
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ImportRefusedError) as refused:
        _import(ward, path)
    assert refused.value.fields["reason"] is reason
    assert _all() == {}


def test_several_lists_in_one_workbook_are_refused_by_name(ward: Office, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for month in ("Tháng 1", "Tháng 2"):
        book.create_sheet(month).append(["Mã hồ sơ", "Kênh"])
    book.save(tmp_path / "year.xlsx")
    with pytest.raises(ImportRefusedError) as refused:
        _import(ward, tmp_path / "year.xlsx")
    assert refused.value.fields["reason"] is FileFault.SEVERAL_LISTS
    assert refused.value.fields["headings"] == ("Tháng 1", "Tháng 2")


def test_decomposed_text_and_any_separator_give_the_same_dossiers(
    ward: Office, tmp_path: Path
) -> None:
    import unicodedata

    for number, separator in enumerate(";,\t"):
        content = io.StringIO()
        writer = csv.writer(content, delimiter=separator)
        writer.writerows([HEADINGS, _changed(code=f"HỒ-{number}")])
        path = tmp_path / f"{number}.csv"
        path.write_text(unicodedata.normalize("NFD", content.getvalue()), encoding="utf-16")
        assert _counts(_import(ward, path)) == (1, 1, 0, 0, 0)
    assert {dossier.channel for dossier in _all().values()} == {Channel.ONLINE}
    assert set(_all()) == {"HỒ-0", "HỒ-1", "HỒ-2"}


_CODES = st.sampled_from(["H26-260305-0001", "h26–260305–0001", "B-2", "B-3", "", "không mã"])
_DAYS = st.sampled_from(["", "05/03/2026", "2026-03-06", "31/02/2026", "12/03/2026", "mai"])
_LINES = st.lists(
    st.tuples(_CODES, _DAYS, _DAYS, st.sampled_from(["Trực tiếp", "2", "", "?"])), max_size=12
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=_LINES)
def test_every_line_is_new_changed_unchanged_or_bad(
    ward: Office, tmp_path: Path, lines: list[tuple[str, ...]]
) -> None:
    headings = ["Mã hồ sơ", "Ngày tiếp nhận", "Ngày hẹn trả", "KenhThucHien"]
    path = _csv(tmp_path / "list.csv", *lines, headings=headings)
    source = uuid.uuid4().hex
    dry = _import(ward, path, is_dry_run=True, source_system=source)
    first = _import(ward, path, source_system=source)
    again = _import(ward, path, source_system=source)
    said = sum(1 for line in lines if any(line))
    assert dry.lines == first.lines == again.lines == said
    assert _counts(dry) == _counts(first) == (said, said - first.bad, 0, 0, first.bad)
    assert _counts(again) == (said, 0, 0, said - first.bad, first.bad)
    assert len({problem.number for problem in first.problems}) == first.bad
    assert dry.problems == first.problems == again.problems
