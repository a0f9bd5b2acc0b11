"""The demonstration office: published figures exactly, the rest invented once and for all."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from satisfaction import clock, counting, office, rollups
from satisfaction.catalogue import read_procedures
from satisfaction.database import reading, unit_of_work
from satisfaction.demonstration import (
    OFFICERS,
    Demonstration,
    load_demonstration,
    make_password,
)
from satisfaction.demonstration.past import QUARTER, working_days
from satisfaction.figures import CountQuery, Figures
from satisfaction.models import (
    Account,
    Dossier,
    Kiosk,
    Procedure,
    Rating,
    Refusal,
    Succession,
    Unit,
    Visit,
)
from satisfaction.periods import Period, month_period, quarter_period
from satisfaction.statistics import Counted, wilson_interval
from satisfaction.terms import Channel, Dimension, Outcome, Role, SuccessionExtent
from satisfaction.web.formats import as_number, as_shown_share
from tests.engines import Engines
from tests.reading import read_workbook, text_of_pdf

THURSDAY = datetime(2026, 3, 12, 15, 10, tzinfo=clock.OFFICE_ZONE)
TABLES = (Unit, Kiosk, Procedure, Dossier, Visit, Rating, Account)


@dataclass(frozen=True)
class Loaded:
    """An application over a database that holds the demonstration."""

    app: Flask
    demonstration: Demonstration


@pytest.fixture(scope="module")
def loaded(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Load the office once for this module, on a Thursday afternoon."""
    folder = tmp_path_factory.mktemp("demonstration")
    with clock.replaced(THURSDAY), engines.fresh_app(folder) as app:
        with unit_of_work() as session:
            demonstration = load_demonstration(session)
        assert demonstration is not None
        yield Loaded(app, demonstration)


def _figures(code: str, period: Period, by: Dimension) -> Figures:
    with reading() as session:
        unit = office.get_unit_by_code(session, code, period)
        return counting.count(session, CountQuery(unit_id=unit.id, period=period, by=by))


@pytest.mark.usefixtures("loaded")
def test_the_quarter_has_the_published_satisfied_answers_with_their_denominators() -> None:
    total = _figures("Q-TAYHO", QUARTER, Dimension.TOTAL).total
    assert total.satisfied == 2655
    assert (total.finished_visits, total.rated_visits, total.answers) == (4782, 2918, 2918)
    assert total.neutral > 0
    assert total.dissatisfied > 0
    assert 0.6 <= (total.participation or 0) <= 0.75


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("by", Dimension)
def test_the_quarter_adds_up_to_the_published_figure_along_every_dimension(by: Dimension) -> None:
    figures = _figures("Q-TAYHO", QUARTER, by)
    assert sum(row.satisfied for row in figures.rows) == figures.total.satisfied == 2655


@pytest.mark.usefixtures("loaded")
def test_the_district_and_its_eight_wards_have_the_published_dossiers() -> None:
    with reading() as session:
        district = office.get_unit_by_code(session, "Q-TAYHO", QUARTER)
        rows = session.execute(
            select(Dossier.unit_id, Dossier.channel, func.count())
            .where(Dossier.finished_day.between(QUARTER.first_day, QUARTER.last_day))
            .group_by(Dossier.unit_id, Dossier.channel)
        ).all()
        received = session.scalar(
            select(func.count()).where(
                Dossier.received_day.between(QUARTER.first_day, QUARTER.last_day)
            )
        )
    sums: Counter[tuple[bool, Channel]] = Counter()
    for unit_id, channel, amount in rows:
        sums[unit_id == district.id, channel] += amount
    assert sums == {
        (True, Channel.ONLINE): 1145,
        (True, Channel.IN_PERSON): 1400 - 1145,
        (False, Channel.ONLINE): 2167,
        (False, Channel.IN_PERSON): 3382 - 2167,
    }
    assert len({unit_id for unit_id, *_ in rows}) == 9
    assert received == 1400 + 3382


@pytest.mark.usefixtures("loaded")
def test_every_dossier_of_the_quarter_is_early_or_on_time_and_the_two_are_kept_apart() -> None:
    with reading() as session:
        days = session.execute(
            select(Dossier.due_day, Dossier.finished_day).where(
                Dossier.finished_day < QUARTER.end_day
            )
        ).all()
    early = sum(row.finished_day < row.due_day for row in days)
    on_time = sum(row.finished_day == row.due_day for row in days)
    assert early + on_time == 4782
    assert min(early, on_time) > 500


def test_the_command_prints_the_published_figure(loaded: Loaded) -> None:
    words = ["--unit", "Q-TAYHO", "--from", "2024-01-01", "--until", "2024-04-01", "--by", "unit"]
    shown = loaded.app.test_cli_runner().invoke(args=["counts", *words])
    assert shown.exit_code == 0, shown.output
    assert "dữ liệu minh họa" in shown.output.splitlines()[0]
    assert "2.655/2.918 = 91,0%" in shown.output
    assert "2.918/4.782 = 61,0%" in shown.output


