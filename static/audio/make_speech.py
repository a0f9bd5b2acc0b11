"""Make the speech of "Nghe đọc" from phrases.json and the chime, and check what lies here.

A build step for developers and for offices that put a human voice in place of the synthetic one.
Refuses to be part of the running product: nothing imports it, and only making speech needs a
synthesiser. Run it as ``python static/audio/make_speech.py``; ``--chime`` makes the chime alone;
``--check`` and ``--adopt`` read the files alone.
"""

import argparse
import array
import hashlib
import io
import json
import math
import shutil
import struct
import subprocess
import sys
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

HERE = Path(__file__).parent
NEEDED = "Needed once, on Debian: apt-get install -y espeak-ng opus-tools"
BIT_RATE_KBIT = 20
SHORTEST_MS, LONGEST_MS = 500, 12_000
MOST_BYTES = 1_300_000
QUIETEST_KBIT = 12.0  # Silence comes to about 8 and speech to 20: under this, nobody speaks.
SAMPLES_PER_SECOND = 48_000  # Ogg Opus counts time in these, whatever was recorded.
LOUDNESS_DBFS, PEAK_DBFS, SILENCE_DBFS = -18.0, -1.0, -50.0
LEAD_MS, TAIL_MS = 100, 200
CHIME_FILE = "chime.ogg"
CHIME_MS, CHIME_STRIKE_MS, CHIME_PEAK_DBFS = 1_200, 12, -14.0
# One struck tone: hertz, share of the loudness, and after how many milliseconds little is left.
CHIME_TONES = ((587.33, 1.0, 320.0), (1_174.66, 0.3, 180.0), (1_762.0, 0.08, 90.0))
CHIME_LICENCE = (
    "Computed from the sines of CHIME_TONES in make_speech.py, from no recording; "
    "given under the licence of this product."
)
LICENCE = (
    "Made with eSpeak NG, a program under GPL-3.0-or-later that is no part of this product; "
    "the recordings are its output and are given under the licence of this product."
)


@dataclass(frozen=True)
class Voice:
    """One set of recordings: its folder, the language of its words, and the synthesiser's voice."""

    folder: str
    language: str
    synthetic: str
    words_per_minute: int


VOICES = (
    Voice("vi", "vi", "vi", 140),
    Voice("vi-south", "vi", "vi-vn-x-south", 140),
    Voice("en", "en", "en-us", 145),
)
Sound = tuple[int, list[int]]  # samples a second, samples of 16 bits


def read_phrases(folder: Path) -> list[dict[str, str]]:
    """Return the phrases: key, words in each language."""
    document = json.loads((folder / "phrases.json").read_text(encoding="utf-8"))
    phrases: list[dict[str, str]] = document["phrases"]
    return phrases


def spoken(text: str) -> str:
    """Return the words as one says them: the slash of ``ông/bà`` is not read out."""
    return text.replace("/", " ").replace("\u00a0", " ")


def synthesise(text: str, voice: str, words_per_minute: int) -> Sound:
    """Return what the synthesiser says, one channel, 16 bits."""
    command = [program("espeak-ng"), "-v", voice, "-s", str(words_per_minute), "--stdout"]
    answer = subprocess.run(
        command, input=spoken(text).encode(), check=True, capture_output=True, timeout=60
    ).stdout
    # On a pipe the synthesiser cannot know the length and writes a largest possible one.
    return read_sound(io.BytesIO(answer))


def read_sound(source: BinaryIO) -> Sound:
    """Return what a WAV file holds.

    Raises: ValueError for more than one channel or samples of other than 16 bits.
    """
    with wave.open(source) as file:
        if (file.getnchannels(), file.getsampwidth()) != (1, 2):
            raise ValueError("is not one channel of 16 bits")
        samples = array.array("h", file.readframes(file.getnframes())).tolist()
        return file.getframerate(), samples


def even_out(sound: Sound) -> Sound:
    """Return the sound without silence at its ends, as loud as all others, and never clipped."""
    rate, samples = sound
    window = rate // 100
    loudness = [_level(samples[start : start + window]) for start in range(0, len(samples), window)]
    heard = [number for number, level in enumerate(loudness) if level > _amplitude(SILENCE_DBFS)]
    if not heard:
        raise ValueError("is silent")
    kept = samples[heard[0] * window : (heard[-1] + 1) * window]
    speaking = math.sqrt(sum(loudness[number] ** 2 for number in heard) / len(heard))
    gain = min(
        _amplitude(LOUDNESS_DBFS) / speaking,
        _amplitude(PEAK_DBFS) / max(abs(sample) for sample in kept),
    )
    louder = [round(sample * gain) for sample in kept]
    return rate, [0] * (rate * LEAD_MS // 1000) + louder + [0] * (rate * TAIL_MS // 1000)


def _level(samples: Sequence[int]) -> float:
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples))


