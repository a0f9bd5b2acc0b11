"""What administrators send about an account, checked for shape. Meaning is checked by the core."""

from collections.abc import Sequence
from datetime import date

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from admin.forms import LONGEST_NAME, as_day, as_key
from admin.people_forms import PasswordForm, check_email
from satisfaction import clock
from satisfaction.accounts import plain_name
from satisfaction.people import NAME_SHAPE, NewPerson, NewRole
from satisfaction.second_factors import LONGEST_CODE
from satisfaction.terms import Role
from satisfaction.text import clean
from satisfaction.web.languages import language_name, languages
from satisfaction.web.words import as_word

LONGEST_DISPLAY_NAME = 120


def _check_display_name(_form: FlaskForm, field: StringField) -> None:
    """Refuse what nobody could be called by."""
    name = clean(field.data or "")
    if not name or len(name) > LONGEST_DISPLAY_NAME:
        raise ValidationError(_("Hãy ghi họ tên, dài nhất 120 ký tự."))


class PersonForm(FlaskForm):
    """How an account is shown, and the e-mail that the administrator vouches for."""

    display_name = StringField(_("Họ tên"), [_check_display_name])
    email = StringField(_("Thư điện tử công vụ (không bắt buộc)"), [check_email])

    def address(self) -> str:
        """Return the e-mail without the spaces around it."""
        return (self.email.data or "").strip()


class NewPersonForm(PersonForm):
    """An account that is to be made, and where it belongs."""

    name = StringField(_("Tên đăng nhập"), [InputRequired(_("Hãy ghi tên đăng nhập."))])
    unit = SelectField(_("Đơn vị"), validate_choice=False)
    language = SelectField(_("Ngôn ngữ"), validate_choice=False)

    def offer(self, units: Sequence[tuple[int, str]]) -> None:
        """Fill in what may be chosen."""
        self.unit.choices = [(str(unit_id), name) for unit_id, name in units]
        self.language.choices = [(code, language_name(code)) for code in languages()]

    def validate_name(self, field: StringField) -> None:
        """Refuse a name that could be taken for another, or that no keyboard has."""
        name = plain_name(field.data or "")
        if len(name) > LONGEST_NAME or not NAME_SHAPE.fullmatch(name):
            raise ValidationError(
                _("Tên đăng nhập gồm chữ không dấu, số, dấu chấm, gạch; dài nhất 60 ký tự.")
            )

    def validate_unit(self, field: SelectField) -> None:
        """Refuse a unit that is not offered."""
        if field.data not in {choice[0] for choice in field.choices or ()}:
            raise ValidationError(_("Hãy chọn một đơn vị."))

    def as_person(self) -> NewPerson:
        """Return the core's form of what was typed."""
        language = self.language.data or ""
        return NewPerson(
            name=self.name.data or "",
            display_name=self.display_name.data or "",
            unit_id=as_key(self.unit.data) or 0,
            email=self.address(),
            language=language if language in languages() else "",
        )


class RoleForm(FlaskForm):
    """A role that is to be given, where, and in which days."""

    role = SelectField(_("Vai trò"), validate_choice=False)
    unit = SelectField(_("Trong đơn vị"), validate_choice=False)
    from_day = StringField(_("Từ ngày"))
    until_day = StringField(_("Đến trước ngày (bỏ trống là không hạn)"))

    def offer(self, roles: Sequence[Role], units: Sequence[tuple[int, str]]) -> None:
        """Fill in what may be chosen."""
        self.role.choices = [(role.value, as_word(role)) for role in roles]
        self.unit.choices = [(str(unit_id), name) for unit_id, name in units]

    def validate_role(self, field: SelectField) -> None:
        """Refuse what is no role."""
        if field.data not in {role.value for role in Role}:
            raise ValidationError(_("Hãy chọn một vai trò."))

    def validate_from_day(self, field: StringField) -> None:
        """Refuse what is no day, and a day that is over."""
        day = as_day(field.data)
        if day is None or day < clock.today():
            raise ValidationError(_("Hãy chọn một ngày, từ hôm nay trở đi."))

    def validate_until_day(self, field: StringField) -> None:
        """Refuse an end that is no day, or not after the first one."""
        first = as_day(self.from_day.data) or date.min
        if field.data and (as_day(field.data) or date.min) <= first:
            raise ValidationError(_("Ngày kết thúc phải sau ngày bắt đầu."))

    def as_role(self) -> NewRole:
        """Return the core's form of what was chosen, once it is known to be right."""
        from_day = as_day(self.from_day.data)
        assert from_day is not None
        return NewRole(
            role=Role(self.role.data),
            unit_id=as_key(self.unit.data) or 0,
            from_day=from_day,
            until_day=as_day(self.until_day.data),
        )


class StartForm(PasswordForm):
    """The code for the first sign-in, and the password that the officer chooses."""

    code = StringField(
        _("Mã lần đầu"),
        [
            InputRequired(_("Hãy nhập mã.")),
            Length(max=LONGEST_CODE, message=_("Mã này quá dài.")),
        ],
    )
