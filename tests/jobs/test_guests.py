"""Letters to who sees no single answers: devices, what is released of a month, nothing else."""

import io
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from satisfaction import clock, office, sending
from satisfaction.database import reading, unit_of_work
from satisfaction.models import JobRun, Letter, Subscription
from satisfaction.periods import month_period
from satisfaction.releases import build_release
from satisfaction.terms import DeliveryState, LetterKind, UnitKind
from tests.conftest import Office
from tests.jobs.posting import PostOffice
from tests.jobs.test_letters import (
    DAY,
    EVENING,
    READER,
    TODAY,
    deliveries,
    open_ward,
    plain_of,
    rate_day,
    subscribe,
    tick,
)
from tests.jobs.test_letters import office as post

__all__ = ["open_ward", "post"]
GUEST = "guest@example.gov.vn"
FIRST = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
MARCH = month_period(date(2026, 3, 1))


def invite(ward: Office, **fields: Any) -> Subscription:
    """Subscribe somebody who cannot sign in."""
    return subscribe(ward, GUEST, account_id=None, **fields)


def rate_march(ward: Office) -> None:
    """Rate a month: 3 of 50 are dissatisfied at one desk, and 3 of 12 at the other."""
    rate_day(ward, TODAY, "5" * 30 + "4" * 17 + "2" * 3)
    rate_day(ward, TODAY + DAY, "5" * 9 + "1" * 3, desk=1)


def parts_of(message: Any) -> str:
    """Return all that a message says: subject, plain text and HTML."""
    html = message.get_body(("html",)).get_content()
    return f"{message['Subject']} {plain_of(message)} {html}"


def pdf_of(message: Any) -> list[bytes]:
    """Return the files that go with a message."""
    return [part.get_content() for part in message.iter_attachments()]


def test_a_guest_is_told_of_devices_and_of_no_answer_of_a_day(
    open_ward: Office, post: PostOffice
) -> None:
    invite(open_ward)
    subscribe(open_ward, kinds=frozenset({LetterKind.DAILY}))
    rate_day(open_ward, TODAY, "5" * 41 + "2" * 2, desk=0)
    rate_day(open_ward, TODAY, "5" * 17 + "1", desk=1)
    tick(EVENING, post)
    (guest,) = [one for one in post.to(GUEST) if "10/03" in one["Subject"]]
    said = parts_of(guest)
    assert guest["Subject"] == "Thiết bị ngày 10/03: 2 máy cần xem"
    assert "Bàn 1: chưa báo lần nào." in said
    assert not re.search(r"\b(61|58|43|41|17|3 ý kiến|không hài lòng)\b", plain_of(guest))
    assert "Ý kiến cần xem" not in said
    assert "Theo bàn" not in said
    officer = next(one for one in post.arrived if one["To"] != GUEST and "10/03" in one["Subject"])
    assert "58 trong 61 lượt" in plain_of(officer)
    kept = next(one for one in deliveries() if one.address == GUEST)
    assert set(kept.figures) == {"as_of", "guest"}


def test_a_month_for_a_guest_is_what_is_published_and_has_no_exact_report(
    open_ward: Office, post: PostOffice
) -> None:
    invite(open_ward, kinds=frozenset({LetterKind.MONTHLY}))
    subscribe(open_ward, kinds=frozenset({LetterKind.MONTHLY}))
    rate_march(open_ward)
    tick(FIRST, post)
    (guest,) = [one for one in post.to(GUEST) if "3/2026" in one["Subject"]]
    with clock.replaced(FIRST), reading() as session:
        release = build_release(session, open_ward.unit.id, MARCH, limit=5)
    # Three lowest and three low answers are six that are not satisfied: small only apart.
    assert release.counts == (6, 0, 56)
    assert guest["Subject"] == "Đánh giá tháng 3/2026: 90% hài lòng trong 62 lượt"
    assert "56 trong 62 lượt (90%)" in plain_of(guest)
    assert not re.search(r"\b(47|50|9 trong|12 lượt|không hài lòng:)\b", plain_of(guest))
    assert pdf_of(guest) == []
    (officer,) = [one for one in post.arrived if one["To"] != GUEST and "3/2026" in one["Subject"]]
    (report,) = pdf_of(officer)
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(report)).pages)
    assert "56 trên 62 lượt đánh giá" in " ".join(text.split())
    assert "47 trong 50 lượt" in plain_of(officer)


