"""What officers send, checked for shape. Meaning is checked by the core."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from satisfaction.accounts import Credentials

LONGEST_NAME = 60
LONGEST_PASSWORD = 256


class SignInForm(FlaskForm):
    """A name and a password, and where the officer wanted to go."""

    name = StringField(_("Tên đăng nhập"), [InputRequired(), Length(max=LONGEST_NAME)])
    password = PasswordField(_("Mật khẩu"), [InputRequired(), Length(max=LONGEST_PASSWORD)])
    next = HiddenField()

    def as_credentials(self, network: str) -> Credentials:
        """Return the core's form of what was typed."""
        return Credentials(self.name.data or "", self.password.data or "", network)
