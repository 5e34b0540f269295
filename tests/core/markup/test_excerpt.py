import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.core.markup import plain_text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# 标题\n\n**学习**方法", "标题 学习方法"),
        ("看[这里](https://a.example/x)和![信](/media/x)", "看这里和信"),
        ("> 引用\n> 二\n\n- 甲\n1. 乙", "引用 二 甲 乙"),
        ("```python\nx = 1\n```\n后", "x = 1 后"),
        ("snake_case 与 _强调_", "snake_case 与 强调"),
        ("注[^1]\n\n[^1]: 脚注", "注 脚注"),
        ("a|b\n-|-\n1|2", "ab 12"),
        ("\\*星\\*", "*星*"),
        ("<b>x</b>", "<b>x</b>"),
        ("", ""),
    ],
)
def test_marks_are_left_out(source: str, expected: str) -> None:
    assert plain_text(source) == expected


def test_long_text_ends_with_an_ellipsis() -> None:
    assert plain_text("学" * 300, 10) == "学" * 9 + "…"


@given(st.text(max_size=500), st.integers(min_value=2, max_value=50))
def test_excerpt_is_one_line_within_its_limit(source: str, limit: int) -> None:
    text = plain_text(source, limit)
    assert len(text) <= limit
    assert text == text.strip()
    assert "\n" not in text
