"""Officers for tests, and the browser that each of them sits at."""

import re
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from satisfaction import accounts, clock
from satisfaction.accounts import ADMINISTRATORS
from satisfaction.database import unit_of_work
from satisfaction.models import Account, Unit
from satisfaction.sealing import seal
from satisfaction.terms import Role
from satisfaction.web.sign_in import second_factor_key

PASSWORD = "Một mật khẩu đủ dài 2026"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


def make_officer(name: str, *roles: Role, unit: Unit) -> Account:
    """Add an officer with these roles in a unit; an administrator has a second factor already."""
    with unit_of_work() as session:
        account = accounts.create_account(
            session, name, display_name=f"Cán bộ {name}", password=PASSWORD
        )
        for role in roles:
            accounts.grant_role(
                session, account, role, unit=unit, from_day=clock.today().replace(day=1)
            )
        if ADMINISTRATORS & set(roles):
            give_factor(account)
    return account


def give_factor(account: Account) -> None:
    """Give an account the second factor whose codes the tests know."""
    account.sealed_secret = seal(SECRET, key=second_factor_key(), about=f"account {account.id}")


def code_of(name: str) -> str:
    """Return the code that an officer's app shows now, and let it be used whatever was before."""
    with unit_of_work() as session:
        accounts.get_account(session, name).last_step = None
    return pyotp.TOTP(SECRET).at(clock.now())


class OfficersBrowser:
    """A browser that fills in the token of the page that it last saw, as a form would."""

    def __init__(self, app: Flask, *, network: str = "10.1.2.3") -> None:
        self.client: FlaskClient = app.test_client()
        self._token = ""
        self._environment = {"REMOTE_ADDR": network}

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        return self._keep(
            self.client.get(path, environ_overrides=dict(self._environment), **options)
        )

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form."""
        if not self._token:
            self.get("/admin/sign-in", follow_redirects=True)
        data = {"csrf_token": self._token} | (data or {})
        return self._keep(
            self.client.post(path, data=data, environ_overrides=dict(self._environment), **options)
        )

    def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        """Fill in the sign-in form, and the code where one is asked for."""
        answer = self.post("/admin/sign-in", {"name": name, "password": password, **fields})
        if answer.status_code == 303 and "/sign-in/code" in answer.location:
            self.get(answer.location)
            answer = self.post("/admin/sign-in/code", {"code": code_of(name), **fields})
        if answer.status_code == 303:
            self._token = ""
        return answer

    def cookie(self) -> str:
        """Return the cookie that carries the session."""
        kept = self.client.get_cookie("officer")
        assert kept is not None
        return kept.value

    def _keep(self, answer: TestResponse) -> TestResponse:
        found = TOKEN.search(answer.text) if answer.mimetype == "text/html" else None
        self._token = found[1] if found else self._token
        return answer


def signed_in(app: Flask, name: str) -> OfficersBrowser:
    """Return the browser of an officer who has signed in."""
    browser = OfficersBrowser(app)
    answer = browser.sign_in(name)
    assert answer.status_code == 303, answer.text
    return browser
