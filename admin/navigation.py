"""The places of the officers' face, in reading order. Refuses to name one that is not there."""

from dataclasses import dataclass

from flask import current_app, request
from flask_babel import lazy_gettext as _

from satisfaction.accounts import Officer
from satisfaction.terms import Permission


@dataclass(frozen=True)
class Place:
    """One page of the navigation, and the permission that it asks for.

    What is set up once stands on the settings page, with one line on what it is for.
    """

    endpoint: str
    label: str
    permission: Permission
    purpose: str = ""

    @property
    def is_setting(self) -> bool:
        """Whether it stands on the settings page rather than in the head of every page."""
        return bool(self.purpose)

    @property
    def is_current(self) -> bool:
        """Whether the page being shown belongs to this place."""
        return request.blueprint == self.endpoint.rpartition(".")[0]


PLACES = (
    Place("admin.overview.index", _("Tổng quan"), Permission.SEE_COUNTS),
    Place("admin.desk.index", _("Quầy phục vụ"), Permission.SERVE_DESK),
    Place("admin.counts.index", _("Số liệu"), Permission.SEE_COUNTS),
    Place("admin.voices.index", _("Ý kiến"), Permission.SEE_VOICES),
    Place("admin.cases.index", _("Việc xử lý"), Permission.READ_CASES),
    Place("admin.own_figures.index", _("Số liệu đơn vị"), Permission.SEE_OWN_FIGURES),
    Place("admin.reports.index", _("Báo cáo"), Permission.SEE_COUNTS),
    Place("admin.paper.index", _("Phiếu giấy"), Permission.ENTER_PAPER),
    Place("admin.fleet.index", _("Thiết bị"), Permission.READ_FLEET),
    Place(
        "admin.dossiers.new",
        _("Nhập hồ sơ"),
        Permission.IMPORT_DOSSIERS,
        _("Đưa danh sách hồ sơ từ hệ thống một cửa vào."),
    ),
    Place(
        "admin.hours.index",
        _("Giờ mở cửa"),
        Permission.READ_OFFICE,
        _("Giờ làm việc trong tuần, ngày nghỉ và ngày làm bù."),
    ),
    Place(
        "admin.units.index",
        _("Đơn vị"),
        Permission.READ_OFFICE,
        _("Cây đơn vị ở từng ngày; đổi tên, chuyển cấp trên, sáp nhập, chia tách, giải thể."),
    ),
    Place(
        "admin.desks.index",
        _("Các bàn"),
        Permission.READ_OFFICE,
        _("Thêm bàn, sửa tên, cho ngừng phục vụ từ một ngày."),
    ),
    Place(
        "admin.presentation.index",
        _("Nội dung trên máy"),
        Permission.READ_OFFICE,
        _("Tên cơ quan, biểu trưng, thang đo, lý do và dòng chữ trên máy đánh giá."),
    ),
    Place(
        "admin.policies.index",
        _("Hạn xử lý và lưu ý kiến"),
        Permission.READ_OFFICE,
        _("Khi nào ý kiến được hiện, phải xử lý trong mấy ngày, lời được giữ bao lâu."),
    ),
    Place(
        "admin.holidays.index",
        _("Ngày nghỉ trong năm"),
        Permission.READ_OFFICE,
        _("Nhập ngày lễ, nghỉ bù, làm bù của một năm sau khi xem trước; hoán đổi ngày làm việc."),
    ),
    Place(
        "admin.catalogue.index",
        _("Thủ tục và lĩnh vực"),
        Permission.READ_OFFICE,
        _("Danh mục dùng chung: mã quốc gia, tên chính thức, tên ngắn, hiệu lực."),
    ),
    Place(
        "admin.catalogue_files.new",
        _("Nhập danh mục"),
        Permission.MANAGE_OFFICE,
        _("Đưa danh mục thủ tục hoặc bàn từ CSV, XLSX vào, có xem thử."),
    ),
    Place(
        "admin.scales.index",
        _("Thang đo và lý do"),
        Permission.READ_OFFICE,
        _("Các phiên bản thang đo và các lý do mà đơn vị có thể hỏi."),
    ),
    Place(
        "admin.people.index",
        _("Tài khoản"),
        Permission.READ_PEOPLE,
        _("Ai được vào, với vai trò gì, ở đơn vị nào; rà soát 6 tháng một lần."),
    ),
    Place(
        "admin.audit.index",
        _("Nhật ký"),
        Permission.READ_AUDIT,
        _("Ai đã làm gì, lúc nào; lọc, tìm và tải về."),
    ),
    Place(
        "admin.cards.index",
        _("Mã tại bàn"),
        Permission.READ_OFFICE,
        _("In mã QR đặt tại bàn cho ý kiến không gắn lượt phục vụ."),
    ),
    Place(
        "admin.letters.index",
        _("Thư của tôi"),
        Permission.SEE_COUNTS,
        _("Thư hằng ngày, hằng tuần, hằng tháng gửi cho chính mình."),
    ),
    Place(
        "admin.letters.readers",
        _("Người nhận thư"),
        Permission.READ_PEOPLE,
        _("Ai nhận thư của đơn vị, và thư đã gửi."),
    ),
    Place(
        "admin.jobs.index",
        _("Việc tự chạy"),
        Permission.READ_SYSTEM,
        _("Việc hệ thống tự làm: đến hạn lúc nào, chạy lúc nào, kết quả."),
    ),
)


def _open_to(officer: Officer) -> list[Place]:
    if officer.duty is not None:
        return []
    return [
        place
        for place in PLACES
        if place.endpoint in current_app.view_functions and officer.may(place.permission)
    ]


def places_of(officer: Officer) -> list[Place]:
    """Return the places that an officer may enter from the head of every page."""
    return [place for place in _open_to(officer) if not place.is_setting]


def settings_of(officer: Officer) -> list[Place]:
    """Return the places that an officer may enter from the settings page."""
    return [place for place in _open_to(officer) if place.is_setting]


def first_place(officer: Officer) -> Place | None:
    """Return where an officer lands after signing in: the figures, for who may see them."""
    places = _open_to(officer)
    figures = (place for place in places if place.permission is Permission.SEE_COUNTS)
    return next(figures, places[0] if places else None)
