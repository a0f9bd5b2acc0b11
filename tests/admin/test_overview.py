"""The overview page: every part agrees with the counts, and says no more than it may."""

import csv
import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask

from satisfaction import counting, office, rollups, succession
from satisfaction.calendars import Week, read_spans, set_week
from satisfaction.database import reading, unit_of_work
from satisfaction.figures import CountQuery
from satisfaction.models import Desk, Heartbeat
from satisfaction.statistics import Counted, wilson_interval
from satisfaction.terms import (
    Channel,
    Dimension,
    Role,
    SuccessionExtent,
    SuccessionKind,
    UnitKind,
)
from satisfaction.web.formats import as_share_range
from tests.admin.officers import make_officer, signed_in
from tests.admin.overviews import (
    HTMX,
    MARCH,
    MONDAY,
    PAGE,
    count_by,
    figure_of,
    number_of,
    open_overview,
    part_of,
    plant,
    text_of,
)
from tests.admin.test_counts import tables_of
from tests.conftest import Office


@pytest.mark.parametrize("is_rebuilt", [False, True])
def test_every_part_of_the_page_agrees_with_the_counts(
    app: Flask, march: Office, is_rebuilt: bool
) -> None:
    if is_rebuilt:
        for day in (date(2026, 3, 5), date(2026, 3, 9)):
            with unit_of_work() as session:
                rollups.rebuild_day(session, day)
    browser = open_overview(app, march)
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
    total = count_by(march, Dimension.TOTAL, **chosen).total
    assert figure_of(html, "answers").startswith(f"Lượt đánh giá {total.answers} ")
    unsatisfied = total.neutral + total.dissatisfied
    assert figure_of(html, "unsatisfied").startswith(f"Chưa hài lòng {unsatisfied} ")
    assert f"{total.rated_visits} trên {total.finished_visits}" in figure_of(html, "participation")
    for name, by in (("places", Dimension.DESK), ("days", Dimension.DAY)):
        table = tables_of(part_of(html, name))[0]
        rows = {row.key: row for row in count_by(march, by, **chosen).rows if row.answers}
        place = -3 if name == "places" else 1
        shown = {key: number_of(cells[place]) for key, cells in table.items() if key != "total"}
        assert {key: one for key, one in shown.items() if one} == {
            key: row.answers for key, row in rows.items()
        }
    with reading() as session:
        query = CountQuery(unit_id=march.unit.id, period=MARCH, **chosen)
        hours = counting.count_hours(session, query)
        reasons = counting.count_reasons(session, query)
    assert sum(one.answers for one in hours) == total.answers
    assert sum(one.satisfied for one in hours) == total.satisfied
    bars = re.findall(r'<li data-key="(\w+)">.*?<b>(\d+)</b>', part_of(html, "reasons"))
    assert bars == [(row.code, str(row.count)) for row in reasons.rows]
    procedures = {
        row.key: row.answers for row in count_by(march, Dimension.PROCEDURE, **chosen).rows
    }
    tables = tables_of(part_of(html, "procedures"))
    assert {key: number_of(line[-1]) for table in tables for key, line in table.items()} == {
        key: answers for key, answers in procedures.items() if answers >= 30 and key != "unknown"
    }


def test_the_sentence_names_the_desk_below_its_limit_and_the_title_too(
    app: Flask, march: Office
) -> None:
    html = open_overview(app, march).get(PAGE).text
    told = text_of(html.split('<p class="tell"')[1].split("</p>")[0])
    assert "Trong tháng 3/2026 (mới đến 10/03), 88,0% trong 125 lượt đánh giá" in told
    assert "hài lòng hoặc rất hài lòng" in told
    assert "Bàn 2 thấp hơn mức chung" in told
    assert '<h2 id="places">Bàn 2 thấp hơn mức chung' in html
    assert "Thấp bất thường" in part_of(html, "places")
    todo = html.split('<ul class="todo"')[1].split("</ul>")[0]
    assert "Bàn 2 thấp hơn mức bình thường" in todo
    assert f"desk={march.desks[1].id}" in todo
    assert "Lý do được chọn" in part_of(html, "reasons")
    assert "Chứng thực chữ ký thấp hơn mức chung" in part_of(html, "procedures")


