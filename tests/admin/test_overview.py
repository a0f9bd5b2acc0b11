"""The overview page: every part agrees with the counts, and says no more than it may."""

import re
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import clock, counting, office, recording, rollups, succession, visits
from satisfaction.calendars import Week, read_spans, set_week
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery, Figures
from satisfaction.models import AuditEntry, Case, DayNote, Desk, Heartbeat, Rating
from satisfaction.periods import month_period
from satisfaction.statistics import Counted, wilson_interval
from satisfaction.terms import (
    AuditAction,
    CaseKind,
    CaseState,
    Channel,
    Dimension,
    Role,
    SuccessionExtent,
    SuccessionKind,
    UnitKind,
)
from satisfaction.web.formats import as_share_range
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.admin.test_counts import tables_of
from tests.conftest import NOW, Office
from tests.core.voicing import speak
from tests.making import tap

HTMX = {"HX-Request": "true"}
MARCH = month_period(date(2026, 3, 1))
MONDAY = datetime(2026, 3, 9, 1, 30, tzinfo=UTC)
PAGE = "/admin/overview?period=2026-03"


def _plant(
    ward: Office,
    levels: Iterable[int | None],
    *,
    at: datetime = MONDAY,
    desk: int = 0,
    reasons: tuple[str, ...] = (),
    procedure: int | None = None,
    channel: Channel = Channel.IN_PERSON,
) -> None:
    """Finish visits at a desk, and rate those that have a level, in one transaction."""
    procedure_id = None if procedure is None else ward.procedures[procedure].id
    with clock.replaced(at), unit_of_work() as session:
        taps = []
        for level in levels:
            new = visits.NewVisit(
                desk_id=ward.desks[desk].id, procedure_id=procedure_id, channel=channel
            )
            visit = visits.close_visit(session, visits.open_visit(session, new).id)
            if level is not None:
                taps.append(tap(ward, visit, desk=desk, level=level, reasons=reasons))
        recording.record_ratings(session.connection(), taps)


@pytest.fixture
def march(ward: Office) -> Office:
    """Plant a fortnight: the first desk is well rated, the second is not, one Monday is odd."""
    _plant(ward, [5] * 30 + [4] * 15 + [3], procedure=0)
    _plant(ward, [1] * 12 + [4] * 25, desk=1, procedure=1, reasons=("wait",))
    _plant(ward, [1], desk=1, procedure=1, reasons=("fee",))
    _plant(ward, [2], desk=1, procedure=1, reasons=("fee", "late"))
    _plant(ward, [None] * 9)
    _plant(ward, [5] * 40, at=MONDAY - timedelta(days=4), procedure=0, channel=Channel.ONLINE)
    return ward


def _open(app: Flask, ward: Office, role: Role = Role.SUPERVISOR) -> OfficersBrowser:
    make_officer("hanh", role, unit=ward.unit)
    return signed_in(app, "hanh")


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def _part(html: str, name: str) -> str:
    found = re.search(rf'<section[^>]*data-part="{name}".*?</section>', html, re.DOTALL)
    assert found is not None, name
    return found[0]


def _figure(html: str, name: str) -> str:
    found = re.search(rf'data-figure="{name}">.*?</div>', html, re.DOTALL)
    assert found is not None, name
    return _text(found[0][found[0].index(">") + 1 :])


def _count(ward: Office, by: Dimension, **filters: Any) -> Figures:
    with reading() as session:
        query = CountQuery(unit_id=ward.unit.id, period=MARCH, by=by, **filters)
        return counting.count(session, query)


def _number(text: str) -> int:
    return int(text.replace(".", ""))


@pytest.mark.parametrize("is_rebuilt", [False, True])
def test_every_part_of_the_page_agrees_with_the_counts(
    app: Flask, march: Office, is_rebuilt: bool
) -> None:
    if is_rebuilt:
        for day in (date(2026, 3, 5), date(2026, 3, 9)):
            with unit_of_work() as session:
                rollups.rebuild_day(session, day)
    browser = _open(app, march)
    choices: tuple[dict[str, Any], ...] = (
        {},
        {"desk_id": march.desks[1].id},
        {"procedure_id": march.procedures[0].id},
        {"channel": Channel.ONLINE},
    )
    for chosen in choices:
        words = "".join(f"&{name.removesuffix('_id')}={value}" for name, value in chosen.items())
        _compare(march, browser.get(f"{PAGE}{words}").text, chosen)


