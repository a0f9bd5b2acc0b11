"""Settings: typed, absolute, and never silently ignored."""

from pathlib import Path

import pytest

from satisfaction import config
from satisfaction.config import (
    Settings,
    ensure_data_folder,
    load_settings,
    secret_key,
    write_private_file,
)
from satisfaction.database import engine_options
from satisfaction.errors import ConfigurationError, SatisfactionError
from satisfaction.notices import say


def test_without_any_variable_data_stands_beside_the_program() -> None:
    settings = load_settings({})
    assert settings.data_folder == Path(config.__file__).parents[1] / "var"
    assert settings.effective_database_url == f"sqlite:///{settings.data_folder}/hailong.sqlite3"


def test_a_misspelled_variable_is_refused_with_the_name_that_was_meant() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings({"HAILONG_DTA": "/srv/hailong"})
    assert refused.value.fields["meant"] == "HAILONG_DATA"
    assert "HAILONG_DTA; có phải là HAILONG_DATA không?" in say(refused.value)
    assert "did you mean HAILONG_DATA?" in say(refused.value)


def test_a_variable_that_is_like_no_setting_is_refused_as_well() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings({"HAILONG_XYZZYPLUGH": "1"})
    assert refused.value.fields["meant"] is None
    assert "There is no setting HAILONG_XYZZYPLUGH" in say(refused.value)


def test_a_variable_in_lower_case_is_not_silently_ignored() -> None:
    with pytest.raises(ConfigurationError):
        load_settings({"hailong_data": "/srv/hailong"})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HAILONG_DATA", "relative/folder"),
        ("HAILONG_IDLE_MINUTES", "soon"),
        ("HAILONG_IDLE_MINUTES", "0"),
        ("HAILONG_SESSION_HOURS", "25"),
        ("HAILONG_PROXY_HOPS", "-1"),
        ("HAILONG_COOKIE_SECURE", "perhaps"),
        ("HAILONG_LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_that_names_its_variable(
    variable: str, value: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings({variable: value})
    assert refused.value.fields["variable"] == variable
    assert variable in say(refused.value)
    assert "\n" not in say(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "mysql://host/x",
        "postgresql+psycopg2://host/x",
        ":::",
        "nonsense",
        "sqlite:///x.db",
        "sqlite://",
    ],
)
def test_an_address_of_no_known_database_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings({"HAILONG_DATABASE_URL": address})
    assert refused.value.fields["variable"] == "HAILONG_DATABASE_URL"
    assert address not in say(refused.value)


@pytest.mark.parametrize("address", ["", "sqlite:////srv/x.db", "postgresql://host/x"])
def test_sqlite_and_postgresql_are_known(address: str) -> None:
    settings = load_settings({"HAILONG_DATABASE_URL": address})
    assert engine_options(settings.effective_database_url)["pool_size"] >= 8


def test_a_folder_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError) as refused:
        ensure_data_folder(Settings(data=tmp_path / "file" / "data"))
    assert str(tmp_path / "file" / "data") in say(refused.value)


def test_the_data_folder_and_what_is_private_in_it_are_for_their_owner_alone(
    tmp_path: Path,
) -> None:
    settings = Settings(data=tmp_path / "data")
    folder = ensure_data_folder(settings)
    secret_key(settings)
    write_private_file(folder / "sign-ins", "mật khẩu")
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("secret.key", "sign-ins"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["secret.key", "sign-ins"]


def test_the_signing_key_is_made_once(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert secret_key(settings) == secret_key(settings)
    assert len(secret_key(settings)) >= 32


def test_a_short_signing_key_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        secret_key(Settings(secret_key="short"))


def test_an_error_without_a_line_of_its_own_is_still_one_line() -> None:
    class UnheardOfError(SatisfactionError):
        """Something new."""

    assert say(UnheardOfError(what=1)) == "Không thực hiện được / Refused: UnheardOfError what=1"
