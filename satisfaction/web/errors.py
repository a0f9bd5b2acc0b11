"""One table from error to status and page, piece or problem document. No trace is ever shown."""

from http import HTTPStatus

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import HTTPException

from satisfaction import clock, errors
from satisfaction.outages import RETRY_AFTER_SECONDS, Outage, find_outage
from satisfaction.terms import RefusalReason
from satisfaction.web.htmx import vary_on_htmx, wants_partial
from satisfaction.web.refused_words import explain_period, explain_word

_WITHOUT_A_CLOCK = frozenset({"alive", "ready", "static"})
STATUSES: dict[type[errors.SatisfactionError], HTTPStatus] = {
    errors.RatingConflictError: HTTPStatus.CONFLICT,
    errors.AlreadyRatedError: HTTPStatus.CONFLICT,
    errors.RatingRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.KioskNotFoundError: HTTPStatus.UNAUTHORIZED,
    errors.ServiceNotFoundError: HTTPStatus.UNAUTHORIZED,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.InvitationExpiredError: HTTPStatus.GONE,
    errors.InvitationSpentError: HTTPStatus.CONFLICT,
    errors.TooManyInvitationsError: HTTPStatus.CONFLICT,
    errors.FormInvalidError: HTTPStatus.BAD_REQUEST,
    errors.FormExpiredError: HTTPStatus.GONE,
    errors.OpinionsNotTakenError: HTTPStatus.FORBIDDEN,
    errors.AllowanceUsedUpError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.OfficeChangeRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SlipRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DeskBusyError: HTTPStatus.CONFLICT,
    errors.DeskRetiredError: HTTPStatus.CONFLICT,
    errors.VisitClosedError: HTTPStatus.CONFLICT,
    errors.VisitOpenError: HTTPStatus.CONFLICT,
    errors.CaseChangedError: HTTPStatus.CONFLICT,
    errors.CaseRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PolicyInvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidPeriodError: HTTPStatus.BAD_REQUEST,
    errors.WordUnknownError: HTTPStatus.BAD_REQUEST,
    errors.AmbiguousUnitError: HTTPStatus.CONFLICT,
    errors.SignInRefusedError: HTTPStatus.UNAUTHORIZED,
    errors.SignInThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.CodeRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SecondStepOverError: HTTPStatus.UNAUTHORIZED,
    errors.PasswordRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.StartCodeRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.LastAdministratorError: HTTPStatus.CONFLICT,
    errors.GrantInvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.AccountExistsError: HTTPStatus.CONFLICT,
    errors.PermissionDeniedError: HTTPStatus.FORBIDDEN,
    errors.ImportRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SeveralUnitsError: HTTPStatus.CONFLICT,
    errors.PdfUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DatabaseNotReadyError: HTTPStatus.SERVICE_UNAVAILABLE,
}

WORDS = {
    400: (_("Chưa đọc được yêu cầu này"), _("Tải lại trang rồi thử lại.")),
    401: (_("Cần đăng nhập"), _("Đăng nhập rồi mở lại trang này.")),
    403: (_("Không có quyền xem trang này"), _("Tài khoản này không được giao việc đó.")),
    404: (_("Không tìm thấy"), _("Trang này không có, hoặc không thuộc đơn vị được giao.")),
    405: (_("Chưa đọc được yêu cầu này"), _("Tải lại trang rồi thử lại.")),
    409: (_("Thông tin vừa thay đổi"), _("Tải lại trang để xem tình trạng mới nhất.")),
    413: (_("Tệp quá lớn"), _("Chia tệp thành nhiều phần nhỏ hơn rồi thử lại.")),
    429: (_("Đã thử quá nhiều lần"), _("Đợi một lúc rồi thử lại.")),
    500: (_("Chưa tải được số liệu"), _("Thử lại.")),
    503: (_("Chưa tải được số liệu"), _("Thử lại sau ít phút.")),
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


def _answer(
    status: int, kind: str, *, retry_after_seconds: int | None = None, advice: str = ""
) -> Response:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if request.is_json or best == "application/json":
        response = problem(status, kind)
    else:
        template = "errors/_error.html" if wants_partial() else "errors/error.html"
        title, usual = WORDS.get(status, WORDS[500 if status > 500 else 400])
        page = render_template(
            template, status=status, title=title, advice=advice or usual, start=_start_of_face()
        )
        response = vary_on_htmx(make_response(page, status))
    if retry_after_seconds is not None:
        response.headers["Retry-After"] = str(retry_after_seconds)
    return response


def _start_of_face() -> str:
    """Return the first page of the face that was asked: its prefix, if there is a page there."""
    prefix = f"/{request.path.split('/')[1]}/"
    routes = current_app.url_map.bind("")
    return prefix if routes.test(prefix, "GET") else "/"


def _explain(error: errors.SatisfactionError) -> str:
    """Return what of the address was wrong, and a way on; nothing for any other refusal."""
    if isinstance(error, errors.WordUnknownError):
        return explain_word(error)
    return explain_period(error) if isinstance(error, errors.InvalidPeriodError) else ""


def _kind(error: errors.SatisfactionError) -> str:
    reason = getattr(error, "reason", None)
    if isinstance(reason, RefusalReason):
        return reason.value
    name = type(error).__name__.removesuffix("Error")
    return "".join(f"-{sign.lower()}" if sign.isupper() else sign for sign in name).lstrip("-")


def answer_outage(outage: Outage) -> Response:
    """Answer that nothing was stored and that the same may work in a moment; no trace is logged."""
    current_app.logger.warning("answered 503: %s", outage.value)
    return _answer(503, outage.value, retry_after_seconds=RETRY_AFTER_SECONDS)


def install_clock_guard(app: Flask) -> None:
    """Answer nothing by a clock that cannot be right: it would find no unit and store on no day.

    Devices take the server as away: they go on by themselves, keep what they have and ask again.
    """

    @app.before_request
    def refuse_without_a_clock() -> ResponseReturnValue | None:
        if clock.is_set() or request.endpoint in _WITHOUT_A_CLOCK:
            return None
        return answer_outage(Outage.CLOCK_UNSET)


def install_errors(app: Flask) -> None:
    """Answer every error by the table; the page for 500 makes no database call."""

    @app.errorhandler(errors.SatisfactionError)
    def refused(error: errors.SatisfactionError) -> ResponseReturnValue:
        wait, status = error.fields.get("retry_after_seconds"), int(status_of(error))
        return _answer(status, _kind(error), retry_after_seconds=wait, advice=_explain(error))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.response is not None:
            return error.get_response()
        outage = find_outage(getattr(error, "original_exception", None))
        if outage is not None:
            return answer_outage(outage)
        code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
        answer = _answer(int(code), HTTPStatus(code).name.lower().replace("_", "-"))
        answer.headers.extend(pair for pair in error.get_headers() if pair[0] == "Allow")
        return answer

    @app.errorhandler(Exception)
    def failed(error: Exception) -> ResponseReturnValue:
        outage = find_outage(error)
        if outage is not None:
            return answer_outage(outage)
        app.logger.exception("unexpected error", exc_info=error)
        return _answer(500, "internal-server-error")
