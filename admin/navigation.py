"""The places of the officers' face, in reading order. Refuses to name one that is not there."""

from dataclasses import dataclass

from flask import current_app, request
from flask_babel import lazy_gettext as _

from satisfaction.accounts import Officer
from satisfaction.terms import Permission


@dataclass(frozen=True)
class Place:
    """One page of the navigation, and the permission that it asks for."""

    endpoint: str
    label: str
    permission: Permission

    @property
    def is_current(self) -> bool:
        """Whether the page being shown belongs to this place."""
        return request.blueprint == self.endpoint.rpartition(".")[0]


PLACES = (
    Place("admin.desk.index", _("Quầy phục vụ"), Permission.SERVE_DESK),
    Place("admin.counts.index", _("Số liệu"), Permission.SEE_COUNTS),
    Place("admin.dossiers.new", _("Nhập hồ sơ"), Permission.IMPORT_DOSSIERS),
    Place("admin.paper.index", _("Phiếu giấy"), Permission.ENTER_PAPER),
    Place("admin.cards.index", _("Mã tại bàn"), Permission.MANAGE_CARDS),
    Place("admin.fleet.index", _("Thiết bị"), Permission.MANAGE_FLEET),
    Place("admin.hours.index", _("Giờ mở cửa"), Permission.MANAGE_OFFICE),
)


def places_of(officer: Officer) -> list[Place]:
    """Return the places that an officer may enter."""
    return [
        place
        for place in PLACES
        if place.endpoint in current_app.view_functions and officer.may(place.permission)
    ]


def first_place(officer: Officer) -> Place | None:
    """Return where an officer lands after signing in: the figures, for who may see them."""
    places = places_of(officer)
    figures = (place for place in places if place.permission is Permission.SEE_COUNTS)
    return next(figures, places[0] if places else None)