def _compare(march: Office, html: str, chosen: dict[str, Any]) -> None:
    """Compare every number of a page with what ``counting`` says of the same question."""
    total = _count(march, Dimension.TOTAL, **chosen).total
    assert _figure(html, "answers").startswith(f"Lượt đánh giá {total.answers} ")
    unsatisfied = total.neutral + total.dissatisfied
    assert _figure(html, "unsatisfied").startswith(f"Chưa hài lòng {unsatisfied} ")
    assert f"{total.rated_visits} trên {total.finished_visits}" in _figure(html, "participation")
    for name, by in (("places", Dimension.DESK), ("days", Dimension.DAY)):
        table = tables_of(_part(html, name))[0]
        rows = {row.key: row for row in _count(march, by, **chosen).rows if row.answers}
        place = -3 if name == "places" else 1
        shown = {key: _number(cells[place]) for key, cells in table.items() if key != "total"}
        assert {key: one for key, one in shown.items() if one} == {
            key: row.answers for key, row in rows.items()
        }
    with reading() as session:
        query = CountQuery(unit_id=march.unit.id, period=MARCH, **chosen)
        hours = counting.count_hours(session, query)
        reasons = counting.count_reasons(session, query)
    assert sum(one.answers for one in hours) == total.answers
    assert sum(one.satisfied for one in hours) == total.satisfied
    cells = re.findall(r'title="(\d+) trong (\d+) lượt"', _part(html, "hours"))
    assert [(int(a), int(b)) for a, b in cells] == [
        (one.answers - one.satisfied, one.answers) for one in hours if one.answers >= 15
    ]
    bars = re.findall(r'<li data-key="(\w+)">.*?<b>(\d+)</b>', _part(html, "reasons"))
    assert bars == [(row.code, str(row.count)) for row in reasons.rows]
    procedures = {row.key: row.answers for row in _count(march, Dimension.PROCEDURE, **chosen).rows}
    tables = tables_of(_part(html, "procedures"))
    assert {key: _number(line[-1]) for table in tables for key, line in table.items()} == {
        key: answers for key, answers in procedures.items() if answers >= 30 and key != "unknown"
    }


def test_the_sentence_names_the_desk_below_its_limit_and_the_title_too(
    app: Flask, march: Office
) -> None:
    html = _open(app, march).get(PAGE).text
    told = _text(html.split('<p class="tell"')[1].split("</p>")[0])
    assert "Trong tháng 3/2026 (mới đến 10/03), 88,0% trong 125 lượt đánh giá" in told
    assert "hài lòng hoặc rất hài lòng" in told
    assert "Bàn 2 thấp hơn mức chung" in told
    assert '<h2 id="places">Bàn 2 thấp hơn mức chung' in html
    assert "Thấp bất thường" in _part(html, "places")
    todo = html.split('<ul class="todo"')[1].split("</ul>")[0]
    assert "Bàn 2 thấp hơn mức bình thường" in todo
    assert f"desk={march.desks[1].id}" in todo
    assert "Chờ lâu là lý do nhiều nhất" in _part(html, "reasons")
    assert "Chứng thực chữ ký thấp hơn mức chung" in _part(html, "procedures")


def test_the_interval_stands_beside_the_share(app: Flask, march: Office) -> None:
    html = _open(app, march).get(PAGE).text
    assert "khoảng tin cậy 95%: 81,1–92,6%" in _figure(html, "share")


def test_few_answers_have_counts_and_no_percentage(app: Flask, ward: Office) -> None:
    _plant(ward, [5] * 20 + [2] * 9)
    html = _open(app, ward).get(PAGE).text
    assert "20 lượt hài lòng trong 29 lượt đánh giá" in _text(html)
    assert "Dưới 30 lượt, chưa tính tỷ lệ" in html
    for part in ("places", "days", "procedures", "reasons"):
        assert not re.search(r"\d%", _text(_part(html, part)).replace("95%", "")), part
    assert "%" not in _figure(html, "share")


