"""Hand new settings over to a server that goes on serving. Refuses what only a restart can change.

A service manager gives a new environment to new processes alone: the one that asks for the reload
has it, writes it down where only the service can read, and the server takes it from there.
"""

import json
import os
import signal
from collections.abc import MutableMapping
from pathlib import Path

from satisfaction.config import PREFIX, Settings, load_settings, write_private_file
from satisfaction.credential_files import without_closed_folder
from satisfaction.errors import ConfigurationError

FOLDER = "RUNTIME_DIRECTORY"
FILE = "settings.json"
# The server listens, holds its data folder and counts for Prometheus from its start on.
FIXED = ("data", "metrics")


def hand_over(environment: MutableMapping[str, str], pid: int) -> None:
    """Write the settings of this environment down for a server, and have it take them.

    Raises: ConfigurationError for settings that cannot be used, and without a folder to write to.
    Secrets that this process may not read are left out; the server has its own.
    """
    load_settings(without_closed_folder(environment))
    folder = environment.get(FOLDER)
    if not folder:
        raise ConfigurationError(variable=FOLDER, problem="is not set: ask by systemctl reload")
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    write_private_file(Path(folder) / FILE, json.dumps(given))
    os.kill(pid, signal.SIGHUP)


def take_handed_over(environment: MutableMapping[str, str]) -> None:
    """Put the settings that were handed over into the environment; nothing where none were.

    Raises: ConfigurationError for what cannot be used, or takes a restart; nothing is changed then.
    """
    path = Path(environment[FOLDER]) / FILE if environment.get(FOLDER) else None
    if path is None or not path.exists():
        return
    given: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    others = {name: value for name, value in environment.items() if not name.startswith(PREFIX)}
    _refuse_fixed(load_settings(environment), load_settings(others | given))
    for name in set(environment) - set(others) - set(given):
        del environment[name]
    environment.update(given)


def _refuse_fixed(before: Settings, after: Settings) -> None:
    for name in FIXED:
        if getattr(before, name) != getattr(after, name):
            raise ConfigurationError(
                variable=PREFIX + name.upper(), problem="takes a restart of the service"
            )
