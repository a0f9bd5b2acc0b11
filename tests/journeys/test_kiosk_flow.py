"""A citizen at the kiosk: what is touched is counted once, and the page goes on by itself."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from satisfaction import clock, fleet, office, visits
from satisfaction.database import unit_of_work
from satisfaction.models import Kiosk
from satisfaction.terms import FollowUp
from tests.conftest import Office
from tests.journeys.browsing import Tabs
from tests.journeys.devices import until
from tests.journeys.kiosks import Counted, KioskAtDesk, key, rest, stop_clock

pytestmark = pytest.mark.journey


@pytest.fixture
def kiosk(ward_now: Office, tabs: Tabs) -> KioskAtDesk:
    """Return the kiosk of the first desk."""
    return KioskAtDesk(ward_now, tabs)


def _asked(page: Page) -> None:
    page.locator(".keys").wait_for()
    rest(page)


def _arrived(kiosk: KioskAtDesk, number: int, page: Page) -> list[Counted]:
    """Return the ratings when so many have been delivered."""
    until(page, lambda: len(kiosk.counted()) >= number)
    return kiosk.counted()


def test_the_question_comes_by_itself_and_one_touch_answers_it(kiosk: KioskAtDesk) -> None:
    page = kiosk.open(has_own_time=True)
    expect(page.get_by_role("heading")).to_contain_text("mời ông/bà chạm vào màn hình này")
    visit = kiosk.serve()
    _asked(page)
    expect(page.locator(".ticket")).to_contain_text("047")
    expect(page.locator(".ticket")).to_contain_text("Chứng thực bản sao")
    key(page, 4).click()
    expect(page.get_by_role("heading")).to_have_text("Cảm ơn ông/bà!")
    assert _arrived(kiosk, 1, page) == [Counted(4, visit.id, "vi", "row", 1, False, ())]
    page.clock.fast_forward("00:10")
    page.locator(".wait").wait_for()
    assert kiosk.outcome(visit) == "rated"


def test_a_low_answer_is_followed_by_reasons(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    _asked(page)
    key(page, 2).click()
    expect(page.get_by_role("heading")).to_have_text("Điều gì nên làm tốt hơn?")
    assert page.locator(":checked").count() == 0
    rest(page)
    page.get_by_role("checkbox", name="Chờ lâu").check()
    page.get_by_role("checkbox", name="Trễ hẹn trả kết quả").check()
    page.get_by_role("button", name="Gửi").click()
    expect(page.get_by_role("heading")).to_have_text("Cảm ơn ông/bà!")
    until(page, lambda: any(given.reasons for given in kiosk.counted()))
    assert [(given.level, given.reasons) for given in kiosk.counted()] == [(2, ("wait", "late"))]


def test_reasons_may_be_passed_over(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    _asked(page)
    key(page, 1).click()
    page.locator(".reasons").wait_for()
    rest(page)
    page.get_by_role("checkbox", name="Chờ lâu").check()
    page.get_by_role("button", name="Bỏ qua").click()
    expect(page.get_by_role("heading")).to_have_text("Cảm ơn ông/bà!")
    assert _arrived(kiosk, 1, page)[0].reasons == ()


def test_reasons_send_themselves_and_more_time_can_be_had(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    _asked(page)
    key(page, 3).click()
    page.locator(".reasons").wait_for()
    rest(page)
    page.get_by_role("checkbox", name="Ý khác").check()
    page.clock.fast_forward("00:40")
    page.get_by_role("button", name="Thêm thời gian").click()
    page.clock.fast_forward("01:00")
    page.locator(".reasons").wait_for()
    expect(page.locator("#left")).to_have_text(re.compile("^(5|6)[0-9]$"))
    page.clock.fast_forward("01:01")
    page.locator(".thanks").wait_for()
    until(page, lambda: any(given.reasons for given in kiosk.counted()))
    assert kiosk.counted()[0].reasons == ("other",)


def test_a_citizen_may_decline(kiosk: KioskAtDesk) -> None:
    visit = kiosk.serve()
    page = kiosk.open()
    _asked(page)
    page.get_by_role("button", name="Không đánh giá").click()
    page.locator(".wait").wait_for()
    until(page, lambda: kiosk.outcome(visit))
    assert (kiosk.outcome(visit), kiosk.counted()) == ("skipped", [])


def test_whoever_is_still_there_gets_all_the_time_again(kiosk: KioskAtDesk) -> None:
    visit = kiosk.serve()
    page = kiosk.open(has_own_time=True)
    _asked(page)
    page.clock.fast_forward("01:29")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.clock.fast_forward("00:02")
    expect(page.get_by_role("dialog")).to_contain_text("Ông/bà còn đó không?")
    rest(page)
    page.get_by_role("button", name="Tôi còn đây").click()
    page.clock.fast_forward("01:31")
    expect(page.get_by_role("dialog")).to_contain_text("Màn hình sẽ đóng sau")
    page.clock.fast_forward("00:21")
    page.locator(".wait").wait_for()
    until(page, lambda: kiosk.outcome(visit))
    assert (kiosk.outcome(visit), kiosk.counted()) == ("timed_out", [])


def test_a_touch_on_the_question_restarts_its_time(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    _asked(page)
    page.clock.fast_forward("01:20")
    page.locator("h1").click()
    page.clock.fast_forward("01:20")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator(".keys").wait_for()


def test_a_slip_can_be_corrected_and_the_last_answer_counts(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    _asked(page)
    key(page, 4).click()
    page.locator(".thanks").wait_for()
    rest(page)
    page.get_by_text("Chạm nhầm? Đánh giá lại").click()
    _asked(page)
    assert page.locator("[aria-pressed=true]").count() == 0
    expect(page.get_by_text("Không đánh giá")).to_have_count(0)
    key(page, 5).click()
    page.locator(".thanks").wait_for()
    counted = _arrived(kiosk, 2, page)
    assert [(given.level, given.is_superseded) for given in counted] == [(4, True), (5, False)]
    assert [given.device_counter for given in counted] == [1, 2]


def test_a_correction_may_be_given_up(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    _asked(page)
    key(page, 2).click()
    page.locator(".reasons").wait_for()
    rest(page)
    page.get_by_text("Đổi mức đánh giá").click()
    _asked(page)
    page.get_by_text("Bỏ qua").click()
    page.locator(".thanks").wait_for()
    assert [given.level for given in _arrived(kiosk, 1, page)] == [2]


def test_the_end_of_a_correction_is_told_before_and_when_it_comes(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    _asked(page)
    key(page, 4).click()
    page.locator(".thanks").wait_for()
    rest(page)
    page.get_by_text("Chạm nhầm? Đánh giá lại").click()
    _asked(page)
    expect(page.get_by_role("status").filter(has_text="Còn 1")).to_have_count(1)
    stop_clock(page, ahead_seconds=1)
    announced = page.get_by_role("status").filter(has_text="để đổi mức đánh giá")
    while "Còn 1" in announced.inner_text():
        page.clock.run_for(1_000)
    expect(announced).to_have_text("Còn 20 giây để đổi mức đánh giá.")
    expect(page.locator("#left")).to_have_text("20")
    page.clock.run_for(18_000)
    assert page.locator(".keys").count() == 1
    page.clock.run_for(3_000)
    expect(page.get_by_role("status").filter(has_text="Cảm ơn")).to_contain_text("Đã hết thời gian")
    page.clock.run_for(11_000)
    page.locator(".wait").wait_for()
    page.clock.resume()
    assert [given.level for given in _arrived(kiosk, 1, page)] == [4]


def test_that_reasons_send_themselves_is_announced(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    _asked(page)
    key(page, 3).click()
    page.locator(".reasons").wait_for()
    rest(page)
    announced = page.get_by_role("status").filter(has_text="Tự gửi sau")
    expect(announced).to_have_text(re.compile("^Tự gửi sau (60|5[0-9]) giây$"))
    page.clock.fast_forward("00:25")
    page.wait_for_timeout(500)
    expect(announced).to_have_text(re.compile("^Tự gửi sau (60|5[0-9]) giây$"))
    stop_clock(page, ahead_seconds=1)
    page.clock.run_for(20_000)
    expect(announced).to_have_text("Tự gửi sau 20 giây")
    page.get_by_role("button", name="Thêm thời gian").evaluate("button => button.click()")
    page.clock.run_for(500)
    expect(announced).to_have_text(re.compile("^Tự gửi sau [678][0-9] giây$"))


def test_a_double_touch_is_one_rating_and_the_first_finger_wins(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    _asked(page)
    page.evaluate(
        """() => { for (const level of [5, 5, 1, 5]) {
             document.querySelector(`.key[value='${level}']`).click();
           } }"""
    )
    page.locator(".thanks").wait_for()
    _arrived(kiosk, 1, page)
    page.wait_for_timeout(500)
    assert [given.level for given in kiosk.counted()] == [5]


def test_a_screen_that_has_only_just_appeared_takes_no_touch(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    page.clock.pause_at(clock.now() + timedelta(minutes=1))
    page.goto("/kiosk/")
    page.locator(".keys").wait_for()
    page.clock.run_for(400)
    page.evaluate("document.querySelector('.key').click()")
    box = key(page, 4).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 40, box["y"] + 40)
    page.wait_for_timeout(200)
    assert page.locator(".keys:not(.sent)").count() == 1
    page.clock.run_for(200)
    page.mouse.click(box["x"] + 40, box["y"] + 40)
    page.locator(".keys.sent").wait_for()
    page.clock.run_for(1_000)
    page.locator(".thanks").wait_for()
    assert [given.level for given in _arrived(kiosk, 1, page)] == [4]


def test_with_nobody_served_there_is_nothing_to_press(kiosk: KioskAtDesk) -> None:
    page = kiosk.open(has_own_time=True)
    page.locator(".wait").wait_for()
    rest(page)
    assert page.locator(".wait button, .wait a").count() == 0
    page.locator(".row5 img").first.click()
    expect(page.get_by_text("Mời ông/bà đánh giá khi được phục vụ xong.")).to_be_visible()
    page.clock.fast_forward("00:05")
    expect(page.get_by_text("Mời ông/bà đánh giá khi được phục vụ xong.")).to_have_count(0)
    assert kiosk.counted() == []


def test_language_and_large_letters_last_for_one_citizen(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open(has_own_time=True)
    _asked(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.resource_type))
    page.get_by_text("English").click()
    page.get_by_role("button", name="Larger text").click()
    expect(page.get_by_role("heading")).to_have_text("How was the service you received just now?")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("body.easy [data-do=easy][aria-pressed=true]").count() == 1
    assert "document" not in requests
    page.get_by_role("button", name="Satisfied", exact=True).click()
    expect(page.get_by_role("heading")).to_have_text("Thank you!")
    page.clock.fast_forward("00:11")
    page.locator(".wait").wait_for()
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.locator("body.easy").count() == 0
    assert _arrived(kiosk, 1, page)[0].language == "en"


def test_a_helper_used_while_waiting_returns_by_itself(kiosk: KioskAtDesk) -> None:
    page = kiosk.open(has_own_time=True)
    page.locator(".wait").wait_for()
    rest(page)
    page.get_by_text("English").click()
    expect(page.get_by_text("please touch this screen")).to_be_visible()
    page.clock.fast_forward("01:31")
    expect(page.get_by_text("mời ông/bà chạm")).to_be_visible()


@pytest.mark.parametrize(
    ("size", "order", "layout"),
    [
        ((1280, 800), "12345", "row"),
        ((800, 1280), "54321", "stack"),
        ((390, 844), "54321", "stack"),
    ],
)
def test_keys_come_in_the_order_in_which_they_are_seen(
    kiosk: KioskAtDesk, size: tuple[int, int], order: str, layout: str
) -> None:
    kiosk.serve()
    page = kiosk.open(size=size)
    _asked(page)
    keys = page.locator(".key")
    assert "".join(keys.evaluate_all("keys => keys.map(key => key.value)")) == order
    places = keys.evaluate_all(
        "keys => keys.map(key => key.getBoundingClientRect()).map(box => [box.top, box.left])"
    )
    assert places == sorted(places)
    key(page, 4).click()
    page.locator(".thanks").wait_for()
    assert _arrived(kiosk, 1, page)[0].layout == layout


def test_thanks_are_the_same_for_every_answer_and_never_tell_it(kiosk: KioskAtDesk) -> None:
    seen = []
    for level in (5, 4, 1):
        kiosk.serve()
        page = kiosk.open()
        _asked(page)
        key(page, level).click()
        if level == 1:
            page.locator(".reasons").wait_for()
            rest(page)
            page.get_by_role("button", name="Bỏ qua").click()
        page.locator(".thanks").wait_for()
        rest(page)
        drawn = page.locator("#screen").inner_html()
        assert "value=" not in re.sub('value="1" data-do="(easy|lower)"', "", drawn)
        assert page.url.endswith("/kiosk/")
        seen.append(re.sub(r"\d\d:\d\d", "", drawn))
        page.context.close()
    assert seen[0] == seen[1] == seen[2]


def test_the_next_citizen_is_asked_about_his_own_visit(kiosk: KioskAtDesk) -> None:
    first = kiosk.serve("047")
    page = kiosk.open()
    _asked(page)
    second = kiosk.serve("048")
    expect(page.locator(".ticket")).to_contain_text("048")
    rest(page)
    key(page, 5).click()
    page.locator(".thanks").wait_for()
    assert _arrived(kiosk, 1, page)[0].visit_id == second.id
    assert kiosk.outcome(first) == "expired"


def test_a_visit_rated_elsewhere_is_said_to_be_rated(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page, other = kiosk.open(), kiosk.open()
    for each in (page, other):
        _asked(each)
    kiosk.tabs.allow("409")
    page.route("**/kiosk/screen*", lambda route: route.abort())
    kiosk.tabs.allow("ERR_FAILED")
    key(other, 4).click()
    _arrived(kiosk, 1, other)
    key(page, 5).click()
    expect(page.get_by_text("Phiếu này đã được đánh giá.")).to_be_visible()
    assert [given.level for given in kiosk.counted()] == [4]


def test_a_revoked_kiosk_pauses_and_comes_back_with_a_new_credential(kiosk: KioskAtDesk) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    kiosk.tabs.allow("401")
    with unit_of_work() as session:
        device = session.get(Kiosk, kiosk.ward.kiosks[0].id)
        assert device is not None
        fleet.revoke_kiosk(session, device)
    expect(page.get_by_role("heading")).to_have_text("Màn hình đang tạm nghỉ")
    with unit_of_work() as session:
        token = fleet.enrol_kiosk(session, kiosk.desk, name="Máy mới").token
    page.goto(f"/kiosk/enrol/{token}")
    page.locator(".wait").wait_for()


def test_a_new_scale_reaches_the_waiting_page(kiosk: KioskAtDesk) -> None:
    page = kiosk.open()
    page.locator(".wait").wait_for()
    assert page.locator(".row5 img").count() == 5
    with unit_of_work() as session:
        office.configure_unit(
            session,
            kiosk.ward.unit,
            scale=office.load_scales(session)["three"],
            follow_up=FollowUp.OFF,
        )
    expect(page.locator(".row5 img")).to_have_count(3)
    kiosk.serve()
    _asked(page)
    page.get_by_role("button", name="Chưa hài lòng").click()
    page.locator(".thanks").wait_for()
    assert _arrived(kiosk, 1, page)[0].level == 1


def test_a_keypad_is_enough(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    _asked(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(key(page, 2)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(key(page, 5)).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".thanks").wait_for()
    kiosk.serve("048")
    assert _arrived(kiosk, 1, page)[0].level == 5


def test_a_number_of_the_keypad_chooses(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    _asked(page)
    page.keyboard.press("4")
    page.locator(".thanks").wait_for()
    assert _arrived(kiosk, 1, page)[0].level == 4


def test_a_page_loaded_again_does_not_ask_what_was_answered(kiosk: KioskAtDesk) -> None:
    kiosk.serve()
    page = kiosk.open()
    _asked(page)
    page.route("**/kiosk/{ratings,sync}", lambda route: route.abort())
    kiosk.tabs.allow("ERR_FAILED")
    key(page, 4).click()
    page.locator(".thanks").wait_for()
    page.reload()
    page.locator(".wait").wait_for()
    page.unroute("**/kiosk/{ratings,sync}")
    assert [given.level for given in _arrived(kiosk, 1, page)] == [4]


def test_the_ticket_now_served_is_told_while_waiting(kiosk: KioskAtDesk) -> None:
    page = kiosk.open()
    expect(page.locator(".foot .end")).to_have_text("Bàn 1 · bộ nhớ có thể bị xóa")
    with unit_of_work() as session:
        visits.open_visit(session, visits.NewVisit(desk_id=kiosk.desk.id, ticket_number="052"))
    expect(page.locator(".foot .end")).to_have_text(
        "Bàn 1 · đang phục vụ phiếu 052 · bộ nhớ có thể bị xóa"
    )
