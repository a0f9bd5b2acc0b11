"""What the tests of the core share."""

from pathlib import Path

import pytest

from satisfaction.terms import Role
from satisfaction.voice_rows import Reader
from tests.admin.officers import make_officer
from tests.conftest import Office
from tests.core.handling import yesterday
from tests.core.opened import WriteFile
from tests.core.voicing import NAMES, reader, speak


@pytest.fixture
def file(tmp_path: Path) -> WriteFile:
    """Return how to write a file."""

    def write(content: bytes) -> Path:
        path = tmp_path / "danh-sach"
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def hanh(ward: Office) -> Reader:
    """Return who supervises the ward."""
    return reader(
        Role.SUPERVISOR, ward, account_id=make_officer("hanh", Role.SUPERVISOR, unit=ward.unit).id
    )


@pytest.fixture
def head(ward: Office) -> Reader:
    """Return who answers for the ward."""
    return reader(Role.HEAD, ward, account_id=make_officer("binh", Role.HEAD, unit=ward.unit).id)


@pytest.fixture
def low(ward: Office) -> str:
    """Return the name of yesterday's voice."""
    return NAMES.name(speak(ward, 1, at=yesterday(9), reasons=("wait",), words="Đợi cả buổi"))
