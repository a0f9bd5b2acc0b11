"""From figures of the overview to the answers behind them, and the latest of them."""

import re
import uuid
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import clock, counting, office, recording, succession, visits
from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.models import Case, Rating
from satisfaction.terms import (
    CaseKind,
    CaseState,
    Channel,
    Dimension,
    Role,
    UnitKind,
)
from tests.admin.officers import make_officer, signed_in
from tests.admin.overviews import (
    MARCH,
    MONDAY,
    PAGE,
    count_by,
    count_listed,
    figure_of,
    open_overview,
    part_of,
    plant,
    text_of,
    voice_addresses,
)
from tests.conftest import NOW, Office
from tests.core.voicing import speak
from tests.making import tap


def test_who_may_see_no_allegation_sees_neither_it_nor_its_trace(app: Flask, march: Office) -> None:
    part = part_of(open_overview(app, march).get(PAGE).text, "reasons")
    assert "Đòi thêm tiền" not in part
    assert "Trong 15 lượt chưa hài lòng, 13 lượt có chọn lý do." in text_of(part)
    make_officer("head", Role.HEAD, unit=march.unit)
    part = part_of(signed_in(app, "head").get(PAGE).text, "reasons")
    assert "Đòi thêm tiền, giấy tờ" in part
    assert "Trong 15 lượt chưa hài lòng, 14 lượt có chọn lý do." in text_of(part)


@pytest.mark.once
def test_nothing_that_leads_to_a_person_is_on_the_page(app: Flask, march: Office) -> None:
    with clock.replaced(MONDAY), unit_of_work() as session:
        new = visits.NewVisit(desk_id=march.desks[0].id, ticket_number="T-4711")
        visit = visits.close_visit(session, visits.open_visit(session, new).id)
        recording.record_rating(session, tap(march, visit, level=1))
    html = open_overview(app, march, Role.HEAD).get(PAGE).text
    # Digests of files and tokens of forms may hold any digits by chance.
    assert "4711" not in re.sub(r'\?v=\w+|value="[^"]{40,}"', "", html)
    assert "08:30" not in html
    with reading() as session:
        assert session.scalar(select(Rating.seq).limit(1)) is not None


def test_the_latest_voices_are_shown_to_who_may_see_them_after_closing(
    app: Flask, march: Office
) -> None:
    plant(march, [1], at=NOW - timedelta(minutes=10), desk=1, reasons=("manner",))
    shown = part_of(open_overview(app, march).get(PAGE).text, "voices")
    assert shown.count('<tr class="slim">') == 6
    assert "Thứ Hai 09/03/2026" in shown
    assert "10/03/2026" not in shown
    assert not re.search(r"\d\d:\d\d", shown)
    assert "Thái độ phục vụ" not in shown
    assert "Đòi thêm tiền" not in shown
    make_officer("tuan", Role.ADMINISTRATOR, unit=march.unit)
    assert 'data-part="voices"' not in signed_in(app, "tuan").get(PAGE).text


def test_the_latest_voices_follow_the_question(app: Flask, march: Office) -> None:
    """They are those of its period, desk, procedure and channel, with how many there are."""
    plant(march, [2] * 8, at=MONDAY - timedelta(days=40), desk=0, reasons=("manner",))
    browser = open_overview(app, march)

    def shown(words: str) -> str:
        return text_of(part_of(browser.get(f"/admin/overview?{words}").text, "voices"))

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
    assert "Xem ý kiến này" in of_first
    none = "Không có ý kiến chưa hài lòng trong kỳ này (40 lượt)"
    assert none in shown("period=2026-03&channel=online")
    assert "7 ngày qua (40 lượt)" in shown("period=7-days&channel=online")


def test_low_answers_that_are_not_shown_yet_are_not_said_to_be_none(
    app: Flask, ward: Office
) -> None:
    plant(ward, [1, 5], at=NOW - timedelta(minutes=10))
    part = text_of(part_of(open_overview(app, ward).get(PAGE).text, "voices"))
    assert "Ý kiến chưa hài lòng của kỳ này chưa đến lúc hiện" in part
    assert "Bàn 1" not in part


def test_words_of_who_was_satisfied_are_not_among_the_latest_low_ones(
    app: Flask, march: Office
) -> None:
    speak(march, 5, at=MONDAY, words="Rất chu đáo")
    browser = open_overview(app, march)
    assert "Rất hài lòng" not in part_of(browser.get(PAGE).text, "voices")
    assert "Rất chu đáo" in browser.get("/admin/voices?period=2026-03").text


@pytest.mark.parametrize("narrowing", ["", "&channel=online", "&channel=in_person"])
def test_each_figure_leads_to_as_many_voices_as_it_counts(
    app: Flask, march: Office, elsewhere: Office, narrowing: str
) -> None:
    """Words of the satisfied, and other units, are in no list behind a figure."""
    speak(march, 5, at=MONDAY, words="Rất chu đáo")
    plant(elsewhere, [1] * 5)
    plant(march, [2, 3], at=MONDAY - timedelta(days=4), procedure=0, channel=Channel.ONLINE)
    browser = open_overview(app, march, Role.HEAD)
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
        rows = [row for row in count_by(march, by, **chosen).rows if row.key != "unknown"]
        if part == "procedures":
            rows = [row for row in rows if row.answers >= 30]
        low = [row.neutral + row.dissatisfied for row in rows]
        expected[part] = sorted(one for one in low if one)
    total = count_by(march, Dimension.TOTAL, **chosen).total
    unsatisfied = total.neutral + total.dissatisfied
    expected["places"] = sorted([*expected["places"], unsatisfied])
    with reading() as session:
        query = CountQuery(unit_id=march.unit.id, period=MARCH, **chosen)
        reasons = counting.count_reasons(session, query, with_allegations=True)
    expected["reasons"] = sorted(row.count for row in reasons.rows if row.count)
    for part, counts in expected.items():
        found = [one for one in voice_addresses(html, part) if "level=1" in one]
        assert all(narrowing.lstrip("&") in one for one in found)
        assert sorted(count_listed(browser, one) for one in found) == counts, part
    figure = re.search(r'data-figure="unsatisfied">.*?href="([^"]*)"', html, re.DOTALL)
    assert figure is not None
    assert count_listed(browser, unescape(figure[1])) == unsatisfied