def test_a_month_without_answers_says_which_device_was_heard(app: Flask, ward: Office) -> None:
    browser = _open(app, ward)
    assert "Chưa có máy đánh giá nào báo về." in browser.get(PAGE).text
    with unit_of_work() as session:
        session.add(
            Heartbeat(
                kiosk_id=ward.kiosks[1].id,
                at=MONDAY,
                queue_length=3,
                device_epoch=1,
                next_counter=1,
                version="1",
                clock_offset_ms=0,
            )
        )
    html = browser.get(PAGE).text
    assert "chưa có lượt đánh giá nào" in html
    assert "Bàn 2 báo về lần cuối lúc 08:30, 09/03/2026." in html
    assert "Bàn 2 còn 3 lượt chờ gửi, số liệu có thể tăng." in html
    assert "còn 3 lượt chờ gửi" not in browser.get("/admin/overview?period=2026-01").text


def test_a_filter_that_finds_nothing_offers_to_take_it_away(app: Flask, march: Office) -> None:
    html = _open(app, march).get(f"{PAGE}&channel=post").text
    assert "Không có lượt nào khớp. Bỏ bớt điều kiện lọc." in html
    assert 'href="/admin/overview?period=2026-03">Bỏ điều kiện lọc' in html


def test_who_may_see_no_allegation_sees_neither_it_nor_its_trace(app: Flask, march: Office) -> None:
    part = _part(_open(app, march).get(PAGE).text, "reasons")
    assert "Đòi thêm tiền" not in part
    assert "Trong 15 lượt chưa hài lòng, 13 lượt có chọn lý do." in _text(part)
    make_officer("head", Role.HEAD, unit=march.unit)
    part = _part(signed_in(app, "head").get(PAGE).text, "reasons")
    assert "Đòi thêm tiền, giấy tờ" in part
    assert "Trong 15 lượt chưa hài lòng, 14 lượt có chọn lý do." in _text(part)


def test_an_earlier_month_that_compares_stands_beside_each_figure(
    app: Flask, march: Office
) -> None:
    _plant(march, [5] * 20 + [1] * 20, at=MONDAY - timedelta(days=28))
    html = _open(app, march).get(PAGE).text
    assert "cao hơn 01/02 – 10/02/2026 (50%)" in html
    assert "kỳ trước: 50% trong 40 lượt" in _figure(html, "share")
    assert "kỳ trước: 40" in _figure(html, "answers")
    assert "kỳ trước: 100%" in _figure(html, "participation")
    assert "kỳ trước: 20 trên 40" in _figure(html, "unsatisfied")
    assert "Kỳ còn đang chạy, nên so với 01/02 – 10/02/2026" in html


def test_a_month_that_does_not_compare_says_why(app: Flask, march: Office) -> None:
    browser = _open(app, march)
    assert "kỳ trước dưới 30 lượt đánh giá" in browser.get(PAGE).text
    with unit_of_work() as session:
        open_day = read_spans("7:30-17:00")
        for from_day, days in ((date(2025, 1, 1), 5), (date(2026, 3, 1), 6)):
            week = Week((open_day,) * days + ((),) * (7 - days))
            set_week(session, march.unit.id, week=week, from_day=from_day)
    html = browser.get(PAGE).text
    assert "hai kỳ không làm việc vào cùng các thứ trong tuần" in html
    assert "<small>kỳ trước:" not in html


def test_a_succession_is_not_compared_across(app: Flask, march: Office, elsewhere: Office) -> None:
    _plant(march, [5] * 50, at=MONDAY - timedelta(days=28))
    with unit_of_work() as session:
        succession.add_succession(
            session,
            elsewhere.unit,
            successor=march.unit,
            kind=SuccessionKind.MERGED,
            extent=SuccessionExtent.WHOLE,
            from_day=date(2026, 3, 1),
        )
    assert "đơn vị đã sắp xếp lại" in _open(app, march).get(PAGE).text


def test_a_new_desk_says_since_when(app: Flask, march: Office) -> None:
    with unit_of_work() as session:
        session.get_one(Desk, march.desks[1].id).from_day = date(2026, 3, 2)
    part = _part(_open(app, march).get(f"{PAGE}&procedure={march.procedures[1].id}").text, "places")
    assert "mới" in _text(part)


