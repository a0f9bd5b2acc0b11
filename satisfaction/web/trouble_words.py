"""What is wrong with the system, in the reader's language, and what to do about it."""

from flask_babel import gettext as _

from satisfaction.troubles import Trouble, TroubleKind
from satisfaction.web.formats import as_moment, as_share
from satisfaction.web.job_words import job_word


def say_trouble(trouble: Trouble) -> tuple[str, str]:
    """Return what is wrong, and since when or where to look."""
    since = as_moment(trouble.since) if trouble.since else ""
    lines = {
        TroubleKind.DISK_FULL: (
            _("Đĩa máy chủ gần đầy: %(share)s", share=as_share(trouble.share)),
            _("Dọn đĩa hoặc thêm chỗ trước khi phiếu không ghi được"),
        ),
        TroubleKind.JOBS_STAND: (
            _("Các việc tự chạy đang dừng"),
            _("Lần đến hạn cuối: %(moment)s; kiểm tra dịch vụ hailong-jobs", moment=since),
        ),
        TroubleKind.JOB_FAILED: (
            _("Việc tự chạy không xong: %(job)s", job=job_word(trouble.job)),
            _("Đến hạn %(moment)s; xem sổ các lần chạy", moment=since),
        ),
        TroubleKind.OLD_BACKUP: (
            _("Đã quá một ngày chưa sao lưu") if since else _("Chưa có bản sao lưu nào"),
            _("Bản gần nhất: %(moment)s", moment=since) if since else _("Xem việc tự chạy Sao lưu"),
        ),
        TroubleKind.LETTERS_WAIT: (
            _("Thư chưa gửi đi được"),
            _("Lá cũ nhất chờ từ %(moment)s; kiểm tra máy chủ thư", moment=since),
        ),
    }
    heading, detail = lines[trouble.kind]
    return str(heading), str(detail)