def _amplitude(decibels: float) -> float:
    return 32_767 * float(10 ** (decibels / 20))


def strike() -> Sound:
    """Return the chime: it begins without a click and dies away by itself."""
    rate = SAMPLES_PER_SECOND
    length = rate * CHIME_MS // 1000
    struck, fading = rate * CHIME_STRIKE_MS // 1000, rate * 200 // 1000
    samples = []
    for at in range(length):
        tone = sum(
            share
            * math.exp(-at / (rate * decay_ms / 1000))
            * math.sin(math.tau * hertz * at / rate)
            for hertz, share, decay_ms in CHIME_TONES
        )
        samples.append(tone * min(1.0, at / struck, (length - at) / fading))
    gain = _amplitude(CHIME_PEAK_DBFS) / max(abs(sample) for sample in samples)
    return rate, [round(sample * gain) for sample in samples]


def make_chime(folder: Path) -> None:
    """Write the chime, and what it is into the manifest; the speech stays as it is."""
    encode(strike(), folder / CHIME_FILE, kind="--music")
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    manifest["chime"] = {
        "kind": "synthetic",
        "encoder": version("opusenc", "opus-tools"),
        "licence": CHIME_LICENCE,
        **_describe(folder, CHIME_FILE),
    }
    _write(path, manifest)


def encode(sound: Sound, path: Path, *, kind: str = "--speech") -> None:
    """Write the sound as Ogg Opus; the same sound gives the same bytes."""
    rate, samples = sound
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(array.array("h", samples).tobytes())
    serial = int.from_bytes(hashlib.sha256(path.name.encode()).digest()[:3], "big")
    command = [program("opusenc"), "--quiet", "--bitrate", str(BIT_RATE_KBIT), kind]
    command += ["--serial", str(serial), "--padding", "0", "--discard-comments", "-", str(path)]
    subprocess.run(command, input=whole.getvalue(), check=True, timeout=60)


def program(name: str) -> str:
    """Return where a program is, or end with the one line to type."""
    found = shutil.which(name)
    if found is None:
        raise SystemExit(NEEDED)
    return found


