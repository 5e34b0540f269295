from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.questions.model import Multiple, Option, Question, Single, TrueFalse
from lti_tool.questions.shuffling import attempt_seed, option_order, shuffled
from tests.questions.strategies import QUESTIONS

SIX = tuple(Option(letter, letter, letter == "a", fixed=letter == "f") for letter in "abcdef")


def test_the_same_seed_gives_the_same_order_for_ever() -> None:
    """Literal values: they must not change with Python or with us, or old papers could not be drawn again."""
    seed = attempt_seed(b"key", 12, 34, 1)
    assert seed.hex().startswith("f8bac2bc6391f032")
    assert shuffled(range(10), seed) == [5, 6, 3, 4, 0, 7, 2, 9, 1, 8]
    assert option_order(Single("?", SIX), seed) == tuple("bcaedf")


def test_parts_of_the_seed_cannot_run_into_each_other() -> None:
    assert len({attempt_seed(b"k", 1, 23), attempt_seed(b"k", 12, 3), attempt_seed(b"k", "1", "2", "3")}) == 3


@given(st.lists(st.integers()), st.binary(min_size=32, max_size=32))
def test_shuffling_loses_nothing(items: list[int], seed: bytes) -> None:
    assert Counter(shuffled(items, seed)) == Counter(items)


@given(QUESTIONS, st.binary(min_size=32, max_size=32))
def test_fixed_options_stay_and_all_others_appear(question: Question, seed: bytes) -> None:
    order = option_order(question, seed)
    if isinstance(question, Single | Multiple):
        assert sorted(order) == sorted(option.id for option in question.options)
        for place, option in enumerate(question.options):
            if option.fixed or not question.shuffle:
                assert order[place] == option.id
    else:
        assert order == ()


def test_without_a_seed_the_author_s_order_is_kept() -> None:
    assert option_order(Single("?", SIX), None) == tuple("abcdef")
    assert option_order(TrueFalse("?", answer=True), b"x" * 32) == ()


def test_every_place_is_about_equally_likely() -> None:
    seeds = [attempt_seed(b"key", number) for number in range(6000)]
    first = Counter(shuffled("abcdef", seed)[0] for seed in seeds)
    assert all(850 < count < 1150 for count in first.values())
    assert len(first) == 6
