"""What officers send about voices and cases, checked for shape. Meaning is checked by the core."""

import uuid

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from admin.forms import as_day, as_key
from satisfaction.case_changes import LONGEST_LINE, LONGEST_NOTE, LONGEST_REASON, Change, Seen
from satisfaction.policies import Policy
from satisfaction.terms import CaseState

MOST_AT_ONCE = 100
LONGEST_CHOICE = 40


def as_token(text: str) -> uuid.UUID | None:
    """Return a case's token as addresses carry it, or nothing for what is none."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


def as_seen(text: str) -> Seen | None:
    """Return a case and its version as a list carries them: token:version."""
    token, _colon, version = text.partition(":")
    found, number = as_token(token), as_key(version)
    return Seen(found, number) if found is not None and number is not None else None


class TogetherForm(FlaskForm):
    """One change for several voices or cases."""

    deed = SelectField(_("Việc"), validate_choice=False)
    assignee = SelectField(_("Giao cho"), validate_choice=False)
    note = TextAreaField(
        _("Ghi chú"), [Length(max=LONGEST_NOTE, message=_("Ghi chú dài nhất 1000 ký tự."))]
    )

    def as_change(self) -> Change | None:
        """Return the change that is asked for; nothing for a deed that is not offered."""
        note, assignee = self.note.data or "", as_key(self.assignee.data)
        if self.deed.data == "assign":
            return Change(assignee_id=assignee, note=note)
        if self.deed.data == "close":
            return Change(state=CaseState.DONE, note=note)
        if self.deed.data == "open":
            return Change(note=note)
        return None


class CaseForm(FlaskForm):
    """One case: how far it is, who has it, by when, and what there is to say."""

    version = HiddenField()
    state = SelectField(_("Tình trạng"), validate_choice=False)
    assignee = SelectField(_("Người xử lý"), validate_choice=False)
    due_day = StringField(_("Hạn xử lý"), [Length(max=LONGEST_CHOICE)])
    due_reason = StringField(
        _("Lý do đổi hạn"),
        [Length(max=LONGEST_REASON, message=_("Ghi lý do đổi hạn, từ 10 đến 500 ký tự."))],
    )
    note = TextAreaField(
        _("Ghi chú, điều đã làm"),
        [Length(max=LONGEST_NOTE, message=_("Ghi chú dài nhất 1000 ký tự."))],
    )

    def validate_due_day(self, field: StringField) -> None:
        """Refuse what is no day."""
        if field.data and as_day(field.data) is None:
            raise ValidationError(_("Hãy chọn một ngày."))

    def as_change(self) -> Change | None:
        """Return the change that is asked for; nothing for what no page has offered."""
        states = {state.value: state for state in CaseState}
        if self.state.data and self.state.data not in states:
            return None
        return Change(
            state=states.get(self.state.data or ""),
            assignee_id=as_key(self.assignee.data),
            due_day=as_day(self.due_day.data),
            due_reason=self.due_reason.data or "",
            note=self.note.data or "",
        )


class LineForm(FlaskForm):
    """The line for the waiting screens in both languages, and the version that it replaces."""

    version = HiddenField()
    over = HiddenField()
    line_vi = StringField(
        _("Câu tiếng Việt"),
        [Length(max=LONGEST_LINE, message=_("Câu dài nhất 300 ký tự."))],
    )
    line_en = StringField(
        _("Câu tiếng Anh"), [Length(max=LONGEST_LINE, message=_("Câu dài nhất 300 ký tự."))]
    )


class DossierReasonForm(FlaskForm):
    """Why the dossier behind a voice has to be opened."""

    reason = TextAreaField(
        _("Lý do mở hồ sơ"),
        [Length(max=LONGEST_REASON, message=_("Ghi lý do mở hồ sơ, từ 10 đến 500 ký tự."))],
    )


class NoteForm(FlaskForm):
    """What is said of a day that stands out."""

    day = HiddenField()
    words = StringField(_("Chuyện gì đã xảy ra"))

    @property
    def problem(self) -> str:
        """Why the form is not taken."""
        return str(gettext("Hãy chọn một ngày."))


class PolicyForm(FlaskForm):
    """What a unit holds to with citizens' voices."""

    unit = HiddenField()
    delay_days = IntegerField(
        _("Hiện ý kiến sau giờ đóng cửa, thêm (ngày)"), [InputRequired(_("Hãy ghi một số."))]
    )
    deadline_days = IntegerField(
        _("Hạn xử lý (ngày làm việc)"), [InputRequired(_("Hãy ghi một số."))]
    )
    kept_months = IntegerField(
        _("Giữ lời, liên kết hồ sơ và ghi chú (tháng)"), [InputRequired(_("Hãy ghi một số."))]
    )

    def as_policy(self) -> Policy:
        """Return the core's form of what was typed, once it is known to be numbers."""
        return Policy(
            self.delay_days.data or 0, self.deadline_days.data or 0, self.kept_months.data or 0
        )
