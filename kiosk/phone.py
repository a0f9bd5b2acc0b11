"""What the pages for citizens' own phones share: how they are drawn, and what goes wrong in words.

Refuses to show a level that was given, and anything of a fault but what the citizen can do.
"""

import re
import uuid
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException

from kiosk.pages import label, language, tongue
from kiosk.speech import find_recordings
from satisfaction import errors
from satisfaction.errors import FormInvalidError, SatisfactionError
from satisfaction.phones import Following, PhoneSheet
from satisfaction.recording import LONGEST_COMMENT, new_rating_id
from satisfaction.taps import CitizenWords, PhoneAnswer
from satisfaction.terms import Language
from satisfaction.text import clean
from satisfaction.web.errors import status_of
from satisfaction.web.form_tokens import open_form, refuse_other_sites, seal_form
from satisfaction.web.languages import languages

MOST_REASONS = 12
TIME_FOR_WORDS = timedelta(hours=2)


class AnswerContent(BaseModel):
    """What the token of a question's form holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rating: uuid.UUID
    configuration: int
    scale: int
    device: str = ""


class WordsContent(BaseModel):
    """What the token of a form for words holds: the answer that was just given, if it was here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rating: uuid.UUID | None


class LevelForm(BaseModel):
    """The key that was touched."""

    level: Annotated[int, Field(ge=1, le=7)]


class WordsForm(BaseModel):
    """What was chosen and written after an answer."""

    reasons: Annotated[
        tuple[Annotated[str, Field(pattern="^[a-z_]{1,24}$")], ...], Field(max_length=MOST_REASONS)
    ]
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)]


def address(endpoint: str, **values: Any) -> str:
    """Return an address of these pages that keeps the citizen's language and size of letters."""
    if tongue() != Language.VI:
        values.setdefault("lang", tongue())
    if request.args.get("easy"):
        values.setdefault("easy", "1")
    return url_for(f"phone.{endpoint}", **values)


def seal_question(page: str, sheet: PhoneSheet, *, device: str = "") -> str:
    """Return the token of a question's form, which makes its answer count once."""
    content = AnswerContent(
        rating=new_rating_id(),
        configuration=sheet.configuration_id,
        scale=sheet.scale_id,
        device=device,
    )
    return seal_form(page, content.model_dump(mode="json"))


def read_answer(page: str, *, life: timedelta) -> tuple[PhoneAnswer, str]:
    """Return the answer that a form brought, and the device that its page was given to.

    Raises: FormInvalidError, FormExpiredError.
    """
    refuse_other_sites()
    try:
        content = AnswerContent.model_validate(
            open_form(page, request.form.get("token"), life=life)
        )
        form = LevelForm.model_validate(request.form.to_dict())
    except ValidationError as problem:
        raise FormInvalidError() from problem
    answer = PhoneAnswer(
        rating_id=content.rating,
        configuration_id=content.configuration,
        scale_id=content.scale,
        level=form.level,
        language=language(),
    )
    return answer, content.device


def seal_words(page: str, rating_id: uuid.UUID | None) -> str:
    """Return the token of a form for words."""
    return seal_form(page, WordsContent(rating=rating_id).model_dump(mode="json"))


def open_words(page: str, token: str | None) -> uuid.UUID | None:
    """Return the answer to which the words of a page belong, if it was given there.

    Raises: FormInvalidError, FormExpiredError.
    """
    try:
        content = WordsContent.model_validate(open_form(page, token, life=TIME_FOR_WORDS))
    except ValidationError as problem:
        raise FormInvalidError() from problem
    return content.rating


def read_words() -> CitizenWords:
    """Return what a form for words brought; nothing if the citizen passes it over.

    Raises: FormInvalidError, for a text that no browser would have sent too.
    """
    refuse_other_sites()
    if request.form.get("skip"):
        return CitizenWords()
    try:
        form = WordsForm(
            reasons=tuple(request.form.getlist("reason")[: MOST_REASONS + 1]),
            comment=clean(request.form.get("comment", "")),
        )
    except ValidationError as problem:
        raise FormInvalidError() from problem
    return CitizenWords(reasons=form.reasons, comment=form.comment)


def render_question(sheet: PhoneSheet, *, action: str, token: str) -> Response:
    """Return the page that asks how it was."""
    question = _("Ông/bà thấy lần phục vụ vừa rồi thế nào?")
    trust = _("Cán bộ tại bàn không xem được ông/bà chọn gì. Đánh giá không ảnh hưởng đến hồ sơ.")
    levels = sheet.levels[::-1]
    return _render(
        "question",
        sheet,
        question=question,
        trust=trust,
        levels=levels,
        action=action,
        token=token,
        recordings=find_recordings([question, *map(label, levels), trust]),
    )


