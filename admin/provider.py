"""Signing in by the office's provider. Refuses to exist where none is set."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from satisfaction.errors import SignInRefusedError
from satisfaction.web import provider
from satisfaction.web.guards import for_strangers

blueprint = Blueprint("provider", __name__, url_prefix="/provider")


@blueprint.get("")
@for_strangers
def new() -> ResponseReturnValue:
    """Send the officer to the provider."""
    if not provider.has_provider():
        abort(404)
    try:
        return provider.lead_to_provider(url_for("admin.provider.create", _external=True))
    except SignInRefusedError:
        return _refuse()


@blueprint.get("/answer")
@for_strangers
def create() -> ResponseReturnValue:
    """Take the provider's answer; one refusal for a wrong answer and for who has no account."""
    if not provider.has_provider():
        abort(404)
    try:
        awaits_code = provider.take_answer()
    except SignInRefusedError:
        return _refuse()
    return redirect(url_for("admin.session.new_code" if awaits_code else "admin.session.index"))


def _refuse() -> ResponseReturnValue:
    flash(_("Chưa đăng nhập được qua nhà cung cấp. Hãy thử lại, hoặc hỏi người quản trị."), "bad")
    return redirect(url_for("admin.session.new"))
