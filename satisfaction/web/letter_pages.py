"""Make a letter of a digest: its subject, plain text and HTML, in the reader's language.

Refuses to compute; the digest says what is so, and its sentences are in ``letter_sentences``.
Addresses in it need a sign-in, but for the one by which letters are stopped, which is signed.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Flask, current_app, render_template, url_for
from flask_babel import force_locale, lazy_gettext
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer

from satisfaction.config import Settings
from satisfaction.digests import Digest
from satisfaction.errors import NotFoundError
from satisfaction.letters import Rendered
from satisfaction.terms import DeliveryState, Language, LetterKind
from satisfaction.web.letter_figures import figures_of, rows_of
from satisfaction.web.letter_sentences import (
    about_rows,
    heading_of,
    name_when,
    notes_of,
    preheader_of,
    say_correction,
    say_devices,
    say_reasons,
    say_troubles,
    say_why,
    title_of,
)

COLUMNS = 72
# Gmail cuts at 102 KB, and what is quoted and forwarded grows; see the drawing.
MOST_BYTES = 24_500
LONGEST_TOKEN = 200
_LINKS = "hailong-letter-links"
KIND_WORDS: Mapping[LetterKind, str] = {
    LetterKind.DAILY: lazy_gettext("Hằng ngày"),
    LetterKind.WEEKLY: lazy_gettext("Hằng tuần"),
    LetterKind.MONTHLY: lazy_gettext("Hằng tháng"),
}
STATE_WORDS: Mapping[DeliveryState, str] = {
    DeliveryState.PLANNED: lazy_gettext("chờ gửi"),
    DeliveryState.SENDING: lazy_gettext("đang gửi"),
    DeliveryState.UNCERTAIN: lazy_gettext("chưa rõ đã tới chưa, sẽ gửi lại"),
    DeliveryState.SENT: lazy_gettext("đã gửi"),
    DeliveryState.FAILED: lazy_gettext("không gửi được"),
    DeliveryState.WITHHELD: lazy_gettext("không gửi: người nhận đã ngừng hoặc không còn quyền"),
}


@dataclass(frozen=True)
class LetterLinks:
    """Endpoints of the officers' face that letters lead to; only the face knows their names."""

    figures: str
    voices: str
    subscriptions: str
    stop: str


def install_letter_links(app: Flask, links: LetterLinks) -> None:
    """Have letters lead to a face."""
    app.extensions[_LINKS] = links


def letter_word(term: StrEnum) -> str:
    """Return what a kind of letter or the state of one is called."""
    if isinstance(term, LetterKind):
        return str(KIND_WORDS[term])
    return str(STATE_WORDS[DeliveryState(term)])


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="stop letters")


def stop_token(subscription_id: int) -> str:
    """Return the word by which a reader stops letters without signing in."""
    sealed = _serializer().dumps(subscription_id)
    return sealed if isinstance(sealed, str) else sealed.decode()


def read_stop_token(token: str) -> int:
    """Return which subscription a word stops.

    Raises: NotFoundError for one that was altered.
    """
    try:
        found = _serializer().loads(token) if len(token) <= LONGEST_TOKEN else None
    except BadData as problem:
        raise NotFoundError() from problem
    if not isinstance(found, int):
        raise NotFoundError()
    return found


def stop_url(subscription_id: int) -> str:
    """Return the address that stops letters; empty where nobody knows how phones reach us."""
    settings: Settings = current_app.config["SETTINGS"]
    links: LetterLinks | None = current_app.extensions.get(_LINKS)
    if not settings.public_url or links is None:
        return ""
    with current_app.test_request_context(base_url=settings.public_url):
        return url_for(links.stop, token=stop_token(subscription_id), _external=True)


def render_letter(digest: Digest, language: Language) -> Rendered:
    """Return a letter in words; as if it were a page of the public address.

    A letter that would be cut on its way lists less, and says how much it leaves out.
    """
    settings: Settings = current_app.config["SETTINGS"]
    base = settings.public_url or "http://localhost"
    page = current_app.test_request_context(base_url=base, query_string={"lang": language.value})
    with page, force_locale(language.value):
        html = _slim(render_template("mail/letter.html", **_words_of(digest)))
        while len(html.encode()) > MOST_BYTES and digest.shorter() != digest:
            digest = digest.shorter()
            html = _slim(render_template("mail/letter.html", **_words_of(digest)))
        values = _words_of(digest)
        plain = render_template("mail/letter.txt", **values)
    return Rendered(title_of_kept(values["title"]), wrap(plain), html)


def _words_of(digest: Digest) -> dict[str, Any]:
    """Return everything that the templates show."""
    settings: Settings = current_app.config["SETTINGS"]
    return {
        "digest": digest,
        "facts": digest.facts,
        "heading": heading_of(digest),
        "title": title_of(digest),
        "when": name_when(digest),
        "preheader": preheader_of(digest),
        "notes": notes_of(digest),
        "figures": figures_of(digest),
        "rows": rows_of(digest),
        "counts_alone": all(line.satisfied is None for line in digest.lines),
        "about_rows": about_rows(digest),
        "corrections": [say_correction(one) for one in digest.corrections],
        "devices": say_devices(digest),
        "troubles": say_troubles(digest),
        "reasons": [say_reasons(one.reasons) for one in digest.concerns],
        "why": say_why(digest),
        "ask": _("Muốn đổi hoặc ngừng nhận thư, hãy báo quản trị viên hay trả lời thư này."),
        "links": _addresses(digest) if settings.public_url else None,
    }


def title_of_kept(title: object) -> str:
    """Return a subject as one line that fits its column."""
    return " ".join(str(title).split())[:300]


def _addresses(digest: Digest) -> dict[str, str] | None:
    links: LetterLinks | None = current_app.extensions.get(_LINKS)
    if links is None:
        return None
    period = digest.facts.period
    dates = {"from": period.first_day.isoformat(), "to": period.last_day.isoformat()}
    token = stop_token(digest.reader.subscription_id)
    answers = links.voices if digest.reader.sees_reasons else links.figures
    return {
        "answers": url_for(answers, _external=True, **dates),
        "subscriptions": url_for(links.subscriptions, _external=True),
        "stop": url_for(links.stop, token=token, _external=True),
    }


def wrap(text: str) -> str:
    """Return plain text whose lines have at most 72 columns; an address is never broken."""
    lines: list[str] = []
    for line in text.splitlines():
        indent = "  " if line.startswith(("- ", "  ")) else ""
        lines += textwrap.wrap(
            line.rstrip(),
            COLUMNS,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return "\n".join(lines).strip() + "\n"


def _slim(html: str) -> str:
    """Return HTML without the indentation of its template; mail is cut where it is too long."""
    return "\n".join(line.strip() for line in html.splitlines() if line.strip()) + "\n"