@pytest.mark.once
def test_the_interval_stands_beside_the_share(app: Flask, march: Office) -> None:
    html = open_overview(app, march).get(PAGE).text
    assert "khoảng tin cậy 95%: 81,1–92,6%" in figure_of(html, "share")


def test_few_answers_have_counts_and_no_percentage(app: Flask, ward: Office) -> None:
    plant(ward, [5] * 20 + [2] * 9)
    html = open_overview(app, ward).get(PAGE).text
    assert "20 lượt hài lòng trong 29 lượt đánh giá" in text_of(html)
    assert "Dưới 30 lượt, chưa tính tỷ lệ" in html
    for part in ("places", "days", "procedures", "reasons"):
        assert not re.search(r"\d%", text_of(part_of(html, part)).replace("95%", "")), part
    assert "%" not in figure_of(html, "share")


def test_a_month_without_answers_says_which_device_was_heard(app: Flask, ward: Office) -> None:
    browser = open_overview(app, ward)
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


@pytest.mark.once
def test_a_filter_that_finds_nothing_offers_to_take_it_away(app: Flask, march: Office) -> None:
    html = open_overview(app, march).get(f"{PAGE}&channel=post").text
    assert "Không có lượt nào khớp. Bỏ bớt điều kiện lọc." in html
    assert 'href="/admin/overview?period=2026-03">Bỏ điều kiện lọc' in html


def test_an_earlier_month_that_compares_stands_beside_each_figure(
    app: Flask, march: Office
) -> None:
    plant(march, [5] * 20 + [1] * 20, at=MONDAY - timedelta(days=28))
    html = open_overview(app, march).get(PAGE).text
    assert "cao hơn 01/02 – 10/02/2026 (50%)" in html
    assert "kỳ trước: 50% trong 40 lượt" in figure_of(html, "share")
    assert "kỳ trước: 40" in figure_of(html, "answers")
    assert "kỳ trước: 100%" in figure_of(html, "participation")
    assert "kỳ trước: 20 trên 40" in figure_of(html, "unsatisfied")
    assert "Kỳ còn đang chạy, nên so với 01/02 – 10/02/2026" in html


def test_a_month_that_does_not_compare_says_why(app: Flask, march: Office) -> None:
    browser = open_overview(app, march)
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
    plant(march, [5] * 50, at=MONDAY - timedelta(days=28))
    with unit_of_work() as session:
        succession.add_succession(
            session,
            elsewhere.unit,
            successor=march.unit,
            kind=SuccessionKind.MERGED,
            extent=SuccessionExtent.WHOLE,
            from_day=date(2026, 3, 1),
        )
    assert "đơn vị đã sắp xếp lại" in open_overview(app, march).get(PAGE).text


def test_a_new_desk_says_since_when(app: Flask, march: Office) -> None:
    with unit_of_work() as session:
        session.get_one(Desk, march.desks[1].id).from_day = date(2026, 3, 2)
    part = part_of(
        open_overview(app, march).get(f"{PAGE}&procedure={march.procedures[1].id}").text, "places"
    )
    assert "mới" in text_of(part)


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
    plant(elsewhere, [5] * 60)
    make_officer("city", Role.HEAD, unit=city)
    browser = signed_in(app, "city")
    html = browser.get(f"{PAGE}&unit={city.id}").text
    table = tables_of(part_of(html, "places"))[0]
    assert set(table) == {"00103", "00091", "total"}
    assert f'href="/admin/overview?unit={march.unit.id}&amp;period=2026-03"' in html
    assert browser.get(f"{PAGE}&unit={march.unit.id}").status_code == 200
    link = re.search(r'href="(/admin/counts\.csv[^"]*)"', html)
    assert link is not None
    taken = browser.get(unescape(link[1])).data.decode("utf-8-sig").splitlines()
    lines = list(csv.DictReader(taken, delimiter=";"))
    assert {line["Chia theo"] for line in lines} == {"Đơn vị"}
    assert [line["Tổng lượt đánh giá"] for line in lines if line["Tên"] == "Tổng"] == ["185"]
    assert len(lines) == len(table)


