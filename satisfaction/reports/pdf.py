"""A page of HTML as a PDF, in a process of its own with a limit of time. Refuses to fetch.

The layout library needs Debian's Pango; where it is missing the caller is told so and shows the
page to print instead. Run as a program, this module is that process.
Two whole fonts are embedded, because parts of one under one name come out as other letters.
"""

import re
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

from satisfaction.errors import PdfUnavailableError

LONGEST_SECONDS = 60
MISSING = 3
_ONE_AT_A_TIME = threading.BoundedSemaphore(1)
_FONT_FACES = re.compile(r"@font-face\s*\{[^}]*\}")


def render_pdf(html: str, *, static: Path, longest_seconds: float = LONGEST_SECONDS) -> bytes:
    """Return the PDF of a page whose styles and fonts lie in the static folder.

    Raises: PdfUnavailableError with ``reason`` missing, late or failed.
    """
    command = [sys.executable, "-m", "satisfaction.reports.pdf", str(static)]
    if not _ONE_AT_A_TIME.acquire(timeout=longest_seconds):
        raise PdfUnavailableError(reason="late")
    try:
        done = subprocess.run(
            command,
            input=html.encode(),
            capture_output=True,
            timeout=longest_seconds,
            cwd=Path(__file__).parents[2],
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise PdfUnavailableError(reason="late") from late
    finally:
        _ONE_AT_A_TIME.release()
    if done.returncode == MISSING:
        raise PdfUnavailableError(reason="missing")
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise PdfUnavailableError(reason="failed", detail=" ".join(last))
    return done.stdout


def _draw(html: str, static: Path) -> bytes:
    """Lay the page out; colours come from the tokens, whose fonts for screens are left aside."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Files(URLFetcher):  # type: ignore[misc]  # The library has no types.
        """What may be read: files of the static folder."""

        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
            parts = urlsplit(url)
            path = Path(unquote(parts.path)).resolve()
            if parts.scheme != "file" or not path.is_relative_to(static.resolve()):
                raise ValueError(f"not read: {url}")
            return URLFetcherResponse(url, path.read_bytes())

    fonts, files = FontConfiguration(), Files()
    tokens = _FONT_FACES.sub("", (static / "css/tokens.css").read_text(encoding="utf-8"))
    styles = [
        CSS(string=tokens, font_config=fonts, url_fetcher=files),
        CSS(filename=str(static / "css/paper.css"), font_config=fonts, url_fetcher=files),
        CSS(filename=str(static / "css/paper-pdf.css"), font_config=fonts, url_fetcher=files),
    ]
    page = HTML(string=html, base_url=f"{static.as_uri()}/", url_fetcher=files)
    drawn = page.write_pdf(stylesheets=styles, font_config=fonts)
    assert isinstance(drawn, bytes)
    return drawn


def main() -> int:
    """Read a page, write its PDF."""
    html = sys.stdin.buffer.read().decode()
    try:
        import weasyprint
    except (ImportError, OSError):
        return MISSING
    assert weasyprint
    sys.stdout.buffer.write(_draw(html, Path(sys.argv[1])))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
