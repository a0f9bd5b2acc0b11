"""Settings that a service manager hands over as files, so that no process list shows them.

systemd's LoadCredential puts a file for each in a folder that only the service can read. Refuses a
file that others can read, wherever it lies.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from satisfaction.errors import ConfigurationError

FOLDER = "CREDENTIALS_DIRECTORY"
MOST_MODE = 0o640
PREFIX = "HAILONG_"


def read_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that stand in files named like their variables, in lower case.

    Shape: ``hailong_secret_key`` becomes HAILONG_SECRET_KEY; a last line break is left out.
    Raises: ConfigurationError for a file that others can read, or that cannot be read.
    """
    found = {}
    for path in _files(environment):
        variable = path.name.upper()
        if stat.S_IMODE(path.stat().st_mode) & ~MOST_MODE & 0o777:
            raise ConfigurationError(variable=variable, problem="its file can be read by others")
        try:
            found[variable] = path.read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as problem:
            raise ConfigurationError(
                variable=variable, problem="its file is unreadable"
            ) from problem
    return found


def without_closed_folder(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment that names the folder only where this process may look into it."""
    may_look = os.access(environment.get(FOLDER, ""), os.R_OK | os.X_OK)
    return {name: word for name, word in environment.items() if may_look or name != FOLDER}


def listed_credentials() -> list[Path]:
    """Return the files of this process's own credentials."""
    return _files(os.environ)


def _files(environment: Mapping[str, str]) -> list[Path]:
    folder = environment.get(FOLDER)
    return sorted(Path(folder).glob(f"{PREFIX.lower()}*")) if folder else []
