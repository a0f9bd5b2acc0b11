"""An auditor reads everything except personal text, and is offered nothing to change."""

import re

import pytest
from flask import Flask, url_for

from admin.navigation import PLACES
from satisfaction.accounts import PERMISSIONS
from satisfaction.terms import Permission, Role
from tests.admin.officers import make_officer, signed_in
from tests.conftest import Office

# The page is asked here; what it reads is asked on both engines by tests of the core.
pytestmark = pytest.mark.once

FORM = re.compile(r'<form[^>]*method="post"[^>]*action="([^"]+)"')
OWN = re.compile(r"/admin/(sign-out|letters(/\d+/delete)?|profile)$")
PERSONAL = {
    Permission.SEE_VOICES,
    Permission.SERVE_DESK,
    Permission.SEE_OWN_FIGURES,
    Permission.ENTER_PAPER,
    Permission.IMPORT_DOSSIERS,
    Permission.MANAGE_OFFICE,
}


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
