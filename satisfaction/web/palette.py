"""The colours of the scale for what has no style sheet. Refuses to hold any: the tokens do."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from flask import current_app

_CHART = re.compile(r"--r(\d)-chart:(#[0-9A-Fa-f]{6})")


def level_colours() -> Mapping[int, str]:
    """Return the colour in charts of each face."""
    assert current_app.static_folder is not None
    return _read(Path(current_app.static_folder) / "css/tokens.css")


@lru_cache(maxsize=4)
def _read(path: Path) -> Mapping[int, str]:
    return {int(face): colour for face, colour in _CHART.findall(path.read_text(encoding="utf-8"))}
