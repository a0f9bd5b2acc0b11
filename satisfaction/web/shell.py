"""Which version of the kiosk's page devices should run; the citizens' face says so at the start."""

from collections.abc import Callable

from flask import Flask, current_app

_SHELL = "hailong-shell"


def install_shell(app: Flask, version: Callable[[], str]) -> None:
    """Have the application know the version, also where it serves officers alone."""
    app.extensions[_SHELL] = version


def shell_version() -> str:
    """Return the version that devices should run; empty where nobody knows."""
    version: Callable[[], str] = current_app.extensions.get(_SHELL, str)
    return version()
