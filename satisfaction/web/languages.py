"""The language of a page: asked for in the address, remembered for officers, else Vietnamese.

Refuses to remember anything on a kiosk, where each citizen begins in Vietnamese.
"""

from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from babel import Locale
from flask import Flask, current_app, has_request_context, request, session

from satisfaction.errors import WordUnknownError
from satisfaction.web.guards import guard_of

LANGUAGES = ("vi", "en")
LANGUAGE = "language"


def languages() -> tuple[str, ...]:
    """Return the languages of the pages: Vietnamese, English, and whatever has a catalogue."""
    return _find_languages(current_app.config["BABEL_TRANSLATION_DIRECTORIES"])


@lru_cache
def _find_languages(folder: str) -> tuple[str, ...]:
    catalogues = Path(folder).glob("*/LC_MESSAGES/messages.mo")
    further = {path.parts[-3] for path in catalogues} - set(LANGUAGES)
    return (*LANGUAGES, *sorted(further))


def language_name(language: str) -> str:
    """Return what a language calls itself."""
    name = Locale.parse(language).get_display_name(language) or language
    return name[:1].upper() + name[1:]


def text_direction(language: str) -> str:
    """Return which way a language is written: ltr or rtl."""
    return str(Locale.parse(language).text_direction)


def chosen_language() -> str:
    """Return the page's language."""
    if not has_request_context():
        return LANGUAGES[0]
    asked = request.args.get("lang")
    if asked in languages():
        return asked
    kept = session.get(LANGUAGE) if _remembers() else None
    return kept if kept in languages() else LANGUAGES[0]


def other_language() -> str:
    """Return the language to which an officers' page offers to switch, the next one of all."""
    known = languages()
    return known[(known.index(chosen_language()) + 1) % len(known)]


def language_address() -> str | None:
    """Return the address of this page in the other language, if it can be opened again at all."""
    if not current_app.url_map.bind("").test(request.path, "GET"):
        return None
    wanted = request.args.to_dict(flat=False) if request.method == "GET" else {}
    return f"{request.path}?{urlencode({**wanted, 'lang': other_language()}, doseq=True)}"


def _remembers() -> bool:
    """Say whether this is an officers' page, or none of anybody's, as an unknown address is."""
    guard = guard_of(current_app.view_functions.get(request.endpoint or ""))
    return guard is None or guard.is_for_office


def install_languages(app: Flask) -> None:
    """Keep the language that an officer's page was asked for in; another word is refused there."""

    app.jinja_env.globals.update(
        page_language=chosen_language,
        language_name=language_name,
        text_direction=text_direction,
        other_language=other_language,
        language_address=language_address,
    )

    @app.before_request
    def keep() -> None:
        asked = request.args.get("lang")
        if not asked or not request.endpoint or not _remembers():
            return
        if asked in languages():
            session[LANGUAGE] = asked
        elif guard_of(current_app.view_functions[request.endpoint]) is not None:
            raise WordUnknownError(name="lang", word=asked)
