"""Calls to an LMS's services, with our own HTTP and token cache: line items, scores and results (AGS 2.0).

PyLTI1p3's service connector is not used: it follows redirects of POSTs, keeps tokens per launch, raises on an empty or
text answer after the score was stored (AG-27), and has no time limits. This is its seam, with the same two steps.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from lti_tool.core.clock import Clock
from lti_tool.core.http import Http, Response
from lti_tool.lms.errors import ForeignHost, ServiceFailed
from lti_tool.lms.headings import heading
from lti_tool.lms.links import pages
from lti_tool.lms.platform import Platform
from lti_tool.lms.tokens import Token, Tokens

SCOPE_SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCOPE_LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_LINE_ITEM_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
SCOPE_RESULT_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"


TYPE_SCORE = "application/vnd.ims.lis.v1.score+json"
TYPE_LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
TYPE_LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
TYPE_RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"


@dataclass(frozen=True, slots=True)
class Column:
    """A line item as an LMS shows it. Unset texts are empty."""

    url: str
    label: str
    maximum: float
    resource_id: str
    tag: str
    resource_link_id: str


def scores_url(line_item: str) -> str:
    """Where scores of a line item go: `/scores` in the path, before the query string (AG-08)."""
    return _below(line_item, "scores")


def results_url(line_item: str) -> str:
    """Where the results of a line item stand, in the same way."""
    return _below(line_item, "results")


def _below(line_item: str, name: str) -> str:
    parts = urlsplit(line_item)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


class Connector:
    """Service calls. Safe with threads; never inside a transaction (tokens are stored in one of their own)."""

    def __init__(self, http: Http, tokens: Tokens, clock: Clock) -> None:
        self._http, self._tokens, self._clock = http, tokens, clock

    def call(
        self,
        platform: Platform,
        method: str,
        url: str,
        *,
        scopes: Sequence[str],
        headers: Mapping[str, str],
        body: bytes | None = None,
        may_repeat: Callable[[], bool] = lambda: True,
    ) -> Response:
        """One service call, repeated once with a new token where the LMS did not like the first (TO-10, TO-11).

        Any status is an answer; a redirect is one too and is never followed (TO-14). Raises ForeignHost, TokenRefused,
        TokenUnavailable, ScopeMissing, HttpError.
        """
        if not platform.trusts(url):
            raise ForeignHost
        token = self._tokens.get(platform, scopes)
        answer = self._http.request(method, url, body, _with_token(headers, token))
        if not self._was_token_refused(answer.status, token) or not may_repeat():
            return answer
        token = self._tokens.get(platform, scopes, instead_of=token)
        return self._http.request(method, url, body, _with_token(headers, token))

    def _was_token_refused(self, status: int, token: Token) -> bool:
        if status == 401:
            return True
        # Open edX answers 403 to a token that has ended; to a young one it means what it says.
        now = self._clock.now()
        return status == 403 and now - token.fetched_at > (token.expires_at - token.fetched_at) / 2

    def post_score(
        self, platform: Platform, line_item: str, score: Mapping[str, Any], may_repeat: Callable[[], bool]
    ) -> Response:
        """POST one score, with exactly the media type of the specification (AG-07)."""
        body = json.dumps(score, allow_nan=False, ensure_ascii=False).encode()
        # One Accept value: LMSs answer with anything or nothing at all, and Moodle has no handler for a list.
        return self.call(
            platform,
            "POST",
            scores_url(line_item),
            scopes=(SCOPE_SCORE,),
            headers={"Content-Type": TYPE_SCORE, "Accept": "application/json"},
            body=body,
            may_repeat=may_repeat,
        )

    def results_of(self, platform: Platform, line_item: str, sub: str) -> Iterator[list[Any]]:
        """What the LMS has in a column for one person, page by page; an LMS may send the others as well (AG-33).

        Raises ServiceFailed, ForeignPage, TooManyPages and what `call` raises.
        """
        return self._lists(
            platform, with_query(results_url(line_item), user_id=sub), scopes=(SCOPE_RESULT_READ,), media=TYPE_RESULTS
        )

    def columns(
        self, platform: Platform, lineitems: str, wanted: Mapping[str, str], *, scopes: Sequence[str]
    ) -> list[Column]:
        """The columns with these values (resource_link_id, resource_id, tag).

        They are looked for here as well, since an LMS may ignore the filters (AG-04). No page size is asked for: Moodle's
        next links are odd.

        Raises ServiceFailed, ForeignPage, TooManyPages and what `call` raises.
        """
        first = with_query(lineitems, **wanted)
        found: list[Column] = []
        for items in self._lists(platform, first, scopes=scopes, media=TYPE_LINE_ITEMS):
            found += [column for column in map(_column, items) if column is not None]
        return [column for column in found if all(getattr(column, name) == value for name, value in wanted.items())]

    def results(self, platform: Platform, line_item: str) -> Iterator[list[Any]]:
        """What the LMS's gradebook has in a column, page by page, as it was sent (AGS 2.0, 3.3).

        Asks for no page size, since Moodle breaks over it, and follows the pages that are offered. Nothing is known until
        the last page has come: raises ServiceFailed, ForeignPage, TooManyPages and what `call` raises.
        """
        return self._lists(platform, results_url(line_item), scopes=(SCOPE_RESULT_READ,), media=TYPE_RESULTS)

    def _lists(self, platform: Platform, first: str, *, scopes: Sequence[str], media: str) -> Iterator[list[Any]]:
        """The lists of a container, page by page."""
        for page in pages(
            first,
            lambda url: self.call(platform, "GET", url, scopes=scopes, headers={"Accept": media}),
            lambda host: host.lower() in platform.hosts,
        ):
            items = _json(page)
            if not isinstance(items, list):
                raise ServiceFailed(page.status)
            yield items

    def create_column(
        self, platform: Platform, lineitems: str, *, label: str, maximum: int, resource_id: str, resource_link_id: str
    ) -> Column:
        """Make a column for a resource link (AG-06). Raises ServiceFailed and what `call` raises."""
        asked = {
            "label": heading(label),
            "scoreMaximum": maximum,
            "resourceId": resource_id,
            "resourceLinkId": resource_link_id,
        }
        answer = self.call(
            platform,
            "POST",
            lineitems,
            scopes=(SCOPE_LINE_ITEM,),
            headers={"Content-Type": TYPE_LINE_ITEM, "Accept": TYPE_LINE_ITEM},
            body=json.dumps(asked, ensure_ascii=False).encode(),
        )
        column = _column(_json(answer))
        if column is None:
            raise ServiceFailed(answer.status)
        return column

    def change_column(self, platform: Platform, line_item: str, change: Callable[[Any], Any]) -> Column | None:
        """Change a column of ours as a whole, so that members that we do not know stay as they are (AG-09).

        What the LMS has is read, and `change` returns what shall be there instead; None: leave it. The column as it is then; None if it was left. Raises ServiceFailed and what `call` raises.
        """
        scopes = (SCOPE_LINE_ITEM,)
        before = _json(self.call(platform, "GET", line_item, scopes=scopes, headers={"Accept": TYPE_LINE_ITEM}))
        after = change(before)
        if after is None:
            return None
        answer = self.call(
            platform,
            "PUT",
            line_item,
            scopes=scopes,
            headers={"Content-Type": TYPE_LINE_ITEM, "Accept": TYPE_LINE_ITEM},
            body=json.dumps(after, ensure_ascii=False).encode(),
        )
        if not answer.is_success:
            raise ServiceFailed(answer.status)
        return _column(after)

    def delete_column(self, platform: Platform, line_item: str) -> int:
        """Delete a column that we made ourselves; the status that was answered. Raises what `call` raises."""
        return self.call(platform, "DELETE", line_item, scopes=(SCOPE_LINE_ITEM,), headers={}).status


def with_query(url: str, **parameters: str) -> str:
    """The URL with more parameters behind those it has."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(part for part in (parts.query, urlencode(parameters)) if part)))


def _with_token(headers: Mapping[str, str], token: Token) -> dict[str, str]:
    return {**headers, "Authorization": f"Bearer {token.text}"}


def _json(answer: Response) -> Any:
    """The JSON of a good answer. Raises ServiceFailed, also for a web page with status 200 (AG-29)."""
    if not answer.is_success:
        raise ServiceFailed(answer.status)
    try:
        return answer.json()
    except ValueError:
        raise ServiceFailed(answer.status) from None


def _column(item: Any) -> Column | None:
    """A line item of an answer; None for one that we could not use. Null members are tolerated (AG-34)."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not item["id"]:
        return None
    maximum = item.get("scoreMaximum")
    if isinstance(maximum, bool) or not isinstance(maximum, int | float) or not 0 < maximum < float("inf"):
        return None
    texts = [str(item.get(name) or "") for name in ("label", "resourceId", "tag", "resourceLinkId")]
    return Column(item["id"], texts[0], float(maximum), *texts[1:])
