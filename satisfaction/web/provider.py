"""The provider of sign-ins, spoken to by OpenID Connect. Refuses an answer that was not asked for.

State, nonce and PKCE are Authlib's; the library is loaded only where a provider is set.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, session
from flask.typing import ResponseReturnValue

from satisfaction.config import Settings
from satisfaction.database import unit_of_work
from satisfaction.errors import ConfigurationError, SignInRefusedError
from satisfaction.provided import Identity, record_refusal, sign_in_provided
from satisfaction.sign_ins import Credentials
from satisfaction.web import sign_in
from satisfaction.web.devices import client_device
from satisfaction.web.guards import client_network

_CLIENT = "hailong-provider"
_BY_PROVIDER = "by_provider"
_SECONDS = 10


def install_provider(app: Flask, settings: Settings) -> None:
    """Make the provider known, if one is set.

    Raises: ConfigurationError when the library for it is not installed.
    """
    app.jinja_env.globals["provider_name"] = settings.oidc_name if settings.oidc_issuer else ""
    if not settings.oidc_issuer:
        return
    try:
        from authlib.integrations.flask_client import OAuth
    except ImportError as problem:
        raise ConfigurationError(
            variable="HAILONG_OIDC_ISSUER", problem="needs the libraries of the extra oidc"
        ) from problem
    app.extensions[_CLIENT] = OAuth(app).register(
        "provider",
        server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        client_kwargs={
            "scope": "openid email",
            "code_challenge_method": "S256",
            "default_timeout": _SECONDS,
        },
    )


def has_provider() -> bool:
    """Say whether a provider is set."""
    return _CLIENT in current_app.extensions


def lead_to_provider(callback: str) -> ResponseReturnValue:
    """Send the browser to the provider.

    Raises: SignInRefusedError when it cannot be reached, or calls itself by another address.
    Source: OpenID Connect Discovery 1.0, section 4.3.
    """
    from requests import RequestException

    client, settings = current_app.extensions[_CLIENT], current_app.config["SETTINGS"]
    try:
        issuer = client.load_server_metadata().get("issuer")
        answer: ResponseReturnValue = client.authorize_redirect(callback)
    except RequestException as problem:
        current_app.logger.warning("provider out of reach: %s", type(problem).__name__)
        raise SignInRefusedError() from problem
    if not isinstance(issuer, str) or issuer.rstrip("/") != settings.oidc_issuer:
        current_app.logger.warning("provider calls itself by another address")
        raise SignInRefusedError()
    return answer


def take_answer() -> bool:
    """Sign in by the provider's answer; say whether the officer's own code is still wanted.

    Raises: SignInRefusedError for an answer that is wrong, and for who has no account.
    """
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    try:
        answer = current_app.extensions[_CLIENT].authorize_access_token()
        identity = _read_identity(answer.get("userinfo") or {})
    except (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError) as problem:
        current_app.logger.warning("sign-in by the provider refused: %s", type(problem).__name__)
        with unit_of_work() as writer:
            record_refusal(writer, client_network())
        raise SignInRefusedError() from problem
    visitor = Credentials("", "", client_network(), client_device())
    with unit_of_work() as writer:
        started = sign_in_provided(writer, identity, visitor)
    if started is None:
        raise SignInRefusedError()
    if started.awaits_code:
        sign_in.wait_for_code(started.token)
        return True
    sign_in.enter(started.token)
    session[_BY_PROVIDER] = True
    return False


def _read_identity(claims: Mapping[str, Any]) -> Identity:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise ValueError("the provider says not who signed in")
    email = claims.get("email") if claims.get("email_verified") is True else ""
    return Identity(subject, email if isinstance(email, str) else "", _is_strong(claims))


def _is_strong(claims: Mapping[str, Any]) -> bool:
    """Say whether the provider's words are among those that the setting takes for two factors."""
    settings: Settings = current_app.config["SETTINGS"]
    methods = claims.get("amr")
    said = {f"amr:{one}" for one in methods} if isinstance(methods, list) else set()
    said.add(f"acr:{claims.get('acr')}")
    return bool(said & set(settings.oidc_second_factor.split()))


def leave_address(back: str) -> str | None:
    """Return where the browser signs out at the provider, for who signed in there."""
    if not session.get(_BY_PROVIDER) or not has_provider():
        return None
    address = current_app.extensions[_CLIENT].load_server_metadata().get("end_session_endpoint")
    settings: Settings = current_app.config["SETTINGS"]
    words = {"client_id": settings.oidc_client_id, "post_logout_redirect_uri": back}
    return f"{address}?{urlencode(words)}" if address else None
