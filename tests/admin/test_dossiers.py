"""The upload page: a file is seen before it is imported, and forgotten afterwards."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from satisfaction import clock
from satisfaction.config import Settings
from satisfaction.database import reading
from satisfaction.faults import FileFault, RowFault
from satisfaction.headings import ListField
from satisfaction.models import AuditEntry, Dossier
from satisfaction.terms import AuditAction, Role
from satisfaction.uploads import LONGEST_LIFE
from satisfaction.web.import_words import FIELDS, FILE_FAULTS, ROW_FAULTS
from tests.admin.officers import TOKEN, OfficersBrowser, make_officer, signed_in
from tests.conftest import Office

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

LIST = (
    "Mã hồ sơ;Ngày tiếp nhận;Kênh;Họ tên;Ghi chú\r\n"
    "H26.14-260305-0001;05/03/2026;Trực tuyến;Nguyễn Thị Thuỷ;gấp\r\n"
    "H26.14-260305-0002;31/02/2026;?;Trần Văn Bưởi;\r\n"
    "=1+1;05/03/2026;;;\r\n"
)


@pytest.fixture
def administrator(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer who may import into the ward."""
    make_officer("minh", Role.ADMINISTRATOR, unit=ward.unit)
    return signed_in(app, "minh")


def _send(
    browser: OfficersBrowser, ward: Office, content: str | bytes = LIST, **fields: Any
) -> TestResponse:
    browser.get("/admin/dossiers")
    raw = content.encode() if isinstance(content, str) else content
    values = {"file": (io.BytesIO(raw), "Nguyễn Văn A.csv"), "unit": str(ward.unit.id)}
    values |= {"source": "one-stop"} | fields
    return browser.post("/admin/dossiers", values, content_type="multipart/form-data")


def _dossiers() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Dossier.code).order_by(Dossier.code)))


def _kept(app: Flask) -> list[Path]:
    settings: Settings = app.config["SETTINGS"]
    return list((settings.data_folder / "uploads").glob("*"))


def test_a_list_is_seen_then_imported_then_forgotten(
    app: Flask, ward: Office, administrator: OfficersBrowser
) -> None:
    sent = _send(administrator, ward)
    assert sent.status_code == 303
    seen = administrator.get(sent.location)
    assert "Chạy thử, chưa ghi gì: 3 dòng; 1 mới, 0 thay đổi, 0 như cũ, 2 dòng lỗi" in seen.text
    assert "31/02/2026" in seen.text
    assert "không có ngày này" in seen.text
    assert "Cột thông tin cá nhân, không đọc" in seen.text
    assert "Thuỷ" not in seen.text
    assert "gấp" not in seen.text
    assert _dossiers() == []
    assert len(_kept(app)) == 2

    done = administrator.post(sent.location)
    assert "Đã nhập: 3 dòng; 1 mới, 0 thay đổi, 0 như cũ, 2 dòng lỗi" in done.text
    assert _dossiers() == ["H26.14-260305-0001"]
    assert _kept(app) == []
    again = administrator.get(sent.location, follow_redirects=True)
    assert "Tệp này đã nhập xong" in again.text
    assert administrator.post(sent.location).status_code == 404


def test_the_log_names_the_officer_and_their_network(
    ward: Office, administrator: OfficersBrowser
) -> None:
    administrator.post(_send(administrator, ward).location)
    with reading() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.DOSSIERS_IMPORTED)
        ).one()
    assert entry.account_id is not None
    assert (entry.unit_id, entry.network) == (ward.unit.id, "10.1.2.0/24")
    assert "Nguyễn" not in repr(entry.detail)


def test_a_file_can_be_dropped_without_being_imported(
    app: Flask, ward: Office, administrator: OfficersBrowser
) -> None:
    sent = _send(administrator, ward)
    administrator.get(sent.location)
    dropped = administrator.post(f"{sent.location}/delete", follow_redirects=True)
    assert "Chưa có gì được nhập" in dropped.text
    assert (_dossiers(), _kept(app)) == ([], [])


