"""Citizens' voices: low ratings and comments to look through and hand on. Refuses the ticket."""

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.case_forms import MOST_AT_ONCE, TogetherForm
from admin.questions import QUICK_PERIODS
from admin.voice_questions import VOICE_NAMES, VoiceQuestion, list_address, read_voices
from satisfaction import case_opening, clock, voice_sheets, voices
from satisfaction.database import reading, unit_of_work
from satisfaction.errors import CaseChangedError, CaseRefusedError, InvalidPeriodError
from satisfaction.pseudonyms import NAME_LENGTH
from satisfaction.terms import CaseState, Channel, Permission, RatingSource
from satisfaction.web import htmx
from satisfaction.web.case_words import explain_case
from satisfaction.web.guards import requires
from satisfaction.web.readers import current_reader
from satisfaction.web.refused_words import explain_period, name_shown
from satisfaction.web.unseen import forget_unseen
from satisfaction.web.words import describe_period

blueprint = Blueprint("voices", __name__, url_prefix="/voices")


@blueprint.get("")
@requires(Permission.SEE_VOICES)
def index() -> ResponseReturnValue:
    """Show the voices that the address asks for; empty words leave the address first."""
    if any(not word for word in request.args.values()):
        return _back(302)
    return _list()


def _back(status: int = 303) -> ResponseReturnValue:
    """Return to the list as it was asked for."""
    return redirect(list_address("admin.voices.index", request.args, names=VOICE_NAMES), status)


def _list(
    status: int = 200, *, problem: str = "", form: TogetherForm | None = None
) -> ResponseReturnValue:
    """Return the list, with what was ticked and typed when it could not be saved."""
    try:
        question = read_voices(request.args, clock.today())
    except InvalidPeriodError as refusal:
        question, problem = _usual(explain_period(refusal))
        return _show(question, 400, problem=problem, form=form)
    return _show(question, status, problem=problem, form=form)


def _usual(problem: str) -> tuple[VoiceQuestion, str]:
    """Return the usual period, and what was wrong with the one that was asked for."""
    words = request.args.copy()
    for name in ("period", "from", "to"):
        words.poplist(name)
    question = read_voices(words, clock.today())
    return question, name_shown(problem, question.kind, period=question.wanted.period)


def _show(
    question: VoiceQuestion, status: int, *, problem: str, form: TogetherForm | None
) -> ResponseReturnValue:
    with reading() as session:
        sheet = voice_sheets.read_voices(
            session,
            current_reader(),
            question.wanted,
            unit_id=question.unit_id,
            page=question.page,
        )
    template = "admin/voices/_voices.html" if htmx.wants_partial() else "admin/voices/index.html"
    page = render_template(
        template,
        question=question,
        sheet=sheet,
        problem=problem,
        form=form or TogetherForm(formdata=None),
        ticked=frozenset(request.form.getlist("voice") if form else ()),
        period_name=describe_period(question.kind, question.wanted.period),
        quick_periods=QUICK_PERIODS,
        states=tuple(CaseState),
        channels=tuple(Channel),
        sources=tuple(RatingSource),
    )
    return htmx.vary_on_htmx(make_response(page, status))


@blueprint.get("/<name>")
@requires(Permission.SEE_VOICES)
def show(name: str) -> ResponseReturnValue:
    """Show one voice."""
    with reading() as session:
        voice = voices.get_voice(session, current_reader(), name)
    may_handle = voice.unit_id in current_reader().handling
    return render_template(
        "admin/voices/show.html", voice=voice, may_handle=may_handle, form=TogetherForm()
    )


@blueprint.post("")
@requires(Permission.HANDLE_CASES)
def create() -> ResponseReturnValue:
    """Have the chosen voices answered, or say that they were seen, all in the same way."""
    form = TogetherForm()
    names, change = request.form.getlist("voice"), form.as_change()
    if change is None or len(names) > MOST_AT_ONCE or any(len(n) != NAME_LENGTH for n in names):
        abort(400)
    if not names:
        return _list(422, problem=_("Chọn ít nhất một ý kiến."), form=form)
    if not form.validate():
        return _list(422, problem=form.note.errors[0], form=form)
    try:
        with unit_of_work() as session:
            opened = case_opening.open_cases(session, current_reader(), names, change=change)
            tokens = [case.token for case in opened]
            waiting = [case for case in opened if case.state is not CaseState.DONE]
            unassigned = sum(case.assignee_id is None for case in waiting)
        forget_unseen()
    except CaseRefusedError as refusal:
        return _list(422, problem=explain_case(refusal), form=form)
    except CaseChangedError:
        problem = _("Có người vừa xử lý một ý kiến trong số này. Chưa lưu gì; xem lại rồi làm.")
        return _list(409, problem=problem, form=form)
    flash(_say_saved(len(tokens), unassigned), "good")
    if len(tokens) == 1:
        return redirect(url_for("admin.cases.show", token=tokens[0]), 303)
    return _back()


def _say_saved(count: int, unassigned: int) -> str:
    """Return what was done, and for how many nobody is to do anything yet."""
    if count == 1:
        return str(_("Đã đưa vào xử lý, chưa giao cho ai.") if unassigned else _("Đã lưu."))
    saved = str(_("Đã lưu cho %(n)s ý kiến.", n=count))
    return f"{saved} {_say_unassigned(unassigned)}" if unassigned else saved


def _say_unassigned(count: int) -> str:
    return str(_("%(n)s việc trong số này chưa giao cho ai.", n=count))