def _cells(row: dict[str, Any]) -> list[float | None]:
    """Return the numbers of a line of a workbook, from what the command printed of it."""
    interval = wilson_interval(Counted(row["satisfied"], row["answers"]))
    if row["answers"] < 30:
        interval = None
    return [
        *(level["count"] for level in row["levels"]),
        row["answers"],
        row["satisfied"],
        row["satisfied_share"] if interval else None,
        interval.low if interval else None,
        interval.high if interval else None,
        row["finished_visits"],
        row["rated_visits"],
        None if row["finished_visits"] < 30 else row["participation"],
        row["unlinked"],
        row["voided"],
        row["marked"],
        row["assisted"],
    ]


@pytest.mark.slow
def test_the_quarter_s_report_holds_the_published_figure_as_the_command_prints_it(
    loaded: Loaded, tmp_path: Path
) -> None:
    words = ["--unit", "Q-TAYHO", "--from", "2024-01-01", "--until", "2024-04-01"]
    runner = loaded.app.test_cli_runner()
    printed = json.loads(runner.invoke(args=["counts", *words, "--format", "json"]).stdout)
    files = {}
    for form in ("pdf", "xlsx"):
        path = tmp_path / f"quarter.{form}"
        done = runner.invoke(args=["report", *words, "--format", form, "--output", str(path)])
        assert done.exit_code == 0, done.output
        files[form] = path.read_bytes()
    text = text_of_pdf(files["pdf"])
    assert "QUẬN TÂY HỒ" in text
    assert "Quý I/2024" in text
    assert "Dữ liệu minh họa" in text
    assert "2.655 trên 2.918 lượt đánh giá" in text
    cells = read_workbook(files["xlsx"])
    whole = {line[0]: line[1] for line in next(iter(cells.values()))}
    assert whole["Tính là hài lòng"] == printed["total"]["satisfied"] == 2655
    desks = cells["Theo bàn"][3:]
    for row, line in zip([*printed["rows"], printed["total"]], desks, strict=True):
        shown = [f"{level['count']:,}".replace(",", ".") for level in row["levels"]]
        assert list(line[2:]) == pytest.approx(_cells(row))
        shares = [as_shown_share(cell, row["answers"]) for cell in _cells(row)[7:10]]
        amounts = [as_number(row[name]) for name in ("answers", "satisfied")]
        assert " ".join([*shown, *amounts, *shares]) in text


@pytest.mark.usefixtures("loaded")
def test_all_closed_days_are_stored_after_loading() -> None:
    with reading() as session:
        assert rollups.list_stale_days(session) == []


@pytest.mark.usefixtures("loaded")
def test_the_offices_of_the_quarter_work_on_working_days_only() -> None:
    with reading() as session:
        days = set(
            session.scalars(select(Visit.closed_day).where(Visit.closed_day < QUARTER.end_day))
        )
    assert days == set(working_days())
    assert {day.weekday() for day in days if day} == {0, 1, 2, 3, 4}


@pytest.mark.usefixtures("loaded")
def test_every_unit_is_marked_as_demonstration() -> None:
    with reading() as session:
        assert all(session.scalars(select(Unit.is_demonstration)))
    period = quarter_period(2026, 1)
    for code, of in (("Q-TAYHO", QUARTER), ("00103", period)):
        assert _figures(code, of, Dimension.TOTAL).is_demonstration


@pytest.mark.usefixtures("loaded")
def test_every_answer_came_in_by_the_one_way_shortly_after_its_tap() -> None:
    with reading() as session:
        ratings = session.execute(
            select(Rating.id, Rating.tapped_at, Rating.received_at, Rating.local_day)
        ).all()
        assert session.scalar(select(func.count()).select_from(Refusal)) == 0
        rated = session.scalar(select(func.count()).where(Visit.outcome == Outcome.RATED))
    assert len(ratings) == rated
    for rating in ratings:
        assert timedelta(0) < rating.received_at - rating.tapped_at <= timedelta(hours=1, seconds=1)
        assert rating.local_day == clock.local_day(rating.tapped_at)
        assert rating.id.version == 7
        assert rating.id.int >> 80 == int(rating.tapped_at.timestamp() * 1000)


@pytest.mark.usefixtures("loaded")
def test_today_s_ward_is_alive_up_to_this_moment_and_not_beyond() -> None:
    with reading() as session:
        latest = session.scalar(select(func.max(Visit.closed_at)))
        tapped = session.scalar(select(func.max(Rating.tapped_at)))
    assert latest is not None
    assert tapped is not None
    assert THURSDAY - timedelta(hours=1) < latest < THURSDAY
    assert THURSDAY - timedelta(hours=1) < tapped < THURSDAY
    today = clock.today()
    fortnight = Period(today - timedelta(days=14), today + timedelta(days=1))
    days = {row.key: row for row in _figures("00103", fortnight, Dimension.DAY).rows}
    assert len(days) == 11
    assert days[today.isoformat()].answers > 30
    month = month_period(today.replace(day=1) - timedelta(days=1))
    before = _figures("00103", month, Dimension.DAY)
    assert sum(1 for row in before.rows if row.answers) == 20
    desks = _figures("00103", fortnight, Dimension.DESK).rows
    assert [row.label for row in desks] == [*(f"Bàn {n}" for n in range(1, 8)), "Trực tuyến"]
    assert all(row.answers > 20 for row in desks)


