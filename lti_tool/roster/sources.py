"""Asking an LMS for lists: members (NRPS 2.0) and groups (Course Groups Service 1.0), page by page, never a whole list at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from lti_tool.core.http import HttpError, Response, TooLarge
from lti_tool.core.secrets import CannotDecrypt
from lti_tool.lms.connector import Connector
from lti_tool.lms.errors import ForeignHost, LmsError, ScopeMissing, TokenRefused
from lti_tool.lms.links import ForeignPage, TooManyPages, linked, pages
from lti_tool.lms.platform import Platform
from lti_tool.lms.tool_keys import NoToolKey
from lti_tool.roster import rules
from lti_tool.roster.rules import Cause

SCOPE_MEMBERS: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPE_GROUPS: Final = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
TYPE_MEMBERS: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
TYPE_GROUPS: Final = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
LONGEST_WAIT: Final = timedelta(hours=1)


class Unavailable(Exception):
    """The list was not had."""

    def __init__(self, cause: Cause, status: int = 0, wait: timedelta | None = None) -> None:
        super().__init__(cause.value)
        self.cause, self.status = cause, status
        self.wait = wait
        """How long the LMS asked us to wait."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer held: the items of its list, the container itself, and where the LMS tells of later changes."""

    items: list[Any]
    container: dict[str, Any]
    differences_url: str | None


def members(connector: Connector, platform: Platform, first: str) -> Iterator[Page]:
    """The pages of a members' list. Raises Unavailable, also in the middle."""
    return _pages(connector, platform, first, scope=SCOPE_MEMBERS, media=TYPE_MEMBERS, name="members")


def groups(connector: Connector, platform: Platform, first: str) -> Iterator[Page]:
    """The pages of a list of groups. Raises Unavailable, also in the middle."""
    return _pages(connector, platform, first, scope=SCOPE_GROUPS, media=TYPE_GROUPS, name="groups")


def group_sets(connector: Connector, platform: Platform, first: str) -> Iterator[Page]:
    """The pages of a list of sets of groups. Raises Unavailable, also in the middle."""
    return _pages(connector, platform, first, scope=SCOPE_GROUPS, media=TYPE_GROUPS, name="sets")


def _pages(
    connector: Connector, platform: Platform, first: str, *, scope: str, media: str, name: str
) -> Iterator[Page]:
    # One Accept value, without a list: LMSs compare it with the media type of the specification.
    headers = {"Accept": media}
    with _translated():
        for answer in pages(
            first,
            lambda url: connector.call(platform, "GET", url, scopes=(scope,), headers=headers),
            lambda host: host in platform.hosts,
            most=rules.MOST_PAGES,
        ):
            yield _read(answer, name)


def _read(answer: Response, name: str) -> Page:
    if not answer.is_success:
        raise Unavailable(rules.cause_of(answer.status), answer.status, _wait(answer))
    try:
        container = answer.json()
    except ValueError:
        raise Unavailable(Cause.odd, answer.status) from None
    items = container.get(name) if isinstance(container, dict) else None
    if not isinstance(items, list):
        raise Unavailable(Cause.odd, answer.status)
    return Page(items, container, linked(answer, "differences"))


def _wait(answer: Response) -> timedelta | None:
    """Retry-After in seconds; a date is left to our own patience."""
    told = answer.headers.get("retry-after", "") or ""
    return (
        min(timedelta(seconds=int(told)), LONGEST_WAIT) if told.isascii() and told.isdigit() and len(told) < 9 else None
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Whatever keeps a call from being made or answered, as Unavailable."""
    try:
        yield
    except TooLarge as error:
        raise Unavailable(Cause.too_large) from error
    except HttpError as error:
        raise Unavailable(Cause.silent if error.temporary else Cause.foreign) from error
    except ScopeMissing as error:
        raise Unavailable(Cause.no_scope) from error
    except (TokenRefused, NoToolKey, CannotDecrypt) as error:
        raise Unavailable(Cause.keys) from error
    except (ForeignHost, ForeignPage) as error:
        raise Unavailable(Cause.foreign) from error
    except TooManyPages as error:
        raise Unavailable(Cause.endless) from error
    except LmsError as error:
        raise Unavailable(Cause.odd if error.is_permanent else Cause.silent) from error