def render_words(
    sheet: PhoneSheet, following: Following, *, action: str, token: str, is_rated_before: bool
) -> Response:
    """Return the page for reasons and words, after an answer or to one given elsewhere."""
    title = {
        Following.BETTER: _("Điều gì nên làm tốt hơn?"),
        Following.BEST: _("Điều gì ông/bà thấy tốt nhất?"),
        Following.WORDS: _("Ông/bà muốn viết thêm không?"),
    }[following]
    hint = _("Chọn một hay nhiều ý. Mức đánh giá đã ghi nhận rồi, có thể bỏ qua.")
    reasons = () if following is Following.WORDS else sheet.reasons
    if is_rated_before:
        title, hint = _("Phiếu này đã được đánh giá. Cảm ơn ông/bà!"), ""
    elif not reasons:
        hint = _("Mức đánh giá đã ghi nhận rồi, có thể bỏ qua.")
    return _render(
        "words",
        sheet,
        title=title,
        hint=hint,
        reasons=reasons,
        action=action,
        token=token,
        longest=LONGEST_COMMENT,
        recordings=find_recordings([title, hint, *map(label, reasons)]),
    )


def render_thanks(sheet: PhoneSheet | None) -> Response:
    """Return the page that thanks the citizen, in the same way for every answer."""
    return _render("thanks", sheet, recordings=[])


def render_message(
    title: str, advice: str = "", *, sheet: PhoneSheet | None = None, status: int = 200
) -> Response:
    """Return a page that only says something."""
    page = _render(
        "message", sheet, title=title, advice=advice, recordings=find_recordings([title])
    )
    page.status_code = status
    return page


def _render(name: str, sheet: PhoneSheet | None, **facts: Any) -> Response:
    page = render_template(
        f"kiosk/phone/{name}.html",
        sheet=sheet,
        desk=_name_desk(sheet.desk_name) if sheet else "",
        language=tongue(),
        other_languages=[other for other in languages() if other != tongue()],
        is_easy=bool(request.args.get("easy")),
        page_address=_page_address,
        words=label,
        **facts,
    )
    response = make_response(page)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _page_address(**changes: str) -> str:
    """Return the address of this page with another language or size of letters.

    A form that was refused is no page to go back to: its link is.
    """
    kept = request.args.to_dict() if request.method == "GET" else {}
    wanted = {name: value for name, value in {**kept, **changes}.items() if value}
    return f"{request.path}?{urlencode(wanted)}" if wanted else request.path


def _name_desk(name: str) -> str:
    """Return a desk's name; one that is only a number is said in the page's language."""
    numbered = re.fullmatch(r"Bàn (\S+)", name)
    return _("Bàn %(number)s", number=numbered[1]) if numbered else name


def explain(error: SatisfactionError) -> tuple[str, str]:
    """Return what is said about a fault, and what the citizen can do."""
    if isinstance(error, errors.InvitationExpiredError):
        return _("Mã này đã hết hạn sau %(hours)s giờ.", hours=error.fields["hours"]), ""
    if isinstance(error, errors.AllowanceUsedUpError):
        return (
            _("Đã nhận nhiều ý kiến trong giờ này."),
            _("Mời ông/bà quay lại sau ít phút, hoặc đánh giá trên màn hình ở bàn."),
        )
    for kind, said in _said().items():
        if isinstance(error, kind):
            return said
    return _("Màn hình đang tạm nghỉ"), _("Xin lỗi ông/bà. Mời ông/bà thử lại sau ít phút.")


def _said() -> dict[type[SatisfactionError], tuple[str, str]]:
    return {
        errors.InvitationNotFoundError: (
            _("Không tìm thấy mã này."),
            _("Mời ông/bà quét lại mã in trên phiếu."),
        ),
        errors.CardNotFoundError: (
            _("Không tìm thấy mã này."),
            _("Mã tại bàn có thể đã được thay. Mời ông/bà quét lại."),
        ),
        errors.OpinionsNotTakenError: (
            _("Bàn này không nhận ý kiến gửi theo mã đặt tại bàn."),
            _("Mời ông/bà đánh giá trên màn hình ở bàn, hoặc theo mã in trên phiếu."),
        ),
        errors.VisitOpenError: (_("Mời ông/bà đánh giá khi được phục vụ xong."), ""),
        errors.RatingConflictError: (_("Ý kiến này đã được ghi nhận. Cảm ơn ông/bà!"), ""),
        errors.RatingRefusedError: (_("Chưa ghi nhận được đánh giá này."), ""),
        errors.FormExpiredError: (
            _("Trang này mở đã lâu."),
            _("Mời ông/bà quét lại mã rồi chọn lại."),
        ),
        errors.FormInvalidError: (
            _("Chưa đọc được nội dung vừa gửi."),
            _("Mời ông/bà quét lại mã rồi chọn lại."),
        ),
    }


def show_faults_plainly(blueprint: Blueprint) -> None:
    """Answer every error of these pages in plain words."""

    @blueprint.errorhandler(SatisfactionError)
    def refused(error: SatisfactionError) -> Response:
        title, advice = explain(error)
        page = render_message(title, advice, status=int(status_of(error)))
        if "retry_after_seconds" in error.fields:
            page.headers["Retry-After"] = str(error.fields["retry_after_seconds"])
        return page

    @blueprint.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        title, advice = explain(FormInvalidError())
        return render_message(title, advice, status=error.code or 500)

    @blueprint.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        current_app.logger.exception("unexpected error", exc_info=error)
        title, advice = explain(SatisfactionError())
        return render_message(title, advice, status=500)
