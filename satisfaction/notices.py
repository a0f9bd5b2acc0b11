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


def _procedure(error: SatisfactionError) -> tuple[str, str]:
    code = error.fields.get("code", "")
    return (f"Không có thủ tục nào mang mã {code}", f"No procedure has the code {code}")


def _special_day(error: SatisfactionError) -> tuple[str, str]:
    day = error.fields["day"]
    return (
        f"Đơn vị này không đặt riêng gì cho ngày {day:%d/%m/%Y}",
        f"This unit has nothing of its own on {day}",
    )


def _day_is_over(error: SatisfactionError) -> tuple[str, str]:
    day = error.fields["day"]
    return (
        f"Ngày {day:%d/%m/%Y} đã qua; chỉ đặt được từ hôm nay trở đi",
        f"{day} is over; only today and later days can be changed",
    )


def _policy(error: SatisfactionError) -> tuple[str, str]:
    option = error.fields["field"].replace("_", "-")
    least, most = error.fields["least"], error.fields["most"]
    return (
        f"--{option}: số phải từ {least} đến {most}",
        f"--{option} has to be from {least} to {most}",
    )


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
    shortest = error.fields.get("shortest", SHORTEST)
    lines = {
        PasswordFault.TOO_SHORT: (
            f"Mật khẩu phải có ít nhất {shortest} ký tự",
            f"A password has at least {shortest} characters",
        ),
        PasswordFault.TOO_FEW_KINDS: (
            "Mật khẩu cần đủ chữ thường, chữ hoa, chữ số và một dấu khác",
            "A password needs small and capital letters, a digit and one other sign",
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
            "Mật khẩu không được chứa tên đăng nhập, họ tên, hay phần lớn là các tiếng trong đó",
            "A password must not contain the account's or the full name, nor be mostly parts of it",
        ),
    }
    return lines[error.fields["fault"]]


def _no_pdf(error: SatisfactionError) -> tuple[str, str]:
    if error.fields["reason"] == "missing":
        return (
            "Chưa cài bộ tạo PDF; chạy: requirements/debian.sh pdf, hoặc dùng --format xlsx",
            "The PDF library is missing; run requirements/debian.sh pdf, or use --format xlsx",
        )
    return ("Chưa tạo được PDF", f"The PDF could not be drawn: {error}")


def _offer(error: SatisfactionError) -> tuple[str, str]:
    name = error.fields.get("last_good")
    if name is None:
        return ("chưa có bản sao lưu nào", "there is no backup yet")
    command = f"flask --app wsgi backup restore {name}"
    return (f"bản sao lưu tốt gần nhất: {command}", f"the last good backup: {command}")


def _damaged(error: SatisfactionError) -> tuple[str, str]:
    file, detail = error.fields["file"], error.fields["detail"]
    vietnamese, english = _offer(error)
    return (
        f"Tệp cơ sở dữ liệu {file} bị hỏng; không ghi gì vào đó; {vietnamese}",
        f"The database file {file} is damaged ({detail}); nothing was written; {english}",
    )


def _missing(error: SatisfactionError) -> tuple[str, str]:
    file, mark = error.fields["file"], error.fields["mark"]
    vietnamese, english = _offer(error)
    return (
        f"Cơ sở dữ liệu {file} đã trống hoặc mất; {vietnamese}; làm lại từ đầu thì xóa {mark}",
        f"The database {file} is empty or gone; {english}; delete {mark} only to begin anew",
    )


def _in_use(error: SatisfactionError) -> tuple[str, str]:
    folder = error.fields["folder"]
    return (
        f"Dữ liệu {folder} đang được dùng; hãy dừng dịch vụ trước (systemctl stop 'hailong*')",
        f"{folder} is in use; stop the services first (systemctl stop 'hailong*')",
    )


def _program_missing(error: SatisfactionError) -> tuple[str, str]:
    program = error.fields["program"]
    return (f"Máy này chưa có chương trình {program}", f"The program {program} is not installed")


def _program_failed(error: SatisfactionError) -> tuple[str, str]:
    program, detail = error.fields["program"], error.fields["detail"]
    return (f"Chương trình {program} báo lỗi", f"{program} failed: {detail}")


