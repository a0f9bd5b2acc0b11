"""What officers send, checked for shape. Meaning is checked by the core."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from satisfaction.accounts import Credentials
from satisfaction.desks import DeskSheet, VisitWanted
from satisfaction.terms import VisitKind
from satisfaction.web.words import as_word

LONGEST_NAME = 60
LONGEST_PASSWORD = 256
LONGEST_TICKET = 16
LONGEST_SCAN = 200


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
