"""Draw the citizen's page: one screen for now, and all others in both languages for later.

Refuses to decide which screen it is. With JavaScript the page draws the later screens itself from
the templates that it carries; without it, every screen is a page of its own made of the same
pieces.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, make_response, render_template, request, url_for
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from kiosk.forms import MOST_REASONS, known_language
from kiosk.pad import explain_ticket
from kiosk.screen import describe, page_edition, shell_edition
from kiosk.speech import CHIME_FILE, speech_addresses
from kiosk.typesetting import keep_words_together
from satisfaction import clock
from satisfaction.screens import Choice, Display
from satisfaction.terms import Language, Layout, Leaning
from satisfaction.web.formats import as_clock, as_day, asset_url
from satisfaction.web.languages import languages

SHELL_EDITION = "Shell-Edition"
NO_SHELL = "none"
THANKS_SECONDS = 10
REASONS_SECONDS = 60
STAY_SECONDS = 20
WAIT_SECONDS = 5
PAUSED_SECONDS = 30
FACTS = (
    *("ticket", "procedure", "closed", "given", "serving", "good", "repeated", "correction"),
    *("desk", "phone", "kept", "late", "seconds", "unlinked"),
)
TROUBLES = ("full", "broken", "cut", "unkept", "loose")
LIVE_FACTS = {name: f"{{{name}}}" for name in FACTS + TROUBLES}
NO_FACTS = dict.fromkeys(FACTS + TROUBLES, "")
ICONS = {
    f"i-{name}"
    for name in (
        "sound",
        "bigger",
        "lock",
        "tap",
        "nonet",
        "check",
        "back",
        "more",
        "idea",
        "pause",
        "down2",
    )
}
_SYMBOL = re.compile(r'(<symbol id="([^"]+)".*?</symbol>)', re.DOTALL)
_BETWEEN_TAGS = re.compile(r">\s*\n\s*<")


class ScreenName(StrEnum):
    """The screens that a page can begin with."""

    WAIT = "wait"
    RATE = "rate"
    REASONS = "reasons"
    THANKS = "thanks"
    PAUSED = "paused"
    STAY = "stay"


LATER = (*[name for name in ScreenName if name != "stay"], "still", "offline", "helpers")
NUMBER_PAD = "number"
HELPERS = ("easy", "lower")


def tongue() -> str:
    """Return the language of this request."""
    return str(get_locale())


def language() -> Language:
    """Return the language of this request as ratings keep it."""
    return known_language(tongue())


def layout() -> Layout:
    """Return how the device arranges the levels, as its page found out."""
    kept = request.args.get("layout") or request.cookies.get("layout")
    return Layout.STACK if kept == Layout.STACK else Layout.ROW


def address(endpoint: str, **values: Any) -> str:
    """Return an address of this face that keeps the citizen's language and size of letters."""
    if tongue() != Language.VI:
        values.setdefault("lang", tongue())
    for helper in HELPERS:
        if is_helped(helper):
            values.setdefault(helper, "1")
    return url_for(f"kiosk.{endpoint}", **values)


def is_helped(helper: str) -> bool:
    """Say whether a citizen without JavaScript has asked for larger letters or lower keys."""
    return bool(request.args.getlist(helper)[-1:] > [""])


def render_screen(
    screen: ScreenName,
    display: Display | None,
    *,
    facts: Mapping[str, str] | None = None,
    fields: Mapping[str, Any] | None = None,
    refresh: tuple[int, str] | None = None,
) -> Response:
    """Return the page that begins with a screen.

    ``facts`` fill the screen's sentences, ``fields`` its form; without JavaScript the page goes
    to another address after a while, as ``refresh`` says. The header ``Shell-Edition`` lets a
    device tell our answer from that of a network that came between.
    """
    page = render_template(
        "kiosk/rating/index.html",
        screen=screen,
        piece=_template(screen, display),
        refresh=refresh,
        later=_draw_later(display),
        data=_data(screen, display, refresh),
        **_context(display, NO_FACTS | dict(facts or {}), fields or {}),
    )
    response = make_response(page)
    response.headers[SHELL_EDITION] = shell_edition(display) if display else NO_SHELL
    return response


def _draw_later(display: Display | None) -> list[tuple[str, str, str, str]]:
    """Return every screen that may follow, in each language, with places left for the facts."""
    drawn = []
    for spoken in languages():
        with force_locale(spoken):
            context = _context(display, LIVE_FACTS, None)
            for name in LATER if display else ():
                piece = render_template(_template(name, display), **context)
                title = context["titles"].get(name, "")
                drawn.append((name, spoken, title, _BETWEEN_TAGS.sub("><", piece.strip())))
    return drawn


def _template(screen: str, display: Display | None) -> str:
    """Return the piece that draws a screen; in the lobby, waiting is asking for a ticket."""
    is_pad = screen == ScreenName.WAIT and display is not None and display.is_in_lobby
    return f"kiosk/rating/_{NUMBER_PAD if is_pad else screen}.html"


