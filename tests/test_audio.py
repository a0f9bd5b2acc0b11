"""The speech files are whole, are those of the manifest, and say what the screens show.

No synthesiser is needed: the check is the one that an office runs after recording a human voice.
"""

import importlib.util
import json
import math
import shutil
import wave
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

from satisfaction.office import FIVE_LEVELS, REASONS, THREE_LEVELS

AUDIO = Path(__file__).parents[1] / "static" / "audio"


def _load_script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("make_speech", AUDIO / "make_speech.py")
    assert specification is not None
    assert specification.loader is not None
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    return script


speech: Any = _load_script()
PHRASES = {phrase["key"]: phrase for phrase in speech.read_phrases(AUDIO)}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Yield a copy of the speech files that a test may spoil."""
    return Path(shutil.copytree(AUDIO, tmp_path / "audio"))


def test_speech_files_are_whole_and_those_of_the_manifest() -> None:
    assert speech.find_faults(AUDIO) == []


def test_every_phrase_is_spoken_in_both_languages_and_by_both_vietnamese_voices() -> None:
    manifest = json.loads((AUDIO / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["voices"]) == {"vi", "vi-south", "en"}
    for voice in manifest["voices"].values():
        assert set(voice["files"]) == set(PHRASES)
        assert voice["licence"]


@pytest.mark.parametrize(("scale", "levels"), [("five", FIVE_LEVELS), ("three", THREE_LEVELS)])
def test_every_level_that_is_shipped_has_its_words_spoken(scale: str, levels: Any) -> None:
    for position, words in enumerate(levels, start=1):
        phrase = PHRASES[f"{scale}-{position}"]
        assert (phrase["vi"], phrase["en"]) == (words.label_vi, words.label_en)


def test_every_reason_that_is_shipped_has_its_words_spoken() -> None:
    for code, label_vi, label_en, _basis in REASONS:
        phrase = PHRASES[f"reason-{code}"]
        assert (phrase["vi"], phrase["en"]) == (label_vi, label_en)


def test_keys_are_unique_and_safe_as_file_names() -> None:
    keys = [phrase["key"] for phrase in speech.read_phrases(AUDIO)]
    assert len(keys) == len(set(keys))
    assert all(key.replace("-", "").isalnum() and key.isascii() for key in keys)


def _remove(folder: Path) -> None:
    (folder / "vi" / "thanks.ogg").unlink()


def _exchange(folder: Path) -> None:
    shutil.copy(folder / "vi" / "five-1.ogg", folder / "vi" / "five-5.ogg")


def _cut_off(folder: Path) -> None:
    path = folder / "en" / "question.ogg"
    path.write_bytes(path.read_bytes()[:-100])


def _put_something_else(folder: Path) -> None:
    (folder / "en" / "question.ogg").write_bytes(b"RIFF" + b"\0" * 4000)


def _leave_an_orphan(folder: Path) -> None:
    shutil.copy(folder / "vi" / "hint.ogg", folder / "vi" / "greeting.ogg")


def _remove_chime(folder: Path) -> None:
    (folder / "chime.ogg").unlink()


def _spoil_chime(folder: Path) -> None:
    shutil.copy(folder / "vi" / "hint.ogg", folder / "chime.ogg")


def _reword(folder: Path) -> None:
    path = folder / "phrases.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Chờ lâu", "Phải chờ lâu"), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (_remove, "vi/thanks.ogg: missing"),
        (_exchange, "vi/five-5.ogg: is not the file of the manifest"),
        (_cut_off, "en/question.ogg: is damaged or cut off"),
        (_put_something_else, "en/question.ogg: is not Ogg Opus"),
        (_leave_an_orphan, "vi/greeting.ogg: no phrase"),
        (_remove_chime, "chime.ogg: missing"),
        (_spoil_chime, "chime.ogg: is not the file of the manifest"),
        (_reword, "vi/reason-wait.ogg: the manifest has other words than phrases.json"),
    ],
)
def test_check_names_what_is_wrong(
    copy: Path, spoil: Callable[[Path], None], expected: str
) -> None:
    spoil(copy)
    assert expected in speech.find_faults(copy)


def test_check_finds_files_that_say_nothing_or_play_too_long(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = copy / "vi" / "question.ogg"
    content = path.read_bytes()
    length = speech.duration_ms(content)
    monkeypatch.setattr(speech, "QUIETEST_KBIT", len(content) * 8 / length + 0.1)
    assert "vi/question.ogg: is silent" in speech.find_faults(copy)
    monkeypatch.setattr(speech, "LONGEST_MS", length - 1)
    assert any(fault.startswith("vi/question.ogg: lasts") for fault in speech.find_faults(copy))


def test_check_keeps_all_speech_small(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "MOST_BYTES", 100_000)
    assert any(fault.startswith("all files:") for fault in speech.find_faults(copy))


def test_the_chime_is_soft_begins_without_a_click_and_dies_away() -> None:
    rate, samples = speech.strike()
    assert len(samples) == rate * speech.CHIME_MS // 1000
    assert 20 * math.log10(max(map(abs, samples)) / 32_767) == pytest.approx(-14, abs=0.01)
    assert samples[0] == 0
    assert max(map(abs, samples[-rate // 100 :])) < 10
    assert json.loads((AUDIO / "manifest.json").read_text(encoding="utf-8"))["chime"]["licence"]


def test_adopting_a_human_voice_makes_its_files_the_right_ones(copy: Path) -> None:
    _exchange(copy)
    assert speech.main(["--folder", str(copy), "--check"]) == 1
    assert speech.main(["--folder", str(copy), "--adopt", "vi"]) == 0
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["voices"]["vi"]["kind"] == "recorded"
    assert manifest["voices"]["en"]["kind"] == "synthetic"
    assert manifest["chime"]["file"] == "chime.ogg"


def test_recordings_that_are_missing_or_of_another_kind_are_named(
    copy: Path, tmp_path: Path
) -> None:
    arguments = ["--folder", str(copy), "--adopt", "vi", "--from", str(tmp_path)]
    with pytest.raises(SystemExit, match=r"question\.wav: .*No such file"):
        speech.main(arguments)
    with wave.open(str(tmp_path / "question.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(b"\1\1\1\1" * 48_000)
    with pytest.raises(SystemExit, match=r"question\.wav: is not one channel of 16 bits"):
        speech.main(arguments)


def test_recordings_are_cut_to_the_words_and_made_equally_loud() -> None:
    rate = 16_000
    words = [round(300 * math.sin(number / 5)) for number in range(rate)]
    _rate, even = speech.even_out((rate, [0] * rate + words + [0] * 2 * rate))
    silence = (speech.LEAD_MS + speech.TAIL_MS) * rate // 1000
    assert len(even) == rate + silence
    loudness = math.sqrt(sum(sample * sample for sample in even) / rate)
    assert 20 * math.log10(loudness / 32_767) == pytest.approx(speech.LOUDNESS_DBFS, abs=0.2)
    with pytest.raises(ValueError, match="is silent"):
        speech.even_out((rate, [0] * rate))


def test_browsers_are_told_that_speech_is_sound(app: Flask) -> None:
    with app.test_client().get("/static/audio/vi/question.ogg") as answer:
        assert answer.status_code == 200
        assert answer.mimetype == "audio/ogg"