def test_the_bad_lines_can_be_taken_away_and_none_becomes_a_formula(
    ward: Office, administrator: OfficersBrowser
) -> None:
    lines = LIST + '"\'=1+2";05/03/2026;;;\r\nH26.14-260305-0009;=2;;;\r\n@x;;;;\r\n'
    sent = _send(administrator, ward, lines)
    answer = administrator.get(f"{sent.location}/problems.csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Dòng", "Cột", "Giá trị", "Lý do"]
    assert rows[1] == ["3", "Ngày tiếp nhận", "31/02/2026", "không có ngày này"]
    assert [row[0] for row in rows[1:]] == ["3", "4", "6", "7"]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "@"))]


def test_a_file_that_cannot_be_read_is_answered_with_what_to_do(
    app: Flask, ward: Office, administrator: OfficersBrowser
) -> None:
    sent = _send(administrator, ward, "M\xe3 h\xf4 s\xf5".encode("latin-1"))
    answer = administrator.get(sent.location)
    assert answer.status_code == 422
    assert "không dùng bảng mã UTF-8 (chỗ sai đầu tiên ở dòng 1)" in answer.text
    assert _kept(app) == []


def test_a_mapping_is_followed_and_a_wrong_one_explained(
    ward: Office, administrator: OfficersBrowser
) -> None:
    lines = "Số phiếu;Ngày nhận\nA-1;05/03/2026\n"
    assert (
        "Không thấy dòng tiêu đề"
        in administrator.get(_send(administrator, ward, lines).location).text
    )
    sent = _send(administrator, ward, lines, mapping="\n Số phiếu=code \n")
    assert "1 mới" in administrator.get(sent.location).text
    wrong = _send(administrator, ward, lines, mapping="Số phiếu=mã")
    assert "“Số phiếu=mã”" in administrator.get(wrong.location).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"unit": "999"}, "Hãy chọn một đơn vị."),
        ({"unit": "abc"}, "Hãy chọn một đơn vị."),
        ({"source": ""}, "Hãy ghi tên hệ thống nguồn."),
        ({"source": "x" * 41}, "Tên hệ thống nguồn dài nhất 40 ký tự."),
        ({"file": (io.BytesIO(b""), "")}, "Hãy chọn một tệp."),
        ({"mapping": "x" * 4001}, "Phần khai cột quá dài."),
    ],
)
def test_a_form_with_a_fault_is_asked_again(
    app: Flask, ward: Office, administrator: OfficersBrowser, fields: dict[str, Any], words: str
) -> None:
    answer = _send(administrator, ward, **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert _kept(app) == []


def test_a_unit_out_of_reach_is_refused(
    ward: Office, elsewhere: Office, administrator: OfficersBrowser
) -> None:
    assert _send(administrator, ward, unit=str(elsewhere.unit.id)).status_code == 422


def test_a_form_of_another_site_is_refused(
    app: Flask, ward: Office, administrator: OfficersBrowser
) -> None:
    answer = _send(administrator, ward, csrf_token="")
    assert answer.status_code in {400, 422}
    assert _kept(app) == []
    sent = _send(administrator, ward)
    assert administrator.post(sent.location, {"csrf_token": ""}).status_code == 400
    assert _dossiers() == []


def test_only_who_sent_a_file_may_see_or_import_it(
    app: Flask, ward: Office, administrator: OfficersBrowser
) -> None:
    sent = _send(administrator, ward)
    make_officer("hoa", Role.ADMINISTRATOR, unit=ward.unit)
    other = signed_in(app, "hoa")
    assert other.get(sent.location).status_code == 302
    assert other.get(f"{sent.location}/problems.csv").status_code == 404
    assert other.post(sent.location).status_code == 404
    assert other.post(f"{sent.location}/delete").status_code == 404
    assert len(_kept(app)) == 2


@pytest.mark.parametrize("token", ["0" * 32, "x", "..", "%2e%2e%2fsecret", "A" * 32])
def test_a_name_that_is_no_files_leads_nowhere(
    ward: Office, administrator: OfficersBrowser, token: str
) -> None:
    assert administrator.post(f"/admin/dossiers/{token}").status_code in {404, 405}


def test_a_new_file_takes_the_place_of_the_last_and_of_forgotten_ones(
    app: Flask, ward: Office, administrator: OfficersBrowser
) -> None:
    first = _send(administrator, ward)
    second = _send(administrator, ward)
    assert administrator.get(first.location).status_code == 302
    assert len(_kept(app)) == 2
    with clock.replaced(clock.now() + LONGEST_LIFE + timedelta(seconds=1)):
        administrator = signed_in(app, "minh")
        assert administrator.get(second.location).location == "/admin/dossiers"
    assert _kept(app) == []


def test_a_file_that_is_still_arriving_is_left_alone(
    app: Flask, ward: Office, administrator: OfficersBrowser
) -> None:
    _send(administrator, ward)
    arriving = _kept(app)[0].with_name("0" * 32 + ".list")
    arriving.touch()
    _send(administrator, ward)
    assert arriving.exists()
    assert administrator.get("/admin/dossiers/" + arriving.stem).status_code == 302


def test_files_are_their_owners_alone(
    app: Flask, ward: Office, administrator: OfficersBrowser
) -> None:
    _send(administrator, ward)
    listed = [path for path in _kept(app) if path.suffix == ".list"]
    assert [path.stat().st_mode & 0o077 for path in listed] == [0]
    assert listed[0].parent.stat().st_mode & 0o077 == 0
    assert "Nguyễn" not in " ".join(path.name for path in _kept(app))


def _send_large(browser: OfficersBrowser, ward: Office, content: str) -> TestResponse:
    """Send a file in a body written by hand; the test client would leave a temporary file open."""
    token = TOKEN.search(browser.get("/admin/dossiers").text)
    assert token is not None
    fields = {"csrf_token": token[1], "unit": str(ward.unit.id), "source": "one-stop"}
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts.append(f'name="file"; filename="list.csv"\r\n\r\n{content}')
    body = "".join(f"--x\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    return browser.client.post(
        "/admin/dossiers",
        data=(body + "--x--\r\n").encode(),
        content_type="multipart/form-data; boundary=x",
    )


def test_a_file_may_be_larger_than_other_forms_and_not_larger_than_allowed(
    app: Flask, ward: Office, administrator: OfficersBrowser
) -> None:
    lines = "Mã hồ sơ;Ghi chú\n" + "".join(f"A-{n};{'x' * 500}\n" for n in range(3000))
    sent = _send_large(administrator, ward, lines)
    assert "3.000 mới" in administrator.get(sent.location).text
    settings: Settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = settings.model_copy(update={"import_max_megabytes": 1})
    assert _send_large(administrator, ward, lines).status_code == 413
    assert administrator.get(sent.location).status_code == 422


def test_who_may_not_import_sends_nothing_large(app: Flask, clerk: OfficersBrowser) -> None:
    answer = clerk.client.post("/admin/dossiers", data=b"x" * 2**21)
    assert answer.status_code == 403
    assert app.test_client().post("/admin/dossiers", data=b"x" * 2**21).status_code == 302
    assert _kept(app) == []


def test_long_reports_are_cut_and_say_so(ward: Office, administrator: OfficersBrowser) -> None:
    lines = "Mã hồ sơ\n" + "không có mã\n" * 700
    answer = administrator.get(_send(administrator, ward, lines).location)
    assert "Còn 200 chỗ nữa." in answer.text
    assert "Nhập các dòng đúng" not in answer.text


def test_every_fault_and_field_has_its_words() -> None:
    assert set(FILE_FAULTS) == set(FileFault)
    assert set(ROW_FAULTS) == set(RowFault)
    assert set(FIELDS) == set(ListField)
