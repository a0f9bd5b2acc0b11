"""The office's pages: units, desks, texts, holidays, procedures, scales; seen, changed, refused."""

import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from satisfaction import clock
from satisfaction.database import reading
from satisfaction.faults import OfficeFault
from satisfaction.models import (
    Configuration,
    Desk,
    Procedure,
    Reason,
    Scale,
    SpecialDay,
    Succession,
    Unit,
    UnitName,
)
from satisfaction.terms import Role
from satisfaction.web.office_words import FAULTS
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import Office
from tests.core.test_emblems import SVG, picture
from tests.making import rated_visit

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

LATER = "2026-06-01"
HOSTILE = (
    "x" * 300,
    "😀 Phường",
    "\u202e\u200f",
    "\x00\x07",
)


@pytest.fixture
def ruler(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of who looks after the system."""
    make_officer("quantri", Role.SYSTEM_ADMINISTRATOR, unit=ward.unit)
    return signed_in(app, "quantri")


@pytest.fixture
def auditor(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer who reads and changes nothing."""
    make_officer("kiemtra", Role.AUDITOR, unit=ward.unit)
    return signed_in(app, "kiemtra")


def _count(model: type) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _found(ruler: OfficersBrowser, ward: Office, **fields: str) -> str:
    sent = {
        "code": "00104",
        "name": "Phường Hồ Tây",
        "kind": "ward",
        "parent": str(ward.unit.id),
        "from_day": LATER,
        "legal_basis": "NQ 1656",
    }
    answer = ruler.post("/admin/units", sent | fields)
    assert answer.status_code == 303, answer.text
    return answer.location


def test_a_unit_is_founded_renamed_and_merged_on_the_pages(
    ruler: OfficersBrowser, ward: Office
) -> None:
    place = _found(ruler, ward, from_day="2026-03-01")
    page = ruler.get(place).text
    assert "Phường Hồ Tây" in page
    assert "Lập đơn vị" in page
    new = {"code": "00105", "name": "Phường Mới", "kind": "commune", "from_day": LATER}
    assert ruler.post(f"{place}/name", new).status_code == 303
    page = ruler.get(place).text
    assert "<del>Phường Hồ Tây</del> → Phường Mới" in page
    assert "Phường Mới" in ruler.get("/admin/units?day=2026-06-02").text
    assert "Phường Mới" not in ruler.get("/admin/units").text
    other = _found(ruler, ward, from_day="2026-03-01", code="00106", name="Phường Kế")
    ending = {
        "kind": "merged",
        "extent": "whole",
        "successors": [other.rpartition("/")[2]],
        "from_day": "2026-07-01",
        "legal_basis": "NQ 9",
    }
    assert ruler.post(f"{place}/end", ending).status_code == 303
    page = ruler.get(place).text
    assert "không còn từ 01/07/2026" in page
    assert "NQ 9" in page
    assert _count(Succession) == 1
    assert "Phường Kế" in ruler.get("/admin/units?day=2026-07-02&q=phuong+ke").text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"code": "00103"}, OfficeFault.CODE_TAKEN),
        ({"code": "<script>"}, OfficeFault.ODD_CODE),
        ({"name": ""}, OfficeFault.NO_WORDS),
        ({"from_day": "2020-01-01"}, OfficeFault.PARENT_NOT_THERE),
        ({"from_day": "2150-01-01"}, OfficeFault.UNLIKELY_DAY),
    ],
)
def test_why_a_unit_cannot_be_founded_is_said(
    ruler: OfficersBrowser, ward: Office, sent: dict[str, str], said: OfficeFault
) -> None:
    usual = {
        "code": "x",
        "name": "Phường X",
        "kind": "ward",
        "parent": str(ward.unit.id),
        "from_day": LATER,
    }
    answer = ruler.post("/admin/units", usual | sent)
    assert answer.status_code == 422
    assert str(FAULTS[said]) in answer.text
    assert _count(Unit) == 1


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_names_are_refused_everywhere_and_nothing_is_kept(
    ruler: OfficersBrowser, ward: Office, typed: str
) -> None:
    unit, desk, procedure = ward.unit.id, ward.desks[0].id, ward.procedures[0].id
    levels = {
        f"{part}_{number}": value
        for number in (1, 2)
        for part, value in (
            ("label_vi", typed),
            ("label_en", "x"),
            ("leaning", "satisfied" if number == 2 else "dissatisfied"),
            ("face", str(number)),
        )
    } | {f"{part}_{n}": v for n in (3, 4, 5) for part, v in (("leaning", "neutral"), ("face", "3"))}
    named = {"code": "n1", "name": typed, "from_day": LATER}
    for path, sent in (
        ("/admin/units", named | {"kind": "ward", "parent": str(unit)}),
        (f"/admin/units/{unit}/name", named | {"kind": "ward"}),
        ("/admin/desks", named | {"unit": str(unit), "kind": "counter"}),
        (f"/admin/desks/{desk}", {"name": typed}),
        ("/admin/catalogue", named | {"short_name": typed, "sector": "x"}),
        (f"/admin/catalogue/procedures/{procedure}", {"name": "x", "sector": typed}),
        ("/admin/scales", {"code": "s", "name": "x"} | levels),
        ("/admin/scales/reasons", {"code": "r", "label_vi": typed, "label_en": "x"}),
    ):
        answer = ruler.post(path, sent)
        assert answer.status_code == 422, path
        assert 'role="alert"' in answer.text, path
    for model, count in ((UnitName, 1), (Desk, 2), (Procedure, 2), (Scale, 2), (Reason, 9)):
        assert _count(model) == count, model


