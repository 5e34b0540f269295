import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.core.http import Headers, Response
from lti_tool.lms.links import ForeignPage, TooManyPages, next_page, pages, parse_links

BASE = "https://lms.example/mod/lti/services.php/7/lineitems?type_id=3"
NEXT = "https://lms.example/items?page=2"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([f'<{NEXT}>; rel="next"'], NEXT),
        ([f"<{NEXT}>; rel=next"], NEXT),
        ([f"<{NEXT}>;rel=next"], NEXT),
        ([f"<{NEXT}>; rel='next'"], NEXT),
        ([f'<{NEXT}>; REL="Next"'], NEXT),
        ([f'<{NEXT}>; title="a, <b>; rel=no"; rel="next"'], NEXT),
        ([f'<{NEXT}>; rel="last next"'], NEXT),
        ([f'<https://lms.example/1>; rel="first", <{NEXT}>; rel="next", <https://lms.example/9>; rel="last"'], NEXT),
        (['<https://lms.example/1>; rel="first"', f'<{NEXT}>; rel="next"'], NEXT),
        (['</items?page=2>; rel="next"'], NEXT),
        (['<?page=2>; rel="next"'], "https://lms.example/mod/lti/services.php/7/lineitems?page=2"),
        (['<HTTPS://LMS.example/items?PAGE=2&FROM=A>; rel="next"'], "https://LMS.example/items?PAGE=2&FROM=A"),
        (['<https://lms.example/i?a=1&amp;b=2>; rel="next"'], "https://lms.example/i?a=1&b=2"),
        ([f"<{NEXT}>; rel=“next”"], NEXT),
        ([f"<{NEXT}>; rel=“next”".encode().decode("latin-1")], NEXT),
        (["<https://lms.example/a,b;c?d=1,2>; rel=next"], "https://lms.example/a,b;c?d=1,2"),
        ([f'<{NEXT}>; rel="differences"'], None),
        ([f'<{NEXT}>; rel="next-archive"'], None),
        ([f'<{NEXT}>; title="next"'], None),
        ([f"<{NEXT}>"], None),
        (["<>; rel=next"], None),
        (["nonsense; rel=next"], None),
        (["<http://[::1>; rel=next"], None),
        ([""], None),
        ([], None),
    ],
)
def test_AG_11_next_page_is_read_from_any_usual_link_header(headers: list[str], expected: str | None) -> None:
    response = Response(200, Headers(("Link", header) for header in headers), b"[]", BASE)
    assert next_page(response) == expected


@given(st.lists(st.text(alphabet="<>;,=\"'“” relnxt/?&:[]", max_size=60), max_size=4))
def test_AG_11_no_header_raises(headers: list[str]) -> None:
    for link in parse_links(headers, BASE):
        assert link.url


class Lms:
    """Pages by address; says which were asked for."""

    def __init__(self, links: dict[str, str | None], status: int = 200) -> None:
        self.links = links
        self.asked: list[str] = []
        self.status = status

    def fetch(self, url: str) -> Response:
        self.asked.append(url)
        following = self.links.get(url)
        headers = Headers([("Link", f'<{following}>; rel="next"')] if following else [])
        return Response(self.status, headers, b"[]", url)


def ours(host: str) -> bool:
    return host == "lms.example"


def test_AG_11_all_pages_are_read_each_once() -> None:
    lms = Lms({"https://lms.example/1": "/2", "https://lms.example/2": "/3"})
    assert len(list(pages("https://lms.example/1", lms.fetch, ours))) == 3
    assert lms.asked == ["https://lms.example/1", "https://lms.example/2", "https://lms.example/3"]


def test_AG_11_a_loop_ends() -> None:
    lms = Lms({"https://lms.example/1": "/2", "https://lms.example/2": "/1"})
    with pytest.raises(TooManyPages):
        list(pages("https://lms.example/1", lms.fetch, ours))
    assert len(lms.asked) == 2


def test_AG_11_at_most_200_pages_are_read() -> None:
    lms = Lms({f"https://lms.example/{n}": f"/{n + 1}" for n in range(300)})
    with pytest.raises(TooManyPages):
        list(pages("https://lms.example/0", lms.fetch, ours))
    assert len(lms.asked) == 200


def test_TO_15_a_page_on_a_foreign_host_is_not_fetched() -> None:
    lms = Lms({"https://lms.example/1": "https://evil.example/2"})
    with pytest.raises(ForeignPage):
        list(pages("https://lms.example/1", lms.fetch, ours))
    assert lms.asked == ["https://lms.example/1"]


def test_a_page_without_success_is_the_last() -> None:
    lms = Lms({"https://lms.example/1": "/2"}, status=500)
    assert [page.status for page in pages("https://lms.example/1", lms.fetch, ours)] == [500]