@pytest.mark.usefixtures("loaded")
def test_no_desk_of_today_s_ward_serves_two_at_once_or_outside_its_hours() -> None:
    with reading() as session:
        visits = session.execute(
            select(Visit.desk_id, Visit.opened_at, Visit.closed_at)
            .where(Visit.closed_day >= date(2026, 1, 1))
            .order_by(Visit.desk_id, Visit.opened_at)
        ).all()
    for one, following in pairwise(visits):
        assert one.desk_id != following.desk_id or one.closed_at <= following.opened_at
    for visit in visits:
        assert visit.opened_at < visit.closed_at
        begun = clock.local_time(visit.opened_at).strftime("%H:%M")
        assert "07:30" <= begun < "11:30" or "13:30" <= begun < "17:00"


@pytest.mark.usefixtures("loaded")
def test_one_old_ward_went_whole_to_today_s_and_the_others_were_parted() -> None:
    with reading() as session:
        found = session.scalars(select(Succession)).all()
        names = {
            unit.id: office.name_of(unit, clock.today()).code
            for unit in session.scalars(select(Unit))
        }
    whole = [s for s in found if s.extent is SuccessionExtent.WHOLE]
    assert [(names[s.predecessor_id], names[s.successor_id]) for s in whole] == [
        ("P-BUOI", "00103")
    ]
    to_tay_ho = [s for s in found if names[s.successor_id] == "00103"]
    assert len(to_tay_ho) == 8
    assert {s.from_day for s in found} == {date(2025, 7, 1)}
    assert {s.legal_basis for s in found} == {""}
    assert len({s.predecessor_id for s in found}) == 8


@pytest.mark.usefixtures("loaded")
def test_the_old_office_s_devices_are_worth_nothing_today() -> None:
    with reading() as session:
        revoked = session.scalars(select(Kiosk).where(Kiosk.revoked_at.is_not(None))).all()
        live = session.scalars(select(Kiosk).where(Kiosk.revoked_at.is_(None))).all()
    assert (len(revoked), len(live)) == (18, 7)


def _amounts() -> list[int]:
    with reading() as session:
        return [session.scalar(select(func.count()).select_from(t)) or 0 for t in TABLES]


@pytest.mark.usefixtures("loaded")
def test_loading_a_second_time_does_nothing() -> None:
    before = _amounts()
    with unit_of_work() as session:
        assert load_demonstration(session) is None
    assert _amounts() == before


def _story(first_day: date, end: datetime) -> list[tuple[object, ...]]:
    """Return the visits of some time with their answers, as far as they were settled then."""
    with reading() as session:
        rows = session.execute(
            select(Visit.token, Visit.opened_at, Visit.closed_at, Rating.id, Rating.tapped_at)
            .outerjoin(Rating, Rating.visit_id == Visit.id)
            .where(Visit.closed_at >= clock.start_of_day(first_day), Visit.closed_at < end)
            .order_by(Visit.closed_at, Visit.token)
        ).all()
    return [tuple(row) for row in rows]


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.usefixtures("loaded")
def test_another_start_at_a_later_moment_tells_the_same_story(
    engines: Engines, tmp_path: Path
) -> None:
    spans = [
        (QUARTER.first_day, clock.start_of_day(QUARTER.end_day)),
        (date(2026, 2, 27), THURSDAY - timedelta(hours=5)),
    ]
    before = [_story(*span) for span in spans]
    with clock.replaced(THURSDAY + timedelta(hours=20)), engines.fresh_app(tmp_path):
        with unit_of_work() as session:
            load_demonstration(session)
        after = [_story(*span) for span in spans]
    assert before == after
    assert (len(before[0]), len(before[1]) > 1000) == (4782, True)


def test_each_officer_has_a_password_of_this_installation(loaded: Loaded) -> None:
    officers = loaded.demonstration.officers
    assert [officer.name for officer in officers] == [name for name, *_ in OFFICERS]
    assert {officer.role for officer in officers} == set(Role)
    assert len({officer.password for officer in officers}) == len(OFFICERS)
    assert set(loaded.demonstration.kiosk_tokens) == {f"Bàn {n}" for n in range(1, 8)}


def test_a_made_password_has_four_kinds_of_signs_and_differs_each_time() -> None:
    made = {make_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        assert len(password) == 19
        assert any(sign.isupper() for sign in password)
        assert any(sign.islower() for sign in password)
        assert any(sign.isdigit() for sign in password)
        assert "-" in password


@pytest.mark.usefixtures("loaded")
def test_the_catalogue_holds_every_shipped_procedure_once() -> None:
    shipped = read_procedures()
    with reading() as session:
        stored = {
            procedure.national_code: (procedure.short_name, procedure.sector.name)
            for procedure in session.scalars(select(Procedure))
        }
    assert stored == {line.code: (line.short_name, line.sector) for line in shipped}
    assert len(stored) == len(shipped) > 80
    assert stored["2.000815"] == ("Chứng thực bản sao từ bản chính", "Chứng thực")