def version(name: str, word: str) -> str:
    """Return the first line of a program's version that holds a word."""
    answer = subprocess.run(
        [program(name), "--version"], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    line = next(line for line in answer.splitlines() if word in line)
    return line.split("  Data at")[0].strip()


def duration_ms(content: bytes) -> int:
    """Return how long an Ogg Opus file plays, read from its pages.

    Raises: ValueError for anything that is not one whole Ogg Opus stream of one channel.
    """
    if content[28:36] != b"OpusHead":
        raise ValueError("is not Ogg Opus")
    if content[37] != 1:
        raise ValueError("has more than one channel")
    skipped = int(struct.unpack_from("<H", content, 38)[0])
    at, last = 0, 0
    while at < len(content):
        if content[at : at + 4] != b"OggS":
            raise ValueError("is damaged or cut off")
        last = int(struct.unpack_from("<q", content, at + 6)[0])
        segments = content[26 + at]
        at += 27 + segments + sum(content[at + 27 : at + 27 + segments])
    if at != len(content):
        raise ValueError("is damaged or cut off")
    return round((last - skipped) * 1000 / SAMPLES_PER_SECOND)


def make(folder: Path) -> None:
    """Write the chime, every file of every voice, and the manifest."""
    make_chime(folder)
    phrases = read_phrases(folder)
    synthetic_of = {voice.language: voice for voice in reversed(VOICES)}
    for voice in VOICES:
        (folder / voice.folder).mkdir(exist_ok=True)
        for phrase in phrases:
            speaker = voice
            if phrase.get("spoken_in", voice.language) != voice.language:
                speaker = synthetic_of[phrase["spoken_in"]]
            sound = synthesise(phrase[voice.language], speaker.synthetic, speaker.words_per_minute)
            encode(even_out(sound), folder / voice.folder / f"{phrase['key']}.ogg")
    made_by = {
        "kind": "synthetic",
        "synthesiser": version("espeak-ng", "eSpeak NG"),
        "encoder": version("opusenc", "opus-tools"),
        "licence": LICENCE,
    }
    write_manifest(folder, {voice.folder: made_by for voice in VOICES})


def take(folder: Path, name: str, recordings: Path) -> None:
    """Make a voice's files from what a human has spoken, a WAV file for each key."""
    for phrase in read_phrases(folder):
        recording = recordings / f"{phrase['key']}.wav"
        try:
            with recording.open("rb") as file:
                encode(even_out(read_sound(file)), folder / name / f"{phrase['key']}.ogg")
        except (OSError, ValueError, EOFError, wave.Error) as problem:
            raise SystemExit(f"{recording}: {problem}") from problem


def adopt(folder: Path, name: str) -> None:
    """Take the files that lie in a voice's folder for the right ones: a human has spoken them."""
    known = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["voices"]
    about = {
        voice: {key: value for key, value in entry.items() if key not in {"files", "voice"}}
        for voice, entry in known.items()
    }
    about[name] = {"kind": "recorded", "licence": "As agreed between the office and its speaker."}
    write_manifest(folder, about)


def write_manifest(folder: Path, about: Mapping[str, Mapping[str, str]]) -> None:
    """Write down what every file is: its words, checksum, length, and who speaks."""
    voices: dict[str, Any] = {}
    for voice in VOICES:
        voices[voice.folder] = {
            "language": voice.language,
            **about[voice.folder],
            "files": {
                phrase["key"]: _describe(folder, f"{voice.folder}/{phrase['key']}.ogg")
                | {"text": phrase[voice.language]}
                for phrase in read_phrases(folder)
            },
        }
        if about[voice.folder]["kind"] == "synthetic":
            voices[voice.folder]["voice"] = voice.synthetic
    path = folder / "manifest.json"
    chime = json.loads(path.read_text(encoding="utf-8"))["chime"]
    _write(path, {"default": "vi", "voices": voices, "chime": chime})


def _write(path: Path, manifest: Mapping[str, Any]) -> None:
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _describe(folder: Path, file: str) -> dict[str, str | int]:
    content = (folder / file).read_bytes()
    return {
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "duration_ms": duration_ms(content),
    }


def find_faults(folder: Path) -> list[str]:
    """Return what is wrong with the speech files and the chime, a line each; nothing is changed.

    Every phrase has a file in every voice, each file is the one in the manifest, speaks the words
    of phrases.json, lasts 0,5–12 s, is not silence, and all of them together stay small.
    """
    phrases = read_phrases(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    voices = manifest["voices"]
    problem = _fault_of(folder / CHIME_FILE, manifest.get("chime"))
    faults = [f"{CHIME_FILE}: {problem}"] if problem else []
    for voice in VOICES:
        entries = voices[voice.folder]["files"]
        wanted = {phrase["key"] for phrase in phrases}
        present = {path.stem for path in (folder / voice.folder).iterdir()}
        faults += [f"{voice.folder}/{key}.ogg: no phrase" for key in sorted(present - wanted)]
        faults += [f"{voice.folder}/{key}: no phrase" for key in sorted(set(entries) - wanted)]
        for phrase in phrases:
            entry = entries.get(phrase["key"])
            file = f"{voice.folder}/{phrase['key']}.ogg"
            problem = _fault_of(folder / file, entry, phrase[voice.language])
            if problem:
                faults.append(f"{file}: {problem}")
    total = sum(path.stat().st_size for path in folder.rglob("*.ogg"))
    if total > MOST_BYTES:
        faults.append(f"all files: {total} bytes, more than {MOST_BYTES}")
    return faults


def _fault_of(path: Path, entry: Mapping[str, Any] | None, text: str = "") -> str | None:
    if not path.is_file():
        return "missing"
    content = path.read_bytes()
    try:
        length = duration_ms(content)
    except (ValueError, IndexError, struct.error) as problem:
        return str(problem)
    if not SHORTEST_MS <= length <= LONGEST_MS:
        return f"lasts {length} ms, not {SHORTEST_MS}–{LONGEST_MS}"
    if len(content) * 8 / length < QUIETEST_KBIT:
        return "is silent"
    if entry is None or entry.get("text", "") != text:
        return "the manifest has other words than phrases.json"
    if (entry["sha256"], entry["duration_ms"]) != (hashlib.sha256(content).hexdigest(), length):
        return "is not the file of the manifest"
    return None


def main(arguments: Sequence[str]) -> int:
    """Make, adopt or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE, help="where the files lie")
    parser.add_argument("--chime", action="store_true", help="make the chime alone")
    parser.add_argument("--check", action="store_true", help="change nothing, name what is wrong")
    parser.add_argument(
        "--adopt",
        choices=[voice.folder for voice in VOICES],
        help="take this folder's files, recorded by a human, into the manifest",
    )
    parser.add_argument(
        "--from", dest="recordings", type=Path, help="make them first from this folder's WAV files"
    )
    chosen = parser.parse_args(arguments)
    if chosen.adopt:
        if chosen.recordings:
            take(chosen.folder, chosen.adopt, chosen.recordings)
        adopt(chosen.folder, chosen.adopt)
    elif chosen.chime:
        make_chime(chosen.folder)
    elif not chosen.check:
        make(chosen.folder)
    faults = find_faults(chosen.folder)
    sys.stdout.write("".join(f"{fault}\n" for fault in faults) or "The speech files are right.\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
