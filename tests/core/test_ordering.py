"""Moving and removing in an editor loses and invents nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.core.ordering import Step, rearranged

THINGS = st.lists(st.integers(), max_size=8, unique=True).map(tuple)


@pytest.mark.parametrize(
    ("step", "meant", "after"),
    [
        (Step.up, "b", "bac"),
        (Step.up, "a", "abc"),
        (Step.down, "b", "acb"),
        (Step.down, "c", "abc"),
        (Step.remove, "b", "ac"),
        (Step.remove, "gone", "abc"),
        (Step.up, "gone", "abc"),
    ],
)
def test_button_moves_the_thing_that_is_meant(step: Step, meant: str, after: str) -> None:
    assert "".join(rearranged("abc", step, lambda each: each == meant)) == after


@given(THINGS, st.sampled_from(Step), st.integers())
def test_nothing_else_is_lost_or_invented(things: tuple[int, ...], step: Step, meant: int) -> None:
    after = rearranged(things, step, lambda each: each == meant)
    stays = [each for each in things if not (step is Step.remove and each == meant)]
    assert sorted(after) == sorted(stays)
    assert [each for each in after if each != meant] == [each for each in things if each != meant]


@given(THINGS)
def test_up_and_down_again_is_the_same(things: tuple[int, ...]) -> None:
    for thing in things[1:]:
        up = rearranged(things, Step.up, lambda each, meant=thing: each == meant)  # type: ignore[misc]  # bound now
        assert rearranged(up, Step.down, lambda each, meant=thing: each == meant) == things  # type: ignore[misc]  # bound now
