"""What officers send about the office itself, checked for shape. Meaning is checked by the core."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from admin.forms import as_day, as_key
from satisfaction import clock
from satisfaction.database import unit_of_work
from satisfaction.editing import Editor
from satisfaction.errors import OfficeChangeRefusedError
from satisfaction.furnishing import NewDesk
from satisfaction.structure import ENDINGS, Ending, NewName, NewUnit
from satisfaction.terms import DeskKind, Permission, SuccessionExtent, SuccessionKind, UnitKind
from satisfaction.web.guards import client_network, current_officer
from satisfaction.web.office_words import as_office_word, say_fault


def need_day(_form: FlaskForm, field: StringField) -> None:
    """Refuse what is no day."""
    if as_day(field.data) is None:
        raise ValidationError(_("Hãy chọn một ngày."))


def may_be_day(form: FlaskForm, field: StringField) -> None:
    """Refuse what is no day, unless nothing was typed."""
    if field.data:
        need_day(form, field)


def need_known(_form: FlaskForm, field: SelectField) -> None:
    """Refuse what was not offered."""
    if field.data not in {choice[0] for choice in field.choices or ()}:
        raise ValidationError(_("Hãy chọn một mục."))


def words_of(terms: Iterable[StrEnum]) -> list[tuple[str, str]]:
    """Return terms as choices."""
    return [(term.value, as_office_word(term)) for term in terms]


class OfficeForm(FlaskForm):
    """A form whose refusal by the core is said beside the field that it is about."""

    problem = ""

    def refuse(self, error: OfficeChangeRefusedError) -> None:
        """Keep why the core refused what was typed."""
        field, words = error.fields.get("field", ""), say_fault(error)
        if field in self:
            self[field].errors = [*self[field].errors, words]
        else:
            self.problem = words

    def text(self, name: str) -> str:
        """Return what was typed, if anything."""
        return self[name].data or ""

    def day(self, name: str) -> date:
        """Return a day that was checked before; today for none."""
        return as_day(self[name].data) or clock.today()


class NameForm(OfficeForm):
    """The code, name and kind of a unit from a day on."""

    code = StringField(_("Mã đơn vị"))
    name = StringField(_("Tên đơn vị"))
    kind = SelectField(_("Loại"), [need_known], validate_choice=False)
    legal_basis = StringField(_("Căn cứ pháp lý"))
    from_day = StringField(_("Từ ngày"), [need_day])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = words_of(UnitKind)

    def as_name(self) -> NewName:
        """Return the core's form of what was typed."""
        return NewName(
            code=self.text("code"),
            name=self.text("name"),
            kind=UnitKind(self.text("kind")),
            legal_basis=self.text("legal_basis"),
            from_day=self.day("from_day"),
        )


class FoundForm(NameForm):
    """A unit to be founded under another."""

    parent = SelectField(_("Trực thuộc"), [need_known], validate_choice=False)

    def offer(self, units: Sequence[tuple[int, str]]) -> None:
        """Fill in the units that may be chosen."""
        self.parent.choices = [(str(key), name) for key, name in units]

    def as_unit(self) -> NewUnit:
        """Return the core's form of what was typed."""
        return NewUnit(**vars(self.as_name()), parent_id=as_key(self.parent.data) or 0)


class MoveForm(OfficeForm):
    """Under which unit another is put, and from when."""

    parent = SelectField(_("Trực thuộc"), [need_known], validate_choice=False)
    from_day = StringField(_("Từ ngày"), [need_day])

    def offer(self, units: Sequence[tuple[int, str]]) -> None:
        """Fill in the units that may be chosen."""
        self.parent.choices = [(str(key), name) for key, name in units]


class EndForm(OfficeForm):
    """From when a unit is no more, why, and what follows it."""

    kind = SelectField(_("Lý do"), [need_known], validate_choice=False)
    extent = SelectField(_("Chuyển sang đơn vị nối tiếp"), [need_known], validate_choice=False)
    successors = SelectMultipleField(_("Đơn vị nối tiếp"), validate_choice=False)
    legal_basis = StringField(_("Căn cứ pháp lý"))
    from_day = StringField(_("Không còn từ ngày"), [need_day])

    def offer(self, units: Sequence[tuple[int, str]]) -> None:
        """Fill in what may be chosen."""
        self.kind.choices = words_of(ENDINGS)
        self.extent.choices = words_of(SuccessionExtent)
        self.successors.choices = [(str(key), name) for key, name in units]

    def as_ending(self) -> Ending:
        """Return the core's form of what was typed."""
        return Ending(
            kind=SuccessionKind(self.text("kind")),
            extent=SuccessionExtent(self.text("extent")),
            successor_ids=[as_key(one) or 0 for one in self.successors.data or ()],
            legal_basis=self.text("legal_basis"),
            from_day=self.day("from_day"),
        )


class NewDeskForm(OfficeForm):
    """A desk to be added."""

    unit = HiddenField()
    code = StringField(_("Mã bàn"))
    name = StringField(_("Tên bàn"))
    detail = StringField(_("Chi tiết"))
    kind = SelectField(_("Loại"), [need_known], validate_choice=False)
    from_day = StringField(_("Phục vụ từ ngày"), [need_day])
    until_day = StringField(_("Đến trước ngày"), [may_be_day])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = words_of(DeskKind)

    def as_desk(self) -> NewDesk:
        """Return the core's form of what was typed."""
        return NewDesk(
            code=self.text("code"),
            name=self.text("name"),
            detail=self.text("detail"),
            kind=DeskKind(self.text("kind")),
            from_day=self.day("from_day"),
            until_day=as_day(self.until_day.data),
        )


class CorrectDeskForm(OfficeForm):
    """Better words for a desk."""

    name = StringField(_("Tên bàn"))
    detail = StringField(_("Chi tiết"))


class RetireForm(OfficeForm):
    """Until when something holds, that day itself excluded."""

    until_day = StringField(_("Ngừng từ ngày"), [need_day])


def carry_out(form: OfficeForm, change: Callable[[Any], object]) -> bool:
    """Make a change that a form asks for, all of it or nothing; keep in the form why not."""
    if not form.validate():
        return False
    try:
        with unit_of_work() as session:
            change(session)
    except OfficeChangeRefusedError as error:
        form.refuse(error)
        return False
    return True


def editor_of(permission: Permission) -> Editor:
    """Return the signed-in officer as who changes the office, where a permission reaches."""
    officer = current_officer()
    return Editor(officer.scope(permission), officer.account_id, client_network())
