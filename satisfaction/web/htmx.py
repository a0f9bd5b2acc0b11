"""The only place that knows htmx's headers."""

from flask import Response, request


def wants_partial() -> bool:
    """Say whether htmx asks for one piece instead of the page."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def vary_on_htmx(response: Response) -> Response:
    """Keep caches from mixing pieces and pages that share an address."""
    response.vary.add("HX-Request")
    return response
