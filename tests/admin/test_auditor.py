"""An auditor reads everything except personal text, and is offered nothing to change."""

import re

import pytest
from flask import Flask, url_for

from admin.navigation import PLACES
from satisfaction.accounts import PERMISSIONS
from satisfaction.terms import Permission, Role
from tests.admin.officers import make_officer, signed_in
from tests.admin.voicing import names_here
from tests.conftest import Office
from tests.core.handling import yesterday
from tests.core.voicing import speak

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

FORM = re.compile(r'<form[^>]*method="post"[^>]*action="([^"]+)"')
OWN = re.compile(r"/admin/(sign-out|letters(/\d+/delete)?|profile)$")
PERSONAL = {
    Permission.SERVE_DESK,
    Permission.SEE_OWN_FIGURES,
    Permission.ENTER_PAPER,
    Permission.IMPORT_DOSSIERS,
    Permission.MANAGE_OFFICE,
}


def test_an_auditor_reads_voices_and_their_file_without_a_word(app: Flask, ward: Office) -> None:
    name = names_here().name(speak(ward, 1, at=yesterday(9), words="Chờ lâu quá"))
    speak(ward, 5, at=yesterday(10), words="Cảm ơn bàn")
    make_officer("tra", Role.AUDITOR, unit=ward.unit)
    browser = signed_in(app, "tra")
    of = f"unit={ward.unit.id}&period=2026-03"
    pages = [
        browser.get(address).text
        for address in (
            "/admin/voices",
            f"/admin/voices/{name}",
            f"/admin/reports/ratings?{of}",
            f"/admin/reports/ratings/file?form=csv&{of}",
            "/admin/overview",
        )
    ]
    assert [word for word in ("Chờ lâu quá", "Cảm ơn bàn") if word in "".join(pages)] == []
    assert [FORM.findall(page) for page in pages[:2]] == [["/admin/sign-out"]] * 2
    assert "2 ý kiến chưa hài lòng hoặc có lời" in pages[0]
    assert pages[0].count("vai trò này không đọc lời của người dân") == 2
    assert 'name="q"' not in pages[0]
    assert 'type="checkbox" name="voice"' not in pages[0]
    assert "Lời của người dân không có trong tệp" in pages[2]
    assert pages[3].count("Bàn 1") == 2


def test_every_place_but_personal_text_and_what_only_changes_is_open_to_an_auditor() -> None:
    shut = {place.permission for place in PLACES} - PERMISSIONS[Role.AUDITOR]
    assert shut <= PERSONAL


@pytest.mark.parametrize(
    "endpoint",
    [place.endpoint for place in PLACES if place.permission in PERMISSIONS[Role.AUDITOR]],
)
def test_an_auditor_is_offered_nothing_to_change(app: Flask, ward: Office, endpoint: str) -> None:
    make_officer("tra", Role.AUDITOR, unit=ward.unit)
    browser = signed_in(app, "tra")
    with app.test_request_context():
        address = url_for(endpoint)
    answer = browser.get(address)
    assert answer.status_code == 200
    offered = [path for path in FORM.findall(answer.text) if not OWN.search(path)]
    assert offered == []
