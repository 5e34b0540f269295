"""Histories as people read them: runs of the same are one line, and every event that is written has words."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.passback.outbox import recording
from lti_tool.passback.reconciler import scores
from lti_tool.passback.rules import Happening, in_a_row
from lti_tool.passback.words import history
from tests.conftest import START
from tests.school import School

STEPS = st.lists(
    st.builds(
        Happening,
        at=st.integers(0, 5).map(lambda hours: START + timedelta(hours=hours)),
        event=st.sampled_from(["retry", "sent"]),
        score=st.sampled_from([None, Decimal(5)]),
        cause=st.sampled_from(["", "lms_down"]),
        by=st.sampled_from(["", "王敏"]),
    )
)


@given(STEPS)
def test_nothing_is_lost_or_moved_when_the_same_happens_in_a_row(steps: list[Happening]) -> None:
    lines = in_a_row(steps)
    assert sum(line.times for line in lines) == len(steps)
    place = 0
    for line in lines:
        run = steps[place : place + line.times]
        assert {(step.event, step.score, step.cause, step.by) for step in run} == {
            (line.event, line.score, line.cause, line.by)
        }
        assert line.at == run[-1].at
        place += line.times
    assert in_a_row(lines) == lines


def test_same_step_again_is_one_line_with_its_last_moment_unless_a_person_did_it() -> None:
    first = Happening(START, "retry", Decimal(5), "lms_down", 503)
    again = Happening(START + timedelta(hours=1), "retry", Decimal(5), "lms_down", 503)
    other = Happening(START, "retry", Decimal(5), "lms_silent")
    asked = Happening(START, "asked", by="王敏")
    assert [(line.times, line.at) for line in in_a_row([first, again])] == [(2, again.at)]
    assert len(in_a_row([first, other, again])) == 3
    assert len(in_a_row([asked, asked])) == 2


def test_every_event_that_is_written_has_words_for_both_readers() -> None:
    written = {*recording.EVENTS.values(), recording.OTHERWISE, *scores.EVENTS.values(), "asked", "kept_there"}
    assert written == set(history.STAFF)
    assert set(history.MEMBERS) | {"refused", "no_column"} == written


@pytest.mark.parametrize("event", sorted(history.STAFF))
@pytest.mark.parametrize("score", [None, Decimal("71.5")])
def test_members_read_no_cause_no_name_and_no_reason(event: str, score: Decimal | None, school: School) -> None:
    step = Happening(START, event, score, "not_graded", 400, "王敏", "because")
    with school.app.test_request_context():
        mine, theirs = history.for_members(step), history.for_staff(step)
    assert not {word for word in ("王敏", "because", "400", "学员", "enrol") if word in mine}
    if event in {"asked", "kept_there"}:
        assert "王敏" in theirs
    assert ("because" in theirs) is (event == "kept_there")