_BACKUP_PROBLEMS = {
    "busy": ("đang có một lần sao lưu khác", "another backup is being taken"),
    "disk": ("không ghi được vào đĩa", "the disk cannot be written"),
    "no room": ("không đủ chỗ trên đĩa", "there is too little room on the disk"),
    "database": ("không đọc được cơ sở dữ liệu", "the database cannot be read"),
    "no target": ("không có thư mục nhận bản sao", "the folder to copy to is not there"),
    "no key": ("không mở được: thiếu khóa hoặc sai khóa", "the key to open it is missing or wrong"),
    "unreadable": ("bản sao lưu không đọc được", "the backup cannot be read"),
    "damaged": ("bản sao lưu bị hỏng", "the backup is damaged"),
    "not sealed": (
        "bản trước được niêm phong, nay không có khóa; nếu cố ý: backup now --unsealed",
        "the last one was sealed and now no key is set; if that is meant: backup now --unsealed",
    ),
    "altered": ("bản sao lưu đã bị thay đổi", "the backup was altered"),
    "differs": ("bản sao không khớp với dữ liệu gốc", "the copy differs from what was copied"),
    "other engine": ("bản sao lưu của loại cơ sở dữ liệu khác", "it is of another engine"),
}


def _backup_failed(error: SatisfactionError) -> tuple[str, str]:
    vietnamese, english = _BACKUP_PROBLEMS[error.fields["problem"]]
    named = " ".join(str(error.fields[one]) for one in ("name", "detail") if error.fields.get(one))
    rest = f" ({named})" if named else ""
    return (f"Sao lưu, khôi phục: {vietnamese}", f"Backup: {english}{rest}")


def _no_backup(error: SatisfactionError) -> tuple[str, str]:
    name = error.fields["name"]
    return (f"Không có bản sao lưu {name}", f"There is no backup {name}")


def _newer(error: SatisfactionError) -> tuple[str, str]:
    stored, kept = error.fields["stored"], error.fields["kept"]
    if stored is None:
        return (
            "Dữ liệu đang có không đọc được, có thể mới hơn; muốn thay thì thêm --overwrite-newer",
            "What stands cannot be read and may be newer; add --overwrite-newer to replace it",
        )
    return (
        f"Dữ liệu đang có mới hơn ({stored} lượt, bản sao {kept}); vẫn thay: --overwrite-newer",
        f"What stands is newer ({stored} ratings, backup {kept}); to replace it: --overwrite-newer",
    )


def _last_administrator(error: SatisfactionError) -> tuple[str, str]:
    name = error.fields["name"]
    return (
        f"{name} là người quản trị hệ thống cuối cùng; hãy giao vai trò ấy cho người khác trước",
        f"{name} is the last system administrator; give somebody else that role first",
    )


def _grant(error: SatisfactionError) -> tuple[str, str]:
    return (
        "Vai trò phải kết thúc sau ngày bắt đầu và chưa được giao trong thời gian ấy",
        "A role ends after it begins, and is not held already in these days",
    )


def _no_report(error: SatisfactionError) -> tuple[str, str]:
    problem = error.fields["problem"]
    return (
        f"Đây không phải thư báo không gửi được ({problem})",
        f"This is no report of a letter that came back: {problem}",
    )


def _no_letter(error: SatisfactionError) -> tuple[str, str]:
    message_id = error.fields["message_id"]
    return (
        f"Không có thư {message_id} gửi cho người nhận ấy",
        f"No letter {message_id} was sent to that recipient",
    )


_LINES = {
    errors.BounceUnreadableError: _no_report,
    errors.BounceUnknownError: _no_letter,
    errors.DatabaseDamagedError: _damaged,
    errors.DatabaseMissingError: _missing,
    errors.DataInUseError: _in_use,
    errors.ProgramMissingError: _program_missing,
    errors.ProgramFailedError: _program_failed,
    errors.BackupFailedError: _backup_failed,
    errors.BackupNotFoundError: _no_backup,
    errors.NewerDataError: _newer,
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
    errors.ProcedureNotFoundError: _procedure,
    errors.SpecialDayNotFoundError: _special_day,
    errors.DayIsOverError: _day_is_over,
    errors.PolicyInvalidError: _policy,
    errors.KioskNotFoundError: _kiosk,
    errors.ServiceNotFoundError: _service,
    errors.UnitNotConfiguredError: _not_configured,
    errors.AccountNotFoundError: _account,
    errors.AccountExistsError: _account_exists,
    errors.PasswordRefusedError: _password,
    errors.LastAdministratorError: _last_administrator,
    errors.GrantInvalidError: _grant,
    errors.PdfUnavailableError: _no_pdf,
}
