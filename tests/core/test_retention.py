"""Words and links go when their time is over, and every figure stays what it was."""

import itertools
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from satisfaction import case_changes, case_opening, clock, counting, policies, retention, voices
from satisfaction.case_changes import Change, Seen
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.models import AuditEntry, CaseEvent, Comment, Dossier, Rating, Visit
from satisfaction.periods import Period
from satisfaction.policies import Policy
from satisfaction.retention import Erased, months_before
from satisfaction.terms import AuditAction, CaseState, Channel, Dimension, Role
from satisfaction.voice_rows import Wanted
from tests.admin.officers import make_officer
from tests.conftest import Office
from tests.core.voicing import NAMES, reader, speak

OLD = datetime(2025, 3, 3, 9, tzinfo=clock.OFFICE_ZONE)
YOUNG = datetime(2025, 3, 12, 9, tzinfo=clock.OFFICE_ZONE)
NUMBERS = itertools.count(1)
WHOLE = Period(date(2025, 1, 1), date(2026, 4, 1))


def _dossier(ward: Office, code: str) -> int:
    with unit_of_work() as session:
        dossier = Dossier(
            source_system="mot-cua", code=code, unit_id=ward.unit.id, channel=Channel.ONLINE
        )
        session.add(dossier)
        session.flush()
        return dossier.id


def _speak(ward: Office, at: datetime, level: int = 1, channel: Channel = Channel.ONLINE) -> int:
    return speak(
        ward,
        level,
        at=at,
        words="Gọi cho tôi",
        reasons=("wait",),
        dossier_id=_dossier(ward, f"H{next(NUMBERS)}"),
        ticket_number="17",
        procedure_id=ward.procedures[level % 2].id,
        channel=channel,
    )


def _run(most: int = 100) -> Erased:
    with unit_of_work() as session:
        return retention.erase_due_words(session, most=most)


def test_words_salt_and_links_go_and_the_commitment_stays(ward: Office) -> None:
    old, young = _speak(ward, OLD), _speak(ward, YOUNG)
    with reading() as session:
        assert retention.count_due(session) == Erased(1, 1, 0)
        kept = session.get_one(Comment, old).commitment
    assert _run() == Erased(1, 1, 0)
    assert _run() == Erased()
    with reading() as session:
        comment = session.get_one(Comment, old)
        assert (comment.body, comment.salt) == (None, None)
        assert comment.commitment == kept
        assert comment.erased_at == clock.now()
        assert session.get_one(Comment, young).body == "Gọi cho tôi"
        visits = {
            visit.closed_day: visit
            for visit in session.scalars(select(Visit).where(Visit.closed_day.is_not(None)))
        }
        assert (visits[OLD.date()].dossier_id, visits[OLD.date()].ticket_number) == (None, "")
        assert visits[OLD.date()].procedure_id is not None
        assert visits[OLD.date()].channel is Channel.ONLINE
        assert visits[YOUNG.date()].dossier_id is not None
        [entry] = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.WORDS_ERASED)
        ).all()
    assert entry.unit_id == ward.unit.id
    assert entry.detail == {"words": 1, "links": 1, "notes": 0, "before_day": "2025-03-10"}


def test_the_unit_says_how_long(ward: Office) -> None:
    _speak(ward, YOUNG)
    with unit_of_work() as session:
        policies.set_policy(session, ward.unit.id, Policy(kept_months=13))
    assert _run() == Erased()
    with unit_of_work() as session:
        policies.set_policy(session, ward.unit.id, Policy(kept_months=1))
    assert _run() == Erased(1, 1, 0)


def test_much_is_erased_in_steps(ward: Office) -> None:
    for minute in range(5):
        _speak(ward, OLD + timedelta(minutes=minute))
    assert [_run(most=2).words for _ in range(4)] == [2, 2, 1, 0]


def test_notes_go_once_the_case_has_been_closed_that_long(ward: Office) -> None:
    account = make_officer("hanh", Role.SUPERVISOR, unit=ward.unit)
    who = reader(Role.SUPERVISOR, ward, account_id=account.id)
    for level, is_done in ((1, True), (2, False)):
        name = NAMES.name(_speak(ward, OLD, level))
        with clock.replaced(OLD + timedelta(days=1)), unit_of_work() as session:
            [case] = case_opening.open_cases(
                session, who, [name], change=Change(note="Đã gọi ông Thử")
            )
            if is_done:
                done = Change(state=CaseState.DONE, note="Xong với ông Thử")
                case_changes.change_case(session, who, Seen(case.token, case.version), change=done)
    assert _run() == Erased(2, 2, 2)
    with reading() as session:
        words = session.scalars(select(CaseEvent.words).where(CaseEvent.words.is_not(None))).all()
        lines = session.scalars(select(CaseEvent.id)).all()
    assert words == ["Đã gọi ông Thử"]
    assert len(lines) == 6


def test_an_erased_voice_is_still_listed_and_says_so(ward: Office) -> None:
    _speak(ward, OLD)
    who, wanted = reader(Role.SUPERVISOR, ward), Wanted(period=WHOLE)
    with reading() as session:
        before = voices.list_voices(session, who, wanted)
    _run()
    with reading() as session:
        after = voices.list_voices(session, who, wanted)
    assert (before.total, before.voices[0].words) == (1, "Gọi cho tôi")
    assert (after.total, after.voices[0].words) == (1, "")
    assert after.voices[0].reasons == before.voices[0].reasons


def _figures(unit_id: int) -> list[object]:
    with reading() as session:
        found = [
            counting.count(session, CountQuery(unit_id=unit_id, period=WHOLE, by=by))
            for by in Dimension
        ]
    return [(figures.rows, figures.total) for figures in found]


spoken = st.tuples(
    st.integers(0, 400),
    st.integers(1, 5),
    st.sampled_from(Channel),
)


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=st.lists(spoken, min_size=1, max_size=6), months=st.integers(1, 13))
def test_no_figure_changes_whatever_was_said_and_erased(
    app: Flask, ward: Office, said: list[tuple[int, int, Channel]], months: int
) -> None:
    now = clock.now()
    for number, (days_ago, level, channel) in enumerate(said, start=1):
        moment = now - timedelta(days=days_ago, hours=1, microseconds=number)
        _speak(ward, moment, level, channel)
    with unit_of_work() as session:
        policies.set_policy(session, ward.unit.id, Policy(kept_months=months))
    before = _figures(ward.unit.id)
    _run()
    assert _figures(ward.unit.id) == before
    with reading() as session:
        assert session.scalars(select(Rating.id)).all()


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 30), 1, date(2024, 2, 29)),
        (date(2026, 3, 10), 12, date(2025, 3, 10)),
        (date(2026, 1, 31), 2, date(2025, 11, 30)),
        (date(2026, 12, 1), 120, date(2016, 12, 1)),
    ],
)
def test_months_are_counted_back(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


def test_the_command_reports_first_and_then_erases(app: Flask, ward: Office) -> None:
    _speak(ward, OLD)
    runner = app.test_cli_runner()
    first = runner.invoke(args=["retention", "run", "--dry-run"])
    assert "1 ý kiến / comments, 1 liên kết" in first.output
    assert "1 ý kiến / comments, 1 liên kết" in runner.invoke(args=["retention", "run"]).output
    assert "0 ý kiến / comments, 0 liên kết" in runner.invoke(args=["retention", "run"]).output
    cases = runner.invoke(args=["cases", "refresh"])
    assert "Đã mở 0 việc" in cases.output
