"""The administrator's page of opening hours: seen, set, inherited, special days."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from satisfaction import calendars, clock
from satisfaction.database import reading, unit_of_work
from satisfaction.periods import day_period
from satisfaction.terms import Role
from tests.admin.histories import history_of
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import Office

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

HOURS = "07:30–11:30, 13:30–17:00"


@pytest.fixture
def administrator(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer who looks after the ward."""
    make_officer("tuan", Role.ADMINISTRATOR, unit=ward.unit)
    return signed_in(app, "tuan")


def _week(ward: Office, **fields: Any) -> dict[str, Any]:
    days = {f"hours-{number}": HOURS if number < 5 else "" for number in range(7)}
    return {"unit": ward.unit.id, "from_day": clock.today().isoformat()} | days | fields


def _is_open(ward: Office) -> bool | None:
    with reading() as session:
        calendar = calendars.read_calendar(session, day_period(clock.today()))
    return calendar.is_open(ward.unit.id, clock.now())


def test_without_hours_the_page_says_what_that_means(
    administrator: OfficersBrowser, ward: Office
) -> None:
    assert "data-unknown" in administrator.get("/admin/hours").text


def test_hours_that_are_saved_hold_and_are_shown(
    administrator: OfficersBrowser, ward: Office
) -> None:
    assert administrator.post("/admin/hours", _week(ward)).status_code == 303
    assert _is_open(ward) is True
    page = administrator.get(f"/admin/hours?unit={ward.unit.id}").text
    assert page.count(f'value="{HOURS}"') == 5
    assert "đang mở cửa" in page
    assert "data-unknown" not in page
    assert administrator.post("/admin/hours/inherit", {"unit": ward.unit.id}).status_code == 303
    assert _is_open(ward) is None


def test_hours_of_a_later_day_are_announced(administrator: OfficersBrowser, ward: Office) -> None:
    later = (clock.today() + timedelta(days=7)).isoformat()
    administrator.post("/admin/hours", _week(ward, from_day=later))
    assert _is_open(ward) is None
    assert "Đã đặt giờ khác từ 17/03/2026" in administrator.get("/admin/hours").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hours-0": "sáng"}, "Ghi giờ theo mẫu"),
        ({"hours-3": "17:00-7:00"}, "Ghi giờ theo mẫu"),
        ({"from_day": "2026-03-09"}, "Ngày này đã qua"),
        ({"from_day": "mai"}, "Hãy chọn một ngày"),
    ],
)
def test_wrong_hours_are_said_beside_the_field_and_nothing_is_kept(
    administrator: OfficersBrowser, ward: Office, wrong: dict[str, str], said: str
) -> None:
    answer = administrator.post("/admin/hours", _week(ward, **wrong))
    assert answer.status_code == 422
    assert said in answer.text
    assert next(iter(wrong.values())) in answer.text
    assert _is_open(ward) is None


def test_a_special_day_is_added_shown_and_removed(
    administrator: OfficersBrowser, ward: Office
) -> None:
    administrator.post("/admin/hours", _week(ward))
    today = clock.today().isoformat()
    sent = {"unit": ward.unit.id, "day": today, "name": "Ngày nghỉ bù", "hours": ""}
    assert administrator.post("/admin/hours/days", sent).status_code == 303
    assert _is_open(ward) is False
    page = administrator.get("/admin/hours").text
    assert f'data-day="{today}"' in page
    assert "Ngày nghỉ bù" in page
    again = {"unit": ward.unit.id}
    assert administrator.post(f"/admin/hours/days/{today}/delete", again).status_code == 303
    assert _is_open(ward) is True
    assert administrator.post(f"/admin/hours/days/{today}/delete", again).status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"day": ""}, {"day": "2026-03-09"}, {"name": ""}, {"hours": "x"}]
)
def test_a_wrong_special_day_is_refused(
    administrator: OfficersBrowser, ward: Office, wrong: dict[str, str]
) -> None:
    sent = {"unit": ward.unit.id, "day": "2026-03-11", "name": "Nghỉ", "hours": ""} | wrong
    answer = administrator.post("/admin/hours/days", sent)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_what_is_over_stays_as_it_was(administrator: OfficersBrowser, ward: Office) -> None:
    yesterday = clock.today() - timedelta(days=1)
    with unit_of_work() as session:
        holiday = calendars.NewSpecialDay(yesterday, "Đã qua")
        calendars.set_special_day(session, ward.unit.id, holiday)
    page = administrator.get("/admin/hours").text
    assert "Đã qua" in page
    path = f"/admin/hours/days/{yesterday.isoformat()}/delete"
    assert path not in page
    assert administrator.post(path, {"unit": ward.unit.id}).status_code == 400


def test_hours_of_another_unit_cannot_be_reached(
    administrator: OfficersBrowser, elsewhere: Office, ward: Office
) -> None:
    assert administrator.get(f"/admin/hours?unit={elsewhere.unit.id}").status_code == 404
    sent = _week(ward, unit=elsewhere.unit.id)
    assert administrator.post("/admin/hours", sent).status_code == 404
    assert "Phú Thượng" not in administrator.get("/admin/hours").text


def test_the_page_says_who_changed_the_hours_from_what_to_what(
    administrator: OfficersBrowser, ward: Office
) -> None:
    today, unit = clock.today().isoformat(), {"unit": ward.unit.id}
    administrator.post("/admin/hours", _week(ward))
    administrator.post("/admin/hours", _week(ward, **{"hours-5": "08:00-11:00"}))
    closed = unit | {"day": today, "name": "Nghỉ bù", "hours": ""}
    administrator.post("/admin/hours/days", closed)
    administrator.post("/admin/hours/days", closed | {"hours": "08:00-11:00"})
    administrator.post(f"/admin/hours/days/{today}/delete", unit)
    who = "Cán bộ tuan"
    assert history_of(administrator.get("/admin/hours").text) == [
        (
            "Bỏ ngày khác thường lệ: 10/03/2026",
            ["Tên: Nghỉ bù → để trống", f"Giờ mở cửa: 08:00–11:00 → {HOURS}"],
            who,
        ),
        (
            "Đặt ngày khác thường lệ: 10/03/2026",
            ["Giờ mở cửa: đóng cửa → 08:00–11:00"],
            who,
        ),
        (
            "Đặt ngày khác thường lệ: 10/03/2026",
            ["Tên: Nghỉ bù", f"Giờ mở cửa: {HOURS} → đóng cửa"],
            who,
        ),
        (
            "Đổi giờ mở cửa",
            ["Thứ Bảy: đóng cửa → 08:00–11:00", "Từ ngày: 10/03/2026"],
            who,
        ),
        (
            "Đổi giờ mở cửa",
            [
                *(
                    f"{day}: {HOURS}"
                    for day in ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu")
                ),
                *("Thứ Bảy: đóng cửa", "Chủ Nhật: đóng cửa"),
                "Từ ngày: 10/03/2026",
            ],
            who,
        ),
    ]
