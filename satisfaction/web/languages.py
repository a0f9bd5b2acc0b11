"""The language of a page: asked for in the address, remembered for officers, else Vietnamese.

Refuses to remember anything on a kiosk, where each citizen begins in Vietnamese.
"""

from urllib.parse import urlencode

from flask import Flask, current_app, has_request_context, request, session

from satisfaction.web.guards import guard_of

LANGUAGES = ("vi", "en")
LANGUAGE = "language"


def chosen_language() -> str:
    """Return the page's language."""
    if not has_request_context():
        return LANGUAGES[0]
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        return asked
    kept = session.get(LANGUAGE) if _remembers() else None
    return kept if kept in LANGUAGES else LANGUAGES[0]


def other_language() -> str:
    """Return the language to which a page offers to switch."""
    return LANGUAGES[1] if chosen_language() == LANGUAGES[0] else LANGUAGES[0]


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
    """Keep the language that an officer's page was asked for in."""

    app.jinja_env.globals.update(
        page_language=chosen_language,
        other_language=other_language,
        language_address=language_address,
    )

    @app.before_request
    def keep() -> None:
        asked = request.args.get("lang")
        if asked in LANGUAGES and request.endpoint and _remembers():
            session[LANGUAGE] = asked
