"""Roles, deeds and refused passwords in the reader's words. Refuses to decide anything."""

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from satisfaction.errors import PasswordRefusedError
from satisfaction.passwords import LONGEST, SHORTEST, PasswordFault
from satisfaction.terms import AuditAction, Role

PEOPLE_WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    Role: {
        Role.DESK_OFFICER: _("Cán bộ tại bàn"),
        Role.SUPERVISOR: _("Phụ trách bộ phận"),
        Role.HEAD: _("Người đứng đầu đơn vị"),
        Role.INSPECTOR: _("Thanh tra"),
        Role.ADMINISTRATOR: _("Quản trị đơn vị"),
        Role.SYSTEM_ADMINISTRATOR: _("Quản trị hệ thống"),
        Role.AUDITOR: _("Kiểm tra, giám sát"),
    },
    AuditAction: {
        AuditAction.SIGNED_IN: _("Đăng nhập"),
        AuditAction.SIGN_IN_FAILED: _("Đăng nhập không được"),
        AuditAction.SIGNED_OUT: _("Đăng xuất"),
        AuditAction.ACCOUNT_CREATED: _("Lập tài khoản"),
        AuditAction.ROLE_GRANTED: _("Giao vai trò"),
        AuditAction.DOSSIERS_IMPORTED: _("Nhập hồ sơ"),
        AuditAction.COUNTS_EXPORTED: _("Xuất số liệu"),
        AuditAction.RATING_CONFLICT: _("Lượt đánh giá gửi lại khác nội dung"),
        AuditAction.RATING_VOIDED: _("Hủy lượt đánh giá"),
        AuditAction.OFFICE_CHANGED: _("Sửa danh mục đơn vị"),
        AuditAction.KIOSK_ENROLLED: _("Ghép hoặc thay khóa máy"),
        AuditAction.KIOSK_REVOKED: _("Thu hồi máy"),
        AuditAction.INVITATION_MADE: _("Lập phiếu mời"),
        AuditAction.PAPER_ENTERED: _("Nhập phiếu giấy"),
        AuditAction.CARD_MADE: _("Lập mã tại bàn"),
        AuditAction.SERVICE_ADMITTED: _("Cho hệ thống khác kết nối"),
        AuditAction.SERVICE_REVOKED: _("Ngừng kết nối hệ thống khác"),
        AuditAction.PASSWORD_SET: _("Đặt mật khẩu"),
        AuditAction.SECOND_FACTOR_SET: _("Đặt xác thực hai lớp"),
        AuditAction.SECOND_FACTOR_REMOVED: _("Bỏ xác thực hai lớp"),
        AuditAction.RECOVERY_CODE_USED: _("Dùng mã dự phòng"),
        AuditAction.SESSIONS_ENDED: _("Kết thúc phiên đăng nhập"),
        AuditAction.ACCOUNT_CHANGED: _("Sửa tài khoản"),
        AuditAction.ACCOUNT_DISABLED: _("Khóa tài khoản"),
        AuditAction.ACCOUNT_ENABLED: _("Mở lại tài khoản"),
        AuditAction.ACCOUNT_REVIEWED: _("Rà soát tài khoản"),
        AuditAction.ROLE_ENDED: _("Thôi giao vai trò"),
        AuditAction.CASE_CHANGED: _("Xử lý phản ánh"),
        AuditAction.DOSSIER_OPENED: _("Mở hồ sơ sau lượt đánh giá"),
        AuditAction.WORDS_ERASED: _("Xóa ý kiến hết hạn giữ"),
        AuditAction.CATALOGUE_IMPORTED: _("Nhập danh mục"),
        AuditAction.REPORT_EXPORTED: _("Xuất báo cáo"),
        AuditAction.AUDIT_EXPORTED: _("Xuất nhật ký"),
        AuditAction.LETTER_SENT_AGAIN: _("Gửi lại thư"),
        AuditAction.SUBSCRIPTION_CHANGED: _("Đổi đăng ký nhận thư"),
        AuditAction.BACKUP_TAKEN: _("Sao lưu"),
        AuditAction.BACKUP_RESTORED: _("Khôi phục bản sao lưu"),
        AuditAction.JOB_STARTED_BY_HAND: _("Chạy việc định kỳ bằng tay"),
    },
}


def say_password_fault(refusal: PasswordRefusedError) -> str:
    """Return why a password is refused, and what would be taken instead."""
    fault = refusal.fields["fault"]
    if fault is PasswordFault.TOO_SHORT:
        shortest = refusal.fields.get("shortest", SHORTEST)
        return str(gettext("Mật khẩu cần ít nhất %(shortest)s ký tự.", shortest=shortest))
    if fault is PasswordFault.TOO_LONG:
        return str(gettext("Mật khẩu dài nhất %(longest)s ký tự.", longest=LONGEST))
    words = {
        PasswordFault.TOO_FEW_KINDS: gettext(
            "Mật khẩu cần đủ bốn loại ký tự: chữ thường, chữ hoa, chữ số và dấu khác. Một câu dài "
            "là được: dấu cách cũng tính, chỉ cần thêm một chữ hoa và một chữ số."
        ),
        PasswordFault.COMMON: gettext(
            "Mật khẩu này quá dễ đoán. Hãy ghép vài từ không liên quan với nhau."
        ),
        PasswordFault.OWN_NAME: gettext(
            "Mật khẩu không được chứa tên đăng nhập hay họ tên, cũng không được gồm phần lớn là "
            "các tiếng trong đó, dù có dấu hay không."
        ),
    }
    return str(words[fault])
