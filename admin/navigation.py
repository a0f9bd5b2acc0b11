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
    Place("admin.reports.index", _("Báo cáo"), Permission.SEE_COUNTS),
    Place("admin.paper.index", _("Phiếu giấy"), Permission.ENTER_PAPER),
    Place("admin.fleet.index", _("Thiết bị"), Permission.MANAGE_FLEET),
    Place(
        "admin.dossiers.new",
        _("Nhập hồ sơ"),
        Permission.IMPORT_DOSSIERS,
        _("Đưa danh sách hồ sơ từ hệ thống một cửa vào."),
    ),
    Place(
        "admin.hours.index",
        _("Giờ mở cửa"),
        Permission.MANAGE_OFFICE,
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
        "admin.cards.index",
        _("Mã tại bàn"),
        Permission.MANAGE_CARDS,
        _("In mã QR đặt tại bàn cho ý kiến không gắn lượt phục vụ."),
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
