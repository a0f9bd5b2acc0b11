"""A real office from an empty database: by commands alone, and by pages after two commands."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from satisfaction import accounts, clock, counting, office
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.models import Desk, Unit
from satisfaction.periods import day_period
from tests.admin.officers import OfficersBrowser, give_factor
from tests.core.test_emblems import picture

ROOT = Path(__file__).parents[1]
Run = Callable[..., str]
PROCEDURES = "Mã TTHC;Tên thủ tục;Lĩnh vực\n2.000815;Chứng thực bản sao;Chứng thực\n"
DESKS = "Mã bàn;Tên bàn\n1;Bàn 1\n2;Bàn 2\n"


@pytest.fixture
def run(app: Flask, now: datetime) -> Run:
    """Return what runs one command and expects it to succeed."""

    def invoke(*words: str) -> str:
        result: Result = app.test_cli_runner().invoke(args=words)
        assert result.exit_code == 0, result.output
        return result.stdout

    return invoke


def _refused(app: Flask, *words: str) -> str:
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code != 0
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert " / " in lines[0]
    return lines[0]


def _begin(run: Run) -> str:
    """Make the top unit and the first account, as the first start says, and return its password.

    That the account has set a password of its own and a second factor is taken for granted here.
    """
    run(
        *("office", "found", "HN", "--name", "Thành phố Hà Nội", "--kind", "city"),
        *("--title", "Trung tâm Phục vụ hành chính công", "--from", "2025-07-01"),
    )
    words = ("--display-name", "Nguyễn Thị Hoa", "--role", "system_administrator", "--unit", "HN")
    password = run("accounts", "add", "quantri", *words).strip()
    with unit_of_work() as session:
        account = accounts.get_account(session, "quantri")
        account.must_set_password = False
        give_factor(account)
    return password


def _serve_one(app: Flask, code: str, password: str) -> None:
    """Pair a device, serve a citizen at the desk, rate on the device, and count the answer."""
    officer, device = OfficersBrowser(app), app.test_client()
    assert officer.sign_in("quantri", password).status_code == 303
    assert device.post("/kiosk/pair", data={"code": code}).status_code in {302, 303}
    page = device.get("/kiosk/")
    assert "Trung tâm Phục vụ hành chính công" in page.text
    with reading() as session:
        desk_id = session.scalar(select(Desk.id).where(Desk.code == "1"))
    assert officer.post(f"/admin/desk/{desk_id}/visits", {"kind": "intake"}).status_code == 303
    serving = officer.get(f"/admin/desk?desk={desk_id}").text
    ending = re.search(r'action="(/admin/desk/visits/\d+/end)"', serving)
    assert ending is not None
    assert officer.post(ending[1]).status_code == 303
    question = device.get("/kiosk/").text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', question))
    level = re.findall(r'<button[^>]* name="level" value="(\d)"', question)
    assert level[-1] == "5"
    assert device.post("/kiosk/rate", data={**fields, "level": "5"}).status_code == 303
    with reading() as session:
        ward = office.get_unit_by_code(session, "00103", day_period(clock.today()))
        query = CountQuery(unit_id=ward.id, period=day_period(clock.today()))
        assert counting.count(session, query).total.answers == 1


def test_commands_alone_set_up_an_office_that_counts(app: Flask, run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PROCEDURES, encoding="utf-8")
    (tmp_path / "d.csv").write_text(DESKS, encoding="utf-8")
    (tmp_path / "logo.png").write_bytes(picture())
    password = _begin(run)
    under = ("--under", "HN", "--basis", "NQ 1656/NQ-UBTVQH15", "--from", "2025-07-01")
    run("office", "found", "00103", "--name", "Phường Tây Hồ", "--kind", "ward", *under)
    run("office", "hours", "--unit", "HN", "--weekdays", "07:30-11:30, 13:30-17:00")
    days = run("office", "holidays", "2026", "--unit", "HN")
    assert "2026-11-24\t-\tNgày Văn hóa Việt Nam" in days
    assert "2026-08-22\t07:30–11:30, 13:30–17:00" in days
    assert run("office", "holidays", "2026", "--unit", "HN") == ""
    trial = ("catalogue", "import", str(tmp_path / "p.csv"), "--kind", "procedures")
    assert "1 mới" in run(*trial, "--dry-run")
    assert "1 mới" in run(*trial)
    assert "1 như cũ" in run(*trial)
    desks = ("catalogue", "import", str(tmp_path / "d.csv"), "--kind", "desks", "--unit", "00103")
    assert "2 mới" in run(*desks)
    run("office", "add-desk", "--unit", "00103", "--code", "3", "--name", "Trực tuyến", "--remote")
    run("office", "rename-desk", "--unit", "00103", "--desk", "2", "--name", "Bàn số 2")
    run("office", "retire-desk", "--unit", "00103", "--desk", "2", "--from", "2026-06-01")
    run("office", "show", "--unit", "00103", "--mark", str(tmp_path / "logo.png"))
    run(
        *("catalogue", "scale", "two", "--name", "Hai mức"),
        *("--level", "Chưa hài lòng|Not satisfied|dissatisfied|2"),
        *("--level", "Hài lòng|Satisfied|satisfied|4"),
    )
    run("catalogue", "reason", "parking", "--vi", "Thiếu chỗ để xe", "--en", "No parking")
    run("office", "show", "--unit", "HN", "--scale", "two", "--reasons", "parking,wait")
    code = run("kiosks", "enrol", "--unit", "00103", "--desk", "1", "--name", "Bàn 1").strip()
    _serve_one(app, code, password)


def test_a_unit_is_renamed_moved_and_ended_by_commands(app: Flask, run: Run) -> None:
    _begin(run)
    for code in ("a", "b", "n"):
        words = ("--name", f"Phường {code}", "--kind", "ward", "--under", "HN")
        run("office", "found", code, *words, "--from", "2025-07-01")
    run("office", "rename", "--unit", "a", "--name", "Phường A mới", "--from", "2026-01-01")
    run("office", "move", "--unit", "b", "--under", "a", "--from", "2026-01-01")
    said = _refused(app, "office", "move", "--unit", "a", "--under", "b", "--from", "2026-02-01")
    assert "dưới hoặc nối tiếp chính nó" in said
    ending = ("--kind", "merged", "--basis", "NQ 9", "--from", "2026-05-01")
    assert "Còn đơn vị trực thuộc" in _refused(
        app, "office", "end", "--unit", "a", "--successor", "n", *ending
    )
    run("office", "end", "--unit", "b", "--successor", "n", *ending)
    run("office", "end", "--unit", "a", "--successor", "n", *ending)
    assert "Mã" in _refused(
        app, "office", "found", "a b", "--name", "x", "--kind", "ward", "--under", "HN"
    )
    with reading() as session:
        ended = [unit.names[-1].until_day for unit in session.scalars(select(Unit))]
    assert sum(day is not None for day in ended) == 2


def test_pages_set_up_the_rest_of_an_office_that_counts(app: Flask, run: Run) -> None:
    password = _begin(run)
    officer = OfficersBrowser(app)
    assert officer.sign_in("quantri", password).status_code == 303
    city = re.search(r"/admin/units/(\d+)", officer.get("/admin/units").text)
    assert city is not None
    ward = {
        "code": "00103",
        "name": "Phường Tây Hồ",
        "kind": "ward",
        "parent": city[1],
        "from_day": "2025-07-01",
    }
    answer = officer.post("/admin/units", ward)
    unit = answer.location.rpartition("/")[2]
    hours = {f"hours-{n}": "07:30-11:30, 13:30-17:00" if n < 5 else "" for n in range(7)}
    hours |= {"unit": city[1], "from_day": "2026-03-10"}
    assert officer.post("/admin/hours", hours).status_code == 303
    page = officer.get(f"/admin/holidays?unit={city[1]}&year=2026").text
    days = re.findall(r'name="day" value="([^"]+)"', page)
    year = {"unit": city[1], "year": "2026", "day": days}
    assert officer.post("/admin/holidays", year).status_code == 303
    procedure = {
        "code": "2.000815",
        "name": "Chứng thực bản sao",
        "sector": "Chứng thực",
        "from_day": "2026-01-01",
    }
    assert officer.post("/admin/catalogue", procedure).status_code == 303
    desk = {"unit": unit, "code": "1", "name": "Bàn 1", "kind": "counter"}
    desk["from_day"] = "2025-07-01"
    assert officer.post("/admin/desks", desk).status_code == 303
    with reading() as session:
        desk_id = session.scalar(select(Desk.id))
    page = officer.post("/admin/fleet/codes", {"place": f"desk-{desk_id}"}).text
    found = re.search(r'data-code="([^"]+)"', page)
    assert found is not None, page
    _serve_one(app, found[1], password)
