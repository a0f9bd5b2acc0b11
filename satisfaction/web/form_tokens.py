"""Tokens that a page without a session puts into its form: signed, bound to the page, for a while.

Refuses a token of another page, one that was altered and one that is too old. What a token holds
is not hidden from who has the page.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import current_app, request
from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from satisfaction import clock
from satisfaction.errors import FormExpiredError, FormInvalidError

LONGEST_TOKEN = 1000


class _Signer(TimestampSigner):
    """A signer that goes by the product's one clock."""

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def seal_form(page: str, content: Mapping[str, Any]) -> str:
    """Return a token for the form of a page."""
    sealed = _serializer(page).dumps(dict(content))
    return sealed if isinstance(sealed, str) else sealed.decode()


def open_form(page: str, token: str | None, *, life: timedelta) -> dict[str, Any]:
    """Return what a token of this page holds.

    Raises: FormInvalidError, FormExpiredError.
    """
    if not token or len(token) > LONGEST_TOKEN:
        raise FormInvalidError()
    try:
        content = _serializer(page).loads(token, max_age=int(life.total_seconds()))
    except SignatureExpired as problem:
        raise FormExpiredError() from problem
    except BadData as problem:
        raise FormInvalidError() from problem
    if not isinstance(content, dict):
        raise FormInvalidError()
    return content


def _serializer(page: str) -> URLSafeTimedSerializer:
    key = current_app.config["SECRET_KEY"]
    return URLSafeTimedSerializer(key, salt=f"form {page}", signer=_Signer)


def refuse_other_sites() -> None:
    """Refuse a form that another site had the browser send, besides the token in the form.

    Raises: FormInvalidError.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise FormInvalidError()
