"""The only place that knows htmx's headers."""

from flask import Response, request


def is_htmx() -> bool:
    """Say whether htmx asks, for a piece or for a page."""
    return request.headers.get("HX-Request") == "true"


def wants_partial() -> bool:
    """Say whether htmx asks for one piece instead of the page."""
    return is_htmx() and request.headers.get("HX-History-Restore-Request") != "true"


def vary_on_htmx(response: Response) -> Response:
    """Keep caches from mixing pieces and pages that share an address."""
    response.vary.add("HX-Request")
    return response


def leave_for(address: str) -> Response:
    """Have the browser leave the page for another; a plain redirect would land in the piece."""
    return Response(status=401, headers={"HX-Redirect": address})


def load_again() -> Response:
    """Have the browser load the whole page again."""
    return Response(status=200, headers={"HX-Refresh": "true"})
