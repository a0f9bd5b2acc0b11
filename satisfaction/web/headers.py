"""Security headers of every answer: a strict policy, no third-party host, no inline code."""

from collections.abc import Mapping

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
TRANSPORT = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
NOT_STORED = {"Cache-Control": "no-store"}
KEPT_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


def install_headers(app: Flask, *, is_secure: bool) -> None:
    """Add the headers to every answer; pages are not stored, hashed assets for ever."""

    constant = HEADERS | (TRANSPORT if is_secure else {})
    page = constant | NOT_STORED

    @app.after_request
    def add(response: Response) -> Response:
        if request.endpoint != "static":
            return _complete(response, page)
        if "v" in request.args:
            response.headers.update(KEPT_FOR_EVER)
        return _complete(response, constant)


def _complete(response: Response, wanted: Mapping[str, str]) -> Response:
    """Add what the answer does not say already; one look through it, because every tap waits."""
    said = {name.lower() for name, _ in response.headers}
    for name, value in wanted.items():
        if name.lower() not in said:
            response.headers.add(name, value)
    return response