def _desks_of(part: str) -> list[str]:
    return re.findall(r">(Bàn \d)</a>", part)


@pytest.mark.once
@pytest.mark.parametrize(
    ("order", "desks", "direction"),
    [
        ("share", ["Bàn 2", "Bàn 1"], "ascending"),
        ("name", ["Bàn 1", "Bàn 2"], "ascending"),
        ("change", ["Bàn 1", "Bàn 2"], "ascending"),
        ("answers", ["Bàn 1", "Bàn 2"], "descending"),
        ("participation", ["Bàn 2", "Bàn 1"], "descending"),
        ("verdict", ["Bàn 2", "Bàn 1"], "ascending"),
    ],
)
def test_desks_are_sorted_and_turned_round_without_javascript(
    app: Flask, march: Office, order: str, desks: list[str], direction: str
) -> None:
    earlier = MONDAY - timedelta(days=28)
    plant(march, [5] * 50, at=earlier)
    plant(march, [1] * 40, at=earlier, desk=1)
    browser = open_overview(app, march)
    part = part_of(browser.get(f"{PAGE}&sort={order}").text, "places")
    assert _desks_of(part) == desks
    assert re.findall(r'aria-sort="(\w+)"', part) == [direction]
    again = f"/admin/overview?period=2026-03&sort={order}&turned=yes"
    assert f'href="{again.replace("&", "&amp;")}"' in part
    turned = part_of(browser.get(again).text, "places")
    assert _desks_of(turned) == desks[::-1]
    assert re.findall(r'aria-sort="(\w+)"', turned) == [
        {"ascending": "descending", "descending": "ascending"}[direction]
    ]
    assert f'href="/admin/overview?period=2026-03&amp;sort={order}"' in turned


@pytest.mark.once
def test_desks_without_a_share_stand_behind_in_either_direction(app: Flask, march: Office) -> None:
    earlier = MONDAY - timedelta(days=28)
    plant(march, [5] * 50, at=earlier)
    plant(march, [5] * 9, at=earlier, desk=1)
    browser = open_overview(app, march)
    asked = "/admin/overview?period=2026-02&sort="
    for order in ("share", "participation", "change", "verdict"):
        for turned in ("", "&turned=yes"):
            part = part_of(browser.get(f"{asked}{order}{turned}").text, "places")
            assert _desks_of(part) == ["Bàn 1", "Bàn 2"], order


@pytest.mark.once
def test_the_order_stays_with_the_question_and_leaves_other_pages_alone(
    app: Flask, march: Office
) -> None:
    html = open_overview(app, march).get(f"{PAGE}&sort=answers&turned=yes").text
    leading = re.findall(r'(?:href|action)="/admin/overview\?([^"]*)"', html)
    elsewhere = re.findall(r'href="/admin/(?:counts|voices)[^"]*\?([^"]*)"', html)
    heads = re.findall(r'<th[^>]*><a id="sort-\w+" href="/admin/overview\?([^"]*)"', html)
    assert any("period=last-month" in words for words in leading)
    assert all("sort=" in words for words in leading)
    assert sum("turned=yes" not in words for words in leading) == len(heads[:6])
    assert elsewhere
    assert not any("sort=" in words or "turned=" in words for words in elsewhere)
    forms = re.findall(r"<form.*?</form>", html, re.DOTALL)
    asking = [form for form in forms if 'action="/admin/overview"' in form]
    assert len(asking) == 2
    for form in asking:
        assert '<input type="hidden" name="sort" value="answers">' in form
        assert '<input type="hidden" name="turned" value="yes">' in form


