"""What stays together on one worker."""

from pathlib import Path

import pytest

from tests.plugins.groups import WAITING, group_of

pytest_plugins = ("pytester",)
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/browser/test_journey_quiz.py::test_a[360]", "browser-journeys"),
        ("tests/browser/test_face.py::test_a[x@y]", "browser-pages"),
        (f"tests/browser/{WAITING[0]}", "browser-waiting"),
        ("tests/quizzes/test_rules.py::test_a", "tests/quizzes/test_rules.py::test_a"),
    ],
)
def test_group_is_found_by_the_id(nodeid: str, group: str) -> None:
    assert group_of(nodeid) == group


@pytest.mark.parametrize("waiting", WAITING)
def test_those_that_wait_are_there(waiting: str) -> None:
    file, _, name = waiting.partition("::")
    assert f"def {name}(" in (ROOT / "tests/browser" / file).read_text("utf-8")


@pytest.mark.once
def test_a_group_stays_on_one_worker(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the scheduler does, since it was silently without groups before."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(
        "from tests.plugins import groups\ngroups.BROWSER = 'browser/'\npytest_plugins = ('tests.plugins.groups',)\n"
    )
    folder = pytester.mkdir("browser")
    body = "import pytest\n\n\n@pytest.mark.parametrize('n', range(6))\ndef test_a(n):\n    pass\n"
    for name in ("test_journey_a.py", "test_journey_b.py", "test_pages.py"):
        folder.joinpath(name).write_text(body)
    done = pytester.runpytest_subprocess(
        "-n", "3", "--dist", "loadgroup", "-v", "-p", "no:cacheprovider", "--import-mode=importlib"
    )
    done.assert_outcomes(passed=18)
    passed = [line.split() for line in done.outlines if "PASSED" in line]
    workers = {part: {words[0] for words in passed if part in words[-1]} for part in ("test_journey_", "test_pages")}
    assert {part: len(found) for part, found in workers.items()} == {"test_journey_": 1, "test_pages": 1}
