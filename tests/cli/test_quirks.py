"""`dangke quirks`: shows and sets what differs in one LMS."""

from pathlib import Path

from tests.cli.conftest import Dangke
from tests.cli.test_keys import register


def test_CT_05_operator_says_whether_histories_are_believed(migrated: Dangke, tmp_path: Path) -> None:
    register(migrated, tmp_path, family="moodle")
    assert "histories  trusted, as usual" in migrated("quirks", "1").out
    assert "histories  ignored, set by hand" in migrated("quirks", "1", "--histories", "ignored").out
    assert "histories  ignored, as usual" in migrated("quirks", "1", "--family", "openedx", "--histories", "usual").out
    done = migrated("quirks", "1", "--audience", "https://api.example/token")
    assert done.code == 0
    assert done.out.startswith("family     openedx\naudience   https://api.example/token\n")
    assert migrated("quirks", "9").code == 1
    assert migrated("quirks", "1", "--histories", "yes").code == 2
