"""What officers send about letters, checked for shape. Meaning is checked by the core."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from admin.forms import as_key
from satisfaction.errors import AddressInvalidError
from satisfaction.subscriptions import (
    GUEST_KINDS,
    LONGEST_ADDRESS,
    USUAL_HOUR,
    Wanted,
    plain_address,
)
from satisfaction.terms import Language, LetterKind
from satisfaction.web.letter_pages import letter_word

HOURS = range(6, 23)
LONGEST_REASON = 200


class SubscriptionForm(FlaskForm):
    """Which letters an address is to get, of which unit, and when."""

    KINDS = frozenset(LetterKind)

    address = StringField(
        _("Địa chỉ thư điện tử"),
        [InputRequired(_("Hãy ghi địa chỉ thư điện tử.")), Length(max=LONGEST_ADDRESS)],
    )
    unit = SelectField(_("Đơn vị"), validate_choice=False)
    kinds = SelectMultipleField(_("Thư"), validate_choice=False)
    hour = SelectField(_("Giờ gửi thư hằng ngày"), default=str(USUAL_HOUR))
    only_when_needed = BooleanField(_("Chỉ gửi khi có việc cần xử lý"))
    language = SelectField(_("Ngôn ngữ của thư"), default=Language.VI.value)

    def offer(self, units: Sequence[tuple[int, str]]) -> "SubscriptionForm":
        """Fill in what may be chosen."""
        self.unit.choices = [(str(unit_id), name) for unit_id, name in units]
        self.kinds.choices = [
            (kind.value, letter_word(kind)) for kind in LetterKind if kind in self.KINDS
        ]
        self.hour.choices = [(str(hour), f"{hour:02d}:00") for hour in HOURS]
        self.language.choices = [(Language.VI.value, "Tiếng Việt"), (Language.EN.value, "English")]
        return self

    def validate_address(self, field: StringField) -> None:
        """Refuse what is no address."""
        try:
            plain_address(field.data or "")
        except AddressInvalidError as invalid:
            raise ValidationError(_("Địa chỉ này không đúng, ví dụ: ten@coquan.gov.vn.")) from (
                invalid
            )

    def validate_kinds(self, field: SelectMultipleField) -> None:
        """Refuse a subscription to nothing, and to what there is not."""
        known = {kind.value for kind in self.KINDS}
        if not field.data or not set(field.data) <= known:
            raise ValidationError(_("Hãy chọn ít nhất một thư."))

    def as_wanted(self, account_id: int | None) -> Wanted:
        """Return the core's form of what was typed."""
        return Wanted(
            address=self.address.data or "",
            unit_id=as_key(self.unit.data) or 0,
            kinds=frozenset(LetterKind(kind) for kind in self.kinds.data or ()),
            hour=int(self.hour.data),
            is_only_when_needed=bool(self.only_when_needed.data),
            language=Language(self.language.data),
            account_id=account_id,
        )


class ReaderForm(SubscriptionForm):
    """The same for somebody without an account, who gets what names no single answers."""

    KINDS = GUEST_KINDS


class AgainForm(FlaskForm):
    """Why a letter is sent once more."""

    reason = StringField(
        _("Lý do gửi lại"),
        [InputRequired(_("Hãy ghi lý do.")), Length(max=LONGEST_REASON)],
    )
