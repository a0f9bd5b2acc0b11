"""What kind of browser somebody sits at, for the list of sessions. Refuses to tell two apart."""

import re

from flask import request

_BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Cốc Cốc", r"coc_coc_browser/"),
    ("Opera", r"OPR/|Opera/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Version/[\d.]+ .*Safari/"),
)
_SYSTEMS = (
    ("Android", r"Android"),
    ("iOS", r"iPhone|iPad|iPod"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)
_LONGEST = 512


def client_device() -> str:
    """Return the families of the browser and of the system, as Firefox · Windows, or nothing."""
    text = request.headers.get("User-Agent", "")[:_LONGEST]
    found = (_find(_BROWSERS, text), _find(_SYSTEMS, text))
    return " · ".join(name for name in found if name)


def _find(families: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in families if re.search(pattern, text)), "")
