"""The officers' signed cookie. Refuses to sign or to read anything for those who have none.

Kiosks and citizens never carry this cookie, and most requests are theirs.
"""

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin


class OfficerSessions(SecureCookieSessionInterface):
    """Flask's own signed sessions, opened and saved only where there is something in them."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session that came with a request, or an empty one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save what was changed; an empty session that stayed empty leaves no trace.

        No answer but a static file may be kept by a cache, so that none has to be told of cookies.
        """
        if session or session.modified:
            super().save_session(app, session, response)
