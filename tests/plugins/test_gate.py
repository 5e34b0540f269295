"""The gate, proven on small runs of pytest in another folder."""

from pathlib import Path

import pytest

from tests.plugins.gate import CASE_TEST, read_allowed

ROOT = Path(__file__).resolve().parents[2]
pytest_plugins = ("pytester",)
pytestmark = pytest.mark.once

RUN = """
import pytest

def test_runs():
    pass

{}
"""


def judged_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, test: str, *, allowed: str = "", ci: str = "1",
    arguments: tuple[str, ...] = (),
) -> pytest.RunResult:  # fmt: skip
    """A run of one more test under the gate, with this list of allowed skips."""
    monkeypatch.setenv("CI", ci)
    monkeypatch.delenv("DANGKE_PARTIAL_RUN", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (pytester.path / "allowed.txt").write_text(allowed)
    pytester.makeconftest(
        "import pathlib\nfrom tests.plugins import gate\n"
        f"gate.ALLOWED = pathlib.Path({str(pytester.path / 'allowed.txt')!r})\n"
        "pytest_plugins = ('tests.plugins.gate',)\n"
    )
    pytester.makeini("[pytest]\nmarkers =\n  browser: x\n  postgresql: x\n")
    pytester.makepyfile(test_it=RUN.format(test))
    return pytester.runpytest_subprocess(*arguments)


SKIPPED = "def test_other():\n    pytest.skip('not today')"
MISSED = {
    "skip": SKIPPED,
    "xfail": "@pytest.mark.xfail\ndef test_other():\n    assert False",
    "browser": f"@pytest.mark.browser\n{SKIPPED}",
    "case": SKIPPED.replace("test_other", "test_OL_07_unknown_issuer"),
}


@pytest.mark.shows("T-03")
@pytest.mark.parametrize("kind", ["skip", "xfail"])
@pytest.mark.parametrize("ci", ["1", "true"])
def test_missed_test_fails_a_judged_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, kind: str, ci: str
) -> None:
    done = judged_run(pytester, monkeypatch, MISSED[kind], ci=ci)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*not run, and not in tests/allowed_skips.txt*", f"{kind}: test_it.py::test_other"])


@pytest.mark.shows("T-03")
def test_deselection_fails_a_judged_run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    done = judged_run(pytester, monkeypatch, "def test_other():\n    pass", arguments=("-k", "runs"))
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["deselected: test_it.py::test_other"])


@pytest.mark.shows("T-03")
def test_deselection_fails_a_judged_run_on_two_workers(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = judged_run(pytester, monkeypatch, "def test_other():\n    pass", arguments=("-k", "runs", "-n", "2"))
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["deselected: test_it.py::test_other"])


@pytest.mark.shows("T-03")
def test_module_that_skips_itself_fails_a_judged_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_gone="import pytest\npytest.importorskip('no_such_module')")
    assert judged_run(pytester, monkeypatch, "").ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.shows("T-03")
def test_listed_skip_with_its_reason_passes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    done = judged_run(pytester, monkeypatch, SKIPPED, allowed="test_it.py::test_oth*  needs a full moon\n")
    assert done.ret == pytest.ExitCode.OK


@pytest.mark.shows("T-04")
@pytest.mark.parametrize("kind", ["browser", "case"])
def test_browser_and_case_tests_cannot_be_excused(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    done = judged_run(pytester, monkeypatch, MISSED[kind], allowed="*  anything goes\n")
    assert done.ret == pytest.ExitCode.TESTS_FAILED


def test_skip_passes_outside_ci(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged_run(pytester, monkeypatch, SKIPPED, ci="").ret == pytest.ExitCode.OK


def test_line_without_a_reason_is_refused() -> None:
    with pytest.raises(pytest.UsageError, match="has no reason"):
        read_allowed("tests/x.py::test_y\n")


def test_case_pattern_knows_every_list_of_cases() -> None:
    assert CASE_TEST.search("tests/lti/test_token.py::test_TK_16_azp_without_second_audience")
    assert not CASE_TEST.search("tests/lti/test_token.py::test_token_is_kept")
