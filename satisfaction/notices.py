"""One line for each thing an operator can meet: Vietnamese first, English after a stroke.

Refuses to show a trace, and never names a password: a database's address is not repeated.
"""

from satisfaction import errors
from satisfaction.errors import SatisfactionError
from satisfaction.passwords import LONGEST, SHORTEST, PasswordFault


def say(error: SatisfactionError) -> str:
    """Return the one line for an error of settings, data folder, port, database or command."""
    for kind in type(error).__mro__:
        if kind in _LINES:
            vietnamese, english = _LINES[kind](error)
            return f"{vietnamese} / {english}"
    return f"Không thực hiện được / Refused: {type(error).__name__} {error}"


def _configuration(error: SatisfactionError) -> tuple[str, str]:
    variable, problem = error.fields.get("variable", ""), error.fields.get("problem", "")
    if problem == "unknown setting":
        return _unknown_setting(variable, error.fields.get("meant"))
    if folder := error.fields.get("folder"):
        return (
            f"Không ghi được vào thư mục dữ liệu {folder}; hãy sửa quyền hoặc đặt {variable}",
            f"The data folder {folder} cannot be written; fix its rights or set {variable}",
        )
    name = variable or "SQLite"
    return (f"Cấu hình {name} không dùng được", f"The setting {name} cannot be used: {problem}")


def _unknown_setting(variable: str, meant: str | None) -> tuple[str, str]:
    if meant is None:
        return (f"Không có biến cấu hình {variable}", f"There is no setting {variable}")
    return (
        f"Không có biến cấu hình {variable}; có phải là {meant} không?",
        f"There is no setting {variable}; did you mean {meant}?",
    )


def _port(error: SatisfactionError) -> tuple[str, str]:
    port = error.fields["port"]
    if error.fields["problem"] == "taken":
        return (
            f"Cổng {port} đang có chương trình khác dùng; hãy chọn cổng khác, ví dụ PORT=8001",
            f"Port {port} is taken; choose another, for example PORT=8001",
        )
    if error.fields["problem"] == "not permitted":
        return (
            f"Không được phép dùng cổng {port}; hãy chọn cổng từ 1024 trở lên",
            f"Port {port} may not be used; choose one from 1024 upwards",
        )
    return (
        f"PORT={port} không phải là số cổng từ 1 đến 65535",
        f"PORT={port} is not a port number from 1 to 65535",
    )


def _too_new(error: SatisfactionError) -> tuple[str, str]:
    revision, known = error.fields["revision"], error.fields["newest_known"]
    return (
        f"Cơ sở dữ liệu thuộc phiên bản mới hơn ({revision}, ở đây là {known}); hãy nâng cấp",
        f"The database is from a newer version ({revision}, here is {known}); upgrade the program",
    )


def _not_ready(error: SatisfactionError) -> tuple[str, str]:
    return (
        "Cơ sở dữ liệu chưa được chuẩn bị; hãy chạy: flask --app wsgi database prepare",
        "The database is not prepared; run: flask --app wsgi database prepare",
    )


def _unusable(error: SatisfactionError) -> tuple[str, str]:
    detail = error.fields.get("detail", "")
    return ("Không mở được cơ sở dữ liệu", f"The database cannot be opened: {detail}")


def _unit(error: SatisfactionError) -> tuple[str, str]:
    code = error.fields.get("code", "")
    return (
        f"Không có đơn vị mang mã {code} trong kỳ này",
        f"No unit has the code {code} in this period",
    )


def _ambiguous(error: SatisfactionError) -> tuple[str, str]:
    code = error.fields["code"]
    return (
        f"Nhiều đơn vị đã mang mã {code} trong kỳ này; hãy chọn kỳ ngắn hơn",
        f"Several units had the code {code} in this period; choose a shorter one",
    )


def _period(error: SatisfactionError) -> tuple[str, str]:
    return (
        "Kỳ không đúng: ngày kết thúc (không tính) phải sau ngày đầu; chỉ tính lại ngày đã qua",
        "Not a period: the end day (excluded) comes after the first; only past days are rebuilt",
    )


def _hours(error: SatisfactionError) -> tuple[str, str]:
    text = error.fields.get("text", "")
    return (
        f"Giờ mở cửa không đúng: {text}; mẫu: 07:30-11:30, 13:30-17:00",
        f"These are no opening hours: {text}; write them as 07:30-11:30, 13:30-17:00",
    )


def _desk(error: SatisfactionError) -> tuple[str, str]:
    return ("Không có bàn này", f"No such desk: {error}")


def _kiosk(error: SatisfactionError) -> tuple[str, str]:
    return ("Không có máy đánh giá này", f"No such kiosk: {error}")


def _service(error: SatisfactionError) -> tuple[str, str]:
    return ("Không có hệ thống này", f"No such system: {error}")


def _not_configured(error: SatisfactionError) -> tuple[str, str]:
    return (
        "Đơn vị này chưa được cấu hình thang đánh giá",
        "Nothing says yet what this unit's devices show",
    )


def _account(error: SatisfactionError) -> tuple[str, str]:
    name = error.fields["name"]
    return (f"Không có tài khoản {name}", f"There is no account {name}")


def _account_exists(error: SatisfactionError) -> tuple[str, str]:
    name = error.fields["name"]
    return (f"Đã có tài khoản {name}", f"There is an account {name} already")


def _password(error: SatisfactionError) -> tuple[str, str]:
    """Return why a password is refused; it is never repeated."""
    lines = {
        PasswordFault.TOO_SHORT: (
            f"Mật khẩu phải có ít nhất {SHORTEST} ký tự",
            f"A password has at least {SHORTEST} characters",
        ),
        PasswordFault.TOO_LONG: (
            f"Mật khẩu dài nhất {LONGEST} ký tự",
            f"A password has at most {LONGEST} characters",
        ),
        PasswordFault.COMMON: (
            "Mật khẩu này quá dễ đoán; hãy ghép vài từ không liên quan với nhau",
            "This password is easily guessed; put together some words that have nothing in common",
        ),
        PasswordFault.OWN_NAME: (
            "Mật khẩu không được chứa tên đăng nhập",
            "A password must not contain the name of the account",
        ),
    }
    return lines[error.fields["fault"]]


_LINES = {
    errors.ConfigurationError: _configuration,
    errors.PortError: _port,
    errors.DatabaseTooNewError: _too_new,
    errors.DatabaseNotReadyError: _not_ready,
    errors.DatabaseUnusableError: _unusable,
    errors.UnitNotFoundError: _unit,
    errors.AmbiguousUnitError: _ambiguous,
    errors.InvalidPeriodError: _period,
    errors.HoursInvalidError: _hours,
    errors.DeskNotFoundError: _desk,
    errors.KioskNotFoundError: _kiosk,
    errors.ServiceNotFoundError: _service,
    errors.UnitNotConfiguredError: _not_configured,
    errors.AccountNotFoundError: _account,
    errors.AccountExistsError: _account_exists,
    errors.PasswordRefusedError: _password,
}
