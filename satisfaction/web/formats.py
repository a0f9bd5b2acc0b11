"""Numbers, shares, days and addresses as they are shown. Refuses to compute figures.

Source: CLDR, locale vi: 2.655; 64,5% without a space; 14/10/2025; week from Monday.
"""

import hashlib
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, url_for
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import escape

from satisfaction import clock
from satisfaction.figures import is_few
from satisfaction.web.slimming import served_bytes

NO_VALUE = "–"
FEW = 100
WEEKDAYS = (
    _("Thứ Hai"),
    _("Thứ Ba"),
    _("Thứ Tư"),
    _("Thứ Năm"),
    _("Thứ Sáu"),
    _("Thứ Bảy"),
    _("Chủ Nhật"),
)
MONTHS = (
    _("Tháng 1"),
    _("Tháng 2"),
    _("Tháng 3"),
    _("Tháng 4"),
    _("Tháng 5"),
    _("Tháng 6"),
    _("Tháng 7"),
    _("Tháng 8"),
    _("Tháng 9"),
    _("Tháng 10"),
    _("Tháng 11"),
    _("Tháng 12"),
)


def is_vietnamese() -> bool:
    """Say whether the page is in Vietnamese.

    A page asks a thousand times, so the answer that the library keeps is taken where it is.
    """
    try:
        locale = g._flask_babel.babel_locale or get_locale()
    except (AttributeError, RuntimeError):
        locale = get_locale()
    return locale is None or locale.language == "vi"


def as_number(value: int | None) -> str:
    """Return a count with its thousands parted; a dash for what does not exist."""
    if value is None:
        return NO_VALUE
    text = f"{value:,}".replace("-", "−")
    return text.replace(",", ".") if is_vietnamese() else text


def as_share(share: float | None, of: int | None = None) -> str:
    """Return a fraction as a percentage: one decimal for 100 and more, none below; half goes up."""
    if share is None:
        return NO_VALUE
    step = Decimal("0.1") if of is None or of >= FEW else Decimal(1)
    percent = (Decimal(repr(share)) * 100).quantize(step, rounding=ROUND_HALF_UP)
    text = str(percent).replace("-", "−")
    return (text.replace(".", ",") if is_vietnamese() else text) + "%"


def as_points(difference: float | None, of: int | None = None) -> str:
    """Return a difference of two fractions in points of a percent, with its sign: +0,7.

    ``of`` is the smaller of their two wholes: no more decimals are shown than that share has.
    """
    if difference is None:
        return NO_VALUE
    text = as_share(abs(difference), of).rstrip("%")
    if not text.strip("0,."):
        return text
    return ("+" if difference > 0 else "−") + text


def as_typed_points(difference: float | None, of: int | None = None) -> str:
    """Return the same as somebody types it into a spreadsheet, which reads it as a number: -0,7."""
    return "" if difference is None else as_points(difference, of).lstrip("+").replace("−", "-")


def as_share_range(low: float, high: float, *, of: int | None = None) -> str:
    """Return two fractions as one range of percent: 92,2–94,0%."""
    return f"{as_share(low, of).rstrip('%')}–{as_share(high, of)}"


def as_shown_share(share: float | None, of: int | None) -> str:
    """Return a fraction as it may be shown: a dash where its denominator is too small."""
    return NO_VALUE if is_few(of) else as_share(share, of)


def as_day(day: date | None) -> str:
    """Return a day as 14/10/2025."""
    return NO_VALUE if day is None else f"{day:%d/%m/%Y}"


def as_clock(instant: datetime | None) -> str:
    """Return an instant on the office's wall clock, as 09:42."""
    return NO_VALUE if instant is None else f"{clock.local_time(instant):%H:%M}"


def as_moment(instant: datetime | None) -> str:
    """Return an instant as 09:42, 14/10/2025."""
    return NO_VALUE if instant is None else f"{clock.local_time(instant):%H:%M, %d/%m/%Y}"


def as_weekday(day: date | None) -> str:
    """Return a day with its weekday, as Thứ Ba 14/10/2025."""
    return NO_VALUE if day is None else f"{WEEKDAYS[day.weekday()]} {as_day(day)}"


def as_short_day(day: date) -> str:
    """Return a day of a year that is named beside it, as 14/10."""
    return f"{day:%d/%m}"


@lru_cache(maxsize=512)
def _digest(path: Path, _changed_ns: int) -> str:
    return hashlib.sha256(served_bytes(path)).hexdigest()[:12]


def asset_url(name: str) -> str:
    """Return the address of a static file with its content's hash, to be kept for ever."""
    assert current_app.static_folder is not None
    path = Path(current_app.static_folder) / name
    return url_for("static", filename=name, v=_digest(path, path.stat().st_mtime_ns))


@pass_eval_context
def _say(context: EvalContext, text: str, **values: Any) -> str:
    """Return the page's words for a text of a template, which is written in Vietnamese already.

    A page says hundreds of them: what holds no value is not looked through for one.
    """
    words = text if is_vietnamese() else str(gettext(text))
    if context.autoescape:
        words = escape(words)
    return words % values if "%" in words else words


def install_formats(app: Flask) -> None:
    """Give templates the formats, and words without looking for a catalogue that there is not."""
    app.jinja_env.filters.update(
        number=as_number,
        share=as_share,
        shown_share=as_shown_share,
        points=as_points,
        day=as_day,
        weekday=as_weekday,
        local_day=clock.local_day,
        clock=as_clock,
        moment=as_moment,
    )
    app.jinja_env.globals.update(
        _=_say, asset_url=asset_url, is_few=is_few, now=clock.now, share_range=as_share_range
    )