def test_a_unit_with_others_under_it_is_laid_out_by_units(
    app: Flask, march: Office, elsewhere: Office
) -> None:
    with unit_of_work() as session:
        city = office.add_unit(
            session,
            "01",
            name="Thành phố",
            kind=UnitKind.CITY,
            from_day=date(2024, 1, 1),
        )
        for unit in (march.unit, elsewhere.unit):
            succession.move_unit(session, unit, city, from_day=date(2024, 1, 1))
    _plant(elsewhere, [5] * 60)
    make_officer("city", Role.HEAD, unit=city)
    browser = signed_in(app, "city")
    html = browser.get(f"{PAGE}&unit={city.id}").text
    table = tables_of(_part(html, "places"))[0]
    assert set(table) == {"00103", "00091", "total"}
    assert f'href="/admin/overview?unit={march.unit.id}&amp;period=2026-03"' in html
    assert browser.get(f"{PAGE}&unit={march.unit.id}").status_code == 200


@pytest.mark.parametrize(
    ("order", "desks"),
    [
        ("share", ["Bàn 2", "Bàn 1"]),
        ("name", ["Bàn 1", "Bàn 2"]),
        ("answers", ["Bàn 1", "Bàn 2"]),
        ("participation", ["Bàn 2", "Bàn 1"]),
    ],
)
def test_desks_are_sorted_without_javascript(
    app: Flask, march: Office, order: str, desks: list[str]
) -> None:
    part = _part(_open(app, march).get(f"{PAGE}&sort={order}").text, "places")
    assert re.findall(r">(Bàn \d)</a>", part) == desks
    assert part.count("aria-sort=") == 1


def test_a_swap_is_the_same_as_the_part_of_the_page(app: Flask, march: Office) -> None:
    browser = _open(app, march)
    page, piece = browser.get(PAGE), browser.get(PAGE, headers=HTMX)
    assert "<html" not in piece.text
    assert "HX-Request" in piece.headers["Vary"]
    assert _part(piece.text, "places") == _part(page.text, "places")


def test_what_the_overview_does_not_ask_leaves_the_address_alone(app: Flask, march: Office) -> None:
    browser = _open(app, march)
    answer = browser.get(f"{PAGE}&desk=&by=day&source=qr")
    assert answer.location == "/admin/overview?period=2026-03"
    assert "125" in _figure(browser.get(f"{PAGE}&by=nonsense&source=nonsense").text, "answers")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("period=2026-13", 400),
        ("from=2026-03-09&to=2026-03-01", 400),
        ("from=1999-01-01&to=1999-02-01", 400),
        ("from=2010-01-01&to=2026-02-01", 400),
        ("period=%00", 400),
        ("channel=tele", 400),
        ("sort=merit", 400),
        ("desk=x", 404),
        ("desk=999999", 404),
        ("unit=999999", 404),
        ("procedure=-1", 404),
    ],
)
def test_bad_words_get_a_clear_answer(app: Flask, march: Office, words: str, status: int) -> None:
    browser = _open(app, march)
    assert browser.get(f"/admin/overview?{words}").status_code == status
    assert browser.get(f"/admin/overview?{words}", headers=HTMX).status_code == status


def test_another_unit_and_its_desks_are_not_there(
    app: Flask, march: Office, elsewhere: Office
) -> None:
    browser = _open(app, march)
    for words in (f"unit={elsewhere.unit.id}", f"desk={elsewhere.desks[0].id}"):
        assert browser.get(f"/admin/overview?{words}").status_code == 404


def test_names_are_shown_and_never_run(app: Flask, march: Office) -> None:
    with unit_of_work() as session:
        session.get_one(Desk, march.desks[1].id).name = "<script>x</script>%(a)s"
    html = _open(app, march).get(PAGE).text
    assert "&lt;script&gt;x&lt;/script&gt;%(a)s thấp hơn mức chung" in html
    assert "<script>x" not in html


def test_nothing_that_leads_to_a_person_is_on_the_page(app: Flask, march: Office) -> None:
    with clock.replaced(MONDAY), unit_of_work() as session:
        new = visits.NewVisit(desk_id=march.desks[0].id, ticket_number="T-4711")
        visit = visits.close_visit(session, visits.open_visit(session, new).id)
        recording.record_rating(session, tap(march, visit, level=1))
    html = _open(app, march, Role.HEAD).get(PAGE).text
    assert "4711" not in html
    assert "08:30" not in html
    with reading() as session:
        assert session.scalar(select(Rating.seq).limit(1)) is not None


