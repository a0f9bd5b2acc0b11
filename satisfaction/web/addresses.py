"""At which address citizens' phones reach the product, and the symbols that carry addresses.

Refuses to name any other host than the one that is set, or that was asked.
"""

import segno
from flask import current_app, request

from satisfaction.config import Settings


def public_base() -> str:
    """Return the beginning of every address that is handed out, without a stroke at its end."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.public_url or request.host_url.rstrip("/")


def qr_svg(url: str) -> str:
    """Return a QR symbol as inline SVG without style attributes, its white margin included.

    Templates mark it as safe: it is made of numbers, nothing of the address stands in it.

    Shape: the address in upper case, which takes less room and means the same for addresses of
    this product; the smallest symbol that holds it, with as much correction as then fits in:
    version 2 for a visit's link up to a host of 10 letters (over HTTPS), version 3 up to 40.
    Source: ISO/IEC 18004: four modules of margin.
    """
    symbol = segno.make(url.upper(), error="l", boost_error=True, micro=False)
    return symbol.svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )
