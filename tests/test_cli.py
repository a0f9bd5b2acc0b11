"""Commands print the figures that every output shows, and refuse in one line."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from satisfaction import accounts, calendars, clock, counting, fleet, rollups
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import PairingRefusedError
from satisfaction.figures import CountQuery
from satisfaction.models import AuditEntry, CountedDay, Grant, Kiosk, RatingMark
from satisfaction.periods import Period, day_period
from satisfaction.terms import AuditAction, Channel, Dimension, Mark, Role
from tests.conftest import Office
from tests.making import finished_visit, rated_visit

Run = Callable[..., Result]
MARCH = ("--unit", "00103", "--from", "2026-03-01", "--until", "2026-04-01")


@pytest.fixture
def run(app: Flask, now: object) -> Run:
    """Return what runs one command on the clock of the test."""

    def invoke(*words: str) -> Result:
        return app.test_cli_runner().invoke(args=words)

    return invoke


@pytest.fixture
def rated(ward: Office) -> Office:
    """Plant a week of answers at two desks, one of them on the last day of February."""
    start = clock.start_of_day(date(2026, 2, 28))
    for number, level in enumerate((5, 1, 2, 3, 4, 5, 5, 4)):
        at = start + timedelta(days=number, hours=9)
        channel = Channel.IN_PERSON if number % 3 else Channel.UNKNOWN
        rated_visit(ward, level, at=at, desk=number % 2, channel=channel)
    finished_visit(ward.desks[0], at=start + timedelta(days=4, hours=10))
    return ward


def _refused(result: Result) -> str:
    """Return the one line of a refusal."""
    assert result.exit_code != 0
    assert result.stdout == ""
    lines: Sequence[str] = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert " / " in lines[0]
    return lines[0]


@pytest.mark.parametrize("by", Dimension)
def test_counts_as_json_are_the_figures_of_counting(run: Run, rated: Office, by: Dimension) -> None:
    shown = json.loads(run("counts", *MARCH, "--by", by.value, "--format", "json").stdout)
    period = Period(date(2026, 3, 1), date(2026, 4, 1))
    query = CountQuery(unit_id=rated.unit.id, period=period, by=by)
    with reading() as session:
        figures = counting.count(session, query)
    assert [row["key"] for row in shown["rows"]] == [row.key for row in figures.rows]
    for line, row in zip(
        [*shown["rows"], shown["total"]], [*figures.rows, figures.total], strict=True
    ):
        for name in set(line) - {"levels"}:
            assert line[name] == getattr(row, name), name
        assert [level["count"] for level in line["levels"]] == [lv.count for lv in row.levels]
    assert shown["total"]["answers"] == 7


def test_the_end_day_is_left_out(run: Run, rated: Office) -> None:
    words = ("counts", "--unit", "00103", "--format", "json", "--by", "total")
    february = json.loads(run(*words, "--from", "2026-02-01", "--until", "2026-03-01").stdout)
    assert february["total"]["answers"] == 1
    none = json.loads(run(*words, "--from", "2026-02-01", "--until", "2026-02-28").stdout)
    assert none["total"]["answers"] == 0
    assert none["period"] == {"from": "2026-02-01", "until": "2026-02-28"}


def test_json_keeps_null_apart_from_nought(run: Run, rated: Office) -> None:
    words = ("counts", "--unit", "00103", "--from", "2025-01-01", "--until", "2025-01-02")
    empty = json.loads(run(*words, "--format", "json").stdout)["total"]
    assert (empty["satisfied_share"], empty["participation"]) == (None, None)
    assert (empty["answers"], empty["finished_visits"]) == (0, 0)
    by_source = json.loads(run("counts", *MARCH, "--by", "source", "--format", "json").stdout)
    assert by_source["rows"][0]["finished_visits"] is None


def test_the_table_shows_each_share_with_numerator_and_denominator(run: Run, rated: Office) -> None:
    table = run("counts", *MARCH).stdout
    assert table.splitlines()[0] == "Phường Tây Hồ (00103), 01/03 – 31/03/2026"
    assert re.search(r"^Bàn 1 +4 +3 +3/4 +3 +2 +0 +1 +2/3 +0 +0$", table, re.MULTILINE)
    assert re.search(r"^Tổng +8 +7 +7/8 +7 +4 +1 +2 +4/7 +0 +0$", table, re.MULTILINE)


def test_the_table_gives_a_share_once_there_are_enough_answers(run: Run, ward: Office) -> None:
    for number in range(30):
        at = clock.start_of_day(date(2026, 3, 2)) + timedelta(hours=9, minutes=number)
        rated_visit(ward, 5 if number < 20 else 1, at=at)
    assert "20/30 = 67%" in run("counts", *MARCH).stdout


def test_counts_as_csv_are_the_file_that_the_page_offers(run: Run, rated: Office) -> None:
    written = run("counts", *MARCH, "--format", "csv").stdout_bytes
    assert written.startswith(b"\xef\xbb\xbf")
    lines = written.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 2 + 1
    assert {line.count(";") for line in lines} == {lines[0].count(";")}


def test_lines_of_closed_vocabularies_are_named_in_vietnamese(run: Run, rated: Office) -> None:
    table = run("counts", *MARCH, "--by", "channel").stdout
    assert re.search("^Trực tiếp ", table, re.MULTILINE)
    assert re.search("^Không rõ ", table, re.MULTILINE)


def test_columns_of_the_table_stand_under_each_other(run: Run, rated: Office) -> None:
    lines = run("counts", *MARCH).stdout.splitlines()[3:7]
    assert len({len(line) for line in lines}) == 1


def test_an_unknown_unit_is_refused_in_one_line(run: Run, rated: Office) -> None:
    words = ("--from", "2026-03-01", "--until", "2026-04-01")
    assert "99999" in _refused(run("counts", "--unit", "99999", *words))


def test_a_period_that_ends_before_it_begins_is_refused(run: Run, rated: Office) -> None:
    words = ("--unit", "00103", "--from", "2026-04-01", "--until", "2026-04-01")
    assert "Kỳ không đúng" in _refused(run("counts", *words))


def test_counts_asks_for_unit_and_both_days(run: Run, rated: Office) -> None:
    assert run("counts", "--unit", "00103").exit_code == 2


def test_rebuild_stores_every_stale_day_and_figures_stay_the_same(run: Run, rated: Office) -> None:
    before = run("counts", *MARCH).stdout
    assert "10 ngày" in run("counts", "rebuild").stdout
    with reading() as session:
        assert rollups.list_stale_days(session) == []
    assert "0 ngày" in run("counts", "rebuild").stdout
    assert run("counts", *MARCH).stdout == before


def test_rebuild_of_one_day_stores_that_day_alone(run: Run, rated: Office) -> None:
    assert "1 ngày" in run("counts", "rebuild", "--day", "2026-03-02").stdout
    with reading() as session:
        assert session.scalars(select(CountedDay.local_day)).all() == [date(2026, 3, 2)]


def test_today_cannot_be_rebuilt(run: Run, rated: Office) -> None:
    assert "Kỳ không đúng" in _refused(run("counts", "rebuild", "--day", "2026-03-10"))


def test_a_database_that_is_not_prepared_is_named(run: Run, app: Flask) -> None:
    with unit_of_work() as session:
        session.connection().exec_driver_sql("DELETE FROM alembic_version")
    assert "database prepare" in _refused(run("counts", *MARCH))
    assert "database prepare" in _refused(run("database", "check"))


def test_the_check_of_a_prepared_database_says_so(run: Run) -> None:
    checked = run("database", "check")
    assert (checked.exit_code, "dùng được" in checked.stdout) == (0, True)
    assert run("database", "prepare").exit_code == 0


def test_an_officer_is_added_with_a_password_that_works_and_a_role(run: Run, ward: Office) -> None:
    words = ("--display-name", "Nguyễn Thị Lan", "--role", "supervisor", "--unit", "00103")
    password = run("accounts", "add", "Lan", *words).stdout.strip()
    with reading() as session:
        account = accounts.get_account(session, "lan")
        assert accounts.password_is_right(account.password_hash, password)
        assert [grant.role for grant in account.grants] == [Role.SUPERVISOR]
    assert "lan" in _refused(run("accounts", "add", "LAN", *words))


def test_a_role_is_granted_from_a_day_until_another(run: Run, ward: Office) -> None:
    with unit_of_work() as session:
        accounts.create_account(session, "lan", display_name="Lan", password="A long password of 1")
    days = ("--from", "2026-04-01", "--until", "2026-05-01")
    granted = run("accounts", "grant", "lan", "--role", "desk_officer", "--unit", "00103", *days)
    assert granted.exit_code == 0, granted.output
    with reading() as session:
        found = session.scalars(select(Grant)).one()
    assert (found.from_day, found.until_day) == (date(2026, 4, 1), date(2026, 5, 1))
    words = ("--role", "desk_officer", "--unit", "00103")
    assert "nobody" in _refused(run("accounts", "grant", "nobody", *words))


def test_a_device_is_enrolled_by_the_printed_code_once(run: Run, ward: Office) -> None:
    words = ("--unit", "00103", "--desk", "2", "--name", "Máy mới")
    code = run("kiosks", "enrol", *words).stdout.strip()
    with unit_of_work() as session:
        enrolment = fleet.pair_device(session, code)
        assert enrolment.kiosk.desk_id == ward.desks[1].id
    with pytest.raises(PairingRefusedError), unit_of_work() as session:
        fleet.pair_device(session, code)
    assert "9" in _refused(run("kiosks", "enrol", "--unit", "00103", "--desk", "9", "--name", "x"))


def test_a_revoked_device_is_listed_as_such_and_worth_nothing(run: Run, ward: Office) -> None:
    kiosk = ward.kiosks[0]
    assert run("kiosks", "revoke", str(kiosk.id)).exit_code == 0
    with reading() as session:
        assert session.get_one(Kiosk, kiosk.id).revoked_at == clock.now()
        deed = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.KIOSK_REVOKED)
        ).one()
        assert deed.detail["kiosk_id"] == kiosk.id
    listed = run("kiosks", "list", "--unit", "00103").stdout.splitlines()
    assert [("revoked" in line) for line in listed] == [True, False]
    assert _refused(run("kiosks", "revoke", "999"))


def test_the_demonstration_is_not_loaded_beside_an_office(run: Run, ward: Office) -> None:
    with reading() as session:
        before = len(session.scalars(select(Kiosk)).all())
    loaded = run("demonstration", "load")
    assert (loaded.exit_code, "không nạp gì" in loaded.stdout) == (0, True)
    with reading() as session:
        assert len(session.scalars(select(Kiosk)).all()) == before


def test_hours_and_special_days_can_be_set_and_odd_ratings_are_marked_by_them(
    run: Run, ward: Office
) -> None:
    yesterday = clock.today() - timedelta(days=1)
    for hour in (7, 9):
        rated_visit(ward, 4, at=clock.start_of_day(yesterday) + timedelta(hours=hour))
    hours = ("--weekdays", "08:00-11:30, 13:30-17:00", "--from", "2026-03-01")
    assert run("office", "hours", "--unit", "00103", *hours).exit_code == 0
    assert run("counts", "rebuild").exit_code == 0
    with reading() as session:
        assert list(session.scalars(select(RatingMark.mark))) == [Mark.OUTSIDE_HOURS]
    today = clock.today().isoformat()
    named = ("--unit", "00103", "--name", "Nghỉ bù")
    assert run("office", "special-day", today, *named).exit_code == 0
    with reading() as session:
        calendar = calendars.read_calendar(session, day_period(clock.today()))
    assert calendar.is_open(ward.unit.id, clock.now()) is False
    wrong = run("office", "hours", "--unit", "00103", "--weekdays", "sáng")
    assert "07:30-11:30" in _refused(wrong)