def test_the_latest_voices_are_shown_to_who_may_see_them_after_closing(
    app: Flask, march: Office
) -> None:
    _plant(march, [1], at=NOW - timedelta(minutes=10), desk=1, reasons=("manner",))
    shown = _part(_open(app, march).get(PAGE).text, "voices")
    assert shown.count('<tr class="slim">') == 6
    assert "Thứ Hai 09/03/2026" in shown
    assert "10/03/2026" not in shown
    assert not re.search(r"\d\d:\d\d", shown)
    assert "Thái độ phục vụ" not in shown
    assert "Đòi thêm tiền" not in shown
    make_officer("auditor", Role.AUDITOR, unit=march.unit)
    assert 'data-part="voices"' not in signed_in(app, "auditor").get(PAGE).text


def test_the_latest_voices_follow_the_question(app: Flask, march: Office) -> None:
    """They are those of its period, desk, procedure and channel, with how many there are."""
    _plant(march, [2] * 8, at=MONDAY - timedelta(days=40), desk=0, reasons=("manner",))
    browser = _open(app, march)

    def shown(words: str) -> str:
        return _text(_part(browser.get(f"/admin/overview?{words}").text, "voices"))

    march_only, january = shown("period=2026-03"), shown("period=2026-01")
    assert "Xem cả 15 ý kiến" in march_only
    assert march_only.count("Thứ Hai 09/03/2026") == 6
    assert january.count("Thứ Tư 28/01/2026") == 6
    assert "Xem cả 8 ý kiến" in january
    assert "09/03/2026" not in january
    first, second = (desk.id for desk in march.desks)
    assert shown(f"period=2026-03&desk={first}").count("Thứ Hai 09/03/2026") == 1
    assert "Bàn 1" not in shown(f"period=2026-03&desk={second}")
    of_first = shown(f"period=2026-03&procedure={march.procedures[0].id}")
    assert "Xem cả 1 ý kiến" in of_first
    none = "Không có ý kiến chưa hài lòng trong kỳ này (40 lượt)"
    assert none in shown("period=2026-03&channel=online")
    assert "7 ngày qua (40 lượt)" in shown("period=7-days&channel=online")


def test_low_answers_that_are_not_shown_yet_are_not_said_to_be_none(
    app: Flask, ward: Office
) -> None:
    _plant(ward, [1, 5], at=NOW - timedelta(minutes=10))
    part = _text(_part(_open(app, ward).get(PAGE).text, "voices"))
    assert "Ý kiến chưa hài lòng của kỳ này chưa đến lúc hiện" in part
    assert "Bàn 1" not in part


def test_words_of_who_was_satisfied_are_not_among_the_latest_low_ones(
    app: Flask, march: Office
) -> None:
    speak(march, 5, at=MONDAY, words="Rất chu đáo")
    browser = _open(app, march)
    assert "Rất hài lòng" not in _part(browser.get(PAGE).text, "voices")
    assert "Rất chu đáo" in browser.get("/admin/voices?period=2026-03").text


def _addresses(html: str, part: str) -> list[str]:
    return [
        unescape(one) for one in re.findall(r'href="(/admin/voices\?[^"]*)"', _part(html, part))
    ]


def _listed(browser: OfficersBrowser, address: str) -> int:
    """Return how many voices the list of an address says that it holds."""
    answer = browser.get(address)
    assert answer.status_code == 200, address
    found = re.search(r"([\d.]+) ý kiến chưa hài lòng hoặc có lời", answer.text)
    return _number(found[1]) if found else 0