def test_script_is_kept_as_words_and_shown_as_words(ruler: OfficersBrowser, ward: Office) -> None:
    name = "<script>alert(1)</script>"
    assert ruler.post(f"/admin/desks/{ward.desks[0].id}", {"name": name}).status_code == 303
    page = ruler.get("/admin/desks").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_desks_are_added_corrected_and_retired(ruler: OfficersBrowser, ward: Office) -> None:
    rated_visit(ward, 5, at=clock.now() - timedelta(hours=1))
    sent = {
        "unit": str(ward.unit.id),
        "code": "7",
        "name": "Bàn 7",
        "detail": "Đất đai",
        "kind": "counter",
        "from_day": LATER,
    }
    assert ruler.post("/admin/desks", sent).status_code == 303
    page = ruler.get(f"/admin/desks?unit={ward.unit.id}").text
    assert "chưa bắt đầu" in page
    assert "Thêm bàn: Bàn 7" in page
    path = f"/admin/desks/{ward.desks[0].id}"
    refused = ruler.post(f"{path}/retire", {"until_day": clock.today().isoformat()})
    assert refused.status_code == 422
    assert "đến ngày 10/03/2026" in refused.text
    assert ruler.post(f"{path}/retire", {"until_day": LATER}).status_code == 303
    assert "ngừng từ 01/06/2026" in ruler.get(path).text
    assert ruler.post(f"{path}/retire", {"until_day": "never"}).status_code == 422


