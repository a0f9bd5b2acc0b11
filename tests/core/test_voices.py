"""Voices: who sees which, when, in what order, and what of them is never told."""

import itertools
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction import calendars, clock, counting, policies, recording, voices
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import PolicyInvalidError, VoiceNotFoundError
from satisfaction.figures import CountQuery
from satisfaction.models import Rating
from satisfaction.periods import Period
from satisfaction.policies import Policy
from satisfaction.pseudonyms import Pseudonyms
from satisfaction.terms import CaseState, Channel, HalfDay, Role
from satisfaction.voice_rows import Reader, Wanted
from satisfaction.voices import Voice, VoicePage
from tests.conftest import Office, make_office
from tests.core.voicing import NAMES, reader, speak
from tests.making import finished_visit, tap

MONDAY = date(2026, 3, 9)
WEEK = Period(date(2026, 3, 3), date(2026, 3, 11))


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    """Return a moment of the office's day."""
    return clock.start_of_day(day) + timedelta(hours=hour, minutes=minute)


def listed(who: Reader, page: int = 1, **asked: object) -> VoicePage:
    """Return what this reader is shown of the week."""
    wanted = Wanted(period=WEEK, **asked)  # type: ignore[arg-type]
    with reading() as session:
        return voices.list_voices(session, who, wanted, page=page)


@pytest.fixture
def supervisor(ward: Office) -> Reader:
    """Return who supervises the ward."""
    return reader(Role.SUPERVISOR, ward)


@pytest.fixture
def head(ward: Office) -> Reader:
    """Return who answers for the ward."""
    return reader(Role.HEAD, ward)


def test_low_ratings_and_words_are_voices_and_satisfied_silence_is_none(
    ward: Office, supervisor: Reader
) -> None:
    for level in (1, 2, 3, 4, 5):
        speak(ward, level, at=at(9, level))
    speak(ward, 5, at=at(10), words="Rất chu đáo")
    found = listed(supervisor)
    assert found.total == 4
    assert sorted(voice.face for voice in found.voices) == [1, 2, 3, 5]
    assert [voice.words for voice in found.voices if voice.words] == ["Rất chu đáo"]


def test_a_voice_says_where_and_which_half_day_and_never_when_or_whose(
    ward: Office, supervisor: Reader
) -> None:
    visit: dict[str, Any] = {
        "procedure_id": ward.procedures[0].id,
        "ticket_number": "T-4711",
    }
    seq = speak(ward, 1, at=at(14, 37), reasons=("wait", "manner"), words="Chờ lâu", **visit)
    [voice] = listed(supervisor).voices
    assert (voice.day, voice.half_day) == (MONDAY, HalfDay.AFTERNOON)
    assert (voice.desk_name, voice.unit_name) == ("Bàn 1", "Phường Tây Hồ")
    assert voice.procedure_name == "Chứng thực bản sao"
    assert [reason[0] for reason in voice.reasons] == ["wait", "manner"]
    assert (voice.state, voice.case_token) == (CaseState.NEW, None)
    said = str(asdict(voice))
    with reading() as session:
        rating = session.get_one(Rating, seq)
    for secret in ("T-4711", "14:37", "07:37", rating.id.hex, str(rating.id), "ticket", "dossier"):
        assert secret not in said


def test_a_voice_stands_in_the_half_day_of_the_hour_that_it_counts_in(
    ward: Office, supervisor: Reader
) -> None:
    """A clock that is a little off is not corrected for the figures, so not for the voices."""
    noon = at(12)
    for seconds_before, off_by_seconds in ((120, 240), (120, 7200), (-60, 0)):
        given_at = noon - timedelta(seconds=seconds_before)
        with clock.replaced(at(15)):
            given = tap(
                ward,
                finished_visit(ward.desks[0], at=given_at),
                level=1,
                tapped_at=given_at,
                clock_offset_ms=off_by_seconds * 1000,
            )
            with unit_of_work() as session:
                recording.record_rating(session, given)
    morning, afternoon = HalfDay.MORNING, HalfDay.AFTERNOON
    told = sorted(voice.half_day for voice in listed(supervisor).voices)
    assert told == [afternoon, afternoon, morning]
    with reading() as session:
        hours = counting.count_hours(session, CountQuery(unit_id=ward.unit.id, period=WEEK))
    assert {one.hour: one.answers for one in hours} == {11: 1, 12: 1, 13: 1}


def test_a_voice_is_shown_once_the_office_has_closed(ward: Office, supervisor: Reader) -> None:
    with unit_of_work() as session:
        hours = calendars.read_spans("7:30-11:30, 13:30-17:00")
        calendars.set_week(
            session, ward.unit.id, week=calendars.Week((hours,) * 7), from_day=date(2026, 1, 1)
        )
    speak(ward, 1, at=at(9))
    speak(ward, 2, at=at(18))
    shown = {}
    for moment in (at(16, 59), at(17), at(23), at(16, 59, MONDAY + timedelta(days=1))):
        with clock.replaced(moment):
            shown[moment] = listed(supervisor).total
    assert list(shown.values()) == [0, 1, 1, 1]
    with clock.replaced(at(17, 0, MONDAY + timedelta(days=1))):
        assert listed(supervisor).total == 2