@pytest.mark.once
def test_a_swap_is_the_same_as_the_part_of_the_page(app: Flask, march: Office) -> None:
    browser = open_overview(app, march)
    page, piece = browser.get(PAGE), browser.get(PAGE, headers=HTMX)
    assert "<html" not in piece.text
    assert "HX-Request" in piece.headers["Vary"]
    assert part_of(piece.text, "places") == part_of(page.text, "places")


@pytest.mark.once
def test_what_the_overview_does_not_ask_leaves_the_address_alone(app: Flask, march: Office) -> None:
    browser = open_overview(app, march)
    answer = browser.get(f"{PAGE}&desk=&by=day&source=qr")
    assert answer.location == "/admin/overview?period=2026-03"
    assert browser.get(f"{PAGE}&by=nonsense").status_code == 400
    assert browser.get(f"{PAGE}&source=nonsense").status_code == 400


@pytest.mark.once
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
        ("turned=no", 400),
        ("sort=share&turned=1", 400),
        ("desk=x", 404),
        ("desk=999999", 404),
        ("unit=999999", 404),
        ("procedure=-1", 404),
    ],
)
def test_bad_words_get_a_clear_answer(app: Flask, march: Office, words: str, status: int) -> None:
    browser = open_overview(app, march)
    assert browser.get(f"/admin/overview?{words}").status_code == status
    assert browser.get(f"/admin/overview?{words}", headers=HTMX).status_code == status


def test_another_unit_and_its_desks_are_not_there(
    app: Flask, march: Office, elsewhere: Office
) -> None:
    browser = open_overview(app, march)
    for words in (f"unit={elsewhere.unit.id}", f"desk={elsewhere.desks[0].id}"):
        assert browser.get(f"/admin/overview?{words}").status_code == 404


@pytest.mark.once
def test_names_are_shown_and_never_run(app: Flask, march: Office) -> None:
    with unit_of_work() as session:
        session.get_one(Desk, march.desks[1].id).name = "<script>x</script>%(a)s"
    html = open_overview(app, march).get(PAGE).text
    assert "&lt;script&gt;x&lt;/script&gt;%(a)s thấp hơn mức chung" in html
    assert "<script>x" not in html


def _part_of_lead(html: str) -> str:
    return html.split('<section class="lead"')[1].split("</section>")[0]


def test_who_may_set_up_devices_is_led_there_while_nothing_was_rated(
    app: Flask, ward: Office
) -> None:
    led = 'href="/admin/fleet">Đặt máy đánh giá'
    assert led not in _part_of_lead(open_overview(app, ward).get(PAGE).text)
    make_officer("admin", Role.ADMINISTRATOR, unit=ward.unit)
    browser = signed_in(app, "admin")
    assert led in _part_of_lead(browser.get(PAGE).text)
    assert led not in browser.get(f"{PAGE}&channel=post").text
    plant(ward, [5])
    assert led not in browser.get(PAGE).text


FEBRUARY = "/admin/overview?period=2026-02"
FEBRUARY_MONDAY = MONDAY - timedelta(weeks=4)


def _cells(html: str) -> list[tuple[str, str]]:
    """Return the kind of each hour that somebody answered in, and what it says."""
    found = re.findall(r'<td class="(few|h\d)"[^>]*>(.*?)</td>', part_of(html, "hours"))
    return [(kind, text_of(text)) for kind, text in found]