def test_opinions_without_a_visit_are_said_to_be_beyond_the_count(
    app: Flask, march: Office
) -> None:
    with clock.replaced(MONDAY), unit_of_work() as session:
        changed = change_configuration(session, march.unit, Changes(allows_unlinked=True))
        given = tap(march, level=1, configuration_id=changed.id)
        recording.record_rating(session, given)
    browser = open_overview(app, march, Role.HEAD)
    html = browser.get(PAGE).text
    address = next(one for one in voice_addresses(html, "places") if "desk" not in one)
    total = count_by(march, Dimension.TOTAL).total
    assert count_listed(browser, address) == total.neutral + total.dissatisfied + 1
    said = "Trong đó 1 ý kiến không gắn lượt phục vụ nên không tính vào số liệu tổng quan."
    assert said in browser.get(address).text


def test_a_unit_s_own_line_beside_those_under_it_leads_to_no_list(
    app: Flask, march: Office, elsewhere: Office
) -> None:
    """The list of that unit would hold those of the units under it as well."""
    plant(elsewhere, [1] * 4 + [5] * 40)
    with unit_of_work() as session:
        ward = office.get_unit(session, march.unit.id)
        succession.move_unit(session, ward, elsewhere.unit, from_day=date(2026, 3, 1))
    browser = open_overview(app, elsewhere, Role.HEAD)
    html = browser.get(PAGE).text
    found = [count_listed(browser, one) for one in voice_addresses(html, "places")]
    assert sorted(found) == [15, 19]


@pytest.mark.once
def test_a_period_that_the_list_does_not_take_is_led_to_no_list(app: Flask, march: Office) -> None:
    browser = open_overview(app, march)
    html = browser.get("/admin/overview?from=2025-01-01&to=2026-03-31").text
    assert "level=" not in html
    assert "125" in figure_of(html, "answers")
    inside = browser.get("/admin/overview?from=2025-03-01&to=2026-03-31").text
    address = next(one for one in voice_addresses(inside, "places") if "desk" not in one)
    assert count_listed(browser, address) == 15


@pytest.mark.once
def test_who_may_see_no_voice_is_led_to_none(app: Flask, march: Office) -> None:
    html = open_overview(app, march, Role.ADMINISTRATOR).get(PAGE).text
    assert "/admin/voices" not in html


def test_voices_that_nobody_has_seen_are_something_to_do_and_a_badge(
    app: Flask, march: Office, elsewhere: Office
) -> None:
    """Both know nothing of what is not to be shown yet, and of other units."""
    plant(elsewhere, [1] * 3)
    plant(march, [1], at=NOW - timedelta(minutes=10))
    browser = open_overview(app, march)
    html = browser.get("/admin/overview?period=2026-02").text
    todo = text_of(html.split('<ul class="todo"')[1].split("</ul>")[0])
    assert "15 ý kiến chưa xem cũ nhất từ Thứ Hai 09/03/2026" in todo
    assert '<span class="cnt" title="chưa xem">15<' in html
    address = re.search(r'class="todo-card[^"]*" href="(/admin/voices[^"]*)"', html)
    assert address is not None
    page = browser.get(unescape(address[1]))
    assert count_listed(browser, unescape(address[1])) == 15
    name = re.findall(r'data-voice="(\w+)"', page.text)[0]
    sent = {"voice": name, "deed": "close", "note": "Đã xem"}
    assert browser.post("/admin/voices", data=sent).status_code == 303
    assert '<span class="cnt" title="chưa xem">14<' in browser.get(PAGE).text
    make_officer("auditor", Role.AUDITOR, unit=march.unit)
    html = signed_in(app, "auditor").get(PAGE).text
    assert "ý kiến chưa xem" not in html
    assert 'class="cnt"' not in html


def test_the_oldest_of_the_overdue_cases_is_named(app: Flask, march: Office) -> None:
    """A case that is older, and not owed yet, is not the oldest of those past their day."""
    browser = open_overview(app, march)
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
    todo = text_of(html.split('<ul class="todo"')[1].split("</ul>")[0])
    assert "1 ý kiến quá hạn trả lời cũ nhất từ Thứ Ba 10/02/2026" in todo


def test_the_latest_voices_name_their_unit_where_the_page_covers_several(
    app: Flask, march: Office, elsewhere: Office
) -> None:
    with unit_of_work() as session:
        city = office.add_unit(
            session, "01", name="Thành phố", kind=UnitKind.CITY, from_day=date(2024, 1, 1)
        )
        for unit in (march.unit, elsewhere.unit):
            succession.move_unit(session, unit, city, from_day=date(2024, 1, 1))
    plant(elsewhere, [1])
    make_officer("city", Role.HEAD, unit=city)
    browser = signed_in(app, "city")
    named = "Bàn 2 · Phường Tây Hồ"
    assert named in text_of(part_of(browser.get(f"{PAGE}&unit={city.id}").text, "voices"))
    alone = text_of(part_of(browser.get(f"{PAGE}&unit={march.unit.id}").text, "voices"))
    assert "Bàn 2" in alone
    assert named not in alone
