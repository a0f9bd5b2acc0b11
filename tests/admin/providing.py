"""A provider of sign-ins for tests, on this machine alone: Authlib's own server over real HTTP.

Codes, proofs, nonces and tokens are Authlib's and are refused by its rules, not by ours; a test
bends one thing, and everything else stays as a good provider has it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError, scope_to_list
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin, OpenIDCode
from flask import Flask, Response, jsonify
from joserfc.jwk import KeySet, RSAKey

from tests.journeys.browsing import threaded_server

CLIENT, SECRET = "hailong", "a secret of the client, long enough to sign with"
ANSWERED = "http://localhost/admin/provider/answer"


class Client(ClientMixin):
    """What the provider knows of the application: one address to come back to, one secret."""

    id_token_signed_response_alg = "RS256"

    def get_client_id(self) -> str:
        """Return its name."""
        return CLIENT

    def get_allowed_scope(self, scope: str) -> str:
        """Return what it may ask for, of what it asks for."""
        return " ".join(one for one in scope_to_list(scope) or () if one in {"openid", "email"})

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Say whether the browser may go back there."""
        return redirect_uri == ANSWERED

    def check_client_secret(self, client_secret: str) -> bool:
        """Say whether this is its secret."""
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Say whether it may prove who it is in this way."""
        return method == "client_secret_basic" and endpoint == "token"

    def check_response_type(self, response_type: str) -> bool:
        """Say whether it may be answered so: with a code alone."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Say whether it may get a token for this: for a code alone."""
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    """A code that was given, and what was asked with it."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str
    claims: dict[str, Any]
    signed_in_at: int = field(default_factory=lambda: int(time.time()))

    def get_redirect_uri(self) -> str:
        """Return where the browser went back to."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return what was granted."""
        return self.scope

    def get_nonce(self) -> str | None:
        """Return the word that the token has to repeat."""
        return self.nonce

    def get_auth_time(self) -> int:
        """Return when the officer signed in, in seconds of the epoch."""
        return self.signed_in_at

    def get_acr(self) -> str | None:
        """Return how strong the sign-in was."""
        return self.claims.get("acr")

    def get_amr(self) -> list[str] | None:
        """Return by what the officer signed in."""
        return self.claims.get("amr")


@dataclass
class Provider:
    """Signs in whom ``claims`` say, or nobody for none; ``bent`` is what is wrong with the token.

    ``signs_with`` and ``algorithm`` are of the signature, ``says`` of the discovery document;
    ``given`` counts the tokens that say who signed in, ``refused`` is what the provider did not do.
    """

    issuer: str = ""
    claims: dict[str, Any] | None = field(default_factory=lambda: {"sub": "s-1"})
    bent: dict[str, Any] = field(default_factory=dict)
    says: dict[str, Any] = field(default_factory=dict)
    gives_identity: bool = True
    algorithm: str = "RS256"
    codes: dict[str, Code] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    given: int = 0

    def __post_init__(self) -> None:
        self.nonces: set[str] = set()
        self.change_key("k1")

    def change_key(self, name: str) -> None:
        """Sign with another key from now on, and show that key alone."""
        self.key = RSAKey.generate_key(2048, parameters={"kid": name, "use": "sig"})
        self.signs_with: Any = self.key

    def describe(self) -> dict[str, Any]:
        """Return what the provider says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/leave",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        } | self.says


class _Proof(CodeChallenge):
    """A proof by S256, asked of everybody: also of clients that have a secret."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Refuse a question without its half of the proof, or with a plain one."""
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Missing 'code_challenge' by S256")
        super().validate_code_challenge(grant, redirect_uri)


def _grant_of(provider: Provider) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def save_authorization_code(self, code: str, request: Any) -> None:
            asked = request.payload.data
            provider.nonces.add(asked.get("nonce"))
            provider.codes[code] = Code(
                code=code,
                redirect_uri=request.payload.redirect_uri,
                scope=request.scope,
                nonce=asked.get("nonce"),
                code_challenge=asked["code_challenge"],
                code_challenge_method=asked["code_challenge_method"],
                claims=request.user,
            )

        def query_authorization_code(self, code: str, _client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> dict[str, Any]:
            return authorization_code.claims

    return Grant


def _identity_of(provider: Provider) -> OpenIDCode:
    class Identity(OpenIDCode):
        def exists_nonce(self, nonce: str, _request: Any) -> bool:
            return nonce in provider.nonces

        def resolve_client_private_key(self, _client: Client) -> Any:
            return provider.signs_with

        def get_client_algorithm(self, _client: Client) -> str:
            return provider.algorithm

        def get_client_claims(self, _client: Client) -> dict[str, Any]:
            return {"iss": provider.issuer, "aud": [CLIENT]}

        def get_encode_header(self, _client: Client) -> dict[str, str]:
            return {"alg": provider.algorithm, "kid": str(provider.key.kid)}

        def generate_user_info(self, user: dict[str, Any], scope: str) -> dict[str, Any]:
            # Authlib puts these over everything it says itself, so that a test can bend any claim.
            told = {"sub"} | ({"email", "email_verified"} if "email" in scope.split() else set())
            return {name: word for name, word in user.items() if name in told} | provider.bent

        def process_token(self, grant: Any, response: Any) -> None:
            if provider.gives_identity:
                super().process_token(grant, response)
                provider.given += 1

    return Identity(require_nonce=True)


def _build(provider: Provider) -> Flask:
    app = Flask("provider")
    server = AuthorizationServer(app, lambda name: Client() if name == CLIENT else None, _keep)
    server.register_grant(_grant_of(provider), [_identity_of(provider), _Proof(required=True)])

    @app.get("/.well-known/openid-configuration")
    def describe() -> Response:
        return jsonify(provider.describe())

    @app.get("/jwks")
    def list_keys() -> Response:
        return jsonify(KeySet([provider.key]).as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> Any:
        grant = server.get_consent_grant(end_user=provider.claims)
        return server.create_authorization_response(grant=grant, grant_user=provider.claims)

    @app.errorhandler(OAuth2Error)
    def refuse(error: OAuth2Error) -> Any:
        provider.refused.append(str(error))
        return server.handle_error_response(None, error)

    @app.post("/token")
    def give_token() -> Any:
        answer = server.create_token_response()
        if answer.status_code != 200:
            provider.refused.append(answer.get_json()["error"])
        return answer

    return app


def _keep(_token: dict[str, Any], _request: Any) -> None:
    """Keep no token: nothing is asked with it later."""


@contextmanager
def served_provider() -> Iterator[Provider]:
    """Serve a provider on a free port for as long as it is needed."""
    provider = Provider()
    with threaded_server(_build(provider)) as address:
        provider.issuer = address
        yield provider
