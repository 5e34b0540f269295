"""What is asked of an LMS's list, and what a member of it says: as values."""

from datetime import timedelta
from typing import Any

import pytest

from lti_tool.core.http import Headers, Response
from lti_tool.identity.actor import Role
from lti_tool.lms.platform import Platform
from lti_tool.roster import sources
from lti_tool.roster.rules import Listed, Place, first_address, place_after, read_member
from tests.conftest import START

pytestmark = pytest.mark.once

LIST = "https://lms.example/courses/7/members"


@pytest.mark.parametrize(
    ("url", "parameters", "address"),
    [
        (LIST, {"limit": "100", "rlid": ""}, f"{LIST}?limit=100"),
        (LIST, {"limit": "100", "rlid": "a b&c"}, f"{LIST}?limit=100&rlid=a+b%26c"),
        (f"{LIST}?rlid=x", {"limit": "100", "rlid": "y"}, f"{LIST}?rlid=x&limit=100"),
        (f"{LIST}?rlid=", {"rlid": "y"}, f"{LIST}?rlid="),
        (f"{LIST}?type_id=5&LIMIT=3", {"limit": "100"}, f"{LIST}?type_id=5&LIMIT=3&limit=100"),
        (f"{LIST}?limit=3", {"limit": "100"}, f"{LIST}?limit=3"),
    ],
)
def test_NR_07_what_stands_in_the_address_is_not_written_again(
    url: str, parameters: dict[str, str], address: str
) -> None:
    assert first_address(url, **parameters) == address


class Lms:
    """Stands where the connector stands: pages whose next links say what they like; remembers what it was asked."""

    def __init__(self, links: dict[str, str]) -> None:
        self.links, self.asked = links, list[tuple[str, str]]()

    def call(
        self, _platform: Platform, _method: str, url: str, *, scopes: tuple[str, ...], headers: dict[str, str]
    ) -> Response:
        assert scopes == ("https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",)
        self.asked.append((url, headers["Accept"]))
        link = [("Link", f'<{self.links[url]}>; rel="next"')] if url in self.links else []
        return Response(200, Headers(link), b'{"members": []}', url)


PLATFORM = Platform(1, "client", "https://lms.example/token", "https://lms.example/token", frozenset({"lms.example"}))


def test_NR_02_next_page_is_asked_for_as_the_lms_wrote_it() -> None:
    """Whether it keeps our query in its links or has one of its own: nothing of ours is added once more."""
    first = first_address(LIST, limit="100", rlid="x")
    links = {first: f"{LIST}?limit=100&rlid=x&from=100", f"{LIST}?limit=100&rlid=x&from=100": f"{LIST}?p=b3BhcXVl"}
    lms = Lms(links)
    assert len(list(sources.members(lms, PLATFORM, first))) == 3  # type: ignore[arg-type]  # all that is used of it
    media = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
    assert lms.asked == [(url, media) for url in (first, *links.values())]


@pytest.mark.parametrize(
    ("told", "is_active"),
    [
        ({}, True),
        ({"status": None}, True),
        ({"status": "Active"}, True),
        ({"status": "Inactive"}, False),
        ({"status": "Deleted"}, False),
        ({"status": "active"}, False),
        ({"status": "Pending"}, False),
        ({"status": 1}, False),
    ],
)
def test_NR_03_missing_status_is_active_and_an_unknown_one_hides(told: dict[str, Any], is_active: bool) -> None:
    found = read_member({"user_id": "u", "roles": ["Learner"]} | told, {})
    assert found is not None
    assert found.is_active is is_active


@pytest.mark.parametrize("user_id", [None, "", True, 1.5, [], "x" * 256, "a\x00", "\ud800"])
def test_NR_01_who_has_no_id_is_nobody(user_id: object) -> None:
    assert read_member({"user_id": user_id, "roles": ["Learner"]}, {}) is None
    assert read_member({"roles": ["Learner"]}, {}) is None


LEARNS = Listed("u", "李小明", Role.member, gradable=True, is_active=True)
LEFT = Listed("u", "李小明", Role.member, gradable=True, is_active=False)
UNTOLD = Listed("u", "李小明", None, gradable=False, is_active=True)
SECOND = timedelta(seconds=1)


def place(
    role: Role,
    *,
    active: bool = True,
    gradable: bool = False,
    listed: bool = True,
    taught: bool = False,
    launched: int = -1,
) -> Place:
    """A place whose holder launched so many seconds after the reading began."""
    return Place(role, active, gradable, listed, taught, START + launched * SECOND)


@pytest.mark.parametrize(
    ("known", "told", "after"),
    [
        # A launch that is older than the reading: the list knows better.
        (place(Role.instructor, taught=True), LEARNS, place(Role.member, gradable=True, taught=True)),
        (place(Role.member, gradable=True), LEFT, place(Role.member, gradable=True, active=False, listed=False)),
        (place(Role.instructor, taught=True), UNTOLD, place(Role.instructor, taught=True)),
        # One of the same moment, or that came while pages were on their way: the launch does; the list is noted.
        (place(Role.instructor, launched=0), LEARNS, place(Role.instructor, launched=0)),
        (place(Role.instructor, launched=9, listed=False), LEARNS, place(Role.instructor, launched=9)),
        (place(Role.member, launched=9), LEFT, place(Role.member, launched=9, listed=False)),
    ],
)
def test_NR_10_launch_after_the_reading_began_knows_better_than_the_list(
    known: Place, told: Listed, after: Place
) -> None:
    assert place_after(known, told, START) == after


@pytest.mark.parametrize(
    ("told", "after"),
    [
        (LEARNS, Place(Role.member, True, True, True, False, None)),
        (UNTOLD, Place(Role.guest, True, False, True, False, None)),
        (LEFT, None),
    ],
)
def test_NR_11_who_was_never_here_gets_a_place_only_when_he_is_listed_as_active(
    told: Listed, after: Place | None
) -> None:
    assert place_after(None, told, START) == after