def test_hours_are_of_whole_months_that_are_over(app: Flask, march: Office) -> None:
    """So that no difference of two pages gives the hours of one day."""
    plant(march, [5] * 50 + [1] * 10, at=FEBRUARY_MONDAY)
    plant(march, [5] * 60, at=FEBRUARY_MONDAY + timedelta(days=1, hours=5))
    browser = open_overview(app, march)
    february = ("h4", "17"), ("h0", "0")
    for words in (
        "period=2026-03",
        "period=7-days",
        "period=2026-02",
        "from=2026-02-09&to=2026-03-01",
        "from=2026-01-15&to=2026-03-10",
    ):
        html = browser.get(f"/admin/overview?{words}").text
        assert tuple(_cells(html)) == february, words
        assert "lượt của Tháng 2/2026." in text_of(part_of(html, "hours"))
    assert "trong 120 lượt" in text_of(part_of(html, "hours"))
    assert "title=" not in part_of(html, "hours")


@pytest.mark.once
@pytest.mark.parametrize("narrowing", ["desk", "procedure", "channel"])
def test_hours_are_told_of_whole_units_only(app: Flask, march: Office, narrowing: str) -> None:
    plant(march, [5] * 50 + [1] * 10, at=FEBRUARY_MONDAY, procedure=0)
    chosen = {
        "desk": march.desks[0].id,
        "procedure": march.procedures[0].id,
        "channel": Channel.IN_PERSON.value,
    }
    html = open_overview(app, march).get(
        f"/admin/overview?period=2026-02&{narrowing}={chosen[narrowing]}"
    )
    part = text_of(part_of(html.text, "hours"))
    assert part == "Theo giờ trong tuần Chỉ chia theo giờ cho cả đơn vị, mọi bàn, thủ tục và kênh."


def test_few_answers_are_not_told_by_the_hour(app: Flask, ward: Office) -> None:
    """Neither the number of a small cell, nor what would be left over for it."""
    plant(ward, [5] * 20 + [1] * 5, at=FEBRUARY_MONDAY)
    browser = open_overview(app, ward)
    part = part_of(browser.get(FEBRUARY).text, "hours")
    assert "Tháng 2/2026 chưa đủ lượt để chia theo giờ." in part
    assert "<table" not in part
    plant(ward, [5] * 30, at=FEBRUARY_MONDAY + timedelta(hours=1))
    plant(ward, [1], at=FEBRUARY_MONDAY + timedelta(hours=2))
    assert _cells(browser.get(FEBRUARY).text) == [("h0", "0")]
    plant(ward, [5] * 30, at=FEBRUARY_MONDAY + timedelta(days=1, hours=2))
    few = ("few", "· quá ít lượt")
    assert _cells(browser.get(FEBRUARY).text) == [("h0", "0"), few, ("h0", "0")]


def test_few_low_answers_of_a_half_day_are_not_told_by_the_hour(app: Flask, ward: Office) -> None:
    """Who sees them by half-day would learn the hour of each."""
    for hours in (0, 1):
        plant(ward, [5] * 40, at=FEBRUARY_MONDAY + timedelta(hours=hours))
    plant(ward, [1] * 4, at=FEBRUARY_MONDAY)
    plant(ward, [5] * 40, at=FEBRUARY_MONDAY + timedelta(hours=5))
    browser = open_overview(app, ward)
    assert [kind for kind, _ in _cells(browser.get(FEBRUARY).text)] == ["h0"]
    plant(ward, [1], at=FEBRUARY_MONDAY + timedelta(hours=1))
    assert [kind for kind, _ in _cells(browser.get(FEBRUARY).text)] == ["h2", "h0", "h0"]


@pytest.mark.once
def test_the_numbers_of_the_drawings_stand_in_tables_too(app: Flask, march: Office) -> None:
    html = open_overview(app, march).get(PAGE).text
    for name, by in (("places", Dimension.DESK), ("procedures", Dimension.PROCEDURE)):
        figures = count_by(march, by)
        part = part_of(html, name)
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


@pytest.mark.once
def test_english_says_the_same(app: Flask, march: Office) -> None:
    html = open_overview(app, march).get(f"{PAGE}&lang=en").text
    assert "Overview" in html
    assert "88.0%" in figure_of(html, "share")
