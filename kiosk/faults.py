"""What a citizen sees when something is wrong: that the screen is out of service, nothing else."""

from flask import Blueprint, Response, current_app
from werkzeug.exceptions import HTTPException

from kiosk.pages import PAUSED_SECONDS, ScreenName, address, render_screen
from satisfaction.errors import SatisfactionError
from satisfaction.outages import RETRY_AFTER_SECONDS, Outage, find_outage
from satisfaction.web.errors import status_of


def show_faults_as_paused(blueprint: Blueprint) -> None:
    """Answer every error of these pages with the paused screen; it makes no database call."""

    @blueprint.errorhandler(SatisfactionError)
    def refused(error: SatisfactionError) -> Response:
        return render_paused(int(status_of(error)))

    @blueprint.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return render_paused(error.code or 500)

    @blueprint.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        outage = find_outage(error)
        if outage is not None:
            return _paused_for_now(outage)
        current_app.logger.exception("unexpected error", exc_info=error)
        return render_paused(500)


def _paused_for_now(outage: Outage) -> Response:
    current_app.logger.warning("answered 503: %s", outage.value)
    response = render_paused(503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def render_paused(status: int) -> Response:
    """Return the paused screen, which looks again after a while by itself."""
    response = render_screen(
        ScreenName.PAUSED, None, refresh=(PAUSED_SECONDS, address("rating.index"))
    )
    response.status_code = status
    return response