def test_a_small_month_is_told_to_no_guest(open_ward: Office, post: PostOffice) -> None:
    invite(open_ward, kinds=frozenset({LetterKind.MONTHLY}))
    rate_day(open_ward, TODAY, "511")
    tick(FIRST, post)
    (guest,) = [one for one in post.arrived if "3/2026" in one["Subject"]]
    assert guest["Subject"] == "Đánh giá tháng 3/2026: chưa đủ lượt để công bố"
    assert not re.search(r"\b[0123] (lượt|trong)", parts_of(guest))
    assert "Quá ít lượt đánh giá, nên thư này không nêu số nào." in parts_of(guest)


def test_of_a_unit_with_parts_and_of_a_week_no_guest_is_told(
    open_ward: Office, post: PostOffice
) -> None:
    invite(open_ward)
    founded = date(2024, 1, 1)
    with unit_of_work() as session:
        above = session.merge(open_ward.unit)
        office.add_unit(
            session,
            "00104",
            name="Tổ lưu động",
            kind=UnitKind.WARD,
            from_day=founded,
            parent=above,
        )
    rate_march(open_ward)
    tick(FIRST, post)
    subjects = [one["Subject"] for one in post.to(GUEST)]
    assert all(subject.startswith("Thiết bị ngày") for subject in subjects), subjects
    with reading() as session:
        runs = session.scalars(select(JobRun).where(JobRun.job != "daily_letter")).all()
    assert [(run.job, run.result["letters"], run.result["unneeded"]) for run in runs] == [
        ("monthly_letter", 0, 1)
    ]


def test_a_letter_with_counts_stays_unsent_to_who_has_become_a_guest(
    open_ward: Office, post: PostOffice
) -> None:
    one = subscribe(open_ward, kinds=frozenset({LetterKind.DAILY}))
    rate_day(open_ward, TODAY, "5")
    with clock.replaced(EVENING):
        sending.plan_letters()
        with unit_of_work() as session:
            session.get_one(Subscription, one.id).account_id = None
        assert sending.send_waiting(server=post.server) == 0
    assert {one.state for one in deliveries()} == {DeliveryState.WITHHELD}


def test_a_guest_who_gets_an_account_is_not_told_that_everything_came_late(
    open_ward: Office, post: PostOffice
) -> None:
    invited = invite(open_ward, kinds=frozenset({LetterKind.DAILY}))
    rate_day(open_ward, TODAY, "5" * 9)
    tick(EVENING, post)
    host = subscribe(open_ward, kinds=frozenset({LetterKind.WEEKLY}))
    with unit_of_work() as session:
        session.get_one(Subscription, invited.id).account_id = host.account_id
    rate_day(open_ward, TODAY + DAY, "5")
    tick(EVENING + DAY, post)
    assert "1 trong 1 lượt" in plain_of(post.to(GUEST)[-1])
    assert "đến muộn" not in plain_of(post.to(GUEST)[-1])


def test_where_no_pdf_can_be_made_the_letter_and_the_ledger_say_so(
    open_ward: Office, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(open_ward, kinds=frozenset({LetterKind.MONTHLY}))
    invite(open_ward, kinds=frozenset({LetterKind.MONTHLY}))
    rate_march(open_ward)
    monkeypatch.setattr("satisfaction.reports.pdf.sys.executable", "/bin/false")
    tick(FIRST, post)
    march = [one for one in post.arrived if "3/2026" in one["Subject"]]
    lacks = "Báo cáo PDF không kèm được"
    assert {one["To"]: lacks in plain_of(one) for one in march} == {READER: True, GUEST: False}
    assert [pdf_of(one) for one in march] == [[], []]
    with reading() as session:
        (run,) = session.scalars(select(JobRun).where(JobRun.planned_at == FIRST))
        assert session.scalars(select(Letter.file_name)).all() == [""]
    assert run.result == {"letters": 2, "no_file": 1}
