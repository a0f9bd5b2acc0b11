"""What jobs are called, and what their results mean, in the reader's language."""

from collections.abc import Mapping
from datetime import timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from satisfaction.ledger import LedgerLine
from satisfaction.terms import JobState
from satisfaction.web.formats import as_number

JOB_WORDS: Mapping[str, str] = {
    "rebuild": _("Tính lại số liệu các ngày gần đây"),
    "prune": _("Dọn những gì hết cần"),
    "fleet": _("Xem xét thiết bị"),
    "daily_letter": _("Thư hằng ngày"),
    "weekly_letter": _("Thư hằng tuần"),
    "monthly_letter": _("Thư hằng tháng"),
    "escalate": _("Mở việc cần xử lý, báo việc quá hạn"),
    "retention": _("Xóa lời văn hết hạn giữ"),
    "idle": _("Khóa tài khoản bỏ không"),
    "backup": _("Sao lưu"),
}
STATE_WORDS: Mapping[JobState, str] = {
    JobState.PLANNED: _("chờ chạy"),
    JobState.RUNNING: _("đang chạy"),
    JobState.DONE: _("xong"),
    JobState.FAILED: _("không xong"),
}
RESULT_WORDS: Mapping[str, str] = {
    "begins": _("bắt đầu theo dõi từ đây"),
    "closed": _("không làm việc, không gửi thư"),
    "nothing": _("không có lượt nào và không máy nào hỏng, không gửi thư"),
    "days": _("%(n)s ngày tính lại"),
    "marks": _("%(n)s dấu mới"),
    "alerts": _("%(n)s việc cần xem"),
    "rows": _("%(n)s dòng đã dọn"),
    "accounts": _("%(n)s tài khoản đã khóa"),
    "ratings": _("đã sao lưu, có %(n)s lượt đánh giá"),
    "cases": _("%(n)s việc mới mở"),
    "raised": _("%(n)s việc quá hạn đã báo lãnh đạo"),
    "words": _("%(n)s lời đã xóa"),
    "links": _("%(n)s liên kết hồ sơ đã xóa"),
    "notes": _("%(n)s ghi chú đã xóa"),
    "letters": _("%(n)s thư"),
    "unneeded": _("%(n)s thư không cần gửi"),
    "no_file": _("không tạo được báo cáo PDF để kèm, xem flask check"),
}


def job_word(name: str) -> str:
    """Return what a job is called."""
    return str(JOB_WORDS.get(name, name))


def state_word(state: JobState) -> str:
    """Return what the state of a run is called."""
    return str(STATE_WORDS[state])


def say_result(line: LedgerLine) -> str:
    """Return what came of a run."""
    said = [
        str(RESULT_WORDS[name]) % {"n": as_number(value)}
        for name, value in line.result.items()
        if name in RESULT_WORDS
    ]
    if line.is_made_up_for:
        said.append(str(gettext("làm bù cho ngày máy chủ không chạy")))
    return "; ".join(said)


def say_late(late: timedelta | None) -> str:
    """Return by how much a run began late; nothing for what began within a minute."""
    minutes = int(late.total_seconds()) // 60 if late else 0
    if minutes < 1:
        return ""
    if minutes < 120:
        return str(gettext("muộn %(n)s phút", n=as_number(minutes)))
    return str(gettext("muộn %(n)s giờ", n=as_number(minutes // 60)))
