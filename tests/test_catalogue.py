"""Every visible text is in the catalogue, and every catalogue is whole."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
CATALOGUES = sorted((ROOT / "satisfaction" / "translations").glob("*/LC_MESSAGES/messages.po"))
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
VIETNAMESE = set("ăâđêôơưáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ")


def _texts() -> Iterator[str]:
    """Yield every text that the program marks for people."""
    keywords = DEFAULT_KEYWORDS | {"lazy_gettext": None}
    for folder in ("kiosk", "admin", "satisfaction", "templates"):
        for _, _, text, _, _ in extract_from_dir(
            ROOT / folder,
            METHODS,
            {"**.html": {"trimmed": "true"}, "**.txt": {"trimmed": "true"}},
            keywords,
        ):
            yield from [text] if isinstance(text, str) else text


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def _messages(catalogue: Catalog) -> dict[str, Message]:
    return {message.id: message for message in catalogue if isinstance(message.id, str)}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_every_text_has_its_words_in_the_other_language(path: Path) -> None:
    known = _messages(_catalogue(path))
    missing = {text for text in _texts() if text not in known or not known[text].string}
    assert missing == set()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_no_text_is_kept_that_the_program_no_longer_has(path: Path) -> None:
    assert {text for text in _messages(_catalogue(path)) if text} - set(_texts()) == set()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_translations_name_the_same_values(path: Path) -> None:
    for text, message in _messages(_catalogue(path)).items():
        if text:
            assert _names(text) == _names(str(message.string)), text


def _names(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)", text))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_the_compiled_catalogue_is_that_of_the_words(path: Path) -> None:
    fresh = io.BytesIO()
    write_mo(fresh, _catalogue(path))
    with path.with_suffix(".mo").open("rb") as file:
        stored = read_mo(file)
    fresh.seek(0)
    assert {m.id: m.string for m in read_mo(fresh)} == {m.id: m.string for m in stored}


@pytest.mark.parametrize(
    "path",
    sorted([*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]),
    ids=lambda path: path.name,
)
def test_no_template_has_vietnamese_outside_the_catalogue(path: Path) -> None:
    """A language's own name is the same in every language, and the only exception."""
    text = path.read_text(encoding="utf-8").replace("Tiếng Việt", "")
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{%-?\s*trans.*?endtrans\s*-?%\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    assert not VIETNAMESE & set(text.lower())
