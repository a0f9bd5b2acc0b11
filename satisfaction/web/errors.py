"""One table from error to status and page, piece or problem document. No trace is ever shown."""

from http import HTTPStatus

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from satisfaction import errors
from satisfaction.terms import RefusalReason

STATUSES: dict[type[errors.SatisfactionError], HTTPStatus] = {
    errors.RatingConflictError: HTTPStatus.CONFLICT,
    errors.AlreadyRatedError: HTTPStatus.CONFLICT,
    errors.RatingRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.KioskNotFoundError: HTTPStatus.UNAUTHORIZED,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.DeskBusyError: HTTPStatus.CONFLICT,
    errors.DeskRetiredError: HTTPStatus.CONFLICT,
    errors.VisitClosedError: HTTPStatus.CONFLICT,
    errors.VisitOpenError: HTTPStatus.CONFLICT,
    errors.InvalidPeriodError: HTTPStatus.BAD_REQUEST,
    errors.AmbiguousUnitError: HTTPStatus.CONFLICT,
    errors.SignInRefusedError: HTTPStatus.UNAUTHORIZED,
    errors.SignInThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.PermissionDeniedError: HTTPStatus.FORBIDDEN,
    errors.ImportRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DatabaseNotReadyError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(error: errors.SatisfactionError) -> HTTPStatus:
    """Return the status for an error: that of the nearest kind in the table."""
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return HTTPStatus.BAD_REQUEST


def problem(status: int, kind: str) -> Response:
    """Return a problem document (RFC 9457) with a stable kind."""
    response = jsonify(type=f"about:{kind}", title=kind, status=status)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def _answer(status: int, kind: str) -> ResponseReturnValue:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if request.is_json or best == "application/json":
        return problem(status, kind)
    return render_template("errors/error.html", status=status, kind=kind), status


def _kind(error: errors.SatisfactionError) -> str:
    reason = getattr(error, "reason", None)
    if isinstance(reason, RefusalReason):
        return reason.value
    name = type(error).__name__.removesuffix("Error")
    return "".join(f"-{sign.lower()}" if sign.isupper() else sign for sign in name).lstrip("-")


def install_errors(app: Flask) -> None:
    """Answer every error by the table; the page for 500 makes no database call."""

    @app.errorhandler(errors.SatisfactionError)
    def refused(error: errors.SatisfactionError) -> ResponseReturnValue:
        return _answer(int(status_of(error)), _kind(error))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.response is not None:
            return error.get_response()
        code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
        return _answer(int(code), HTTPStatus(code).name.lower().replace("_", "-"))

    @app.errorhandler(Exception)
    def failed(error: Exception) -> ResponseReturnValue:
        app.logger.exception("unexpected error", exc_info=error)
        return _answer(500, "internal-server-error")
