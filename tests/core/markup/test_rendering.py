import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.core.markup import MarkupRefused, Renderer
from lti_tool.core.markup.rendering import PROFILES, ImageWithoutText, render
from lti_tool.core.text import clean_text

pytestmark = pytest.mark.once

MEDIA = "/media/Zm9vYmFyYmF6cXV4MTIzNA"

PAYLOADS = (
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<div style='background:url(javascript:alert(1))'>x</div>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<details open ontoggle=alert(1)>",
    "<form action=javascript:alert(1)><input type=submit>",
    "<base href='javascript:/a/'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<style>@import 'javascript:alert(1)'</style>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](  javascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;&#x61;vascript&#58;alert(1))",
    "[x](javascript&#x00003A;alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](java&NewLine;script:alert(1))",
    "[x](\u200bjavascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](<javascript:alert(1)>)",
    '[x](http://a.example/" onmouseover="alert(1))',
    "[x](http://a.example 'x\" onmouseover=\"alert(1)')",
    '[x](http://a.example "x\' onclick=alert(1)")',
    "[x][r]\n\n[r]: javascript:alert(1)",
    '[x][r]\n\n[r]: <javascript:alert(1)> "t" onclick=alert(1)',
    "<javascript:alert(1)>",
    '<http://a.example/"onclick=alert(1)>',
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    '![x" onerror="alert(1)](https://a.example/x.png)',
    '![x](https://a.example/x.png" onerror="alert(1))',
    '![x](x "t" onerror=alert(1))',
    "```js onload=alert(1)\nx\n```",
    '```"><img src=x onerror=alert(1)>\nx\n```',
    "``` { .x onclick=alert(1) }\nx\n```",
    "`<img src=x onerror=alert(1)>`",
    "x[^<img src=x onerror=alert(1)>]\n\n[^<img src=x onerror=alert(1)>]: y",
    "x[^1]\n\n[^1]: <script>alert(1)</script> [y](javascript:alert(1))",
    "a|<img src=x onerror=alert(1)>\n-|-\n[x](javascript:alert(1))|<script>",
    "# <img src=x onerror=alert(1)> {onclick=alert(1)}",
    "x {: onclick=alert(1) }",
    "*<b onclick=alert(1)>*",
    "\x02klzzwxh:0000\x03<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)\\</script>",
    "[<img src=x onerror=alert(1)>](http://a.example)",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    "<a\u0000href=javascript:alert(1)>x",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
)


