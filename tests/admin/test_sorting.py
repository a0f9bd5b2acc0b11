"""Tables are sorted by plain links; other words are refused, and hidden shares tell nothing."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from satisfaction import clock
from satisfaction.terms import Role
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import Office
from tests.making import rated_visit

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

KEYS = re.compile(r'<tr data-key="([^"]+)"')
ACCOUNTS = re.compile(r'data-account="(\d+)"')


@pytest.fixture
def administrator(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of a head who administers as well."""
    make_officer("minh", Role.SYSTEM_ADMINISTRATOR, Role.HEAD, unit=ward.unit)
    return signed_in(app, "minh")


def test_the_order_can_be_turned_by_figures(administrator: OfficersBrowser, ward: Office) -> None:
    at = clock.now() - timedelta(hours=3)
    for n in range(30):
        rated_visit(ward, 5, at=at)
        rated_visit(ward, 1 if n % 3 else 5, at=at, desk=1)
        rated_visit(ward, 5, at=at, desk=1)
    first, second = (str(desk.id) for desk in ward.desks[:2])
    for word, expected in (("name", [first, second]), ("share", [second, first])):
        page = administrator.get(f"/admin/counts?sort={word}").text
        assert KEYS.findall(page)[:2] == expected, word
    assert KEYS.findall(administrator.get("/admin/counts?sort=finished").text)[0] == second
    page = administrator.get("/admin/counts?sort=share&period=this-month").text
    assert page.count('aria-sort="ascending"') == 1
    assert "sort=participation" in page
    assert "period=this-month" in page


def test_a_share_that_is_not_shown_has_no_place_in_the_order(
    administrator: OfficersBrowser, ward: Office
) -> None:
    at = clock.now() - timedelta(hours=3)
    for level in (1, 1, 1):
        rated_visit(ward, level, at=at)
    for _ in range(30):
        rated_visit(ward, 5, at=at, desk=1)
    page = administrator.get("/admin/counts?sort=share").text
    assert KEYS.findall(page)[:2] == [str(ward.desks[1].id), str(ward.desks[0].id)]
    page = administrator.get("/admin/counts?sort=share&turned=yes").text
    assert KEYS.findall(page)[:2] == [str(ward.desks[1].id), str(ward.desks[0].id)]


@pytest.mark.parametrize(
    ("path", "order"), [("counts", "rated"), ("people", "name"), ("fleet", "queue")]
)
def test_a_heading_pressed_again_turns_the_order_round(
    administrator: OfficersBrowser, ward: Office, path: str, order: str
) -> None:
    rated_visit(ward, 5, at=clock.now() - timedelta(hours=3))
    page = administrator.get(f"/admin/{path}?sort={order}").text
    pattern = r'aria-sort="(\w+)"><a id="sort-\w+" href="([^"]*)"'
    ((direction, address),) = re.findall(pattern, page)
    assert address.endswith(f"sort={order}&amp;turned=yes")
    page = administrator.get(address.replace("&amp;", "&")).text
    ((turned, back),) = re.findall(pattern, page)
    assert {direction, turned} == {"ascending", "descending"}
    assert back.endswith(f"sort={order}")


def test_the_order_of_counts_stays_with_what_is_asked(administrator: OfficersBrowser) -> None:
    page = administrator.get("/admin/counts?sort=rated&turned=yes").text
    assert page.count('<input type="hidden" name="turned" value="yes">') == 2
    assert 'href="/admin/counts?period=today&amp;sort=rated&amp;turned=yes"' in page
    assert 'href="/admin/counts.csv?period=7-days"' in page


def test_people_devices_and_cases_are_sorted_by_links(
    app: Flask, administrator: OfficersBrowser, ward: Office
) -> None:
    late = make_officer("an", Role.DESK_OFFICER, unit=ward.unit)
    by_name = ACCOUNTS.findall(administrator.get("/admin/people?sort=name").text)
    by_sight = ACCOUNTS.findall(administrator.get("/admin/people?sort=seen").text)
    assert by_name[0] == by_sight[0] == str(late.id)
    assert sorted(by_name) == sorted(by_sight)
    for address in ("/admin/fleet?sort=queue", "/admin/cases?sort=state"):
        answer = administrator.get(address)
        assert answer.status_code == 200, address


@pytest.mark.parametrize("path", ["counts", "people", "fleet", "cases"])
def test_another_word_is_refused(administrator: OfficersBrowser, path: str) -> None:
    assert administrator.get(f"/admin/{path}?sort=salary").status_code == 400


@pytest.mark.parametrize("path", ["counts", "people", "fleet"])
@pytest.mark.parametrize("words", ["turned=yes", "sort=name&turned=no", "sort=name&turned=1"])
def test_an_order_is_turned_by_one_word_only_and_only_where_one_stands(
    administrator: OfficersBrowser, path: str, words: str
) -> None:
    assert administrator.get(f"/admin/{path}?{words}").status_code == 400
