"""Folders in memory are used where there is room, and only there."""

from pathlib import Path

import pytest

from tests.plugins.memory import room_in_memory

pytestmark = pytest.mark.once


def test_folder_with_room_is_used(tmp_path: Path) -> None:
    assert room_in_memory(1, folder=tmp_path) == tmp_path


@pytest.mark.parametrize("size", [2**60])
def test_folder_without_room_is_not(tmp_path: Path, size: int) -> None:
    assert room_in_memory(size, folder=tmp_path) is None


def test_system_without_such_a_folder_has_none(tmp_path: Path) -> None:
    assert room_in_memory(1, folder=tmp_path / "nowhere") is None
    (tmp_path / "file").touch()
    assert room_in_memory(1, folder=tmp_path / "file") is None
