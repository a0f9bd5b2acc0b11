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

from flask import Response, current_app, make_response, render_template, request, url_for
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from kiosk.screen import describe, page_edition, shell_edition
from kiosk.speech import speech_addresses
from kiosk.typesetting import keep_words_together
from satisfaction import clock
from satisfaction.screens import Choice, Display
from satisfaction.terms import Language, Layout, Leaning
from satisfaction.web.formats import as_clock, as_day

SHELL_EDITION = "Shell-Edition"
NO_SHELL = "none"
THANKS_SECONDS = 10
REASONS_SECONDS = 60
WAIT_SECONDS = 5
PAUSED_SECONDS = 30
FACTS = ("ticket", "procedure", "closed", "given", "serving", "good", "repeated", "correction")
TROUBLES = ("full", "broken")
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


LATER = (*ScreenName, "still", "offline", "helpers")


def language() -> Language:
    """Return the language of this request."""
    return Language(str(get_locale()))


def layout() -> Layout:
    """Return how the device arranges the levels, as its page found out."""
    kept = request.args.get("layout") or request.cookies.get("layout")
    return Layout.STACK if kept == Layout.STACK else Layout.ROW


def address(endpoint: str, **values: Any) -> str:
    """Return an address of this face that keeps the citizen's language and size of letters."""
    if language() is not Language.VI:
        values.setdefault("lang", language().value)
    if request.args.get("easy"):
        values.setdefault("easy", "1")
    return url_for(f"kiosk.{endpoint}", **values)


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
        refresh=refresh,
        later=_draw_later(display),
        data=_data(screen, display),
        **_context(display, NO_FACTS | dict(facts or {}), fields or {}),
    )
    response = make_response(page)
    response.headers[SHELL_EDITION] = shell_edition(display) if display else NO_SHELL
    return response


def _draw_later(display: Display | None) -> list[tuple[str, Language, str, str]]:
    """Return every screen that may follow, in each language, with places left for the facts."""
    drawn = []
    for tongue in Language:
        with force_locale(tongue):
            context = _context(display, LIVE_FACTS, None)
            for name in LATER if display else ():
                piece = render_template(f"kiosk/rating/_{name}.html", **context)
                title = context["titles"].get(name, "")
                drawn.append((name, tongue, title, _BETWEEN_TAGS.sub("><", piece.strip())))
    return drawn


def _context(
    display: Display | None, facts: Mapping[str, str], fields: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return what every piece may use; no ``fields`` means that the page fills it in itself."""
    return {
        "display": display,
        "facts": facts,
        "fields": fields or {},
        "is_live": fields is None,
        "is_easy": bool(request.args.get("easy")),
        "language": language(),
        "layout": layout(),
        "address": address,
        "words": label,
        "desk": _desk(display) if display else "",
        "we_changed": _we_changed(display) if display else "",
        "levels": _levels(display) if display else (),
        "titles": _titles(display),
        "today": _today(),
        "sprite": _sprite(),
    }


def _titles(display: Display | None) -> dict[str, str]:
    """Return the page's title for each screen."""
    return {
        ScreenName.WAIT: (_desk(display) if display else "") or _("Mời ông/bà đánh giá"),
        ScreenName.RATE: _("Mời ông/bà đánh giá"),
        ScreenName.REASONS: _("Điều gì nên làm tốt hơn?"),
        ScreenName.THANKS: _("Cảm ơn ông/bà!"),
        ScreenName.PAUSED: _("Màn hình đang tạm nghỉ"),
    }


@lru_cache(maxsize=1)
def _sprite() -> str:
    """Return the symbols that the kiosk shows, from the icons of the house."""
    icons = Path(str(current_app.static_folder)) / "icons" / "icons.svg"
    symbols = _SYMBOL.findall(icons.read_text(encoding="utf-8"))
    return "".join(symbol for symbol, name in symbols if name in ICONS or name.startswith("why-"))


def label(choice: Choice) -> str:
    """Return the words of a key or a reason in the page's language."""
    if language() is Language.VI:
        return keep_words_together(choice.label_vi)
    return choice.label_en


def _levels(display: Display) -> tuple[Choice, ...]:
    """Return the levels in reading order: low to high in a row, best first when stacked."""
    return display.levels[::-1] if layout() is Layout.STACK else display.levels


def _desk(display: Display) -> str:
    """Return the desk's name; a name that is only a number is said in the page's language."""
    numbered = re.fullmatch(r"Bàn (\S+)", display.desk_name)
    return _("Bàn %(number)s", number=numbered[1]) if numbered else display.desk_name


def _we_changed(display: Display) -> str:
    if language() is Language.VI:
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


def _data(screen: ScreenName, display: Display | None) -> dict[str, Any]:
    """Return what the page's program has to know."""
    known: dict[str, Any] = {
        "name": screen,
        "page": page_edition(),
        "poll": url_for("kiosk.screen.show"),
        "home": url_for("kiosk.rating.index"),
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
        "configuration": display.configuration_id,
        "scale": display.scale_id,
        "asked": [
            level.position for level in display.levels if display.asks_reasons(level.position)
        ],
        "good": [level.position for level in display.levels if level.leaning is Leaning.SATISFIED],
        "idle": display.idle_seconds,
        "thanks": THANKS_SECONDS,
        "reasons": REASONS_SECONDS,
        "speech": speech_addresses(),
        "screen": describe(display),
    }
