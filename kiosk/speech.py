"""Which recordings say what stands on a page. Refuses to invent one for words that have none."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from flask import current_app

from kiosk.pages import language
from kiosk.typesetting import NO_BREAK
from satisfaction.web.formats import asset_url


def find_recordings(texts: Iterable[str]) -> list[str]:
    """Return the addresses of the recordings of these texts, in order; those that there are."""
    known = _recordings(Path(str(current_app.static_folder)) / "audio" / "manifest.json")
    voice = known.get(language().value, {})
    plain = (text.replace(NO_BREAK, " ") for text in texts)
    return [asset_url(f"audio/{voice[text]}") for text in plain if text in voice]


@lru_cache(maxsize=1)
def _recordings(manifest: Path) -> Mapping[str, Mapping[str, str]]:
    """Return for each voice which file says which text, the first of those that say the same."""
    voices = json.loads(manifest.read_text(encoding="utf-8"))["voices"]
    return {
        name: {one["text"]: one["file"] for one in reversed(voice["files"].values())}
        for name, voice in voices.items()
    }
