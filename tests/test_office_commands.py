"""Commands that change the office beside its pages: the same deed, the same entry in the log."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from satisfaction import calendars, clock, policies, scales
from satisfaction.calendars import NewSpecialDay, Week, read_spans
from satisfaction.database import reading, unit_of_work
from satisfaction.editing import operator
from satisfaction.models import AuditEntry, Configuration, Procedure, Reason, SpecialDay
from satisfaction.policies import Policy
from satisfaction.terms import AuditAction, Role
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import Office
from tests.core.test_emblems import picture

# The commands are asked here; what they change is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

Run = Callable[..., Result]
OFF, WORK = "2026-04-24", "2026-04-25"
REASON = scales.ReasonWords(label_vi="Thiếu chỗ để xe", label_en="No parking", basis="NQ 1")
SEATS = scales.ReasonWords(label_vi="Thiếu ghế", label_en="No seats")
WORDS = {"name": "Chứng thực hợp đồng", "short_name": "Hợp đồng", "sector": "Chứng thực"}


@pytest.fixture
def run(app: Flask, now: datetime) -> Run:
    """Return what runs one command on the clock of the test."""

    def invoke(*words: str) -> Result:
        return app.test_cli_runner().invoke(args=words)

    return invoke


@pytest.fixture
def opened(ward: Office) -> Office:
    """Return the ward with hours, reasons and two special days of its own."""
    week = Week((read_spans("07:30-11:30, 13:30-17:00"),) * 5 + ((), ()))
    with unit_of_work() as session:
        calendars.set_week(session, ward.unit.id, week=week, from_day=date(2026, 1, 1))
        for day in (date(2026, 3, 20), date(2026, 3, 21)):
            calendars.set_special_day(session, ward.unit.id, NewSpecialDay(day, "Nghỉ"))
        scales.add_reason(session, operator(session), code="parking", words=REASON)
        scales.add_reason(session, operator(session), code="seats", words=SEATS)
    return ward


@pytest.fixture
def officer(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of who may change everything."""
    make_officer("long", Role.SYSTEM_ADMINISTRATOR, unit=ward.unit)
    return signed_in(app, "long")


def _keys(ward: Office) -> dict[str, Any]:
    """Return what addresses and forms name: the second of each thing, for commands take the first.

    ``procedure`` and ``reason`` are keys, ``code`` is the code of the ward's first procedure.
    """
    with reading() as session:
        reason = session.scalars(select(Reason.id).where(Reason.code == "seats")).one()
    return {
        "code": ward.procedures[0].national_code,
        "procedure": ward.procedures[1].id,
        "reason": reason,
        "unit": ward.unit.id,
    }


def _newest() -> tuple[AuditAction, int | None, Mapping[str, Any]]:
    with reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    return entry.action, entry.unit_id, entry.detail


