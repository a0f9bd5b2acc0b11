"""What the tests of the core share."""

from pathlib import Path

import pytest

from tests.core.opened import WriteFile


@pytest.fixture
def file(tmp_path: Path) -> WriteFile:
    """Return how to write a file."""

    def write(content: bytes) -> Path:
        path = tmp_path / "danh-sach"
        path.write_bytes(content)
        return path

    return write