@pytest.mark.parametrize("narrowing", ["", "&channel=online", "&channel=in_person"])
def test_each_figure_leads_to_as_many_voices_as_it_counts(
    app: Flask, march: Office, elsewhere: Office, narrowing: str
) -> None:
    """Words of the satisfied, and other units, are in no list behind a figure."""
    speak(march, 5, at=MONDAY, words="Rất chu đáo")
    _plant(elsewhere, [1] * 5)
    _plant(march, [2, 3], at=MONDAY - timedelta(days=4), procedure=0, channel=Channel.ONLINE)
    browser = _open(app, march, Role.HEAD)
    html = browser.get(f"{PAGE}{narrowing}").text
    chosen: dict[str, Any] = {}
    if narrowing:
        chosen["channel"] = Channel(narrowing.rpartition("=")[2])
    expected: dict[str, list[int]] = {}
    for part, by in (
        ("places", Dimension.DESK),
        ("days", Dimension.DAY),
        ("procedures", Dimension.PROCEDURE),
    ):
        rows = [row for row in _count(march, by, **chosen).rows if row.key != "unknown"]
        if part == "procedures":
            rows = [row for row in rows if row.answers >= 30]
        low = [row.neutral + row.dissatisfied for row in rows]
        expected[part] = sorted(one for one in low if one)
    total = _count(march, Dimension.TOTAL, **chosen).total
    unsatisfied = total.neutral + total.dissatisfied
    expected["places"] = sorted([*expected["places"], unsatisfied])
    with reading() as session:
        query = CountQuery(unit_id=march.unit.id, period=MARCH, **chosen)
        reasons = counting.count_reasons(session, query, with_allegations=True)
    expected["reasons"] = sorted(row.count for row in reasons.rows if row.count)
    for part, counts in expected.items():
        found = [one for one in _addresses(html, part) if "level=1" in one]
        assert all(narrowing.lstrip("&") in one for one in found)
        assert sorted(_listed(browser, one) for one in found) == counts, part
    figure = re.search(r'data-figure="unsatisfied">.*?href="([^"]*)"', html, re.DOTALL)
    assert figure is not None
    assert _listed(browser, unescape(figure[1])) == unsatisfied


def test_opinions_without_a_visit_are_said_to_be_beyond_the_count(
    app: Flask, march: Office
) -> None:
    with clock.replaced(MONDAY), unit_of_work() as session:
        changed = change_configuration(session, march.unit, Changes(allows_unlinked=True))
        given = tap(march, level=1, configuration_id=changed.id)
        recording.record_rating(session, given)
    browser = _open(app, march, Role.HEAD)
    html = browser.get(PAGE).text
    address = next(one for one in _addresses(html, "places") if "desk" not in one)
    total = _count(march, Dimension.TOTAL).total
    assert _listed(browser, address) == total.neutral + total.dissatisfied + 1
    said = "Trong đó 1 ý kiến không gắn lượt phục vụ nên không tính vào số liệu tổng quan."
    assert said in browser.get(address).text


def test_a_period_that_the_list_does_not_take_is_led_to_no_list(app: Flask, march: Office) -> None:
    browser = _open(app, march)
    html = browser.get("/admin/overview?from=2025-01-01&to=2026-03-31").text
    assert "level=" not in html
    assert "125" in _figure(html, "answers")
    inside = browser.get("/admin/overview?from=2025-03-01&to=2026-03-31").text
    address = next(one for one in _addresses(inside, "places") if "desk" not in one)
    assert _listed(browser, address) == 15


def test_who_may_see_no_voice_is_led_to_none(app: Flask, march: Office) -> None:
    html = _open(app, march, Role.AUDITOR).get(PAGE).text
    assert "/admin/voices" not in html


def test_voices_that_nobody_has_seen_are_something_to_do_and_a_badge(
    app: Flask, march: Office, elsewhere: Office
) -> None:
    """Both know nothing of what is not to be shown yet, and of other units."""
    _plant(elsewhere, [1] * 3)
    _plant(march, [1], at=NOW - timedelta(minutes=10))
    browser = _open(app, march)
    html = browser.get("/admin/overview?period=2026-02").text
    todo = _text(html.split('<ul class="todo"')[1].split("</ul>")[0])
    assert "15 ý kiến chưa xem cũ nhất từ Thứ Hai 09/03/2026" in todo
    assert '<span class="cnt" title="chưa xem">15<' in html
    address = re.search(r'class="todo-card[^"]*" href="(/admin/voices[^"]*)"', html)
    assert address is not None
    page = browser.get(unescape(address[1]))
    assert _listed(browser, unescape(address[1])) == 15
    name = re.findall(r'data-voice="(\w+)"', page.text)[0]
    sent = {"voice": name, "deed": "close", "note": "Đã xem"}
    assert browser.post("/admin/voices/cases", data=sent).status_code == 303
    assert '<span class="cnt" title="chưa xem">14<' in browser.get(PAGE).text
    make_officer("auditor", Role.AUDITOR, unit=march.unit)
    html = signed_in(app, "auditor").get(PAGE).text
    assert "ý kiến chưa xem" not in html
    assert 'class="cnt"' not in html