def _shape(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return which fields an entry has, what it says is now, and what kind of deed it was."""
    said = {"what": detail["what"], "after": sorted(detail["after"])}
    return dict.fromkeys(detail) | said


# A command, and the page that does the same to another thing of the office: address, form.
PAIRS = [
    (
        "catalogue add-procedure 9.1 --name A --sector B --from 2026-04-01",
        "/admin/catalogue",
        WORDS | {"code": "9.2", "from_day": "2026-04-01"},
    ),
    (
        "catalogue correct-procedure {code} --short-name Sao",
        "/admin/catalogue/procedures/{procedure}",
        WORDS,
    ),
    (
        "catalogue renew-procedure {code} --name Sao --from 2026-04-01",
        "/admin/catalogue/procedures/{procedure}/renew",
        WORDS | {"from_day": "2026-04-01"},
    ),
    (
        "catalogue end-procedure {code} --from 2026-04-01",
        "/admin/catalogue/procedures/{procedure}/end",
        {"until_day": "2026-04-01"},
    ),
    (
        "catalogue correct-reason parking --en Parking",
        "/admin/scales/reasons/{reason}",
        {"label_vi": "Ít ghế", "label_en": "Few seats", "basis": ""},
    ),
    (
        "office remove-special-day 2026-03-20 --unit 00103",
        "/admin/hours/days/2026-03-21/delete",
        {"unit": "{unit}"},
    ),
    (
        f"office swap-days --unit 00103 --off {OFF} --work {WORK} --name Nghỉ",
        "/admin/holidays/swap",
        {"unit": "{unit}", "off": "2026-05-11", "work": "2026-05-16", "name": "Nghỉ"},
    ),
    ("office inherit-hours --unit 00103", "/admin/hours/inherit", {"unit": "{unit}"}),
    (
        "office policy --unit 00103 --deadline-days 7",
        "/admin/policies",
        {"unit": "{unit}", "delay_days": "1", "deadline_days": "5", "kept_months": "12"},
    ),
    ("office policy --unit 00103 --inherit", "/admin/policies/inherit", {"unit": "{unit}"}),
]


@pytest.mark.parametrize(("words", "address", "form"), PAIRS)
def test_a_command_leaves_the_entry_that_the_page_leaves(
    run: Run, opened: Office, officer: OfficersBrowser, words: str, address: str, form: Any
) -> None:
    keys = _keys(opened)
    done = run(*(word.format(**keys) for word in words.split()))
    assert done.exit_code == 0, done.output
    action, unit_id, detail = _newest()
    sent = officer.post(
        address.format(**keys), {name: text.format(**keys) for name, text in form.items()}
    )
    assert sent.status_code == 303, sent.text
    assert _newest()[:2] == (action, unit_id)
    assert _shape(_newest()[2]) == _shape(detail)


def test_a_sector_is_renamed_and_the_entry_says_from_what(run: Run, opened: Office) -> None:
    assert run("catalogue", "rename-sector", "Chứng thực", "--name", "Hộ tịch").exit_code == 0
    detail = _newest()[2]
    assert (detail["what"], detail["before"]) == ("sector_renamed", {"name": "Chứng thực"})
    with reading() as session:
        assert session.get_one(Procedure, opened.procedures[0].id).sector.name == "Hộ tịch"


def test_what_a_command_leaves_out_stays_as_it_is(run: Run, opened: Office) -> None:
    code, unit = opened.procedures[0].national_code, ("--unit", "00103")
    assert run("catalogue", "correct-procedure", code, "--short-name", "Sao").exit_code == 0
    assert run("catalogue", "correct-reason", "parking", "--en", "No room").exit_code == 0
    assert run("office", "policy", *unit, "--deadline-days", "7").exit_code == 0
    assert run("office", "policy", *unit, "--kept-months", "24").exit_code == 0
    with reading() as session:
        procedure = session.get_one(Procedure, opened.procedures[0].id)
        reason = scales.get_reason_by_code(session, "parking")
        policy = policies.read_policies(session).of(opened.unit.id, clock.today())
    assert (procedure.name, procedure.short_name) == ("Chứng thực bản sao", "Sao")
    assert (reason.label_vi, reason.label_en, reason.basis) == (
        *("Thiếu chỗ để xe", "No room"),
        "NQ 1",
    )
    assert policy == Policy(0, 7, 24)
    assert run("office", "policy", *unit, "--inherit").exit_code == 0
    with reading() as session:
        policy = policies.read_policies(session).of(opened.unit.id, clock.today())
    assert policy == policies.USUAL


def test_a_code_means_something_else_from_a_day_on(run: Run, opened: Office) -> None:
    code, day = opened.procedures[0].national_code, "2026-04-01"
    renewed = ("renew-procedure", code, "--name", "Chứng thực mọi bản sao", "--from", day)
    assert run("catalogue", *renewed).exit_code == 0
    assert run("catalogue", "end-procedure", code, "--from", "2026-05-01").exit_code == 0
    with reading() as session:
        versions = session.execute(
            select(Procedure.name, Procedure.valid_from_day, Procedure.valid_until_day)
            .where(Procedure.national_code == code)
            .order_by(Procedure.valid_from_day)
        ).all()
    turn, end = date(2026, 4, 1), date(2026, 5, 1)
    assert versions == [
        ("Chứng thực bản sao", date(2024, 1, 1), turn),
        ("Chứng thực mọi bản sao", turn, end),
    ]


def test_days_are_swapped_and_taken_back(run: Run, opened: Office) -> None:
    swap = ("--off", OFF, "--work", WORK, "--name", "Nghỉ bù")
    assert run("office", "swap-days", "--unit", "00103", *swap).exit_code == 0
    assert run("office", "remove-special-day", OFF, "--unit", "00103").exit_code == 0
    with reading() as session:
        kept = session.scalars(select(SpecialDay.day).where(SpecialDay.name == "Nghỉ bù")).all()
    assert kept == [date.fromisoformat(WORK)]


def test_a_mark_is_shown_from_a_day_on_and_taken_away(
    run: Run, opened: Office, tmp_path: Any
) -> None:
    (tmp_path / "logo.png").write_bytes(picture())
    show = ("office", "show", "--unit", "00103")
    assert run(*show, "--mark", str(tmp_path / "logo.png"), "--from", "2026-04-01").exit_code == 0
    away = ("office", "remove-mark", "--unit", "00103", "--from", "2026-04-02")
    assert run(*away).exit_code == 0
    chime = ("office", "configure", "--unit", "00103", "--chime", "--from", "2026-04-03")
    assert run(*chime).exit_code == 0
    with reading() as session:
        versions = session.scalars(
            select(Configuration)
            .where(Configuration.unit_id == opened.unit.id)
            .order_by(Configuration.from_at)
        ).all()
    shown = [(one.emblem_digest is not None, one.has_chime) for one in versions]
    assert shown == [(False, False), (True, False), (False, False), (False, True)]
    begins = [clock.local_day(one.from_at) for one in versions[1:]]
    assert begins == [date(2026, 4, day) for day in (1, 2, 3)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("catalogue correct-procedure 9.9 --name A", "9.9"),
        ("catalogue correct-procedure {code} --name Chứng_thực_bản_sao", "Không có gì khác"),
        ("catalogue renew-procedure {code} --name B --from 2020-01-01", "01/01/2024"),
        ("catalogue end-procedure {code} --from 2024-01-01", "01/01/2024"),
        ("catalogue add-procedure {code} --name A --sector B", "Mã này đã dùng"),
        ("catalogue rename-sector Không --name B", "Không có lĩnh vực này"),
        ("catalogue correct-reason none --vi A", "Không có lý do này"),
        ("catalogue correct-reason parking", "Không có gì khác"),
        ("office remove-special-day 2026-03-22 --unit 00103", "22/03/2026"),
        ("office remove-special-day 2026-03-09 --unit 00103", "09/03/2026 đã qua"),
        ("office inherit-hours --unit 00103 --from 2026-03-09", "đã qua"),
        (
            "office swap-days --unit 00103 --off 2026-04-25 --work 2026-04-26 --name A",
            "Chưa đặt giờ",
        ),
        ("office swap-days --unit 00103 --off 2026-03-09 --work 2026-04-26 --name A", "đã qua"),
        ("office policy --unit 00103 --kept-months 0", "--kept-months: số phải từ 1 đến 120"),
        ("office policy --unit 00199 --kept-months 9", "00199"),
        ("office show --unit 00103 --title A --from 2026-03-09", "đã qua"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line_and_nothing_is_kept(
    run: Run, opened: Office, words: str, said: str
) -> None:
    keys, before = _keys(opened), _newest()
    told = [word.format(**keys).replace("_", " ") for word in words.split()]
    refused = run(*told)
    assert (refused.exit_code, refused.stdout) == (1, "")
    [line] = refused.stderr.splitlines()
    assert said in line
    assert " / " in line
    assert _newest() == before
