"""Put the core into a Flask application: settings, database, languages, guards, headers, errors."""

import mimetypes
from pathlib import Path

from flask import Flask
from flask_babel import Babel
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from satisfaction import models
from satisfaction.config import Settings, ensure_data_folder, secret_key
from satisfaction.database import db, engine_options, prepare_engine
from satisfaction.logs import send_deeds_to
from satisfaction.recording import Recorder
from satisfaction.web.case_words import install_case_words
from satisfaction.web.compression import install_compression
from satisfaction.web.converters import install_converters
from satisfaction.web.downloads import install_downloads
from satisfaction.web.errors import install_clock_guard, install_errors
from satisfaction.web.formats import install_formats
from satisfaction.web.forms import install_forms
from satisfaction.web.guards import install_guards
from satisfaction.web.headers import install_headers
from satisfaction.web.health import install_health
from satisfaction.web.languages import chosen_language, install_languages
from satisfaction.web.metrics import install_metrics
from satisfaction.web.provider import install_provider
from satisfaction.web.requests import install_request_numbers
from satisfaction.web.sessions import OfficerSessions
from satisfaction.web.sign_in import install_sign_in
from satisfaction.web.slimming import install_slimming
from satisfaction.web.words import install_words

RECORDER = "hailong-recorder"
csrf = CSRFProtect()
# A small machine may lack the system's table of types, and browsers are told not to guess.
mimetypes.add_type("audio/ogg", ".ogg")


def make_app(settings: Settings, *, sign_in_endpoint: str | None) -> Flask:
    """Return an application with the core in place and no face yet."""
    assert models.__all__, "all tables are known before the engine is made"
    root = asset_root()
    app = Flask(
        "hailong", static_folder=str(root / "static"), template_folder=str(root / "templates")
    )
    ensure_data_folder(settings)
    url = settings.effective_database_url
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=secret_key(settings),
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(url),
        SESSION_COOKIE_NAME="__Host-officer" if settings.cookie_secure else "officer",
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        BABEL_DEFAULT_LOCALE="vi",
        BABEL_DEFAULT_TIMEZONE="Asia/Ho_Chi_Minh",
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).parents[1] / "translations"),
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _install(app, settings, sign_in_endpoint)
    install_metrics(app, settings)
    if settings.syslog:
        send_deeds_to(settings.syslog)
    return app


def _install(app: Flask, settings: Settings, sign_in_endpoint: str | None) -> None:
    install_converters(app)
    install_request_numbers(app, log_format=settings.log_format)
    install_health(app)
    app.session_interface = OfficerSessions()
    db.init_app(app)
    Migrate(app, db, directory=str(Path(__file__).parents[1] / "migrations"))
    with app.app_context():
        prepare_engine(db.engine)
        app.extensions[RECORDER] = Recorder(db.engine)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=chosen_language)
    # Before all that looks at a session or a token, which a clock of 1970 would take for bad ones.
    install_clock_guard(app)
    csrf.init_app(app)
    install_sign_in(app)
    install_guards(app, sign_in_endpoint=sign_in_endpoint)
    install_languages(app)
    install_compression(app)
    install_slimming(app)
    install_downloads(app)
    install_headers(app, is_secure=settings.cookie_secure)
    install_formats(app)
    install_forms()
    install_words(app)
    install_case_words(app)
    install_errors(app)
    install_provider(app, settings)


def asset_root() -> Path:
    """Return the folder that holds static and templates: in the package, or beside it."""
    beside = Path(__file__).parents[2]
    inside = beside / "kiosk"
    return inside if (inside / "templates").is_dir() else beside
