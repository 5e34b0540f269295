"""The evidence table says only what tests and benchmarks have shown."""

from pathlib import Path
from textwrap import dedent

import pytest

from tests.plugins.shows import REQUIREMENTS, known_ids
from tools.evidence import Shown, judge, outcomes

JUNIT = """\
<testsuites><testsuite>
<testcase classname="a" name="good"><properties><property name="shows" value="J-01"/></properties></testcase>
<testcase classname="a" name="bad"><properties><property name="shows" value="J-02"/></properties><failure/></testcase>
<testcase classname="a" name="no"><properties><property name="shows" value="J-03"/></properties><skipped/></testcase>
<testcase classname="a" name="silent"/>
</testsuite></testsuites>
"""


@pytest.fixture
def sqlite_run(tmp_path: Path) -> dict[str, Shown]:
    path = tmp_path / "junit.xml"
    path.write_text(dedent(JUNIT))
    return outcomes(path)


@pytest.mark.parametrize(
    ("line", "verdict"), [("J-01", "shown"), ("J-02", "FAILED"), ("J-03", "NOT SHOWN"), ("J-04", "NOT SHOWN")]
)
def test_line_is_shown_only_by_a_passed_test(sqlite_run: dict[str, Shown], line: str, verdict: str) -> None:
    assert judge({"id": line}, [sqlite_run.get(line, Shown()), Shown()], None)[0] == verdict


def test_line_fails_when_one_engine_fails(sqlite_run: dict[str, Shown]) -> None:
    assert judge({"id": "J-01"}, [sqlite_run["J-01"], Shown(failed=["a::good"])], None)[0] == "FAILED"


def test_benchmark_line_needs_its_figure(sqlite_run: dict[str, Shown]) -> None:
    line = {"id": "P-01", "by": "bench"}
    assert judge(line, [sqlite_run["J-01"]], None)[0] == "NOT SHOWN"
    assert judge(line, [Shown()], {"value": 0.7, "target": 0.6, "passed": True}) == ("shown", "0.7 (target 0.6)")
    assert judge(line, [Shown()], {"value": 0.5, "target": 0.6, "passed": False})[0] == "FAILED"


def test_missing_run_shows_nothing(tmp_path: Path) -> None:
    assert outcomes(tmp_path / "none.xml") == {}


def test_ids_are_unique() -> None:
    text = REQUIREMENTS.read_text(encoding="utf-8")
    assert text.count("\nid = ") == len(known_ids())
