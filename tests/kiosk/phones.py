"""A citizen's phone without JavaScript: it fills in forms as they stand on the page."""

import html
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from satisfaction import invitations
from satisfaction.database import unit_of_work
from satisfaction.models import Visit
from satisfaction.terms import InvitationPurpose

FORM = re.compile(r'<form[^>]*method="post" action="([^"]+)"')
TOKEN = re.compile(r'name="token" value="([^"]+)"')


def invite(visit: Visit, purpose: InvitationPurpose = InvitationPurpose.RECEIPT) -> str:
    """Return the word of a fresh link to a visit."""
    with unit_of_work() as session:
        return invitations.make_invitation(session, visit.id, purpose=purpose).token


class Phone:
    """One phone, with the page that it shows."""

    def __init__(self, app: Flask, *, network: str = "203.0.113.7") -> None:
        self.client: FlaskClient = app.test_client()
        self._environment = {"REMOTE_ADDR": network}
        self.page: TestResponse

    def open(self, path: str, **options: Any) -> TestResponse:
        """Open an address, as a scanned symbol does, following where it leads."""
        self.page = self.client.get(
            path, environ_overrides=dict(self._environment), follow_redirects=True, **options
        )
        return self.page

    @property
    def action(self) -> str:
        """Where the form of the page goes."""
        found = FORM.search(self.page.text)
        assert found is not None, self.page.text
        return html.unescape(found[1])

    @property
    def token(self) -> str:
        """The token in the form of the page."""
        found = TOKEN.search(self.page.text)
        assert found is not None, self.page.text
        return html.unescape(found[1])

    def post(self, path: str, data: dict[str, Any], **options: Any) -> TestResponse:
        """Send anything anywhere, without following where it leads."""
        return self.client.post(
            path, data=data, environ_overrides=dict(self._environment), **options
        )

    def send(self, **fields: Any) -> TestResponse:
        """Send the form of the page, and show what follows."""
        answer = self.post(self.action, {"token": self.token} | fields)
        if answer.status_code == 303:
            return self.open(str(answer.location))
        self.page = answer
        return answer
