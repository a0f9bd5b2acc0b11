"""Letters: planned once, right, no more than a reader may see, and sent through a real server."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import (
    calendars,
    case_opening,
    clock,
    outbox,
    recording,
    scheduler,
    sending,
    subscriptions,
    voices,
)
from satisfaction.case_changes import Change
from satisfaction.config import Settings
from satisfaction.database import reading, unit_of_work
from satisfaction.letters import Slot, message_id
from satisfaction.mail import build_message
from satisfaction.models import (
    Account,
    Delivery,
    Grant,
    JobRun,
    Kiosk,
    Letter,
    Subscription,
    UnitName,
)
from satisfaction.outbox import HeldDelivery
from satisfaction.periods import day_period
from satisfaction.reports.report import Report
from satisfaction.subscriptions import Wanted
from satisfaction.terms import DeliveryState, Language, LetterKind, Role
from satisfaction.web.contexts import this_app
from satisfaction.web.report_files import WRITERS
from tests.admin.officers import make_officer
from tests.conftest import Office
from tests.core.voicing import reader, speak
from tests.jobs.posting import SENDER, PostOffice, post_office
from tests.making import finished_visit, rated_visit, tap

# Tuesday, 10 March 2026, 18:00 in Hà Nội; the ward of the fixtures stands at 09:00 that day.
EVENING = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)
READER = "head@example.gov.vn"
LONGEST_TAP_SECONDS = 8


@pytest.fixture
def office(app: Flask) -> Iterator[PostOffice]:
    """Return a mail server that takes everything."""
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(
        update={
            "public_url": "https://danhgia.example.vn",
            "smtp_from": SENDER,
            "smtp_per_minute": 1000,
        }
    )
    with post_office() as served:
        yield served


@pytest.fixture
def open_ward(ward: Office) -> Office:
    """Return the ward, open on working days from 07:30 to 17:00."""
    with unit_of_work() as session:
        spans = calendars.read_spans("7:30-11:30, 13:30-17:00")
        week = calendars.Week((spans,) * 5 + ((), ()))
        calendars.set_week(session, ward.unit.id, week=week, from_day=date(2025, 1, 1))
    return ward


def subscribe(ward: Office, address: str = READER, **fields: Any) -> Subscription:
    """Subscribe an address to everything, a month ago; without an account, one that sees counts.

    An ``account_id`` of None is somebody who cannot sign in.
    """
    if "account_id" not in fields:
        fields["account_id"] = officer(ward, address.partition("@")[0], Role.ADMINISTRATOR).id
    values: dict[str, Any] = {
        "kinds": frozenset(LetterKind),
        "unit_id": ward.unit.id,
        "address": address,
    }
    with clock.replaced(EVENING - 31 * DAY), unit_of_work() as session:
        return subscriptions.subscribe(session, {ward.unit.id}, Wanted(**(values | fields)))


def officer(ward: Office, name: str, role: Role) -> Account:
    """Add an officer whose role began long ago."""
    account = make_officer(name, role, unit=ward.unit)
    with unit_of_work() as session:
        for grant in session.scalars(select(Grant).where(Grant.account_id == account.id)):
            grant.from_day = date(2025, 1, 1)
    return account


def rate_day(ward: Office, day: date, levels: str, *, desk: int = 0) -> None:
    """Rate one visit for each level at nine and after."""
    start = clock.start_of_day(day) + timedelta(hours=9)
    for number, level in enumerate(levels):
        rated_visit(ward, int(level), at=start + timedelta(minutes=number), desk=desk)


def tick(at: datetime, office: PostOffice) -> int:
    """Plan and send as the scheduler does at a time."""
    with clock.replaced(at):
        sending.plan_letters()
        return sending.send_waiting(server=office.server)


def deliveries() -> list[Delivery]:
    """Return all there are, in order."""
    with reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def plain_of(message: Any) -> str:
    """Return the plain text of a message, its line breaks as spaces."""
    return " ".join(message.get_body(("plain",)).get_content().split())


def test_the_letter_of_a_day_comes_once_at_its_hour(open_ward: Office, office: PostOffice) -> None:
    subscribe(open_ward, kinds=frozenset({LetterKind.DAILY}))
    rate_day(open_ward, TODAY, "5" * 30 + "443211")
    assert tick(EVENING - timedelta(minutes=1), office) == 5
    office.arrived.clear()
    assert [tick(EVENING + n * timedelta(seconds=15), office) for n in range(3)] == [1, 0, 0]
    (letter,) = office.arrived
    assert letter["Subject"] == "Đánh giá ngày 10/03: 89% hài lòng, 3 ý kiến cần xem"
    assert letter["To"] == READER
    assert letter["From"] == f"Phường Tây Hồ <{SENDER}>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Content-Language"] == "vi"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Unsubscribe"].startswith("<https://danhgia.example.vn/admin/letters/stop/")
    text = plain_of(letter)
    assert "32 trong 36 lượt" in text
    assert "Bàn 1: 3 lượt không hài lòng, trong đó 2 rất không hài lòng." in text
    assert "Số liệu tính đến 18:00, 10/03/2026." in text
    body = letter.get_body(("html",))
    assert body is not None
    assert len(body.get_content().encode()) < 25_000
    lines = [line for line in deliveries()[-1].plain.splitlines() if "https://" not in line]
    assert max(map(len, lines)) <= 72


def test_a_closed_day_has_no_letter_and_the_ledger_says_why(
    open_ward: Office, office: PostOffice
) -> None:
    subscribe(open_ward, kinds=frozenset({LetterKind.DAILY}))
    with unit_of_work() as session:
        calendars.set_special_day(
            session, open_ward.unit.id, calendars.NewSpecialDay(TODAY, "Ngày nghỉ bù")
        )
    tick(EVENING, office)
    assert not [one for one in office.arrived if "10/03" in one["Subject"]]
    with reading() as session:
        run = session.scalars(select(JobRun).where(JobRun.local_day == TODAY)).one()
    assert run.result == {"closed": 1}


def test_a_weekend_and_a_downtime_are_told_apart(open_ward: Office, office: PostOffice) -> None:
    subscribe(open_ward, kinds=frozenset({LetterKind.DAILY}))
    for back in (1, 4, 5):
        rate_day(open_ward, TODAY - back * DAY, "5" * 40)
    rate_day(open_ward, TODAY, "5" * 40)
    assert tick(EVENING, office) == 6
    subjects = [one["Subject"] for one in office.arrived]
    days = [re.search(r"ngày (\d\d/\d\d)", one)[1] for one in subjects]  # type: ignore[index]
    assert days == ["03/03", "04/03", "05/03", "06/03", "09/03", "10/03"]
    late = plain_of(office.arrived[2])
    assert "Thư này được gửi muộn vì lúc 18:00, 05/03/2026 máy chủ không chạy." in late
    assert "gửi muộn" not in plain_of(office.arrived[-1])


def test_a_day_is_compared_with_the_last_same_weekday_that_was_worked(
    open_ward: Office, office: PostOffice
) -> None:
    subscribe(open_ward, kinds=frozenset({LetterKind.DAILY}))
    week = timedelta(days=7)
    with unit_of_work() as session:
        holiday = calendars.NewSpecialDay(TODAY - week, "Ngày nghỉ bù")
        calendars.set_special_day(session, open_ward.unit.id, holiday)
    rate_day(open_ward, TODAY - 2 * week, "5" * 39 + "1")
    rate_day(open_ward, TODAY, "5" * 20 + "1" * 20)
    tick(EVENING, office)
    text = plain_of(office.arrived[-1])
    assert "50% hài lòng, thấp hơn kỳ trước." in text
    assert "So với Thứ Ba 24/02/2026: khi đó 39 trong 40 lượt hài lòng." in text


def test_the_next_letter_says_what_came_late_and_the_archive_stays(
    open_ward: Office, office: PostOffice
) -> None:
    subscribe(open_ward, kinds=frozenset({LetterKind.DAILY}))
    rate_day(open_ward, TODAY, "5" * 10)
    tick(EVENING, office)
    before = deliveries()[-1].plain
    given = EVENING - timedelta(hours=2)
    with clock.replaced(given):
        visits = [finished_visit(open_ward.desks[1], at=given) for _ in range(3)]
    with clock.replaced(EVENING + timedelta(hours=1)), unit_of_work() as session:
        for visit in visits:
            late = tap(open_ward, visit, desk=1, level=5, tapped_at=given)
            recording.record_rating(session, late)
    rate_day(open_ward, TODAY + DAY, "4" * 5)
    tick(EVENING + DAY, office)
    said = "Thứ Ba 10/03/2026: bổ sung 3 lượt đến muộn; nay 13 trong 13 lượt hài lòng."
    assert said in plain_of(office.arrived[-1])
    rate_day(open_ward, TODAY + 2 * DAY, "5")
    tick(EVENING + 2 * DAY, office)
    assert "đến muộn" not in plain_of(office.arrived[-1])
    assert before in [one.plain for one in deliveries()]


def test_reasons_are_for_who_sees_voices_and_allegations_for_fewer(
    open_ward: Office, office: PostOffice
) -> None:
    people = {
        "hanh": Role.SUPERVISOR,
        "minh": Role.HEAD,
        "tuan": Role.ADMINISTRATOR,
    }
    for name, role in people.items():
        account = officer(open_ward, name, role)
        subscribe(open_ward, f"{name}@example.gov.vn", account_id=account.id)
    at = clock.start_of_day(TODAY) + timedelta(hours=9)
    for code in ("wait", "fee"):
        visit = finished_visit(open_ward.desks[0], at=at)
        with clock.replaced(at), unit_of_work() as session:
            given = tap(open_ward, visit, level=1, reasons=(code,))
            recording.record_rating(session, given)
    tick(EVENING, office)
    texts = {one["To"].split("@")[0]: plain_of(one) for one in office.arrived}
    assert {name: ("Chờ lâu" in text, "Đòi thêm tiền" in text) for name, text in texts.items()} == {
        "hanh": (True, False),
        "minh": (True, True),
        "tuan": (False, False),
    }
    assert "2 lượt không hài lòng" in texts["tuan"]


def test_answers_owed_past_their_day_are_told_to_who_sees_them(
    open_ward: Office, office: PostOffice
) -> None:
    """Also where nothing else has to be handled; an allegation only to who sees allegations."""
    begun = TODAY - 14 * DAY
    rate_day(open_ward, begun, "1")
    speak(open_ward, 1, at=clock.start_of_day(begun) + timedelta(hours=10), reasons=("fee",))
    with clock.replaced(clock.start_of_day(begun + DAY) + timedelta(hours=9)):
        who = reader(Role.SUPERVISOR, open_ward, account_id=officer(open_ward, "v", Role.HEAD).id)
        with unit_of_work() as session:
            names = [one.name for one in voices.list_latest(session, who)]
            case_opening.open_cases(session, who, names[:1], change=Change())
            case_opening.open_due_cases(session)
    for name, role in (
        ("hanh", Role.SUPERVISOR),
        ("minh", Role.HEAD),
        ("tuan", Role.ADMINISTRATOR),
    ):
        subscribe(
            open_ward,
            f"{name}@example.gov.vn",
            account_id=officer(open_ward, name, role).id,
            kinds=frozenset({LetterKind.DAILY}),
            is_only_when_needed=True,
        )
    rate_day(open_ward, TODAY, "555")
    with unit_of_work() as session:
        for kiosk in open_ward.kiosks:
            session.get_one(Kiosk, kiosk.id).revoked_at = clock.now()
    tick(EVENING, office)
    texts = {one["To"].split("@")[0]: plain_of(one) for one in office.arrived}
    assert texts.keys() == {"hanh", "minh"}
    assert "1 việc đã quá hạn trả lời, cũ nhất từ 25/02/2026." in texts["hanh"]
    assert "2 việc đã quá hạn trả lời, cũ nhất từ 25/02/2026." in texts["minh"]


def test_who_may_not_see_the_unit_any_more_gets_nothing(
    open_ward: Office, office: PostOffice
) -> None:
    account = officer(open_ward, "hanh", Role.SUPERVISOR)
    subscribe(open_ward, account_id=account.id, kinds=frozenset({LetterKind.DAILY}))
    rate_day(open_ward, TODAY, "5")
    with clock.replaced(EVENING):
        sending.plan_letters()
        with unit_of_work() as session:
            session.get_one(Account, account.id).disabled_at = clock.now()
        assert sending.send_waiting(server=office.server) == 0
    assert office.arrived == []
    assert {one.state for one in deliveries()} == {DeliveryState.WITHHELD}
    tick(EVENING + DAY, office)
    assert {one.state for one in deliveries()} == {DeliveryState.WITHHELD}


def test_only_when_something_needs_handling(open_ward: Office, office: PostOffice) -> None:
    subscribe(open_ward, kinds=frozenset({LetterKind.DAILY}), is_only_when_needed=True)
    rate_day(open_ward, TODAY, "555")
    rate_day(open_ward, TODAY + DAY, "551")
    with unit_of_work() as session:
        for kiosk in open_ward.kiosks:
            session.get_one(Kiosk, kiosk.id).revoked_at = clock.now()
    assert tick(EVENING, office) == 0
    assert tick(EVENING + DAY, office) == 1


def test_weekly_and_monthly_letters_name_their_own_period(
    open_ward: Office, office: PostOffice
) -> None:
    subscribe(open_ward, kinds=frozenset({LetterKind.WEEKLY, LetterKind.MONTHLY}))
    rate_day(open_ward, TODAY - 4 * DAY, "5" * 40)
    monday = datetime(2026, 3, 9, 1, 0, tzinfo=UTC)
    assert tick(monday - timedelta(minutes=1), office) == 1
    assert tick(monday, office) == 1
    first = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    tick(first, office)
    subjects = [one["Subject"] for one in office.arrived]
    assert "Đánh giá tuần 02/03 – 08/03/2026: 40 lượt, không có ý kiến chưa hài lòng" in subjects
    assert "Đánh giá tháng 3/2026: 40 lượt, không có ý kiến chưa hài lòng" in subjects
    weekly = next(one for one in office.arrived if "02/03" in one["Subject"])
    assert "Không làm việc: 07/03/2026, 08/03/2026." in plain_of(weekly)


def test_ratings_are_stored_while_a_monthly_report_is_drawn(
    open_ward: Office, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(open_ward, kinds=frozenset({LetterKind.MONTHLY}))
    rate_day(open_ward, TODAY, "5" * 3)
    first = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    app = this_app()
    drawn: list[int] = []

    def rate_late() -> None:
        with app.app_context():
            rated_visit(open_ward, 1, at=first - 2 * DAY)

    def draw(report: Report) -> bytes:
        late = threading.Thread(target=rate_late)
        late.start()
        late.join(timeout=LONGEST_TAP_SECONDS)
        assert not late.is_alive(), "a rating waits for the report"
        drawn.append(report.total.total.answers)
        return b"%PDF"

    monkeypatch.setitem(WRITERS, "pdf", draw)
    tick(first, office)
    assert drawn == [3]
    (letter,) = office.arrived
    assert "3 lượt" in letter["Subject"]
    assert [one.get_content() for one in letter.iter_attachments()] == [b"%PDF"]


def test_a_units_name_can_begin_no_header(open_ward: Office, office: PostOffice) -> None:
    with unit_of_work() as session:
        name = session.scalars(select(UnitName)).first()
        assert name is not None
        name.name = 'Phường "Hoa\r\nBcc: all@example.vn\r\n\r\nSen" <x>, \u202eên'
    subscribe(open_ward, kinds=frozenset({LetterKind.DAILY}))
    rate_day(open_ward, TODAY, "5")
    tick(EVENING, office)
    for one in office.arrived:
        assert one["Bcc"] is None
        assert len(one.get_all("From", [])) == len(one.get_all("To", [])) == 1
        assert one["To"] == READER
        assert SENDER in one["From"]


def test_the_identity_of_a_letter_is_its_own_for_ever() -> None:
    slot = Slot(EVENING, 7, LetterKind.DAILY, day_period(TODAY))
    one = message_id(slot, READER, host="example.gov.vn")
    assert one == message_id(slot, READER, host="example.gov.vn")
    assert one.startswith("<daily.20260310.")
    others = {
        message_id(slot, "other@example.gov.vn", host="example.gov.vn"),
        message_id(Slot(EVENING, 8, LetterKind.DAILY, day_period(TODAY)), READER, host="x.vn"),
        message_id(Slot(EVENING, 7, LetterKind.WEEKLY, day_period(TODAY)), READER, host="x.vn"),
    }
    assert len(others | {one}) == 4


def test_without_https_nothing_promises_one_click() -> None:
    held = HeldDelivery(
        id=1,
        token="x",
        address=READER,
        language="vi",
        subject="Thư",
        plain="x\n",
        html="<p>x</p>",
        message_id="<x@y>",
        unit_name="Phường",
        subscription_id=1,
        planned_at=EVENING,
        file=b"%PDF-1.7",
        file_name="bao-cao.pdf",
    )
    message = build_message(held, sender=SENDER, stop_url="http://intranet/stop")
    assert message["List-Unsubscribe"] == "<http://intranet/stop>"
    assert message["List-Unsubscribe-Post"] is None
    assert [part.get_filename() for part in message.iter_attachments()] == ["bao-cao.pdf"]
    assert "List-Unsubscribe" not in build_message(held, sender=SENDER, stop_url="")


def test_a_reader_may_have_english(open_ward: Office, office: PostOffice) -> None:
    subscribe(open_ward, language=Language.EN, kinds=frozenset({LetterKind.DAILY}))
    rate_day(open_ward, TODAY, "5" * 30 + "1")
    tick(EVENING, office)
    letter = office.arrived[-1]
    assert letter["Subject"] == "Ratings of 10/03: 97% satisfied, 1 to look at"
    assert letter["Content-Language"] == "en"
    assert "Thư" not in plain_of(letter).replace("Thứ", "")


def test_commands_show_send_and_list(
    app: Flask, open_ward: Office, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(open_ward)
    rate_day(open_ward, TODAY, "5")
    monkeypatch.setattr(sending, "mail_server", lambda _settings: office.server)
    run = app.test_cli_runner().invoke
    shown = run(args=["letters", "send", "--day", "2026-03-10", "--dry-run"])
    assert "1 trong 1 lượt" in shown.stdout
    assert office.arrived == []
    assert deliveries() == []
    sent = run(args=["letters", "send", "--day", "2026-03-10", "--unit", "00103"])
    assert "Đã lập 1 thư, đã gửi 1" in sent.stdout
    again = run(args=["letters", "send", "--day", "2026-03-10"])
    assert "Đã lập 0 thư, đã gửi 0" in again.stdout
    assert "sent=1" in run(args=["letters", "list"]).stdout


def test_without_a_mail_server_letters_wait(app: Flask, open_ward: Office) -> None:
    subscribe(open_ward, kinds=frozenset({LetterKind.DAILY}))
    rate_day(open_ward, TODAY, "5")
    with clock.replaced(EVENING):
        assert scheduler.plan_and_send() == 0
        with reading() as session:
            assert outbox.oldest_waiting(session) == EVENING
            assert session.scalar(select(Letter.id)) is not None
    assert isinstance(app.config["SETTINGS"], Settings)
