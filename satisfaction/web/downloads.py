"""Files that a page waits for: their answer leaves a mark that the page's script finds.

Refuses to mark anything but a file, and by any word but a script's own.
"""

import re

from flask import Flask, Response, current_app, request

ASKED = re.compile(r"[0-9a-f]{16}")
KEPT_SECONDS = 60


def install_downloads(app: Flask) -> None:
    """Mark the answer that brings a file, by the word with which it was asked for."""

    @app.after_request
    def mark(response: Response) -> Response:
        if "Content-Disposition" not in response.headers:
            return response
        asked = request.args.get("asked", "")
        if ASKED.fullmatch(asked):
            is_secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
            response.set_cookie(
                f"asked-{asked}", "1", max_age=KEPT_SECONDS, secure=is_secure, samesite="Strict"
            )
        return response