def test_the_oldest_of_the_overdue_cases_is_named(app: Flask, march: Office) -> None:
    """A case that is older, and not owed yet, is not the oldest of those past their day."""
    browser = _open(app, march)
    with unit_of_work() as session:
        rows = session.execute(select(Rating.seq, Rating.desk_id).limit(2)).all()
        for number, (row, opened, due) in enumerate(
            zip(
                rows,
                (date(2026, 2, 2), date(2026, 2, 10)),
                (date(2026, 3, 30), date(2026, 3, 2)),
                strict=True,
            ),
            start=1,
        ):
            session.add(
                Case(
                    token=uuid.UUID(int=number),
                    kind=CaseKind.VOICE,
                    unit_id=march.unit.id,
                    desk_id=row.desk_id,
                    day=opened,
                    rating_seq=row.seq,
                    state=CaseState.IN_PROGRESS,
                    opened_at=NOW,
                    opened_day=opened,
                    due_day=due,
                )
            )
    html = browser.get(PAGE).text
    todo = _text(html.split('<ul class="todo"')[1].split("</ul>")[0])
    assert "1 ý kiến quá hạn trả lời cũ nhất từ Thứ Ba 10/02/2026" in todo


def test_who_may_set_up_devices_is_led_there_while_nothing_was_rated(
    app: Flask, ward: Office
) -> None:
    led = 'href="/admin/fleet">Đặt máy đánh giá'
    assert led not in _part_of_lead(_open(app, ward).get(PAGE).text)
    make_officer("admin", Role.ADMINISTRATOR, unit=ward.unit)
    browser = signed_in(app, "admin")
    assert led in _part_of_lead(browser.get(PAGE).text)
    assert led not in browser.get(f"{PAGE}&channel=post").text
    _plant(ward, [5])
    assert led not in browser.get(PAGE).text


def _part_of_lead(html: str) -> str:
    return html.split('<section class="lead"')[1].split("</section>")[0]


def test_few_answers_are_not_told_by_the_hour(app: Flask, ward: Office) -> None:
    """Neither the number of a small cell, nor what would be left over for it."""
    _plant(ward, [5] * 20 + [1])
    browser = _open(app, ward)
    part = _part(browser.get(PAGE).text, "hours")
    assert "Chưa đủ lượt để chia theo giờ." in part
    assert "<table" not in part
    _plant(ward, [5] * 30, at=MONDAY + timedelta(hours=1))
    _plant(ward, [1], at=MONDAY + timedelta(hours=2))
    part = _part(browser.get(PAGE).text, "hours")
    cells = re.findall(r"<td class=\"(few|h\d)\"[^>]*>(.*?)</td>", part)
    assert [kind for kind, _ in cells] == ["few", "h0", "few"]
    assert not any(re.search(r"\d", _text(text)) for kind, text in cells if kind == "few")


def test_the_numbers_of_the_drawings_stand_in_tables_too(app: Flask, march: Office) -> None:
    html = _open(app, march).get(PAGE).text
    for name, by in (("places", Dimension.DESK), ("procedures", Dimension.PROCEDURE)):
        figures = _count(march, by)
        part = _part(html, name)
        table = tables_of(part[part.index(f'data-numbers="{name}"') - 10 :])[0]
        shown = [row for row in figures.rows if row.answers >= 30 and row.key != "unknown"]
        assert shown
        for row in shown:
            interval = wilson_interval(Counted(row.satisfied, row.answers))
            assert interval is not None
            said = as_share_range(interval.low, interval.high, of=row.answers)
            assert said in table[row.key]
            if name == "places":
                levels = [str(count) for count in figures.level_counts(row)]
                assert table[row.key][: len(levels)] == levels
            else:
                assert table[row.key][-1] == str(row.answers)


@pytest.fixture
def odd(ward: Office) -> Office:
    """Plant a week whose Monday is far below its limits."""
    for days in (7, 6, 5, 4):
        _plant(ward, [5] * 58 + [2] * 2, at=MONDAY - timedelta(days=days))
    _plant(ward, [5] * 30 + [1] * 30, procedure=0)
    return ward


