"""An address as a symbol for a phone's camera. Refuses any style that the page would not run."""

from typing import Any

import segno


def draw_symbol(address: str) -> str:
    """Return an address as inline SVG; templates mark it as safe, for it is made of numbers."""
    symbol = segno.make(address, micro=False)
    options: dict[str, Any] = {"border": 4, "dark": "#000", "light": "#fff", "omitsize": True}
    return symbol.svg_inline(svgclass="qr", lineclass=None, **options)