class Reader(HTMLParser):
    """What a browser would see: every tag with its attributes, entities decoded."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))


def tags_of(html: str) -> list[tuple[str, dict[str, str]]]:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.tags


ALLOWED = {
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li",
    "a", "img", "table", "thead", "tbody", "tr", "th", "td", "sup", "div",
}  # fmt: skip
KNOWN = {"href", "src", "alt", "id", "class", "rel", "target", "align", "scope", "start", "loading", "referrerpolicy"}


def assert_harmless(html: str) -> None:
    for tag, attributes in tags_of(html):
        assert tag in ALLOWED
        assert set(attributes) <= KNOWN
        for name in ("href", "src"):
            if name in attributes:
                assert re.match(r"(https?://|mailto:|/(?![/\\])|#u-)", attributes[name]), attributes
        if attributes.get("target"):
            assert {"noopener", "noreferrer", "nofollow"} <= set(attributes["rel"].split())
        assert attributes.get("id", "u-").startswith("u-")
        assert "style" not in attributes
    assert "<script" not in html.lower()


@pytest.mark.shows("F-03")
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("frame", ["{}", "> {}", "- x\n\n    {}", "**{}**", "a {} b", "[q]({})", "{0} {0}"])
def test_WS_08_hostile_markdown_gives_harmless_html(payload: str, profile: str, frame: str) -> None:
    try:
        html = render(clean_text(frame.format(payload)), profile)
    except ImageWithoutText:
        return
    assert_harmless(html)


SNIPPETS = st.one_of(
    st.sampled_from(PAYLOADS),
    st.sampled_from(
        [
            "[",
            "](",
            ")",
            "![",
            "`",
            "```\n",
            "*",
            "> ",
            "\n",
            "\n\n",
            "[^1]",
            "[^1]: ",
            "|",
            "-|-\n",
            "<",
            ">",
            '"',
            "&",
            ";",
            "onerror=",
            "javascript:",
            "学习",
        ]
    ),
    st.text(max_size=8),
)


@pytest.mark.shows("F-03")
@settings(max_examples=150, deadline=None)
@given(st.lists(SNIPPETS, max_size=12), st.sampled_from(PROFILES))
def test_any_mixture_of_payloads_gives_harmless_html(parts: list[str], profile: str) -> None:
    try:
        html = render(clean_text("".join(parts)), profile)
    except ImageWithoutText:
        return
    assert_harmless(html)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**学习**方法", "<p><strong>学习</strong>方法</p>"),
        ("# 标题", "<h2>标题</h2>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("[a](/media/x)", '<p><a href="/media/x">a</a></p>'),
        ("[a](mailto:a@b.example)", '<p><a href="mailto:a@b.example">a</a></p>'),
        ("[a](//evil.example)", "<p>a</p>"),
        ("3. x\n4. y", '<ol start="3">\n<li>x</li>\n<li>y</li>\n</ol>'),
        (f"![信]({MEDIA})", f'<p><img alt="信" src="{MEDIA}" loading="lazy"></p>'),
        ("![信](http://a.example/x.png)", "<p>信</p>"),
        ("![信](/other/x.png)", "<p>信</p>"),
        ("```python\nx < 1\n```", '<pre><code class="language-python">x &lt; 1\n</code></pre>'),
    ],
)
def test_full_profile_renders(source: str, expected: str) -> None:
    assert render(source, "full") == expected


def test_outward_links_open_outside_and_pass_nothing_on() -> None:
    assert render("[a](https://a.example/?q=1)", "full") == (
        '<p><a href="https://a.example/?q=1" target="_blank" rel="noopener noreferrer nofollow">a</a></p>'
    )
    assert 'rel="noopener noreferrer nofollow ugc"' in render("[a](https://a.example)", "post")


def test_posts_keep_line_ends_and_have_no_foreign_images() -> None:
    assert render("一\n二", "post") == "<p>一<br>\n二</p>"
    assert "<img" not in render("![x](https://a.example/x.png)", "post")
    assert "<img" in render(f"![x]({MEDIA})", "post")
    assert "<h4>" in render("# x", "post")


def test_ids_carry_a_prefix_of_the_text_so_that_two_texts_can_stand_on_one_page() -> None:
    one, two = render("甲[^1]\n\n[^1]: 注", "full"), render("乙[^1]\n\n[^1]: 注", "full")
    ids = [re.findall(r' id="([^"]+)"', html) for html in (one, two)]
    assert ids[0]
    assert all(name.startswith("u-") for name in ids[0] + ids[1])
    assert not set(ids[0]) & set(ids[1])
    for html in (one, two):
        assert set(re.findall(r'href="#([^"]+)"', html)) == set(re.findall(r' id="([^"]+)"', html))


def test_table_headings_name_their_column() -> None:
    html = render("a|b\n:-|-:\n1|2", "full")
    assert '<th align="left" scope="col">a</th>' in html
    assert "style" not in html


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    made = Renderer()
    yield made
    made.close()


def test_image_without_description_is_refused_with_what_to_do(renderer: Renderer) -> None:
    with pytest.raises(MarkupRefused) as refused:
        renderer.render(f"![]({MEDIA})")
    assert refused.value.status == 400


def test_control_and_bidi_characters_are_gone_before_rendering(renderer: Renderer) -> None:
    assert renderer.render("a\u202eb\x00c\u2066d\ud800e\r\nf") == "<p>abcde\nf</p>"
    assert renderer.render("e\u0301") == "<p>\u00e9</p>"


def test_empty_text_is_empty_without_a_child() -> None:
    assert Renderer().render(" \n\u200b") == ""
