"""The deep linking response (Deep Linking 2.0, 4.5): our own, because the library writes nulls and checks little."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from html import escape
from typing import Any, Final

from lti_tool.launch.rules.claims import CLAIM
from lti_tool.launch.rules.custom import HISTORY
from lti_tool.launch.rules.dates import DATES
from lti_tool.lms.headings import heading

_DL: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SECONDS: Final = 300
REVIEWABLE: Final = ("InProgress", "Submitted", "Completed")
"""activityProgress of a score behind which there is work to look at (Submission Review 1.0, 3.2)."""
MOODLE: Final = "moodle"
_MOODLE_FILLS: Final = ("context_id_history",)


class ItemType(StrEnum):
    """The types of content items that we can give back, the best first."""

    resource_link = "ltiResourceLink"
    """A launch: the member is known, grades come back."""
    link = "link"
    """An address that opens what it names for who has a session here; nothing comes back."""
    html = "html"
    """The same as a fragment, for editors that take no link."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, and what they accept."""

    issuer: str
    client_id: str
    deployment_id: str
    return_url: str
    accept_types: tuple[str, ...]
    targets: tuple[str, ...]
    accepts_line_item: bool
    accepts_multiple: bool
    is_auto_created: bool
    data: Any
    """Any JSON value, to be sent back as it is; None where there is none."""
    family: str = ""
    """The LMS's product family code as far as it is known."""

    @property
    def item_type(self) -> ItemType | None:
        """What goes back; None: the place accepts nothing that we have (DL-04)."""
        return next((each for each in ItemType if each.value in self.accept_types), None)


@dataclass(frozen=True, slots=True)
class Picked:
    """An activity that was picked."""

    activity_id: int
    kind: str
    title: str
    text: str
    token: str
    maximum: int
    opens_at: datetime | None
    closes_at: datetime | None


def content_items(picked: Iterable[Picked], asked: Asked, *, launch_url: str, open_url: str) -> list[dict[str, Any]]:
    """One item for each activity, of the best type that is accepted; none if there is no such type.

    `open_url` ends where the activity's token begins. Members without a value are left out (DL-20).
    """
    match asked.item_type:
        case ItemType.resource_link:
            return [_resource_link(each, asked, launch_url) for each in picked]
        case ItemType.link:
            return [_link(each, asked, open_url + each.token) for each in picked]
        case ItemType.html:
            return [_html(each, open_url + each.token) for each in picked]
        case None:
            return []


def _resource_link(picked: Picked, asked: Asked, launch_url: str) -> dict[str, Any]:
    """The launch: what it shows travels in `custom`, and the LMS's own dates come back with each launch (CP-02)."""
    item: dict[str, Any] = {
        "type": "ltiResourceLink",
        "url": launch_url,
        "custom": {"activity": picked.token, **_variables(asked.family)},
    } | _words(picked)
    if asked.accepts_line_item:
        item["lineItem"] = {
            "scoreMaximum": picked.maximum,
            "label": heading(picked.title),
            "resourceId": picked.token,
            "tag": picked.kind,
            # From the gradebook to one person's work (SR-05); Moodle offers that for columns that say so only.
            "submissionReview": {"reviewableStatus": list(REVIEWABLE), "url": launch_url},
        }
    # Where a frame is accepted nothing is said: any size that we named would bind the LMS's own frame.
    if "window" in asked.targets and "iframe" not in asked.targets:
        item["window"] = _WINDOW
    return item | _windows(picked)


def _variables(family: str) -> dict[str, str]:
    """What each launch shall bring. Moodle puts it before the teacher's eyes, so it only gets the one that it fills in."""
    wanted = {**HISTORY, **DATES}
    return {name: wanted[name] for name in _MOODLE_FILLS} if family == MOODLE else wanted


def _link(picked: Picked, asked: Asked, address: str) -> dict[str, Any]:
    """An address. Without a launch there may be no session in a frame, so a window is asked for wherever it is accepted."""
    item: dict[str, Any] = {"type": "link", "url": address} | _words(picked)
    return item | ({"window": _WINDOW} if "window" in asked.targets else {})


def _html(picked: Picked, address: str) -> dict[str, Any]:
    """A fragment of one paragraph with one link; what a person has written in it is escaped (DL-18)."""
    link = f'<a href="{escape(address)}" target="_blank" rel="noopener">{escape(picked.title or address)}</a>'
    return {"type": "html", "html": f"<p>{link}</p>"} | _words(picked)


_WINDOW: Final = {"targetName": "_blank"}


def _words(picked: Picked) -> dict[str, str]:
    return {name: text for name, text in (("title", picked.title), ("text", picked.text)) if text}


def _windows(picked: Picked) -> dict[str, dict[str, str]]:
    """When members see it and when they may hand in (Deep Linking 2.0, 3.2), with a zone.

    The closing date ends the submissions, not the availability: members still read what they have reached. A due date
    after which one may be late has no member there; as an end of submissions the LMS would send it back as closing.
    """
    opens = {"startDateTime": _iso(picked.opens_at)} if picked.opens_at else {}
    closes = {"endDateTime": _iso(picked.closes_at)} if picked.closes_at else {}
    found = {"available": opens, "submission": opens | closes}
    return {name: window for name, window in found.items() if window}


def response(
    asked: Asked,
    items: list[dict[str, Any]],
    *,
    nonce: str,
    now: datetime,
    message: str = "",
    error: str = "",
    log: str = "",
) -> dict[str, Any]:
    """The claims of the response, good for 5 minutes from when it is signed (DL-13, DL-15).

    `message` and `error` are for the person, `log` for the LMS's own log.
    """
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": asked.client_id,
        "aud": asked.issuer,
        "iat": issued,
        "exp": issued + SECONDS,
        "nonce": nonce,
        CLAIM + "message_type": "LtiDeepLinkingResponse",
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": asked.deployment_id,
        _DL + "content_items": items,
    }
    if asked.data is not None:
        claims[_DL + "data"] = asked.data
    told = {"msg": message, "errormsg": error, "errorlog": log}
    return claims | {_DL + name: text for name, text in told.items() if text}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
