"""What goes compressed over the wire, and what does not."""

import gzip

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from satisfaction.web import compression
from tests.conftest import Office

STYLES = "/static/css/kiosk.css"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client that looks at bytes, not at pages."""
    return FlaskClient(app, app.response_class)


def _unpacked(client: FlaskClient, address: str, accepted: str) -> tuple[str | None, bytes, int]:
    response = client.get(address, buffered=True, headers={"Accept-Encoding": accepted})
    assert response.status_code == 200
    assert int(response.headers["Content-Length"]) == len(response.data)
    how = response.headers.get("Content-Encoding")
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}.get(how or "", bytes)
    return how, unpack(response.data), len(response.data)


@pytest.mark.parametrize(
    ("accepted", "how"),
    [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("", None), ("br;q=0, identity", None)],
)
def test_a_file_goes_as_the_browser_takes_it(
    client: FlaskClient, accepted: str, how: str | None
) -> None:
    plain = client.get(STYLES, buffered=True).data
    used, unpacked, size = _unpacked(client, f"{STYLES}?v=1", accepted)
    assert (used, unpacked) == (how, plain)
    assert size < len(plain) / 3 or how is None
    vary = client.get(STYLES, buffered=True, headers={"Accept-Encoding": accepted}).headers["Vary"]
    assert "Accept-Encoding" in vary


def test_a_file_is_compressed_once_whatever_its_address_says_besides(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _unpacked(client, f"{STYLES}?v=first", "br")
    cache = compression._files.cache
    assert cache is not None
    monkeypatch.setattr(cache, "set", lambda key, value: kept.append(key))
    kept: list[str] = []
    for version in range(5):
        assert _unpacked(client, f"{STYLES}?v={version}", "br")[0] == "br"
    assert len(set(kept)) == 1


def test_a_file_that_the_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    accepted = {"Accept-Encoding": "br"}
    tag = client.get(STYLES, buffered=True, headers=accepted).headers["ETag"]
    plain_tag = client.get(STYLES, buffered=True).headers["ETag"]
    assert (
        client.get(STYLES, buffered=True, headers={"If-None-Match": plain_tag}).status_code == 304
    )
    assert tag != plain_tag


def test_sound_and_fonts_are_left_as_they_are(client: FlaskClient) -> None:
    font = "/static/fonts/noto-sans-kiosk-latin.woff2"
    assert _unpacked(client, font, "br")[0] is None


def test_the_citizens_page_goes_compressed_and_forms_with_tokens_do_not(
    client: FlaskClient, ward: Office
) -> None:
    client.set_cookie("kiosk", ward.tokens[0])
    plain = client.get("/kiosk/", buffered=True).data
    used, unpacked, size = _unpacked(client, "/kiosk/", "gzip, br")
    assert used == "gzip"
    assert size < len(plain) / 3
    assert len(unpacked) == len(plain)
    assert _unpacked(client, "/admin/sign-in", "gzip, br")[0] is None
