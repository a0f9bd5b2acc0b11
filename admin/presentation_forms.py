"""What officers send about what devices show. Meaning is checked by the core."""

from contextlib import closing
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from admin.forms import as_key
from admin.office_forms import OfficeForm, need_day, need_known, words_of
from satisfaction import clock
from satisfaction.emblems import MOST_BYTES, Drawing, read_drawing
from satisfaction.presentation import Presentation, Wanted
from satisfaction.terms import FollowUp


def need_number(_form: OfficeForm, field: StringField) -> None:
    """Refuse what is no whole number."""
    if as_key(field.data) is None:
        raise ValidationError(_("Ghi một số."))


class PresentationForm(OfficeForm):
    """Everything that a unit's devices show."""

    unit = HiddenField()
    office_title = StringField(_("Tên cơ quan ở đầu màn hình"))
    we_changed_vi = TextAreaField(_("Dòng “Nhờ góp ý của bà con”"))
    we_changed_en = TextAreaField(_("Dòng ấy bằng tiếng Anh"))
    scale_id = SelectField(_("Thang đo"), [need_known], validate_choice=False)
    follow_up = SelectField(_("Hỏi lý do"), [need_known], validate_choice=False)
    reason_codes = SelectMultipleField(
        _("Các lý do được hỏi"),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    allows_unlinked = BooleanField(_("Nhận ý kiến không gắn lượt phục vụ"))
    has_chime = BooleanField(_("Kêu một tiếng chuông nhẹ khi màn hình chờ chuyển sang câu hỏi"))
    idle_seconds = StringField(_("Tự về màn hình chờ sau (giây)"), [need_number])
    invitation_hours = StringField(_("Phiếu mời còn hạn (giờ)"), [need_number])
    drawing = FileField(_("Biểu trưng của cơ quan"))
    drops_mark = BooleanField(_("Bỏ biểu trưng riêng, dùng biểu trưng của phần mềm"))
    from_day = StringField(_("Áp dụng từ ngày"), [need_day])

    @staticmethod
    def words_of(sheet: Presentation) -> dict[str, Any]:
        """Return what is in force, as it is typed."""
        words: dict[str, Any] = {"from_day": clock.today().isoformat(), "idle_seconds": 90}
        current = sheet.current
        if current is None:
            return words | {
                "invitation_hours": 24,
                "reason_codes": [reason.code for reason in sheet.reasons],
            }
        return words | {
            "office_title": current.office_title,
            "we_changed_vi": current.we_changed_vi,
            "we_changed_en": current.we_changed_en,
            "scale_id": str(current.scale_id),
            "follow_up": current.follow_up.value,
            "reason_codes": current.reason_codes,
            "allows_unlinked": current.allows_unlinked,
            "idle_seconds": current.idle_seconds,
            "has_chime": current.has_chime,
            "invitation_hours": current.invitation_hours,
        }

    def offer(self, sheet: Presentation) -> None:
        """Fill in what may be chosen: the newest scales, and the one in force."""
        in_force = sheet.current.scale_id if sheet.current else 0
        self.scale_id.choices = [
            (str(scale.id), f"{scale.name} · {_('bản %(n)s', n=scale.version)}")
            for scale in sheet.scales
            if scale.is_newest or scale.id == in_force
        ]
        self.follow_up.choices = words_of(FollowUp)
        self.reason_codes.choices = [(reason.code, reason.label_vi) for reason in sheet.reasons]

    def as_wanted(self) -> Wanted:
        """Return the core's form of what was typed.

        Raises: OfficeChangeRefusedError for a file that shows no mark.
        """
        return Wanted(
            scale_id=as_key(self.scale_id.data) or 0,
            follow_up=FollowUp(self.text("follow_up")),
            reason_codes=self.reason_codes.data or (),
            allows_unlinked=bool(self.allows_unlinked.data),
            has_chime=bool(self.has_chime.data),
            idle_seconds=as_key(self.text("idle_seconds")) or 0,
            invitation_hours=as_key(self.text("invitation_hours")) or 0,
            office_title=self.text("office_title"),
            we_changed_vi=self.text("we_changed_vi"),
            we_changed_en=self.text("we_changed_en"),
            drops_mark=bool(self.drops_mark.data),
            drawing=self._drawing(),
            from_day=self.day("from_day"),
        )

    def _drawing(self) -> Drawing | None:
        sent = self.drawing.data
        if not sent or not sent.filename:
            return None
        with closing(sent):
            return read_drawing(sent.read(MOST_BYTES + 1))
