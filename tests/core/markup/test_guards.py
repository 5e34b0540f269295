import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.core.markup import MarkupRefused, Renderer
from lti_tool.core.markup.guards import DEPTH, LENGTHS, check
from lti_tool.core.markup.process import RenderingProcess

QUADRATIC = {
    "open brackets": "[" * 4000,
    "open images": "![" * 4000,
    "open addresses": "[a](" * 3000,
    "open references": "[a][" * 3000,
    "nested brackets": "[" * 4000 + "]" * 4000,
    "brackets before a long paragraph": "[" * 400 + "学习 " * 15000,
    "brackets whose partners are escaped": "[\\]" * 2600,
    "brackets whose partners are code": "[`]`" * 2000,
    "headings in a row": "# a\n" * 8000,
    "underlines in a row": "a\n=\n" * 4000,
    "rules in a row": "a\n***\n" * 4000,
    "definitions before rows": "[a]: b\n|-|-|\n" * 2000,
    "one footnote very often": "[^1]: x\n\n" + "[^1] " * 3000,
    "open fences": "```\n" * 12000,
    "escaped backticks": "\\``" * 3000,
    "lists in lists": "- " * 400 + "x",
    "numbers in numbers": "1. " * 400 + "x",
    "quotes in quotes": ">" * 4000,
}


@pytest.mark.shows("F-03")
@pytest.mark.parametrize("name", QUADRATIC)
def test_quadratic_text_is_refused_before_the_renderer_is_called(name: str) -> None:
    class Never(RenderingProcess):
        def run(self, job: dict[str, str]) -> dict[str, str]:
            raise AssertionError(job["profile"])

    with pytest.raises(MarkupRefused):
        Renderer(Never()).render(QUADRATIC[name])


ORDINARY = {
    "a long lesson": ("# 标题\n\n" + "学习方法是**重要**的，[链接](https://a.example/x)。" * 8 + "\n\n- 甲\n- 乙\n\n")
    * 150,
    "stars": "*" * 50_000,
    "backticks": "`" * 50_000,
    "two hundred links in one paragraph": "[读法](https://a.example/read?a=1) 一 " * 200,
    "a listing": "```python\n" + "    values[index] = table[row][column]\n" * 500 + "```\n",
    "a table of 300 rows": "a|b|c\n-|-|-\n" + "一二三四五六七八九十|x|y\n" * 300,
    "footnotes": "".join(f"一[^{n}] " for n in range(100)) + "\n\n" + "".join(f"[^{n}]: 注\n" for n in range(100)),
    "a deep quotation": "> " * DEPTH + "x",
    "a formula": "\\[ a_{1} = b \\] " * 100,
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_text_passes(name: str) -> None:
    check(ORDINARY[name], "full")


@pytest.mark.parametrize("profile", LENGTHS)
def test_length_cap_of_each_profile(profile: str) -> None:
    check("学" * LENGTHS[profile], profile)
    with pytest.raises(MarkupRefused):
        check("学" * (LENGTHS[profile] + 1), profile)


@given(st.text(alphabet="[]()!`\\^*_#>-=|~ \na学1.&<", max_size=400))
def test_a_short_text_is_only_refused_for_its_depth(source: str) -> None:
    try:
        check(source, "post")
    except MarkupRefused:
        assert any(line.count(">") + line.count(" ") + line.count("-") > DEPTH for line in source.split("\n"))


def test_the_check_itself_is_linear() -> None:
    started = time.process_time()
    for source in QUADRATIC.values():
        with pytest.raises(MarkupRefused):
            check(source[: LENGTHS["full"]], "full")
    assert time.process_time() - started < 2
