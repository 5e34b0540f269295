"""The list of cases is complete: each has a test or a reason, and docs/conformance.md says so."""

from pathlib import Path

import pytest

from tools import conformance
from tools.conformance import (
    CaseTest,
    Conformance,
    Outcome,
    faults,
    find_tests,
    read_groups,
    read_run,
    render,
    structure,
)

pytestmark = pytest.mark.once

DATA = """
[why]
AA-03 = "Nothing to do."
[AA]
title = "First"
[AA.cases]
AA-01 = "Does this"
AA-02 = "Does that"
AA-03 = "Does nothing"
[BB]
title = "Second"
[BB.cases]
BB-01 = "Does more"
"""
TESTS = "def test_AA_01_and_02_this_and_that(): ...\ndef test_AA_01_again(): ...\ndef test_BB_01_more(): ...\ndef test_other(): ...\n"
JUNIT = """<testsuites><testsuite>
<testcase classname="tests.test_a" name="test_AA_01_and_02_this_and_that[x]"/>
<testcase classname="tests.test_a" name="test_AA_01_and_02_this_and_that[y]"/>
<testcase classname="tests.test_a" name="test_AA_01_again"><failure/></testcase>
</testsuite></testsuites>"""


def made(tmp_path: Path, data: str = DATA, tests: str = TESTS) -> Conformance:
    """A small list with its tests and one run."""
    folder = tmp_path / "tests"
    folder.mkdir(exist_ok=True)
    (folder / "test_a.py").write_text(tests)
    (tmp_path / "run.xml").write_text(JUNIT)
    return Conformance(*read_groups(data), find_tests(folder), {"sqlite": read_run(tmp_path / "run.xml")})


def test_every_case_has_a_test_or_a_reason_and_no_test_names_an_unknown_one() -> None:
    assert faults(conformance.load()) == []


def test_the_committed_document_is_what_the_tool_makes() -> None:
    former = (conformance.ROOT / conformance.DOCUMENT).read_text("utf-8")
    assert structure(former) == structure(render(conformance.load(), former)), "run `make conformance`"


def test_ids_are_in_order_without_gaps() -> None:
    for group in conformance.load().groups:
        assert [case.id for case in group.cases] == [f"{group.name}-{n:02}" for n in range(1, len(group.cases) + 1)]
        assert not [case.id for case in group.cases if "|" in case.behaviour or not case.behaviour]


def test_faults_are_named(tmp_path: Path) -> None:
    assert faults(made(tmp_path)) == []
    told = faults(
        made(
            tmp_path, tests="def test_AA_03_is_there(): ...\ndef test_BB_01_more(): ...\ndef test_ZZ_99_is_not(): ...\n"
        )
    )
    assert told == [
        "AA-01 has neither a test nor a reason in docs/conformance.toml.",
        "AA-02 has neither a test nor a reason in docs/conformance.toml.",
        "tests/test_a.py: test_ZZ_99_is_not names ZZ-99, which is no case.",
        "AA-03 has a reason in docs/conformance.toml and a test as well.",
    ]
    assert faults(made(tmp_path, data=DATA.replace('AA-03 = "N', 'AA-04 = "N')))[-1].endswith(
        "AA-04, which is no case."
    )


def test_rows_say_tests_reasons_and_outcomes(tmp_path: Path) -> None:
    page = render(made(tmp_path), "")
    link = "[tests/test_a.py](../tests/test_a.py)"
    assert f"| AA-01 | Does this | {link}: this and that, again | **1 failed** | - |" in page
    assert f"| AA-02 | Does that | {link}: this and that | 2 passed | - |" in page
    assert "| AA-03 | Does nothing | Nothing to do. | - | - |" in page
    assert f"| BB-01 | Does more | {link}: more | - | - |" in page
    assert "3 of 4 cases have tests." in page


def test_outcomes_stay_while_no_run_has_newer_ones_and_are_not_compared(tmp_path: Path) -> None:
    found = made(tmp_path)
    former = render(found, "")
    without_run = Conformance(found.groups, found.reasons, found.tests)
    assert render(without_run, former) == former
    fresh = render(without_run, "")
    assert fresh != former
    assert structure(fresh) == structure(former)
    changed = Conformance(found.groups, found.reasons, {**found.tests, "AA-02": [CaseTest("tests/b.py", "t", "new")]})
    assert "new | - | - |" in render(changed, former)


def test_skipped_is_neither_passed_nor_failed() -> None:
    assert [Outcome(0, 0, 1).words(), Outcome(2, 0, 1).words(), Outcome(2, 1, 0).words()] == [
        "skipped", "2 passed", "**1 failed**",
    ]  # fmt: skip
