"""Cards for desks, and slips with a link for citizens, as they are printed."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from satisfaction.configurations import Changes, change_configuration
from satisfaction.database import reading, unit_of_work
from satisfaction.models import AuditEntry, DeskCard, Invitation, Rating
from satisfaction.terms import AuditAction, InvitationPurpose, Role
from tests.admin.officers import OfficersBrowser, make_officer, signed_in
from tests.conftest import NOW, Office, make_office
from tests.kiosk.phones import Phone
from tests.making import finished_visit, rated_visit

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once


@pytest.fixture
def administrator(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the administrator's browser."""
    make_officer("quantri", Role.ADMINISTRATOR, unit=ward.unit)
    return signed_in(app, "quantri")


@pytest.fixture
def officer(app: Flask, ward: Office) -> OfficersBrowser:
    """Return the browser of an officer at a desk."""
    make_officer("canbo", Role.DESK_OFFICER, unit=ward.unit)
    return signed_in(app, "canbo")


def _deeds(action: AuditAction) -> int:
    with reading() as session:
        return len(session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all())


def test_a_card_is_made_printed_scanned_and_replaced(
    app: Flask, administrator: OfficersBrowser, ward: Office
) -> None:
    with unit_of_work() as session:
        change_configuration(session, ward.unit, Changes(allows_unlinked=True))
    path = f"/admin/cards/{ward.desks[0].id}"
    assert administrator.get(path).status_code == 404
    page = administrator.post(path, follow_redirects=True)
    first = re.search(r"http://localhost(/Q/[A-Z2-9]{8})<", page.text)
    assert first is not None
    assert "Mời ông/bà góp ý về Bàn 1" in page.text
    assert '<svg viewBox="0 0 ' in page.text
    assert Phone(app).open(first[1]).status_code == 200
    assert administrator.get(path).text.count(first[1]) == page.text.count(first[1])
    administrator.post(path)
    assert Phone(app).open(first[1]).status_code == 404
    with reading() as session:
        cards = session.scalars(select(DeskCard).order_by(DeskCard.id)).all()
    assert [card.retired_at is None for card in cards] == [False, True]
    assert _deeds(AuditAction.CARD_MADE) == 2


def test_the_list_names_every_desk_and_says_where_cards_are_in_vain(
    administrator: OfficersBrowser, ward: Office
) -> None:
    administrator.post(f"/admin/cards/{ward.desks[1].id}")
    page = administrator.get("/admin/cards")
    assert page.text.count("đơn vị chưa nhận ý kiến theo thẻ") == 2
    assert page.text.count("Tạo thẻ") == page.text.count("Thay thẻ mới") == 1


def test_the_public_address_stands_on_what_is_printed(
    app: Flask, administrator: OfficersBrowser, ward: Office
) -> None:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = settings.model_copy(update={"public_url": "https://danhgia.vn"})
    page = administrator.post(f"/admin/cards/{ward.desks[0].id}", follow_redirects=True)
    assert "https://danhgia.vn/Q/" in page.text


def test_cards_of_another_unit_are_out_of_reach(
    administrator: OfficersBrowser, ward: Office
) -> None:
    with unit_of_work() as session:
        other = make_office(session, "00091", "Phường Phú Thượng")
    assert administrator.post(f"/admin/cards/{other.desks[0].id}").status_code == 404
    assert "Phú Thượng" not in administrator.get("/admin/cards").text


def test_an_officer_prints_a_link_and_the_citizen_rates_by_it(
    app: Flask, officer: OfficersBrowser, ward: Office
) -> None:
    visit = finished_visit(ward.desks[0], ticket_number="047")
    page = officer.post(f"/admin/receipts/{visit.id}")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "Dùng một lần, đến 09:00, 11/03/2026." in page.text
    link = re.search(r"http://localhost(/R/[A-Z2-7]{26})<", page.text)
    assert link is not None
    phone = Phone(app)
    phone.open(link[1])
    phone.send(level="4")
    with reading() as session:
        assert session.scalars(select(Rating)).one().visit_id == visit.id
        invitation = session.scalars(select(Invitation)).one()
    assert invitation.purpose is InvitationPurpose.RECEIPT
    assert invitation.used_at == NOW
    assert _deeds(AuditAction.INVITATION_MADE) == 1


def test_a_rated_visit_needs_no_link(officer: OfficersBrowser, ward: Office) -> None:
    rated_visit(ward, 1, at=NOW, ticket_number="047")
    with reading() as session:
        visit_id = session.scalars(select(Rating.visit_id)).one()
    answer = officer.post(f"/admin/receipts/{visit_id}", follow_redirects=True)
    assert "Lượt này đã được đánh giá" in answer.text
    assert "In mã" not in answer.text


def test_a_visit_has_only_so_many_links(officer: OfficersBrowser, ward: Office) -> None:
    visit = finished_visit(ward.desks[0])
    codes = [officer.post(f"/admin/receipts/{visit.id}").status_code for _ in range(11)]
    assert codes == [200] * 10 + [303]


def test_the_desk_page_offers_the_link_of_visits_that_are_not_rated(
    officer: OfficersBrowser, ward: Office
) -> None:
    visit = finished_visit(ward.desks[0], ticket_number="047")
    officer.post("/admin/desk", {"desk": str(ward.desks[0].id)})
    assert f'action="/admin/receipts/{visit.id}"' in officer.get("/admin/desk").text