def test_without_hours_a_day_closes_at_its_end_and_a_unit_may_wait_longer(
    ward: Office, supervisor: Reader
) -> None:
    speak(ward, 1, at=at(9))
    with clock.replaced(at(23, 59)):
        assert listed(supervisor).total == 0
    assert listed(supervisor).total == 1
    with unit_of_work() as session:
        policies.set_policy(session, ward.unit.id, Policy(delay_days=1))
    assert listed(supervisor).total == 0
    with clock.replaced(at(0, 0, MONDAY + timedelta(days=2))):
        assert listed(supervisor).total == 1


def test_words_that_come_later_wait_for_their_own_closing(
    ward: Office, supervisor: Reader, now: datetime
) -> None:
    visit = finished_visit(ward.desks[0], at=at(9))
    low = tap(ward, visit, level=1, tapped_at=at(9))
    with clock.replaced(at(9)), unit_of_work() as session:
        recording.record_rating(session, low)
    with unit_of_work() as session:
        recording.record_comment(session, low.rating_id, "Thêm sau")
    assert [voice.words for voice in listed(supervisor).voices] == [None]
    with clock.replaced(now + timedelta(days=1)):
        assert [voice.words for voice in listed(supervisor).voices] == ["Thêm sau"]


def test_words_stay_with_an_answer_that_was_corrected(ward: Office, supervisor: Reader) -> None:
    visit = finished_visit(ward.desks[0], at=at(9))
    first = tap(ward, visit, level=1, tapped_at=at(9), comment="Nhầm quầy", reasons=("wait",))
    again = tap(ward, visit, level=5, tapped_at=at(9), supersedes=first.rating_id)
    with clock.replaced(at(9)), unit_of_work() as session:
        recording.record_rating(session, first)
        recording.record_rating(session, again)
    [voice] = listed(supervisor).voices
    assert (voice.face, voice.words, voice.reasons) == (5, "Nhầm quầy", ())


def test_the_order_within_a_half_day_says_nothing_of_time_and_pages_are_stable(
    ward: Office, supervisor: Reader
) -> None:
    morning = [speak(ward, 1, at=at(8, minute)) for minute in range(30)]
    afternoon = [speak(ward, 1, at=at(14, minute)) for minute in range(6)]
    pages = [listed(supervisor, page) for page in (1, 2)]
    assert [page.total for page in pages] == [36, 36]
    names = [voice.name for page in pages for voice in page.voices]
    assert names == [voice.name for n in (1, 2) for voice in listed(supervisor, n).voices]
    seqs = [NAMES.find(name) for name in names]
    assert set(seqs[:6]) == set(afternoon)
    assert set(seqs[6:]) == set(morning)
    assert seqs[6:] not in (morning, morning[::-1])
    assert seqs[6:] == NAMES.shuffled(morning)
    assert listed(supervisor, 99).page == 2


def test_an_allegation_is_one_for_the_head_and_a_bare_low_rating_for_the_supervisor(
    ward: Office, supervisor: Reader, head: Reader
) -> None:
    speak(ward, 1, at=at(9), reasons=("wait", "fee"), words="Bị hỏi thêm tiền")
    speak(ward, 1, at=at(9), reasons=("wait",), words="Chờ lâu")
    whole = {(voice.is_allegation, voice.words) for voice in listed(head).voices}
    assert whole == {(True, "Bị hỏi thêm tiền"), (False, "Chờ lâu")}
    bare = {(voice.is_allegation, voice.words) for voice in listed(supervisor).voices}
    assert bare == {(False, None), (False, "Chờ lâu")}
    for voice in listed(supervisor).voices:
        assert [code for code, *_ in voice.reasons] == ["wait"]
    assert listed(head, reason="fee").total == 1
    assert listed(supervisor, reason="fee").total == 0
    assert listed(head, words="tiền").total == 1
    assert listed(supervisor, words="tiền").total == 0


def test_a_satisfied_allegation_with_words_is_no_voice_for_the_supervisor(
    ward: Office, supervisor: Reader, head: Reader
) -> None:
    speak(ward, 5, at=at(9), reasons=("fee",), words="Tốt nhưng phải đưa thêm")
    assert listed(head).total == 1
    assert listed(supervisor).total == 0


