"""Documents that are not true fail the build: settings, commands, links, decisions, keys."""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from satisfaction import clock
from satisfaction.config import PREFIX, Settings, load_settings
from satisfaction.figures import FEWEST_FOR_SHARE
from satisfaction.terms import Dimension, Outcome, Role
from satisfaction.web import server
from satisfaction.web.listening import USUAL_PORT
from tests.conftest import Office
from tests.making import rated_visit

# Says nothing of the engine.
pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")],
)
DECISIONS = sorted(ROOT.glob("docs/adr/[0-9]*.md"))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _first_cells(text: str) -> list[str]:
    """Return what stands in code type in the first column of the tables of a text."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def _section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one."""
    return re.split(r"^#+ ", text.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    table = _read("docs/configuration.md").split("## What lies", 1)[0]
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(_first_cells(table)) == known | {"PORT"}
    assert len(_first_cells(table)) == len(known) + 1


def test_the_documented_value_when_unset_is_the_real_one() -> None:
    text = _read("docs/configuration.md")
    for name, field in Settings.model_fields.items():
        row = re.search(rf"^\| `{PREFIX}{name.upper()}` \| (.+?) \|", text, re.MULTILINE)
        assert row is not None
        default = field.default
        if isinstance(default, bool | int) or name in {"log_level", "log_format"}:
            assert row[1] == f"`{str(default).lower()}`"
    assert f"| `PORT` | `{USUAL_PORT}` |" in text
    assert load_settings({}).data_folder.name == "var"


def test_the_documented_way_of_serving_is_the_real_one() -> None:
    text = _section(_read("docs/configuration.md"), "How it is served")
    assert (server.workers, server.threads) == (2, 8)
    assert "two workers of eight threads" in text
    assert f"at most {server.graceful_timeout} seconds" in text


def _commands(group: click.Group, name: str = "") -> Iterator[str]:
    for word, command in group.commands.items():
        full = f"{name} {word}".strip()
        if isinstance(command, click.Group):
            yield from _commands(command, full)
            if command.invoke_without_command:
                yield full
        else:
            yield full


def test_every_command_of_the_product_is_in_the_readme_and_the_other_way_round(app: Flask) -> None:
    ours = {
        "jobs",
        "letters",
        "accounts",
        "audit",
        "counts",
        "database",
        "demonstration",
        "dossiers",
        "kiosks",
        "report",
    }
    ours |= {"backup", "cases", "catalogue", "check", "office", "retention"}
    assert ours <= set(app.cli.commands)
    existing = {name for name in _commands(app.cli) if name.split()[0] in ours}
    table = _section(_read("README.md"), "Lệnh khác · Other commands")
    documented = {re.split(r" [A-Z-]", cell)[0] for cell in _first_cells(table)}
    assert documented | {"counts"} == existing


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_every_command_line_in_a_document_can_be_parsed(path: Path, app: Flask) -> None:
    for line in re.findall(r"flask --app wsgi ([a-z][^`\n]*)", path.read_text(encoding="utf-8")):
        words = [word for word in line.split() if word != "…"]
        command: click.Command = app.cli
        context = click.Context(command, obj=None)
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            found = command.commands.get(words[0])
            assert found is not None, line
            command, words = found, words[1:]
            context = click.Context(command, parent=context)
        options = {option for param in command.params for option in param.opts}
        used = {word for word in words if word.startswith("--")}
        assert used <= options, line


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", _read("Makefile"), re.MULTILINE))
    for path in DOCUMENTS:
        for words in re.findall(r"\bmake ([a-z -]+)`", path.read_text(encoding="utf-8")):
            assert set(words.split()) <= targets, (path, words)
    assert {"run", "test", "bench", "lock"} <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_every_link_between_documents_resolves(path: Path) -> None:
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "#")):
            assert (path.parent / target.split("#")[0]).exists(), target


def test_the_list_of_decisions_is_complete_and_in_order() -> None:
    listed = re.findall(r"\[(\d+)\]\((\S+)\) \| (.+) \|", _read("docs/adr/README.md"))
    assert [name for _, name, _ in listed] == [path.name for path in DECISIONS]
    for (number, name, title), path in zip(listed, DECISIONS, strict=True):
        assert int(name[:4]) == int(number)
        first, _, rest = path.read_text(encoding="utf-8").partition("\n")
        assert first == f"# {number}. {title}"
        assert rest.lstrip().startswith("Decided on ")
        assert "## Decision" in rest
        assert "## Consequences" in rest
    assert [int(number) for number, *_ in listed] == list(range(1, len(DECISIONS) + 1))


def test_decisions_named_in_the_code_exist() -> None:
    for path in ROOT.glob("[skawb]*/**/*.py"):
        for name in re.findall(r"docs/[\w./-]+\.md", path.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), (path, name)


def test_the_glossary_names_every_outcome_and_role() -> None:
    words = _first_cells(_read("docs/glossary.md"))
    assert words == [outcome.value for outcome in Outcome]
    text = _read("docs/glossary.md")
    assert all(f"`{role.value}`" in text for role in Role)


def test_the_glossary_s_things_are_names_in_the_code() -> None:
    things = _section(_read("docs/glossary.md"), "Things")
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in ROOT.glob("satisfaction/**/*.py")
    )
    for name in re.findall(r"`([A-Z]\w+)`", things):
        assert re.search(rf"^class {name}\b", source, re.MULTILINE), name


@pytest.mark.parametrize("name", ["README.md", "docs/glossary.md"])
def test_documents_name_the_real_number_below_which_no_share_is_shown(name: str) -> None:
    assert f"Below {FEWEST_FOR_SHARE} " in _read(name)


def test_the_documented_keys_of_the_json_are_the_printed_ones(app: Flask, ward: Office) -> None:
    rated_visit(ward, 4, at=clock.now())
    words = ["--unit", "00103", "--from", "2026-03-01", "--until", "2026-04-01"]
    printed = app.test_cli_runner().invoke(args=["counts", *words, "--format", "json"]).stdout
    document = json.loads(printed)
    text = _read("docs/counts-json.md")
    assert _first_cells(_section(text, "The document")) == list(document)
    assert (
        _first_cells(_section(text, "A line"))
        == list(document["total"])
        == list(document["rows"][0])
    )
    assert _first_cells(_section(text, "A level")) == list(document["total"]["levels"][0])
    assert f"`{document['format']}`" in text
    assert all(f"`{by.value}`" in text for by in Dimension)


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_documents_are_in_one_unicode_form(path: Path) -> None:
    assert unicodedata.is_normalized("NFC", path.read_text(encoding="utf-8"))


def test_the_licence_is_the_one_that_is_named() -> None:
    assert "Apache License" in _read("LICENSE")
    assert 'license = "Apache-2.0"' in _read("pyproject.toml")


def test_no_tracked_list_of_libraries_carries_an_address() -> None:
    for path in ROOT.glob("requirements/*.txt"):
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", _read(_name(path)))
        named = re.findall(r"^[a-z][\w.-]*==\S+ .*\\$", _read(_name(path)), re.MULTILINE)
        assert len(named) > 30
        assert _read(_name(path)).count("--hash=sha256:") >= len(named)