def _context(
    display: Display | None, facts: Mapping[str, str], fields: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return what every piece may use; no ``fields`` means that the page fills it in itself."""
    return {
        "display": display,
        "facts": facts,
        "fields": fields or {},
        "is_live": fields is None,
        "is_easy": is_helped("easy"),
        "is_lower": is_helped("lower"),
        "is_lobby": bool(display and display.is_in_lobby),
        "language": tongue(),
        "other_languages": [other for other in languages() if other != tongue()],
        "layout": layout(),
        "address": address,
        "in_language": _in_language,
        "kept": _kept(),
        "explain_ticket": explain_ticket,
        "words": label,
        "desk": name_desk(display.desk_name) or facts["desk"] if display else "",
        "we_changed": _we_changed(display) if display else "",
        "levels": _levels(display) if display else (),
        "titles": _titles(display),
        "today": _today(),
        "sprite": _sprite(),
    }


def _kept() -> list[tuple[str, str]]:
    """Return what a page without JavaScript carries on when a helper is used."""
    names = ("lang", "visit", "number", "again", "rating", *HELPERS)
    kept = [(name, request.args.getlist(name)[-1]) for name in names if name in request.args]
    ticked = [("reason", code) for code in request.args.getlist("reason")[:MOST_REASONS]]
    return [(name, value) for name, value in kept + ticked if value]


def _in_language(language: str) -> str:
    """Return the address of this page in another language."""
    kept = [(name, value) for name, value in _kept() if name != "lang"]
    return f"?{urlencode([*kept, ('lang', language)])}"


def _titles(display: Display | None) -> dict[str, str]:
    """Return the page's title for each screen."""
    return {
        ScreenName.WAIT: name_desk(display.desk_name if display else "") or _rate_title(),
        ScreenName.RATE: _rate_title(),
        ScreenName.REASONS: _("Điều gì nên làm tốt hơn?"),
        ScreenName.THANKS: _("Cảm ơn ông/bà!"),
        ScreenName.PAUSED: _("Màn hình đang tạm nghỉ"),
        ScreenName.STAY: _("Ông/bà còn đó không?"),
    }


@lru_cache(maxsize=1)
def _sprite() -> str:
    """Return the symbols that the kiosk shows, from the icons of the house."""
    icons = Path(str(current_app.static_folder)) / "icons" / "icons.svg"
    symbols = _SYMBOL.findall(icons.read_text(encoding="utf-8"))
    return "".join(symbol for symbol, name in symbols if name in ICONS or name.startswith("why-"))


def label(choice: Choice) -> str:
    """Return the words of a key or a reason in the page's language.

    A further language has those of the shipped scales and reasons in its catalogue; an office's
    own words are then said in English.
    """
    if tongue() == Language.VI:
        return keep_words_together(choice.label_vi)
    said = choice.label_en if tongue() == Language.EN else str(_(choice.label_vi))
    return choice.label_en if said == choice.label_vi else said


def _levels(display: Display) -> tuple[Choice, ...]:
    """Return the levels in reading order: low to high in a row, best first when stacked."""
    return display.levels[::-1] if layout() is Layout.STACK else display.levels


def name_desk(name: str) -> str:
    """Return a desk's name; one that is only a number is said in the page's language."""
    numbered = re.fullmatch(r"Bàn (\S+)", name)
    return str(_("Bàn %(number)s", number=numbered[1])) if numbered else name


def _rate_title() -> str:
    return str(_("Mời ông/bà đánh giá"))


def _we_changed(display: Display) -> str:
    if tongue() == Language.VI:
        return keep_words_together(display.we_changed_vi)
    return display.we_changed_en


def _today() -> tuple[str, str]:
    """Return the day and the time as the head of the page shows them."""
    now = clock.now()
    weekday = (
        _("Thứ Hai"),
        _("Thứ Ba"),
        _("Thứ Tư"),
        _("Thứ Năm"),
        _("Thứ Sáu"),
        _("Thứ Bảy"),
        _("Chủ Nhật"),
    )[clock.local_day(now).weekday()]
    return f"{weekday}, {as_day(clock.local_day(now))}", as_clock(now)


def _data(
    screen: ScreenName, display: Display | None, refresh: tuple[int, str] | None
) -> dict[str, Any]:
    """Return what the page's program has to know."""
    known: dict[str, Any] = {
        "name": screen,
        "page": page_edition(),
        "poll": url_for("kiosk.screen.show"),
        "home": url_for("kiosk.rating.index"),
        "refresh": refresh,
    }
    if display is None:
        return known
    return known | {
        "shell": shell_edition(display),
        "worker": url_for("kiosk.shell.worker"),
        "deliver": {
            "rating": url_for("kiosk.ratings.create"),
            "sync": url_for("kiosk.sync.create"),
        },
        "heartbeat": url_for("kiosk.heartbeat.create"),
        "place": f"{display.screen.unit_id}.{display.screen.desk_id or 0}",
        "configuration": display.configuration_id,
        "scale": display.scale_id,
        "asked": [
            level.position for level in display.levels if display.asks_reasons(level.position)
        ],
        "good": [level.position for level in display.levels if level.leaning is Leaning.SATISFIED],
        "unlinked": display.allows_unlinked and display.screen.desk_id is not None,
        "idle": display.idle_seconds,
        "thanks": THANKS_SECONDS,
        "reasons": REASONS_SECONDS,
        "speech": speech_addresses(),
        "chime": asset_url(CHIME_FILE) if display.has_chime else None,
        "phone": url_for("kiosk.by_phone.create"),
        "lobby": url_for("kiosk.lobby.create") if display.is_in_lobby else None,
        "screen": describe(display),
    }
