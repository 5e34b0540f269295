"""What differs per LMS, by the product family code that it sends."""

import pytest

from lti_tool.lms.quirks import Quirks, quirks_of


@pytest.mark.parametrize(
    ("family", "teacher_allows", "erases", "regrade"),
    [
        ("moodle", True, True, False),
        ("Moodle", True, True, False),
        ("canvas", False, False, True),
        ("Open edX", False, False, False),
        ("BlackboardLearn", False, False, False),
        ("desire2learn", False, False, False),
        ("sakai", False, False, False),
        ("", False, False, False),
        ("somebody's own", False, False, False),
    ],
)
def test_family_has_its_quirks_and_an_unknown_one_has_none(
    family: str, teacher_allows: bool, erases: bool, regrade: bool
) -> None:
    found = quirks_of(family)
    assert (found.teacher_allows_columns, found.score_erases_comment) == (teacher_allows, erases)
    assert bool(found.regrade) is regrade
    assert found == Quirks() or teacher_allows or regrade
