"""Which recordings say what stands on a page. Refuses to invent one for words that have none."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, jsonify, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from kiosk.typesetting import NO_BREAK
from satisfaction.config import Settings
from satisfaction.web.formats import asset_url
from satisfaction.web.guards import public

blueprint = Blueprint("speech", __name__)
CHIME_FILE = "audio/chime.ogg"


@blueprint.get("/speech/<language>")
@public
def show(language: str) -> ResponseReturnValue:
    """Return the address of the recording of each text that there is one of in a language."""
    voice = _find_voice(language)
    if not voice:
        abort(404)
    return jsonify({text: asset_url(f"audio/{file}") for text, file in voice.items()})


def speech_addresses() -> dict[str, str]:
    """Return where the recordings of each language are named, for the languages that have any."""
    languages = {language for _folder, language, _files in _read_voices(_manifest())}
    return {
        language: url_for("kiosk.speech.show", language=language) for language in sorted(languages)
    }


def find_recordings(texts: Iterable[str]) -> list[str]:
    """Return the addresses of the recordings of these texts, in order; those that there are."""
    voice = _find_voice(str(get_locale()))
    plain = (text.replace(NO_BREAK, " ") for text in texts)
    return [asset_url(f"audio/{voice[text]}") for text in plain if text in voice]


def _find_voice(language: str) -> Mapping[str, str]:
    """Return the recordings of the voice that is set, or else of the first in the language."""
    settings: Settings = current_app.config["SETTINGS"]
    voices = [voice for voice in _read_voices(_manifest()) if voice[1] == language]
    wanted = [files for folder, _language, files in voices if folder == settings.voice]
    return (wanted or [files for _folder, _language, files in voices] or [{}])[0]


def _manifest() -> Path:
    return Path(str(current_app.static_folder)) / "audio" / "manifest.json"


@lru_cache(maxsize=1)
def _read_voices(manifest: Path) -> list[tuple[str, str, Mapping[str, str]]]:
    """Return of each voice its folder, its language, and which file says which text.

    Of several files that say the same, the first counts.
    """
    voices: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))["voices"]
    return [
        (
            folder,
            voice["language"],
            {one["text"]: one["file"] for one in reversed(voice["files"].values())},
        )
        for folder, voice in voices.items()
    ]
