"""What officers send about accounts, checked for shape. Meaning is checked by the core."""

import re

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from satisfaction.passwords import LONGEST
from satisfaction.profiles import LONGEST_EMAIL
from satisfaction.second_factors import LONGEST_CODE
from satisfaction.web.languages import language_name, languages

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.\-]+\.[A-Za-z0-9\-]{2,}")
LONGEST_TYPED = 4 * LONGEST


class CodeForm(FlaskForm):
    """The code of an authenticator app, or a recovery code."""

    code = StringField(
        _("Mã xác thực"),
        [
            InputRequired(_("Hãy nhập mã.")),
            Length(max=LONGEST_CODE, message=_("Mã này quá dài.")),
        ],
    )
    next = HiddenField()


class FactorForm(FlaskForm):
    """The code that the app shows for the offered secret; and one of the former app, if any."""

    current = StringField(
        _("Mã của ứng dụng đang dùng"), [Length(max=LONGEST_CODE, message=_("Mã này quá dài."))]
    )
    code = StringField(
        _("Mã 6 số ứng dụng vừa hiện"),
        [
            InputRequired(_("Hãy nhập mã.")),
            Length(max=LONGEST_CODE, message=_("Mã này quá dài.")),
        ],
    )


class PasswordForm(FlaskForm):
    """The present password and a new one, typed twice."""

    current = PasswordField(_("Mật khẩu hiện nay"), [Length(max=LONGEST_TYPED)])
    new = PasswordField(
        _("Mật khẩu mới"), [InputRequired(_("Hãy nhập mật khẩu mới.")), Length(max=LONGEST_TYPED)]
    )
    again = PasswordField(_("Nhập lại mật khẩu mới"), [Length(max=LONGEST_TYPED)])

    def validate_again(self, field: PasswordField) -> None:
        """Refuse two that differ."""
        if field.data != self.new.data:
            raise ValidationError(_("Hai lần nhập không giống nhau."))


def check_email(_form: FlaskForm, field: StringField) -> None:
    """Refuse what no letter can be sent to."""
    text = (field.data or "").strip()
    if text and (len(text) > LONGEST_EMAIL or not _EMAIL.fullmatch(text)):
        raise ValidationError(_("Ghi địa chỉ thư theo mẫu ten@donvi.gov.vn."))


class ProfileForm(FlaskForm):
    """The own e-mail and language."""

    email = StringField(_("Thư điện tử công vụ"), [check_email])
    language = SelectField(_("Ngôn ngữ"), validate_choice=False)

    def offer(self) -> None:
        """Fill in the languages that may be chosen."""
        self.language.choices = [(code, language_name(code)) for code in languages()]

    def validate_language(self, field: SelectField) -> None:
        """Refuse a language that has no catalogue."""
        if field.data not in languages():
            raise ValidationError(_("Hãy chọn một ngôn ngữ."))