def test_what_devices_show_changes_with_the_mark(ruler: OfficersBrowser, ward: Office) -> None:
    page = ruler.get("/admin/presentation").text
    assert 'value="Trung tâm Phục vụ hành chính công"' in page
    sent = {
        "unit": str(ward.unit.id),
        "office_title": "Trung tâm mới",
        "we_changed_vi": "thêm ghế",
        "we_changed_en": "more seats",
        "scale_id": str(ward.configuration.scale_id),
        "follow_up": "all",
        "reason_codes": ["wait", "fee"],
        "has_chime": "y",
        "idle_seconds": "60",
        "invitation_hours": "48",
        "from_day": clock.today().isoformat(),
    }
    drawing = (io.BytesIO(picture()), "logo.png")
    answer = ruler.post("/admin/presentation", sent | {"drawing": drawing})
    assert answer.status_code == 303, answer.text
    page = ruler.get("/admin/presentation").text
    found = re.search(r'src="(/admin/presentation/marks/[0-9a-f]{64}\.png)"', page)
    assert found is not None
    shown = ruler.get(found[1])
    assert shown.mimetype == "image/png"
    assert "immutable" in shown.headers["Cache-Control"]
    assert re.search(r'<input checked id="shown-chime"', page)
    again = ruler.post("/admin/presentation", sent)
    assert again.status_code == 422
    assert str(FAULTS[OfficeFault.NOTHING_CHANGED]) in again.text
    dropped = ruler.post("/admin/presentation", sent | {"drops_mark": "y"})
    assert dropped.status_code == 303
    assert "marks/" not in ruler.get("/admin/presentation").text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("drawing", (SVG, "logo.png"), FAULTS[OfficeFault.MARK_OTHER_FORMAT]),
        ("drawing", (picture()[:200], "logo.png"), FAULTS[OfficeFault.MARK_BROKEN]),
        ("idle_seconds", "59", "từ 60 đến 300"),
        ("idle_seconds", "301", "từ 60 đến 300"),
        ("idle_seconds", "x", "Ghi một số."),
        ("office_title", "x" * 201, "nhiều nhất 200"),
        ("reason_codes", ["nothing"], FAULTS[OfficeFault.REASON_UNKNOWN]),
        ("scale_id", "999", "Hãy chọn một mục."),
        ("from_day", "2026-03-09", FAULTS[OfficeFault.DAY_IS_OVER]),
    ],
)
def test_what_devices_cannot_show_is_said(
    ruler: OfficersBrowser, ward: Office, field: str, value: object, said: str
) -> None:
    if isinstance(value, tuple):
        value = (io.BytesIO(value[0]), value[1])
    sent: dict[str, object] = {
        "unit": str(ward.unit.id),
        "office_title": "Trung tâm mới",
        "scale_id": str(ward.configuration.scale_id),
        "follow_up": "low",
        "idle_seconds": "60",
        "invitation_hours": "48",
        "from_day": clock.today().isoformat(),
    }
    answer = ruler.post("/admin/presentation", sent | {field: value})
    assert answer.status_code == 422
    assert str(said) in answer.text
    assert _count(Configuration) == 1


def test_a_years_holidays_are_seen_first_then_entered(ruler: OfficersBrowser, ward: Office) -> None:
    page = ruler.get("/admin/holidays?year=2026").text
    assert 'value="2026-11-24"' in page
    assert 'value="2026-01-01"' not in page
    assert _count(SpecialDay) == 0
    sent = {"unit": str(ward.unit.id), "year": "2026", "day": ["2026-11-24", "2026-09-02"]}
    assert ruler.post("/admin/holidays", sent).status_code == 303
    assert _count(SpecialDay) == 2
    assert "Ngày Văn hóa Việt Nam" in ruler.get("/admin/hours").text
    assert ruler.post("/admin/holidays", sent).status_code == 422
    nonsense = sent | {"year": "9999", "day": ["x"]}
    assert ruler.post("/admin/holidays", nonsense).status_code == 422
    swap = {
        "unit": str(ward.unit.id),
        "off": "2026-05-04",
        "work": "2026-05-09",
        "name": "Hoán đổi",
    }
    refused = ruler.post("/admin/holidays/swap", swap)
    assert refused.status_code == 422
    assert "Chưa đặt giờ mở cửa" in refused.text
    hours = {f"hours-{n}": "07:30-11:30" if n < 5 else "" for n in range(7)}
    ruler.post("/admin/hours", hours | {"unit": ward.unit.id, "from_day": "2026-03-10"})
    assert ruler.post("/admin/holidays/swap", swap).status_code == 303
    assert _count(SpecialDay) == 4
    late = ruler.post("/admin/holidays/swap", swap | {"off": "2026-03-02"})
    assert late.status_code == 422