NOTES = "/admin/overview/notes?period=2026-03"


def test_a_day_beyond_its_limits_can_be_annotated(app: Flask, odd: Office) -> None:
    browser = _open(app, odd)
    before = _part(browser.get(PAGE).text, "days")
    assert before.count("Ghi chú cho Thứ Hai 09/03") == before.count('name="words"') == 1
    sent = {"day": "2026-03-09", "words": " Hệ thống  hồ sơ ngừng 3 giờ <b> "}
    assert browser.post(NOTES, data=sent).location == "/admin/overview?period=2026-03#days"
    part = _part(browser.get(PAGE).text, "days")
    assert "ghi chú: Hệ thống hồ sơ ngừng 3 giờ …" in part
    assert "<td>Hệ thống hồ sơ ngừng 3 giờ &lt;b&gt;</td>" in part
    report = browser.get("/admin/reports?period=2026-03").text
    assert "Hệ thống hồ sơ ngừng 3 giờ &lt;b&gt;" in report
    assert "<b> " not in part
    browser.post(NOTES, data={"day": "2026-03-09", "words": "Mất điện"})
    part = _part(browser.get(PAGE).text, "days")
    assert "<td>Mất điện</td>" in part
    assert "Hệ thống hồ sơ" not in part
    browser.post(NOTES, data={"day": "2026-03-09", "words": ""})
    assert "Mất điện" not in browser.get(PAGE).text
    with reading() as session:
        notes = session.scalars(select(DayNote).order_by(DayNote.id)).all()
        assert [note.words[:8] for note in notes] == ["Hệ thống", "Mất điện"]
        assert all(note.withdrawn_at is not None for note in notes)
        deeds = session.scalars(
            select(AuditEntry).where(AuditEntry.action == AuditAction.OFFICE_CHANGED)
        ).all()
        assert [
            deed.detail["day_note"]["words"][:8] for deed in deeds if "day_note" in deed.detail
        ] == ["Hệ thống", "Mất điện", ""]


@pytest.mark.parametrize(
    ("day", "words", "said"),
    [
        ("2026-03-04", "Trời đẹp", "Chỉ ghi chú được cho ngày nằm ngoài giới hạn."),
        ("2026-04-01", "Sau này", "Chỉ ghi chú được cho ngày nằm ngoài giới hạn."),
        ("2026-03-09", "x" * 201, "Ghi chú dài nhất 200 ký tự."),
        ("2026-03-09", " \u200e", "Ngày này chưa có ghi chú nào để bỏ."),
        ("9/3", "Mất điện", "Hãy chọn một ngày."),
    ],
)
def test_a_note_on_a_quiet_day_or_none_is_refused(
    app: Flask, odd: Office, day: str, words: str, said: str
) -> None:
    answer = _open(app, odd).post(NOTES, data={"day": day, "words": words})
    assert answer.status_code == 422
    assert said in answer.text
    with reading() as session:
        assert session.scalar(select(DayNote)) is None


def test_a_note_is_offered_only_of_the_whole_unit_and_to_who_handles_cases(
    app: Flask, odd: Office, elsewhere: Office
) -> None:
    browser = _open(app, odd)
    offered = "Ghi chú cho Thứ Hai 09/03"
    assert offered not in browser.get(f"{PAGE}&desk={odd.desks[0].id}").text
    assert offered not in browser.get("/admin/overview?period=2026").text
    sent = {"day": "2026-03-09", "words": "Mất điện"}
    year = browser.post("/admin/overview/notes?period=2026", data=sent)
    assert year.status_code == 422
    assert browser.post(f"{NOTES}&unit={elsewhere.unit.id}", data=sent).status_code == 404
    make_officer("auditor", Role.AUDITOR, unit=odd.unit)
    auditor = signed_in(app, "auditor")
    assert offered not in auditor.get(PAGE).text
    assert auditor.post(NOTES, data=sent).status_code == 403


def test_english_says_the_same(app: Flask, march: Office) -> None:
    html = _open(app, march).get(f"{PAGE}&lang=en").text
    assert "Overview" in html
    assert "88.0%" in _figure(html, "share")
