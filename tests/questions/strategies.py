"""Questions and answers for hypothesis."""

from decimal import Decimal

from hypothesis import strategies as st

from lti_tool.questions.model import (
    Blank,
    Comparison,
    FillIn,
    Multiple,
    MultipleRule,
    Numeric,
    Option,
    Question,
    Single,
    TrueFalse,
)

WORDS = st.text(alphabet="学习方法读信 abcAＡ１。，*-", min_size=1, max_size=12)
NUMBERS = st.decimals(min_value=-(10**6), max_value=10**6, allow_nan=False, allow_infinity=False, places=4)


@st.composite
def options(draw: st.DrawFn, *, one: bool) -> tuple[Option, ...]:
    size = draw(st.integers(min_value=2, max_value=8))
    right = draw(st.sets(st.integers(min_value=0, max_value=size - 1), min_size=1, max_size=1 if one else size))
    return tuple(Option("abcdefgh"[n], f"选项 {n}", n in right, draw(st.booleans()), draw(WORDS)) for n in range(size))


SINGLE = st.builds(Single, WORDS, options(one=True), WORDS, st.booleans())
MULTIPLE = st.builds(
    Multiple,
    WORDS,
    options(one=False),
    st.sampled_from(sorted(set(MultipleRule) - {MultipleRule.map})),
    explanation=WORDS,
)
TRUE_FALSE = st.builds(TrueFalse, WORDS, st.booleans(), WORDS)
COMPARISONS = st.builds(Comparison, st.booleans(), st.booleans(), st.booleans(), st.booleans())
BLANKS = st.lists(WORDS, min_size=1, max_size=3).map(lambda words: Blank(tuple(words)))
FILL_IN = st.builds(
    FillIn, WORDS, st.lists(BLANKS, min_size=1, max_size=5).map(tuple), st.booleans(), COMPARISONS, WORDS
)
NUMERIC = st.builds(Numeric, WORDS, NUMBERS, NUMBERS.map(abs), st.sampled_from(["", "元", "kg"]), WORDS)
QUESTIONS: st.SearchStrategy[Question] = st.one_of(SINGLE, MULTIPLE, TRUE_FALSE, FILL_IN, NUMERIC)

RESPONSES = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=40),
    st.lists(st.one_of(st.sampled_from("abcdefgh"), st.text(max_size=20)), max_size=8),
)
TOLERANCE = Decimal("1e-20")
