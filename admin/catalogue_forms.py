"""What officers send about what all units share. Meaning is checked by the core."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from admin.forms import as_key
from admin.office_forms import OfficeForm, need_day, need_known, words_of
from satisfaction.procedures import ProcedureWords
from satisfaction.scales import FACES, MOST_LEVELS, NewLevel, NewVersion, ReasonWords
from satisfaction.terms import CatalogueKind, Leaning
from satisfaction.web.catalogue_words import KINDS


class WordsForm(OfficeForm):
    """What a procedure is called."""

    name = TextAreaField(_("Tên chính thức"))
    short_name = StringField(_("Tên ngắn"))
    sector = StringField(_("Lĩnh vực"))

    def as_words(self) -> ProcedureWords:
        """Return the core's form of what was typed."""
        return ProcedureWords(
            name=self.text("name"), short_name=self.text("short_name"), sector=self.text("sector")
        )


class ProcedureForm(WordsForm):
    """A procedure to be added."""

    code = StringField(_("Mã quốc gia"))
    from_day = StringField(_("Hiệu lực từ ngày"), [need_day])


class RenewForm(WordsForm):
    """Other words from a day on."""

    from_day = StringField(_("Từ ngày"), [need_day])


class SectorForm(OfficeForm):
    """A better name of a sector."""

    name = StringField(_("Tên lĩnh vực"))


class CatalogueFileForm(OfficeForm):
    """A file, and of what it is."""

    kind = SelectField(_("Danh mục"), [need_known], validate_choice=False)
    unit = SelectField(_("Đơn vị, nếu là danh mục bàn"), validate_choice=False)
    file = FileField(_("Tệp danh mục"), [FileRequired(_("Hãy chọn một tệp."))])

    def offer(self, kinds: Sequence[CatalogueKind], units: Sequence[tuple[int, str]]) -> None:
        """Fill in what may be chosen."""
        self.kind.choices = [(kind.value, str(KINDS[kind])) for kind in kinds]
        self.unit.choices = [(str(key), name) for key, name in units]

    def validate_unit(self, field: SelectField) -> None:
        """Refuse desks of a unit that is not offered."""
        known = {choice[0] for choice in field.choices or ()}
        if self.kind.data == CatalogueKind.DESKS.value and field.data not in known:
            raise ValidationError(_("Hãy chọn một đơn vị."))

    def as_words(self) -> dict[str, Any]:
        """Return what was said about the file."""
        is_desks = self.kind.data == CatalogueKind.DESKS.value
        return {"kind": self.kind.data, "unit_id": as_key(self.unit.data) if is_desks else None}


class ScaleForm(OfficeForm):
    """A version of a scale: up to five levels, the lowest first; empty levels are left out."""

    code = StringField(_("Mã thang đo"))
    name = StringField(_("Tên thang đo"))
    source = StringField(_("Căn cứ"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MOST_LEVELS + 1):
            self[f"leaning_{number}"].choices = words_of(Leaning)
            self[f"face_{number}"].choices = [(str(face), str(face)) for face in FACES]

    @classmethod
    def with_levels(cls) -> type["ScaleForm"]:
        """Return the form with the fields of each level."""
        fields: dict[str, Any] = {}
        for number in range(1, MOST_LEVELS + 1):
            fields |= {
                f"label_vi_{number}": StringField(_("Lời tiếng Việt")),
                f"label_en_{number}": StringField(_("Lời tiếng Anh")),
                f"leaning_{number}": SelectField(
                    _("Được tính"), [need_known], validate_choice=False
                ),
                f"face_{number}": SelectField(_("Gương mặt"), [need_known], validate_choice=False),
            }
        return type("LevelsForm", (cls,), fields)

    def as_version(self) -> NewVersion:
        """Return the core's form of what was typed."""
        levels = [
            NewLevel(
                self.text(f"label_vi_{number}"),
                self.text(f"label_en_{number}"),
                Leaning(self.text(f"leaning_{number}")),
                int(self.text(f"face_{number}")),
            )
            for number in range(1, MOST_LEVELS + 1)
            if self.text(f"label_vi_{number}") or self.text(f"label_en_{number}")
        ]
        return NewVersion(
            code=self.text("code"),
            name=self.text("name"),
            source=self.text("source"),
            levels=levels,
        )


class ReasonForm(OfficeForm):
    """Words of a reason."""

    code = StringField(_("Mã"))
    label_vi = StringField(_("Lời tiếng Việt"))
    label_en = StringField(_("Lời tiếng Anh"))
    basis = StringField(_("Căn cứ"))

    def as_words(self) -> ReasonWords:
        """Return the core's form of what was typed."""
        return ReasonWords(
            label_vi=self.text("label_vi"),
            label_en=self.text("label_en"),
            basis=self.text("basis"),
        )
