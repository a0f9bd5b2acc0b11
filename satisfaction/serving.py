"""Start the product with one command: check, prepare, load the demonstration once, then serve.

Refuses to start on anything that would fail later, with one line and an exit status that is not 0.
"""

import fcntl
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from flask import Flask, url_for
from gunicorn.app.wsgiapp import WSGIApplication

from satisfaction import scheduler, schema
from satisfaction.config import (
    Settings,
    ensure_data_folder,
    load_settings,
    write_private_file,
)
from satisfaction.database import db, reading, unit_of_work
from satisfaction.demonstration import Demonstration, has_office, load_demonstration
from satisfaction.errors import SatisfactionError
from satisfaction.notices import say
from satisfaction.supervising import Program, supervise
from satisfaction.terms import Role
from satisfaction.web.listening import read_port, require_free

SIGN_INS_FILE = "demonstration.json"
FIRST_DESK = "Bàn 1"
ROLES = {
    Role.DESK_OFFICER: "cán bộ tại bàn / desk officer",
    Role.SUPERVISOR: "phụ trách, xem số liệu / supervisor",
    Role.HEAD: "lãnh đạo đơn vị / head of the unit",
    Role.INSPECTOR: "thanh tra / inspector",
    Role.ADMINISTRATOR: "quản trị đơn vị / unit administrator",
    Role.SYSTEM_ADMINISTRATOR: "quản trị hệ thống / system administrator",
    Role.AUDITOR: "kiểm tra, chỉ đọc / auditor, reads only",
}

FIRST_STEPS = """  Chưa có đơn vị nào. Lập đơn vị và tài khoản đầu tiên / No office yet. Begin with:
    .venv/bin/flask --app wsgi office found MÃ --name "Tên đơn vị" --kind ward --title "Tên cơ quan"
    .venv/bin/flask --app wsgi accounts add TÊN --display-name "Họ tên" --unit MÃ \\
      --role system_administrator
  Các bước tiếp theo / the next steps: docs/office.md
"""


@dataclass(frozen=True)
class Doors:
    """Endpoints whose addresses are printed; only the composition root knows the faces' names."""

    kiosk: str
    enrolment: str
    desk: str
    counts: str
    admin: str


def start(make: Callable[[Settings], Flask], doors: Doors) -> None:
    """Check and prepare everything, say where to go, and serve with the jobs beside it."""
    try:
        settings = load_settings()
        port = read_port(os.environ)
        ensure_data_folder(settings)
        require_free(port)
        app = make(settings)
        with app.app_context():
            with _one_at_a_time(settings.data_folder):
                schema.prepare_database()
                if settings.demonstration:
                    ensure_demonstration(settings.data_folder)
                is_empty = not settings.demonstration and _is_empty()
            db.engine.dispose()
        with app.test_request_context(base_url=f"http://localhost:{port}"):
            click.echo(welcome(doors, read_sign_ins(settings.data_folder)))
            if is_empty:
                click.echo(FIRST_STEPS)
    except SatisfactionError as error:
        click.echo(say(error), err=True)
        sys.exit(1)
    sys.stdout.flush()
    web = Program("web", lambda: serve(settings), must_start=True)
    sys.exit(supervise([web, Program("jobs", lambda: scheduler.run(app))]))


def serve(settings: Settings) -> None:
    """Serve with gunicorn until it is told to stop; what was imported to prepare is not again."""
    os.chdir(Path(__file__).parents[1])
    sys.argv = ["gunicorn", "--config", "python:satisfaction.web.server"]
    sys.argv += ["--log-level", settings.log_level, "wsgi:create_app()"]
    WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]").run()


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Have a second start on the same data wait, so that the office is loaded once."""
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_empty() -> bool:
    """Say whether no office stands in the database yet."""
    with reading() as session:
        return not has_office(session)


def ensure_demonstration(folder: Path) -> None:
    """Load the demonstration office into an empty database; keep its sign-ins for later starts.

    Writes: the office, all of it or nothing, and a file that only its owner can read.
    """
    with reading() as session:
        if has_office(session):
            return
    click.echo("Lần chạy đầu: đang nạp dữ liệu minh họa… / First start: loading the demonstration…")
    with unit_of_work() as session:
        demonstration = load_demonstration(session)
        if demonstration is not None:
            _keep_sign_ins(folder, demonstration)


def _keep_sign_ins(folder: Path, demonstration: Demonstration) -> None:
    text = json.dumps(asdict(demonstration), ensure_ascii=False, indent=1)
    write_private_file(folder / SIGN_INS_FILE, text)


def read_sign_ins(folder: Path) -> dict[str, Any] | None:
    """Return the demonstration's sign-ins; None once somebody has taken the file away."""
    path = folder / SIGN_INS_FILE
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def welcome(doors: Doors, sign_ins: dict[str, Any] | None) -> str:
    """Return where to go and how to sign in."""
    kiosk = url_for(doors.kiosk, _external=True)
    if sign_ins:
        kiosk = url_for(doors.enrolment, token=sign_ins["kiosk_tokens"][FIRST_DESK], _external=True)
    lines = [
        "",
        "Hài Lòng đang chạy / is running. Ctrl-C: dừng / stop.",
        "",
        f"  Máy đánh giá {FIRST_DESK} / kiosk    {kiosk}",
        f"  Bàn phục vụ / desk           {url_for(doors.desk, _external=True)}",
        f"  Số liệu / counts             {url_for(doors.counts, _external=True)}",
        f"  Quản trị / admin             {url_for(doors.admin, _external=True)}",
        "  Từ máy khác: thay localhost bằng tên máy này / elsewhere: this machine's name.",
        "",
    ]
    if sign_ins:
        lines.append("  Tài khoản minh họa / demonstration sign-ins:")
        for officer in sign_ins["officers"]:
            role = ROLES[Role(officer["role"])]
            lines.append(f"    {officer['name']:<10}{officer['password']:<22}{role}")
        lines.append("")
    return "\n".join(lines)
