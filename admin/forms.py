"""What officers send, checked for shape. Meaning is checked by the core."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, ValidationError

from satisfaction.accounts import Credentials
from satisfaction.desks import DeskSheet, VisitWanted
from satisfaction.dossiers import DEFAULT_SOURCE, LONGEST_SOURCE
from satisfaction.models import UnitName
from satisfaction.terms import VisitKind
from satisfaction.web.words import as_word

LONGEST_NAME = 60
LONGEST_PASSWORD = 256
LONGEST_TICKET = 16
LONGEST_SCAN = 200
LONGEST_MAPPING = 4000


class SignInForm(FlaskForm):
    """A name and a password, and where the officer wanted to go."""

    name = StringField(_("Tên đăng nhập"), [InputRequired(), Length(max=LONGEST_NAME)])
    password = PasswordField(_("Mật khẩu"), [InputRequired(), Length(max=LONGEST_PASSWORD)])
    next = HiddenField()

    def as_credentials(self, network: str) -> Credentials:
        """Return the core's form of what was typed."""
        return Credentials(self.name.data or "", self.password.data or "", network)


def as_key(text: str | None) -> int | None:
    """Return a key as forms carry it, or nothing for what is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None


class DeskForm(FlaskForm):
    """The choice of a desk."""

    desk = StringField()

    @property
    def chosen_id(self) -> int:
        """The desk's key; none that exists when it is not one."""
        return as_key(self.desk.data) or 0


class VisitForm(FlaskForm):
    """What is known of a citizen's visit; everything may be left empty."""

    code = StringField(_("Mã hồ sơ"), [Length(max=LONGEST_SCAN, message=_("Mã này quá dài."))])
    ticket_number = StringField(
        _("Số phiếu"), [Length(max=LONGEST_TICKET, message=_("Số phiếu dài nhất 16 ký tự."))]
    )
    procedure = SelectField(_("Thủ tục"), validate_choice=False)
    kind = RadioField(_("Việc"), validate_choice=False)

    def offer(self, sheet: DeskSheet) -> None:
        """Fill in what may be chosen."""
        self.procedure.choices = [("", _("Chưa rõ thủ tục"))] + [
            (str(procedure.id), f"{procedure.name} · {procedure.code}")
            for procedure in sheet.procedures
        ]
        self.kind.choices = [(kind.value, as_word(kind)) for kind in VisitKind]
        self.kind.data = self.kind.data or VisitKind.INTAKE.value

    def as_wanted(self, desk_id: int, account_id: int) -> VisitWanted:
        """Return the core's form of what was entered."""
        kinds = {kind.value: kind for kind in VisitKind}
        return VisitWanted(
            desk_id=desk_id,
            code=self.code.data or "",
            ticket_number=self.ticket_number.data or "",
            procedure_id=as_key(self.procedure.data),
            kind=kinds.get(self.kind.data or "", VisitKind.INTAKE),
            opened_by_id=account_id,
        )


class EmptyForm(FlaskForm):
    """A button alone, with its token."""


class DossierListForm(FlaskForm):
    """A list of dossiers, of which unit and system, and what its columns are where they are odd."""

    unit = SelectField(_("Đơn vị"), validate_choice=False)
    source = StringField(
        _("Hệ thống nguồn"),
        [
            InputRequired(_("Hãy ghi tên hệ thống nguồn.")),
            Length(max=LONGEST_SOURCE, message=_("Tên hệ thống nguồn dài nhất 40 ký tự.")),
        ],
        default=DEFAULT_SOURCE,
    )
    mapping = TextAreaField(
        _("Khai cột"), [Length(max=LONGEST_MAPPING, message=_("Phần khai cột quá dài."))]
    )
    file = FileField(_("Tệp danh sách"), [FileRequired(_("Hãy chọn một tệp."))])

    def offer(self, units: Sequence[UnitName]) -> None:
        """Fill in the units that may be chosen."""
        self.unit.choices = [(str(unit.unit_id), f"{unit.name} · {unit.code}") for unit in units]

    def validate_unit(self, field: SelectField) -> None:
        """Refuse a unit that is not offered."""
        if field.data not in {choice[0] for choice in field.choices or ()}:
            raise ValidationError(_("Hãy chọn một đơn vị."))

    def as_words(self) -> dict[str, Any]:
        """Return what was said about the file."""
        lines = (line.strip() for line in (self.mapping.data or "").splitlines())
        return {
            "unit_id": as_key(self.unit.data),
            "source": (self.source.data or "").strip(),
            "mapping": [line for line in lines if line],
        }