def test_every_filter_narrows_and_all_of_them_add_up(ward: Office, supervisor: Reader) -> None:
    first = ward.procedures[0].id
    speak(ward, 1, at=at(9), reasons=("late",), procedure_id=first, channel=Channel.POST)
    speak(ward, 3, at=at(9), desk=1, words="Hoà nhã, Đường xa")
    speak(ward, 2, at=at(15), desk=1)
    assert listed(supervisor).total == 3
    assert listed(supervisor, desk_id=ward.desks[1].id).total == 2
    assert listed(supervisor, procedure_id=ward.procedures[0].id).total == 1
    assert listed(supervisor, channel=Channel.POST).total == 1
    assert listed(supervisor, faces=frozenset({1, 2})).total == 2
    assert listed(supervisor, reason="late").total == 1
    assert listed(supervisor, state=CaseState.NEW).total == 3
    assert listed(supervisor, state=CaseState.DONE).total == 0
    for words in ("hòa nhã", "duong XA", "HOA NHA duong"):
        assert listed(supervisor, words=words).total == 1, words
    assert listed(supervisor, words="khong co").total == 0
    with reading() as session:
        day = Wanted(period=Period(date(2026, 3, 8), MONDAY))
        assert voices.list_voices(session, supervisor, day).total == 0


def test_another_unit_and_a_voided_rating_are_not_there(ward: Office, supervisor: Reader) -> None:
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
    speak(other, 1, at=at(9), words="Nơi khác")
    gone = tap(ward, finished_visit(ward.desks[0], at=at(9)), level=1, tapped_at=at(9))
    with clock.replaced(at(9)), unit_of_work() as session:
        recording.record_rating(session, gone)
        recording.void_rating(session, gone.rating_id, account_id=None, explanation="thử")
    assert listed(supervisor).total == 0
    assert listed(reader(Role.SUPERVISOR, ward, other)).total == 1
    assert listed(reader(Role.ADMINISTRATOR, ward, other)).total == 0


def test_an_auditor_sees_voices_and_not_a_word_of_them(ward: Office) -> None:
    speak(ward, 1, at=at(9), words="Chờ lâu")
    speak(ward, 5, at=at(9), words="Cảm ơn")
    speak(ward, 2, at=at(9))
    speak(ward, 1, at=at(9), reasons=("fee",), words="Đòi thêm")
    auditor = reader(Role.AUDITOR, ward)
    found = listed(auditor)
    assert found.total == listed(reader(Role.SUPERVISOR, ward)).total == 4
    assert {voice.words for voice in found.voices} == {None}
    assert sorted((voice.face, voice.hides_words) for voice in found.voices) == [
        (1, False),
        (1, True),
        (2, False),
        (5, True),
    ]
    assert not any(voice.is_allegation or voice.reasons for voice in found.voices)
    for words in ("chờ", "cảm ơn", "đòi", "a"):
        assert listed(auditor, words=words).total == 0


def test_one_voice_is_found_by_its_name_within_reach_only(ward: Office, supervisor: Reader) -> None:
    name = NAMES.name(speak(ward, 1, at=at(9), words="Chờ lâu"))
    silent = NAMES.name(speak(ward, 5, at=at(9)))
    fresh = NAMES.name(speak(ward, 1, at=clock.now()))
    with reading() as session:
        assert voices.get_voice(session, supervisor, name).words == "Chờ lâu"
        for unknown in (silent, fresh, "x", "", "a" * 26, name[:-1]):
            with pytest.raises(VoiceNotFoundError):
                voices.get_voice(session, supervisor, unknown)
        with pytest.raises(VoiceNotFoundError):
            voices.get_voice(session, reader(Role.DESK_OFFICER, ward), name)


def test_the_latest_and_the_unseen_are_told_to_other_pages(
    ward: Office, supervisor: Reader, head: Reader
) -> None:
    speak(ward, 1, at=at(9, day=date(2026, 3, 6)))
    speak(ward, 1, at=at(9), reasons=("fee",), words="Đòi thêm")
    speak(ward, 3, at=at(15), words="Nóng")
    with reading() as session:
        latest: tuple[Voice, ...] = voices.list_latest(session, supervisor, limit=2)
        assert [voice.half_day for voice in latest] == [HalfDay.AFTERNOON, HalfDay.MORNING]
        unseen = voices.count_unseen(session, supervisor)
        assert (unseen.count, unseen.with_words, unseen.oldest_day) == (3, 1, date(2026, 3, 6))
        assert voices.count_unseen(session, head).with_words == 2
        nobody = voices.count_unseen(session, reader(Role.ADMINISTRATOR, ward))
        assert (nobody.count, nobody.oldest_day) == (0, None)


def test_a_policy_outside_of_its_limits_is_refused(ward: Office) -> None:
    for wrong in (Policy(delay_days=-1), Policy(deadline_days=0), Policy(kept_months=121)):
        with pytest.raises(PolicyInvalidError), unit_of_work() as session:
            policies.set_policy(session, ward.unit.id, wrong)


@given(st.integers(0, 2**63 - 1))
def test_a_pseudonym_leads_back_and_only_with_its_key(number: int) -> None:
    name = NAMES.name(number)
    assert NAMES.find(name) == number
    assert Pseudonyms("another secret", purpose="voices").find(name) is None
    assert Pseudonyms("a secret of these tests", purpose="other").find(name) is None


def test_pseudonyms_of_following_rows_follow_no_order() -> None:
    names = [NAMES.name(number) for number in range(1000)]
    assert len(set(names)) == 1000
    rising = sum(earlier < later for earlier, later in itertools.pairwise(names))
    assert 420 < rising < 580