def test_procedures_are_found_without_marks_and_changed_by_day(
    ruler: OfficersBrowser, ward: Office
) -> None:
    assert "2 thủ tục" in ruler.get("/admin/catalogue?q=chung+thuc").text
    assert "1 thủ tục" in ruler.get("/admin/catalogue?q=CHUNG%20THUC%20CHU%20KY").text
    assert "0 thủ tục" in ruler.get("/admin/catalogue?q=100%25").text
    sent = {
        "code": "1.004227",
        "name": "Đăng ký khai sinh cho trẻ em",
        "short_name": "Đăng ký khai sinh",
        "sector": "Hộ tịch",
        "from_day": "2026-03-01",
    }
    assert ruler.post("/admin/catalogue", sent).status_code == 303
    assert ruler.post("/admin/catalogue", sent).status_code == 422
    page = ruler.get("/admin/catalogue?q=dang+ky").text
    found = re.search(r"/admin/catalogue/procedures/\d+", page)
    assert found is not None
    path = found[0]
    better = {"name": "Đăng ký khai sinh", "short_name": "Khai sinh", "sector": "Hộ tịch"}
    assert ruler.post(path, better).status_code == 303
    assert ruler.post(path, better).status_code == 422
    later = better | {"sector": "Hộ tịch mới", "from_day": LATER}
    assert ruler.post(f"{path}/renew", later).status_code == 303
    with reading() as session:
        versions = session.scalars(
            select(Procedure)
            .where(Procedure.national_code == "1.004227")
            .order_by(Procedure.valid_from_day)
        ).all()
        assert [one.sector.name for one in versions] == ["Hộ tịch", "Hộ tịch mới"]
    assert ruler.post(f"{path}/end", {"until_day": "2026-02-01"}).status_code == 422
    assert ruler.post(f"{path}/end", {"until_day": "2026-05-01"}).status_code == 303
    sector = ward.procedures[0].sector_id
    assert ruler.post(f"/admin/catalogue/sectors/{sector}", {"name": "Hộ tịch"}).status_code == 422
    renamed = ruler.post(f"/admin/catalogue/sectors/{sector}", {"name": "Chứng thực, sao y"})
    assert renamed.status_code == 303


def test_scales_and_reasons_are_added_and_chosen(ruler: OfficersBrowser, ward: Office) -> None:
    page = ruler.get("/admin/scales?from=three").text
    assert 'value="Chưa hài lòng"' in page
    sent = {"code": "three", "name": "Ba mức mới"} | {
        f"{part}_{number}": value
        for number, (words, leaning) in enumerate(
            (
                ("Kém", "dissatisfied"),
                ("Tốt", "satisfied"),
                ("", "satisfied"),
                ("", "satisfied"),
                ("", "satisfied"),
            ),
            start=1,
        )
        for part, value in (
            ("label_vi", words),
            ("label_en", words and f"{words} en"),
            ("leaning", leaning),
            ("face", str(number)),
        )
    }
    assert ruler.post("/admin/scales", sent).status_code == 303
    page = ruler.get("/admin/scales").text
    assert 'data-scale="three-2"' in page
    assert 'data-scale="three-1"' in page
    assert "Ba mức mới · bản 2" in ruler.get("/admin/presentation").text
    reason = {"code": "parking", "label_vi": "Thiếu chỗ để xe", "label_en": "No parking"}
    assert ruler.post("/admin/scales/reasons", reason).status_code == 303
    assert "Thiếu chỗ để xe" in ruler.get("/admin/presentation").text
    with reading() as session:
        reason_id = session.scalar(select(Reason.id).where(Reason.code == "parking"))
    path = f"/admin/scales/reasons/{reason_id}"
    assert 'value="Thiếu chỗ để xe"' in ruler.get(path).text
    assert ruler.post(path, reason | {"label_vi": "Chỗ để xe"}).status_code == 303


