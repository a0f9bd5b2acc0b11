"""Seal files with gpg or age, and open them again. Refuses to invent cryptography of its own."""

from dataclasses import dataclass, field
from pathlib import Path

from satisfaction.errors import BackupFailedError, ProgramFailedError
from satisfaction.programs import run_program

GPG, AGE = ".gpg", ".age"
_GPG = ["gpg", "--batch", "--yes", "--no-options", "--quiet", "--no-symkey-cache"]
_GPG += ["--pinentry-mode", "loopback"]


@dataclass(frozen=True)
class Keys:
    """With what backups are sealed and opened; nothing set means that they lie open.

    Shape: ``recipient`` is an age recipient (age1…) or whatever gpg knows a public key by;
    ``passphrase``, or the first line of ``passphrase_file``, seals with gpg; ``identity_file``
    opens what age sealed; ``gpg_home`` is where gpg keeps its keys, its usual place where unset.
    """

    recipient: str = ""
    passphrase: str = field(default="", repr=False)
    passphrase_file: Path | None = None
    identity_file: Path | None = None
    gpg_home: Path | None = None

    @property
    def suffix(self) -> str:
        """What is added to the name of a sealed file; empty where nothing is sealed."""
        if self.recipient.startswith("age1"):
            return AGE
        return GPG if self.recipient or self.passphrase or self.passphrase_file else ""


def seal_file(opened: Path, sealed: Path, *, keys: Keys) -> None:
    """Write the sealed form of a file.

    Raises: ProgramMissingError, ProgramFailedError.
    """
    if keys.suffix == AGE:
        run_program(["age", "--encrypt", "-r", keys.recipient, "-o", sealed, opened])
    elif keys.recipient:
        words = ["--encrypt", "--trust-model", "always", "-r", keys.recipient, "-o", sealed]
        _run_gpg(keys, *words, opened)
    else:
        words = ["--symmetric", "--cipher-algo", "AES256"]
        _run_gpg(keys, *words, *_secret(keys), "-o", sealed, opened)


def open_file(sealed: Path, opened: Path, *, keys: Keys) -> None:
    """Write the open form of a sealed file.

    Raises: BackupFailedError without the key; ProgramMissingError, ProgramFailedError.
    """
    if sealed.suffix == AGE:
        if keys.identity_file is None:
            raise BackupFailedError(problem="no key", name=sealed.name)
        run_program(["age", "--decrypt", "-i", keys.identity_file, "-o", opened, sealed])
        return
    try:
        _run_gpg(keys, *_secret(keys), "-o", opened, "--decrypt", sealed)
    except ProgramFailedError as problem:
        raise BackupFailedError(problem="no key", name=sealed.name) from problem


def _secret(keys: Keys) -> list[object]:
    """Return how gpg learns the passphrase: by a pipe or a file, never among its words."""
    if keys.passphrase:
        return ["--passphrase-fd", 0]
    return ["--passphrase-file", keys.passphrase_file] if keys.passphrase_file else []


def _run_gpg(keys: Keys, *words: object) -> None:
    home: list[object] = []
    if keys.gpg_home is not None:
        keys.gpg_home.mkdir(mode=0o700, exist_ok=True)
        home = ["--homedir", keys.gpg_home]
    line = f"{keys.passphrase}\n".encode() if keys.passphrase else None
    run_program([*_GPG, *home, *words], stdin=line)


def can_be_opened(keys: Keys) -> bool:
    """Say whether this machine holds what opens its own backups; a recipient's key may be away."""
    return keys.suffix != AGE or keys.identity_file is not None
