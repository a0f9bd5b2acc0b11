"""What goes over the wire compressed: files of text, and the citizen's page.

Refuses pages that carry a form's token: their length would tell a listener about the token.
"""

from pathlib import Path

from flask import Flask, Request, Response, current_app, request
from flask_compress import Compress
from flask_compress.flask_compress import DictCache

TEXTS = ("text/html", "text/css", "text/javascript", "image/svg+xml")
_files = Compress()
_pages = Compress()
compressed = _pages.compressed()


def install_compression(app: Flask) -> None:
    """Compress files well and once; a page, which is made anew each time, quickly."""
    app.config.update(
        COMPRESS_REGISTER=False,
        COMPRESS_MIMETYPES=TEXTS,
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,
        COMPRESS_BR_LEVEL=11,
        COMPRESS_ALGORITHM=("br", "gzip"),
        COMPRESS_CACHE_BACKEND=DictCache,
        COMPRESS_CACHE_KEY=_name_of_file,
    )
    _files.init_app(app)
    app.config.update(COMPRESS_ALGORITHM=("gzip",), COMPRESS_CACHE_BACKEND=None)
    _pages.init_app(app)
    app.after_request(_compress_file)


def _compress_file(response: Response) -> Response:
    if request.endpoint != "static" or response.mimetype not in TEXTS:
        return response
    if response.status_code == 200 and request.method == "GET":
        response.direct_passthrough = False
        response.get_data()
    return _files.after_request(response)


def _name_of_file(asked: Request) -> str:
    """Return what is compressed once: a file as it is now, whatever the address says besides."""
    path = Path(str(current_app.static_folder), str((asked.view_args or {})["filename"]))
    return f"{path}@{path.stat().st_mtime_ns}"
