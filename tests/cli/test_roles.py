"""`dangke roles`: shows, sets and takes out; a refusal is one sentence."""

from pathlib import Path

import pytest

from tests.cli.conftest import Dangke
from tests.cli.test_keys import register


def test_RO_19_operator_sets_the_table(migrated: Dangke, tmp_path: Path) -> None:
    register(migrated, tmp_path)
    assert "LTI's table" in migrated("roles", "1").out
    done = migrated("roles", "1", "--set", "urn:x:Tutor", "assistant", "--set", "urn:x:Guest", "guest")
    assert done.code == 0, done.err
    assert "30 seconds" in done.out
    assert migrated("roles", "1").out.split() == ["guest", "urn:x:Guest", "assistant", "urn:x:Tutor"]
    assert migrated("roles", "1", "--unset", "urn:x:Guest").code == 0
    assert migrated("roles", "1").out.split() == ["assistant", "urn:x:Tutor"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("9",), 1, "dangke registrations"),
        (("1", "--set", "x", "teacher"), 2, ""),
        (("1", "--set", " ", "member"), 1, "printable"),
        (("1", "--unset", "x"), 1, "not in the table"),
    ],
)
def test_what_cannot_be_set_is_said(
    migrated: Dangke, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    register(migrated, tmp_path)
    done = migrated("roles", *arguments)
    assert done.code == code
    assert words in done.sentence
