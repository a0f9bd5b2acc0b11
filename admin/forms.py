"""What officers send, checked for shape. Meaning is checked by the core."""

import re
import uuid
from collections.abc import Sequence
from datetime import date, time
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    FieldList,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, ValidationError

from satisfaction import clock
from satisfaction.calendars import LONGEST_DAY_NAME, NewSpecialDay, Week, read_spans
from satisfaction.desks import DeskSheet, VisitWanted
from satisfaction.dossiers import DEFAULT_SOURCE, LONGEST_SOURCE
from satisfaction.errors import HoursInvalidError
from satisfaction.models import UnitName
from satisfaction.paper import Slip
from satisfaction.recording import LONGEST_COMMENT
from satisfaction.sign_ins import Credentials
from satisfaction.terms import VisitKind, Weekday
from satisfaction.web.words import as_word

LONGEST_NAME = 60
LONGEST_PASSWORD = 256
LONGEST_TICKET = 16
LONGEST_SCAN = 200
LONGEST_MAPPING = 4000
ISO_DAY_LENGTH = 10
FIRST_YEAR, LAST_YEAR = 1900, 2200


class SignInForm(FlaskForm):
    """A name and a password, and where the officer wanted to go."""

    name = StringField(_("Tên đăng nhập"), [InputRequired(), Length(max=LONGEST_NAME)])
    password = PasswordField(_("Mật khẩu"), [InputRequired(), Length(max=LONGEST_PASSWORD)])
    next = HiddenField()

    def as_credentials(self, network: str, device: str) -> Credentials:
        """Return the core's form of what was typed."""
        return Credentials(self.name.data or "", self.password.data or "", network, device)


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


class SlipForm(FlaskForm):
    """One paper slip; the desk and the day are those of the stack that it lies in."""

    desk = HiddenField()
    day = HiddenField()
    rating = HiddenField()
    configuration = HiddenField()
    scale = HiddenField()
    level = RadioField(
        _("Mức đánh giá"),
        [InputRequired(_("Hãy chọn mức ghi trên phiếu."))],
        validate_choice=False,
    )
    reasons = SelectMultipleField(_("Các ý"), validate_choice=False)
    ticket_number = StringField(
        _("Số phiếu"), [Length(max=LONGEST_TICKET, message=_("Số phiếu dài nhất 16 ký tự."))]
    )
    code = StringField(_("Mã hồ sơ"), [Length(max=LONGEST_SCAN, message=_("Mã này quá dài."))])
    at = StringField(_("Giờ ghi trên phiếu"))
    comment = TextAreaField(
        _("Ý kiến ghi trên phiếu"),
        [Length(max=LONGEST_COMMENT, message=_("Ý kiến dài nhất 500 ký tự."))],
    )
    is_assisted = BooleanField(_("Có người giúp công dân đánh giá"))

    def validate_at(self, field: StringField) -> None:
        """Refuse what is no time of the day."""
        if field.data and _as_time(field.data) is None:
            raise ValidationError(_("Ghi giờ theo mẫu 09:30."))

    def as_slip(self) -> Slip | None:
        """Return the core's form of what was typed; nothing for a form that no page has given."""
        desk_id, level = as_key(self.desk.data), as_key(self.level.data)
        configuration_id, scale_id = as_key(self.configuration.data), as_key(self.scale.data)
        day = as_day(self.day.data)
        try:
            rating_id = uuid.UUID(self.rating.data or "")
        except ValueError:
            return None
        if None in {desk_id, level, configuration_id, scale_id} or day is None:
            return None
        return Slip(
            rating_id=rating_id,
            desk_id=desk_id or 0,
            day=day,
            level=level or 0,
            configuration_id=configuration_id or 0,
            scale_id=scale_id or 0,
            at=_as_time(self.at.data or ""),
            ticket_number=self.ticket_number.data or "",
            code=self.code.data or "",
            reasons=tuple(self.reasons.data or ()),
            comment=self.comment.data or "",
            is_assisted=bool(self.is_assisted.data),
        )


def _check_hours(_form: FlaskForm, field: StringField) -> None:
    """Refuse what is no hours of a day."""
    try:
        read_spans(field.data or "")
    except HoursInvalidError as invalid:
        raise ValidationError(_("Ghi giờ theo mẫu 07:30–11:30, 13:30–17:00.")) from invalid


def _check_day_to_come(_form: FlaskForm, field: StringField) -> None:
    """Refuse what is no day, and a day that is over."""
    day = as_day(field.data)
    if day is None:
        raise ValidationError(_("Hãy chọn một ngày."))
    if day < clock.today():
        raise ValidationError(_("Ngày này đã qua. Chỉ đặt được từ hôm nay trở đi."))


HOURS = (Length(max=80, message=_("Giờ mở cửa quá dài.")), _check_hours)


class WeekForm(FlaskForm):
    """The hours of the seven weekdays, and from which day they hold; empty is closed."""

    unit = HiddenField()
    from_day = StringField(_("Áp dụng từ ngày"), [_check_day_to_come])
    hours = FieldList(StringField(validators=HOURS), min_entries=len(Weekday), max_entries=7)

    def as_week(self) -> Week:
        """Return the core's form of what was typed."""
        return Week(tuple(read_spans(text or "") for text in self.hours.data))


class SpecialDayForm(FlaskForm):
    """A day that differs from the others, what it is called, and when it is open."""

    unit = HiddenField()
    day = StringField(_("Ngày"), [_check_day_to_come])
    name = StringField(
        _("Tên ngày"),
        [InputRequired(_("Hãy ghi tên ngày.")), Length(max=LONGEST_DAY_NAME)],
    )
    hours = StringField(_("Giờ mở cửa"), HOURS)

    def as_special_day(self) -> NewSpecialDay:
        """Return the core's form of what was typed, once it is known to be right."""
        day = as_day(self.day.data)
        assert day is not None
        return NewSpecialDay(day, self.name.data or "", read_spans(self.hours.data or ""))


def as_day(text: str | None) -> date | None:
    """Return a day as browsers write it, or nothing for what is none that can be reckoned with."""
    try:
        day = date.fromisoformat(text) if text and len(text) == ISO_DAY_LENGTH else None
    except ValueError:
        return None
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


def _as_time(text: str) -> time | None:
    found = re.fullmatch(r"(\d{1,2})[:hg](\d{2})", text.strip(), re.ASCII)
    try:
        return time(int(found[1]), int(found[2])) if found else None
    except ValueError:
        return None
