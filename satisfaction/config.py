"""Settings of one installation, typed, from the environment. Refuses to start on a bad value.

Every variable begins with HAILONG_; an unknown one is refused, because a misspelled setting
that is silently ignored is worse than none.
"""

import difflib
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from satisfaction.credential_files import read_credentials
from satisfaction.errors import ConfigurationError

PREFIX = "HAILONG_"


class Settings(BaseSettings):
    """What an installation may set; docs/configuration.md lists the same fields."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data: Path = Field(
        default=Path(), description="Absolute folder for the database, keys and all other data."
    )
    database_url: str = Field(
        default="",
        description="Database address; empty means an SQLite file in the data folder.",
    )
    secret_key: str = Field(
        default="",
        description="Key that signs cookies and forms; empty means one kept in the data folder.",
    )
    cookie_secure: bool = Field(
        default=False, description="Send cookies over HTTPS only; set it wherever TLS is used."
    )
    proxy_hops: int = Field(
        default=0, ge=0, le=4, description="How many trusted proxies stand in front; 0 means none."
    )
    idle_minutes: int = Field(
        default=30, ge=1, le=480, description="Minutes after which an idle sign-in ends."
    )
    session_hours: int = Field(
        default=12, ge=1, le=24, description="Hours after which any sign-in ends."
    )
    oidc_issuer: str = Field(
        default="", description="Address of an OpenID Connect provider of sign-ins; empty is none."
    )
    oidc_client_id: str = Field(default="", description="What this product is called there.")
    oidc_client_secret: str = Field(default="", description="Its secret there.")
    oidc_name: str = Field(
        default="OpenID Connect", description="What the sign-in page calls the provider."
    )
    oidc_second_factor: str = Field(
        default="amr:mfa",
        description="Words of the provider that mean a second factor, as amr:mfa acr:level3.",
    )
    account_idle_days: int = Field(
        default=45, ge=7, le=3650, description="Days without a sign-in that close an account."
    )
    audit_months: int = Field(
        default=24, ge=12, le=240, description="Months for which the log of deeds is kept."
    )
    import_max_megabytes: int = Field(
        default=64, ge=1, le=512, description="Largest file accepted for import, in megabytes."
    )
    public_url: str = Field(
        default="",
        description="Address at which citizens' phones reach the product; empty means the one "
        "that a page is asked at.",
    )
    opinions_per_device: int = Field(
        default=3, ge=1, le=100, description="Opinions by desk cards from one device in an hour."
    )
    opinions_per_network: int = Field(
        default=30, ge=1, le=10_000, description="The same from one network on one unit's desks."
    )
    opinions_per_desk: int = Field(
        default=60, ge=1, le=10_000, description="The same at one desk, wherever they come from."
    )
    demonstration: bool = Field(
        default=True,
        description="Load the demonstration office into an empty database at the first start.",
    )
    voice: str = Field(
        default="vi",
        pattern="^[a-z-]{2,24}$",
        description="Folder of static/audio whose recordings speak Vietnamese: vi, or vi-south.",
    )
    backup_folder: Path | None = Field(
        default=None, description="Absolute folder for backups; unset means one in the data folder."
    )
    backup_copy_to: str = Field(
        default="",
        description="Where each backup is copied to: an absolute folder, or user@host:/folder.",
    )
    backup_passphrase: str = Field(
        default="", repr=False, description="Passphrase that seals backups with gpg; a secret."
    )
    backup_passphrase_file: Path | None = Field(
        default=None, description="File whose first line seals backups with gpg."
    )
    backup_recipient: str = Field(
        default="", description="Whom backups are sealed for: an age recipient, or a key of gpg."
    )
    backup_identity_file: Path | None = Field(
        default=None, description="File with age's identity, which opens what was sealed for it."
    )
    certificate: Path | None = Field(
        default=None, description="Certificate of the proxy in front, whose end is watched."
    )
    metrics: str = Field(
        default="", description="Address for Prometheus, as 127.0.0.1:9464; empty means none."
    )
    log_format: str = Field(
        default="plain",
        pattern="^(plain|json|cef)$",
        description="plain for people, json for journald, cef for a monitoring centre.",
    )
    syslog: str = Field(
        default="",
        pattern=r"^$|^(udp|tcp)://[A-Za-z0-9.\-\[\]:]+$|^unix:///[\w./-]+$",
        description="Where officers' deeds are sent as CEF: udp://host:514, tcp://, unix:///.",
    )
    smtp_host: str = Field(
        default="", description="Mail server that takes letters; empty means that none are sent."
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_security: str = Field(
        default="starttls", pattern="^(starttls|tls|none)$", description="starttls, tls or none."
    )
    smtp_user: str = Field(default="", description="Name to sign in with; empty means no sign-in.")
    smtp_password: str = Field(default="", repr=False, description="Password to sign in with.")
    smtp_from: str = Field(default="", description="Address that letters come from.")
    smtp_bounces: str = Field(
        default="",
        description="Address that reports of failures go to; empty means the one that letters "
        "come from.",
    )
    smtp_ca_file: str = Field(
        default="", description="Certificates to trust instead of the system's."
    )
    smtp_per_minute: int = Field(
        default=30, ge=1, le=6000, description="Most letters handed in within a minute."
    )
    small_count: int = Field(
        default=5,
        ge=3,
        le=50,
        description="Counts from one to below this are hidden from all who see no single answers.",
    )
    published_units: str = Field(
        default="",
        pattern=r"^([\w.-]+(, ?[\w.-]+)*)?$",
        description="Codes of units whose figures anybody may read, with commas; none at first.",
    )
    log_level: str = Field(default="info", description="debug, info, warning or error.")

    @field_validator("data")
    @classmethod
    def _data_is_absolute(cls, value: Path) -> Path:
        if value != Path() and not value.is_absolute():
            raise ValueError("must be an absolute folder")
        return value

    @field_validator(
        "backup_folder", "backup_passphrase_file", "backup_identity_file", "certificate"
    )
    @classmethod
    def _path_is_absolute(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_absolute():
            raise ValueError("must be an absolute path")
        return value

    @field_validator("backup_copy_to")
    @classmethod
    def _target_is_a_place(cls, value: str) -> str:
        if value and not re.fullmatch(r"/.*|[A-Za-z0-9_.-]+@[A-Za-z0-9.\-\[\]:]+:/[\w./-]*", value):
            raise ValueError("must be an absolute folder, or user@host:/folder")
        return value

    @field_validator("public_url")
    @classmethod
    def _url_is_a_host(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", value.rstrip("/")):
            raise ValueError("must be http:// or https:// and a host, without a path")
        return value.rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer_is_an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:/_~]+", value):
            raise ValueError("must be http:// or https:// and the provider's address")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, value: str) -> str:
        """Accept what the installed drivers can open; a relative file would lie anywhere."""
        try:
            address = make_url(value) if value else None
        except ArgumentError as problem:
            raise ValueError("is not the address of a database") from problem
        if address is None or address.drivername in {"postgresql", "postgresql+psycopg"}:
            return value
        if address.drivername != "sqlite":
            raise ValueError("must begin with postgresql:// or sqlite://")
        if not (address.database or "").startswith("/"):
            raise ValueError("needs the absolute path of the SQLite file")
        return value

    @field_validator("metrics")
    @classmethod
    def _metrics_is_an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}", value):
            raise ValueError("must be an address and a port, as 127.0.0.1:9464")
        return value

    @field_validator("smtp_from", "smtp_bounces")
    @classmethod
    def _sender_is_an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value):
            raise ValueError("must be an e-mail address alone, without a name")
        return value

    @field_validator("log_level")
    @classmethod
    def _level_is_known(cls, value: str) -> str:
        if value not in {"debug", "info", "warning", "error"}:
            raise ValueError("must be debug, info, warning or error")
        return value

    @property
    def published_codes(self) -> tuple[str, ...]:
        """The codes of the units that publish their figures."""
        return tuple(code.strip() for code in self.published_units.split(",") if code.strip())

    @property
    def data_folder(self) -> Path:
        """The data folder; ``var`` beside the program where none is set."""
        return self.data if self.data != Path() else Path(__file__).parents[1] / "var"

    @property
    def effective_database_url(self) -> str:
        """The database address that is really used."""
        return self.database_url or f"sqlite:///{self.data_folder / 'hailong.sqlite3'}"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises: ConfigurationError naming the variable, for a bad value or an unknown name.
    """
    given = os.environ if environment is None else environment
    environment = {**read_credentials(given), **given}
    _refuse_unknown(environment)
    values = {
        name: environment[PREFIX + name.upper()]
        for name in Settings.model_fields
        if PREFIX + name.upper() in environment
    }
    try:
        return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type]
    except ValidationError as problem:
        first = problem.errors()[0]
        variable = PREFIX + str(first["loc"][0]).upper()
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(variable=variable, problem=message) from problem


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = [name.upper() for name in Settings.model_fields]
    for variable in environment:
        name = variable.upper().removeprefix(PREFIX)
        if not variable.upper().startswith(PREFIX) or variable in {PREFIX + one for one in known}:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        raise ConfigurationError(
            variable=variable,
            problem="unknown setting",
            meant=PREFIX + near[0] if near else None,
        )


def ensure_data_folder(settings: Settings) -> Path:
    """Make the data folder, for its owner only.

    Raises: ConfigurationError when it cannot be made or written.
    """
    folder = settings.data_folder
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise ConfigurationError(
            variable=PREFIX + "DATA", problem="cannot be written", folder=str(folder)
        ) from problem
    return folder


def secret_key(settings: Settings) -> str:
    """Return the signing key, made once for this installation when none is set."""
    if settings.secret_key:
        if len(settings.secret_key) < 32:
            raise ConfigurationError(variable=PREFIX + "SECRET_KEY", problem="under 32 characters")
        return settings.secret_key
    path = ensure_data_folder(settings) / "secret.key"
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def write_private_file(path: Path, text: str) -> None:
    """Put a file in place, whole, that only its owner can read; one before it is replaced."""
    _draft(path, text).replace(path)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return draft


def _write_once(path: Path, text: str) -> None:
    """Put a whole private file in place, unless another process was first."""
    draft = _draft(path, text)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
