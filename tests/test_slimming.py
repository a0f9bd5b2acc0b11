"""Programs as they are sent: the same program, without its remarks."""

import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from satisfaction.web.formats import asset_url
from satisfaction.web.slimming import slim

ROOT = Path(__file__).parents[1]
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
PROGRAMS = sorted((ROOT / "static" / "js").glob("*.js"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_every_text_of_a_program_is_sent_as_it_was_written(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    spoken = "\n".join(line for line in text.splitlines() if not line.strip().startswith("//"))
    sent = slim(path.read_bytes()).decode()
    for words in re.findall(r"\"[^\"\n]*\"|`[^`]*`", spoken):
        assert words in sent, words


def test_what_is_sent_is_a_good_deal_less_and_still_a_program(app: Flask) -> None:
    before = after = 0
    for path in PROGRAMS:
        sent = FlaskClient(app, app.response_class).get(f"/static/js/{path.name}", buffered=True)
        assert int(sent.headers["Content-Length"]) == len(sent.data)
        assert sent.data == slim(path.read_bytes())
        before, after = before + path.stat().st_size, after + len(sent.data)
    assert after < before * 0.78


def test_a_style_is_sent_without_its_remarks_and_with_every_rule(app: Flask) -> None:
    for path in STYLES:
        sent = FlaskClient(app, app.response_class).get(f"/static/css/{path.name}", buffered=True)
        text = path.read_text(encoding="utf-8")
        assert "/*" not in sent.text
        assert sent.text.count("{") == re.sub(r"/[*].*?[*]/", "", text, flags=re.DOTALL).count("{")
        assert sent.text.count("}") == sent.text.count("{")


def test_no_word_of_a_style_looks_like_a_remark() -> None:
    for path in STYLES:
        words = re.findall(r'"[^"\n]*"', path.read_text(encoding="utf-8"))
        assert [word for word in words if re.search(r"/[*]|[*]/|[;{},]\s", word)] == []


def test_an_address_carries_the_digest_of_what_is_sent(app: Flask) -> None:
    with app.test_request_context():
        address = asset_url("js/kiosk.js")
    sent = FlaskClient(app, app.response_class).get(address, buffered=True).data
    assert hashlib.sha256(sent).hexdigest().startswith(address.partition("?v=")[2])


def test_vendored_programs_are_sent_as_they_came(app: Flask) -> None:
    for path in sorted((ROOT / "static" / "vendor").rglob("*.js")):
        address = f"/static/{path.relative_to(ROOT / 'static').as_posix()}"
        sent = FlaskClient(app, app.response_class).get(address, buffered=True).data
        assert sent == path.read_bytes()
