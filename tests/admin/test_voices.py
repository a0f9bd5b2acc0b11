"""The pages of voices: what they show, what they never show, and what an attacker can learn."""

import re
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction import accounts, clock
from satisfaction.database import reading, unit_of_work
from satisfaction.models import Case, Dossier, Rating
from satisfaction.terms import Channel, Role
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.admin.voicing import names_here
from tests.conftest import Office
from tests.core.voicing import speak

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

ROW = re.compile(r'data-voice="([a-z2-7]{26})"')
TOTAL = re.compile(r"data-says>(\d+) ")


def yesterday(hour: int, minute: int = 0) -> datetime:
    """Return a moment of the day before."""
    day = clock.today() - timedelta(days=1)
    return clock.start_of_day(day) + timedelta(hours=hour, minutes=minute)


@pytest.fixture
def head(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of who answers for the ward."""
    make_officer("binh", Role.HEAD, unit=ward.unit)
    return signed_in(app, "binh")


def shown(browser: OfficersBrowser, query: str = "") -> list[str]:
    """Return the names on a page of the list, in its order."""
    answer = browser.get(f"/admin/voices{query}")
    assert answer.status_code == 200, query
    return ROW.findall(answer.text)


def total(browser: OfficersBrowser, query: str = "") -> int:
    """Return how many voices the page says there are."""
    found = TOTAL.search(browser.get(f"/admin/voices{query}").text)
    return int(found[1]) if found else 0


def test_an_empty_list_says_so_and_a_filter_that_finds_nothing_offers_to_go(
    supervisor: OfficersBrowser, ward: Office
) -> None:
    assert "Không có ý kiến chưa hài lòng nào" in supervisor.get("/admin/voices").text
    page = supervisor.get("/admin/voices?level=1,2&q=x").text
    assert "Bỏ bớt điều kiện lọc" in page


def test_a_page_shows_the_words_and_never_ticket_dossier_or_minute(
    supervisor: OfficersBrowser, ward: Office
) -> None:
    with unit_of_work() as session:
        dossier = Dossier(
            source_system="mot-cua",
            code="X99.7-260309-4711",
            unit_id=ward.unit.id,
            channel=Channel.IN_PERSON,
        )
        session.add(dossier)
        session.flush()
        dossier_id = dossier.id
    seq = speak(
        ward,
        1,
        at=yesterday(14, 37),
        words="Chờ quá lâu",
        reasons=("wait",),
        dossier_id=dossier_id,
        ticket_number="T4711",
        procedure_id=ward.procedures[0].id,
    )
    with reading() as session:
        rating = session.get_one(Rating, seq)
    name = names_here().name(seq)
    case = supervisor.post("/admin/voices", {"voice": name, "deed": "open"}).location
    pages = ["/admin/voices", f"/admin/voices/{name}", "/admin/cases", case]
    # Digests of files and tokens of forms may hold any digits by chance.
    texts = [re.sub(r'\?v=\w+|value="[^"]{40,}"', "", supervisor.get(path).text) for path in pages]
    assert all("Chờ quá lâu" in text for text in (texts[0], texts[1], texts[3]))
    assert "buổi chiều" in texts[1]
    secrets = ("4711", "14:37", "07:37", str(rating.id), rating.id.hex, "mot-cua")
    for text in texts:
        assert [secret for secret in secrets if secret in text] == []


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "${7*7} #{7*7} <%= 7*7 %>",
    "\u202egnol oác\u202c ẩn \u2066x",
    "=cmd|' /C calc'!A0",
    "Hoa\u0300 nha\u0303, ca\u0301m o\u031bn 👩\u200d👩\u200d👧 🎉",
    "x" * 499 + "ễ",
)


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_shown_as_words(
    supervisor: OfficersBrowser, ward: Office, words: str
) -> None:
    name = names_here().name(speak(ward, 1, at=yesterday(9), words=words))
    for path in ("/admin/voices", f"/admin/voices/{name}"):
        page = supervisor.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert not set("\u202e\u202c\u2066") & set(page)
        assert '<bdi dir="auto">' in page
    if words == HOSTILE[5]:
        assert "Hoà nhã, cám ơn" in page


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?period=never", 400),
        ("?from=2026-03-09&to=2026-03-01", 400),
        ("?from=1900-01-01&to=2026-03-01", 400),
        ("?level=6", 400),
        ("?level=%F0%9F%98%80", 400),
        ("?state=lost", 400),
        ("?channel=<script>", 400),
        ("?page=0", 400),
        ("?page=-1", 400),
        ("?q=" + "x" * 101, 400),
        ("?reason=" + "x" * 99, 400),
        ("?unit=999999", 404),
        ("?unit=abc", 404),
        ("?desk=999999", 404),
        ("?procedure=999999", 404),
        ("?reason=nothing", 404),
        ("?page=99999", 200),
        ("?q=%00%E2%80%AE", 200),
        ("?desk=&q=", 302),
    ],
)
def test_a_wrong_address_gets_a_clear_answer(
    supervisor: OfficersBrowser, ward: Office, query: str, status: int
) -> None:
    assert supervisor.get(f"/admin/voices{query}").status_code == status


def test_filters_stand_in_the_address_and_a_piece_is_swapped(
    supervisor: OfficersBrowser, ward: Office
) -> None:
    speak(ward, 1, at=yesterday(9), words="Đường đến khó tìm")
    speak(ward, 3, at=yesterday(9), desk=1)
    desk = ward.desks[1].id
    assert total(supervisor) == 2
    assert total(supervisor, "?level=1&level=2") == 1
    assert total(supervisor, f"?desk={desk}&level=3&state=new&source=kiosk") == 1
    assert total(supervisor, "?q=duong+DEN") == 1
    piece = supervisor.get("/admin/voices?level=3", headers={"HX-Request": "true"})
    assert "<!doctype" not in piece.text
    assert len(ROW.findall(piece.text)) == 1


def test_several_voices_are_handed_on_together(
    app: Flask, supervisor: OfficersBrowser, ward: Office
) -> None:
    helper = make_officer("thu", Role.SUPERVISOR, unit=ward.unit)
    names = [names_here().name(speak(ward, 1, at=yesterday(hour))) for hour in (8, 9)]
    sent = {"voice": names, "deed": "assign", "assignee": str(helper.id), "note": "Xem giúp"}
    answer = supervisor.post("/admin/voices?level=1", sent)
    assert answer.location == "/admin/voices?level=1"
    with reading() as session:
        cases = session.scalars(select(Case)).all()
    assert {case.assignee_id for case in cases} == {helper.id}
    assert supervisor.get("/admin/voices").text.count("Đang xử lý") > 2
    empty = supervisor.post("/admin/voices", {"deed": "assign"})
    assert empty.status_code == 422
    assert "Chọn ít nhất một ý kiến" in empty.text
    for bad in ({"voice": names, "deed": "burn"}, {"voice": ["x"], "deed": "open"}):
        assert supervisor.post("/admin/voices", bad).status_code == 400
    unknown = {"voice": ["a" * 26], "deed": "open"}
    assert supervisor.post("/admin/voices", unknown).status_code == 404


def test_what_cannot_be_saved_stays_ticked_and_typed(
    app: Flask, supervisor: OfficersBrowser, ward: Office
) -> None:
    stranger = make_officer("la", Role.DESK_OFFICER, unit=ward.unit)
    names = [names_here().name(speak(ward, 1, at=yesterday(hour))) for hour in (8, 9, 10)]
    sent = {"voice": names[:2], "deed": "assign", "assignee": str(stranger.id), "note": "Xem giúp"}
    answer = supervisor.post("/admin/voices?level=1", sent)
    assert answer.status_code == 422
    assert "2 trên 2 mục đã chọn thuộc đơn vị" in answer.text
    assert [f'value="{name}" checked' in answer.text for name in names] == [True, True, False]
    assert ">Xem giúp</textarea>" in answer.text
    assert 'maxlength="1000" autofocus aria-describedby="note-problem"' in answer.text
    assert 'action="/admin/voices?level=1&amp;' in answer.text


def test_what_is_given_to_nobody_is_said_to_be(supervisor: OfficersBrowser, ward: Office) -> None:
    names = [names_here().name(speak(ward, 1, at=yesterday(hour))) for hour in (8, 9, 10, 11)]

    def said(deed: str, *voices: str, **fields: str) -> str:
        sent = {"voice": list(voices), "deed": deed, **fields}
        return supervisor.post("/admin/voices", sent, follow_redirects=True).text

    assert "Đã đưa vào xử lý, chưa giao cho ai." in said("assign", names[0])
    both = said("assign", *names[1:3])
    assert "Đã lưu cho 2 ý kiến. 2 việc trong số này chưa giao cho ai." in both
    closed = said("close", *names[2:], note="Đã xem")
    assert "Đã lưu cho 2 ý kiến." in closed
    assert "chưa giao cho ai" not in closed


def test_in_all_units_a_colleague_of_one_is_offered_and_the_rest_is_refused(
    app: Flask, ward: Office, elsewhere: Office
) -> None:
    make_officer("tra", Role.INSPECTOR, unit=ward.unit)
    with unit_of_work() as session:
        account = accounts.get_account(session, "tra")
        accounts.grant_role(
            session, account, Role.INSPECTOR, unit=elsewhere.unit, from_day=date(2026, 1, 1)
        )
    hanh = make_officer("hanh", Role.SUPERVISOR, unit=ward.unit)
    browser = signed_in(app, "tra")
    here = [names_here().name(speak(ward, 1, at=yesterday(hour))) for hour in (8, 9)]
    there = names_here().name(speak(elsewhere, 1, at=yesterday(9)))
    told = names_here().name(speak(ward, 1, at=yesterday(9), reasons=("fee",)))
    option = f'<option value="{hanh.id}">Cán bộ hanh · Phường Tây Hồ</option>'
    assert option in browser.get("/admin/voices").text
    assert "Cán bộ hanh</option>" in browser.get(f"/admin/voices?unit={ward.unit.id}").text
    sent = {"voice": [*here, there, told], "deed": "assign", "assignee": str(hanh.id)}
    page = browser.post("/admin/voices", sent, follow_redirects=True).text
    assert "1 trên 4 mục đã chọn thuộc đơn vị mà cán bộ này không được giao việc." in page
    assert "1 trên 4 mục đã chọn là phản ánh mà cán bộ này không được xem." in page
    assert "Chưa lưu gì" in page
    with reading() as session:
        assert session.scalars(select(Case)).all() == []
    page = browser.post("/admin/voices", sent | {"voice": here}, follow_redirects=True).text
    assert "Đã lưu cho 2 ý kiến." in page
    page = browser.get("/admin/cases").text
    assert option in page
    seen = re.findall(r'name="case" value="([^"]+)"', page)
    xa = make_officer("xa", Role.HEAD, unit=elsewhere.unit)
    sent = {"case": seen, "deed": "assign", "assignee": str(xa.id)}
    page = browser.post("/admin/cases", sent, follow_redirects=True).text
    assert "2 trên 2 mục đã chọn thuộc đơn vị" in page


def test_no_page_of_the_list_tells_which_came_first(
    app: Flask, supervisor: OfficersBrowser, head: OfficersBrowser, ward: Office
) -> None:
    """The attacker knows every name, its order on every page and filter, and guesses the time."""
    seqs = [speak(ward, 1, at=yesterday(8, minute)) for minute in range(20)]
    seqs += [speak(ward, 2, at=yesterday(8, minute), words="lời") for minute in range(20)]
    orders = [
        shown(supervisor, "") + shown(supervisor, "?page=2"),
        shown(supervisor, "?level=1"),
        shown(supervisor, "?level=2"),
        shown(supervisor, "?q=loi"),
        shown(head, "") + shown(head, "?page=2"),
    ]
    names = names_here()
    for order in orders:
        found = [seqs.index(names.find(name) or 0) for name in order]
        pairs = [(a, b) for place, a in enumerate(found) for b in found[place + 1 :]]
        rising = sum(a < b for a, b in pairs) / len(pairs)
        assert 0.15 < rising < 0.85, order
    assert orders[0] == orders[-1]
    assert shown(supervisor, "") == shown(supervisor, "?level=1,2")


def test_a_supervisor_finds_no_allegation_by_counts_filters_search_or_cases(
    app: Flask, supervisor: OfficersBrowser, ward: Office
) -> None:
    """Two days that differ by the allegation alone look alike to the supervisor in every way."""
    from satisfaction.case_opening import open_due_cases

    days = {"plain": timedelta(days=1), "alleged": timedelta(days=2)}
    for kind, back in days.items():
        at = yesterday(9) - back
        reasons = ("wait", "fee") if kind == "alleged" else ("wait",)
        words = "Bị đòi thêm tiền" if kind == "alleged" else ""
        speak(ward, 1, at=at, reasons=reasons, words=words)
    with unit_of_work() as session:
        assert open_due_cases(session).allegations == 1

    def seen(query: str) -> list[list[str]]:
        pages = []
        for back in days.values():
            day: date = clock.local_day(yesterday(9) - back)
            asked = f"?from={day}&to={day}{query}"
            text = supervisor.get(f"/admin/voices{asked}").text
            text = re.sub(
                r"[a-z2-7]{26}|\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}|Thứ \w+|Chủ Nhật", "", text
            )
            text = re.sub(r'value="[^"]{60,}"', "", text)
            pages.append([line.strip() for line in text.splitlines() if line.strip()])
        return pages

    levels = [f"&level={face}" for face in range(1, 6)]
    asked = ["&reason=wait", "&reason=other"]
    states = ["&state=new", "&state=in_progress", "&state=done"]
    for query in ("", "&q=tien", "&q=doi", f"&desk={ward.desks[0].id}", *levels, *asked, *states):
        plain, alleged = seen(query)
        assert plain == alleged, query
    assert supervisor.get("/admin/voices?reason=fee").status_code == 404
    assert "Đòi thêm tiền" not in supervisor.get("/admin/voices").text
    cases = supervisor.get("/admin/cases").text
    assert "Đòi thêm tiền" not in cases
    assert "data-case" not in cases
    assert "data-case" not in supervisor.get("/admin/cases?kind=allegation").text


def test_the_head_sees_the_allegation_and_may_ask_for_it(
    head: OfficersBrowser, ward: Office
) -> None:
    speak(ward, 1, at=yesterday(9), reasons=("fee",), words="Bị đòi thêm tiền")
    page = head.get("/admin/voices?reason=fee").text
    assert "Bị đòi thêm tiền" in page
    assert len(ROW.findall(page)) == 1