def test_a_catalogue_is_tried_then_imported(ruler: OfficersBrowser, ward: Office) -> None:
    lines = (
        "Mã TTHC;Tên thủ tục;Lĩnh vực;Lạ\n2.000815;Chứng thực;Chứng thực;x\n;;y;\n1.1;Một\x07;z;\n"
    )
    sent = {"kind": "procedures", "file": (io.BytesIO(lines.encode()), "list.csv")}
    answer = ruler.post("/admin/catalogue/files", sent)
    assert answer.status_code == 303, answer.text
    page = ruler.get(answer.location).text
    assert "Chạy thử, chưa ghi gì: 3 dòng; 1 mới" in page
    assert "có ký tự điều khiển" in page
    assert "Cột không nhận ra, không đọc: Lạ" in page
    assert "control" not in ruler.get(f"{answer.location}/problems.csv").text
    assert _count(Procedure) == 2
    assert "Đã nhập: 3 dòng; 1 mới" in ruler.post(answer.location).text
    assert _count(Procedure) == 3
    assert ruler.post(answer.location).status_code == 404
    assert "Nhập danh mục từ tệp" in ruler.get("/admin/catalogue").text


def test_only_who_looks_after_the_system_imports_procedures(app: Flask, ward: Office) -> None:
    make_officer("dv", Role.ADMINISTRATOR, unit=ward.unit)
    browser = signed_in(app, "dv")
    assert 'value="procedures"' not in browser.get("/admin/catalogue/files").text
    lines = "Mã TTHC;Tên thủ tục\n1;2\n"
    sent = {"kind": "procedures", "file": (io.BytesIO(lines.encode()), "list.csv")}
    assert browser.post("/admin/catalogue/files", sent).status_code == 422
    desks = {
        "kind": "desks",
        "unit": str(ward.unit.id),
        "file": (io.BytesIO("Mã bàn;Tên bàn\n8;Bàn 8\n".encode()), "list.csv"),
    }
    answer = browser.post("/admin/catalogue/files", desks)
    assert "1 mới" in browser.post(answer.location).text
    assert _count(Desk) == 3


def test_an_auditor_reads_everything_and_is_offered_no_change(
    auditor: OfficersBrowser, ward: Office
) -> None:
    for path in (
        "/admin/units",
        f"/admin/units/{ward.unit.id}",
        "/admin/desks",
        "/admin/presentation",
        "/admin/hours",
        "/admin/catalogue",
        f"/admin/catalogue/procedures/{ward.procedures[0].id}",
        "/admin/scales",
    ):
        page = auditor.get(path)
        assert page.status_code == 200, path
        forms = re.findall(r'method="post" action="([^"]+)"', page.text)
        assert set(forms) == {"/admin/sign-out"}, path


def test_days_and_words_of_an_address_that_are_nonsense_do_no_harm(
    ruler: OfficersBrowser, ward: Office
) -> None:
    for path, status in (
        ("/admin/units?q=%00%EF%BF%BF", 200),
        ("/admin/units?day=x", 400),
        ("/admin/units?day=0001-01-01", 400),
        ("/admin/units?day=9999-12-31", 400),
        ("/admin/catalogue?page=999999999&q=" + "a" * 5000, 200),
        ("/admin/catalogue?sector=x", 404),
        ("/admin/holidays?year=1", 400),
        ("/admin/scales?from=%00", 400),
    ):
        assert ruler.get(path).status_code == status, path
    assert ruler.get("/admin/units/999999").status_code == 404
    assert ruler.get("/admin/desks?unit=99999999999999").status_code in {200, 404}


def test_every_fault_has_words() -> None:
    assert set(FAULTS) == set(OfficeFault)
