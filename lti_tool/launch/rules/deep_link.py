"""The deep linking response (Deep Linking 2.0, 4.5): our own, because the library writes nulls and checks little."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from lti_tool.launch.rules.claims import CLAIM
from lti_tool.launch.rules.custom import HISTORY

_DL: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, and what they accept."""

    issuer: str
    client_id: str
    deployment_id: str
    return_url: str
    accepts_links: bool
    targets: tuple[str, ...]
    accepts_line_item: bool
    data: str | None


@dataclass(frozen=True, slots=True)
class Picked:
    """The activity that was picked."""

    activity_id: int
    kind: str
    title: str
    text: str
    token: str
    maximum: int
    opens_at: datetime | None
    due_at: datetime | None


def content_item(picked: Picked, asked: Asked, launch_url: str) -> dict[str, Any]:
    """One ltiResourceLink with its own column; members without a value are left out (DL-20)."""
    item: dict[str, Any] = {
        "type": "ltiResourceLink",
        "title": picked.title,
        "url": launch_url,
        "custom": {"activity": picked.token, **HISTORY},
    }
    if picked.text:
        item["text"] = picked.text
    if asked.accepts_line_item:
        item["lineItem"] = {"scoreMaximum": picked.maximum, "label": picked.title, "resourceId": picked.token}
    if asked.targets and "iframe" not in asked.targets and "window" in asked.targets:
        item["window"] = {"targetName": "_blank"}
    if picked.opens_at is not None:
        item["available"] = {"startDateTime": _iso(picked.opens_at)}
    if picked.due_at is not None:
        item["submission"] = {"endDateTime": _iso(picked.due_at)}
    return item


def response(
    asked: Asked, items: list[dict[str, Any]], *, nonce: str, now: datetime, message: str = ""
) -> dict[str, Any]:
    """The claims of the response, good for 5 minutes from when it is signed (DL-13, DL-15)."""
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
    if message:
        claims[_DL + "msg"] = message
    return claims


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
