"""What a deep linking response must look like, by the letter: Deep Linking 2.0, 3 and 4.5; Security Framework 1.0, 5.2.

Real LMSs leave most of it unchecked, so a tool that works here works there.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lti_tool.demo.names import (
    CLAIM,
    CONTENT_ITEMS,
    DEEP_LINK_DATA,
    DEEP_LINK_ERROR,
    DEEP_LINK_LOGS,
    DEEP_LINK_MESSAGE,
    DEEP_LINKING_RESPONSE,
)
from lti_tool.demo.runtime import Tool

LONGEST_SECONDS = 600
LEEWAY_SECONDS = 60
TEXTS = ("title", "text", "url")
WINDOWS = {"available": ("startDateTime", "endDateTime"), "submission": ("startDateTime", "endDateTime")}


class BadResponse(ValueError):
    """The deep linking response cannot be trusted or understood."""


def check_claims(claims: Mapping[str, Any], tool: Tool, data: str | None, now: float) -> None:
    """Raises BadResponse unless this is a fresh answer for us, to the request whose `data` this was."""
    if claims["exp"] - claims["iat"] > LONGEST_SECONDS:
        raise BadResponse("the JWT is valid for too long")
    if not claims["iat"] - LEEWAY_SECONDS <= now < claims["exp"] + LEEWAY_SECONDS:
        raise BadResponse("the JWT is expired or not yet valid")
    if not isinstance(claims["nonce"], str) or not claims["nonce"]:
        raise BadResponse("nonce is no text")
    if claims.get("azp", tool.client_id) != tool.client_id:
        raise BadResponse("azp is not the client_id")
    expected = {CLAIM + "message_type": DEEP_LINKING_RESPONSE, CLAIM + "version": "1.3.0",
                CLAIM + "deployment_id": tool.deployment_id}  # fmt: skip
    if data is not None:
        expected[DEEP_LINK_DATA] = data
    elif DEEP_LINK_DATA in claims:
        raise BadResponse("data was not asked for")
    for name, value in expected.items():
        if claims.get(name) != value:
            raise BadResponse(f"{name} is not {value}")
    _check_words(claims)


def _check_words(claims: Mapping[str, Any]) -> None:
    for name in (DEEP_LINK_MESSAGE, DEEP_LINK_ERROR, *DEEP_LINK_LOGS):
        if not isinstance(claims.get(name, ""), str):
            raise BadResponse(f"{name.rpartition('/')[2]} is no text")


def checked_items(claims: Mapping[str, Any], settings: Mapping[str, Any], tool: Tool) -> Sequence[dict[str, Any]]:
    """The content items, within what the request's settings accept. Raises BadResponse."""
    items = claims.get(CONTENT_ITEMS, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BadResponse("content_items is no list of objects")
    if len(items) > 1 and not settings["accept_multiple"]:
        raise BadResponse("only one item was asked for")
    for item in items:
        _check_item(item, settings, tool)
    return items


def _check_item(item: Mapping[str, Any], settings: Mapping[str, Any], tool: Tool) -> None:
    if item.get("type") not in settings["accept_types"]:
        raise BadResponse(f"the type {item.get('type')} is not accepted")
    empty = [name for name, value in item.items() if value is None]
    if empty:
        raise BadResponse(f"{empty[0]} is null: leave it out")
    for name in TEXTS:
        if not isinstance(item.get(name, ""), str):
            raise BadResponse(f"{name} is no text")
    if item["type"] == "ltiResourceLink":
        _check_link(item, settings, tool)
    elif item["type"] == "link" and urlsplit(item.get("url", "")).scheme not in {"http", "https"}:
        raise BadResponse("a link needs an absolute url")
    elif item["type"] == "html" and not isinstance(item.get("html"), str):
        raise BadResponse("html is no text")


def _check_link(item: Mapping[str, Any], settings: Mapping[str, Any], tool: Tool) -> None:
    if "url" in item and "{0.scheme}://{0.netloc}".format(urlsplit(item["url"])) != tool.origin:
        raise BadResponse("url leads away from the tool")
    custom = item.get("custom", {})
    if not isinstance(custom, dict) or not all(isinstance(value, str) for value in custom.values()):
        raise BadResponse("custom is no object of texts")
    for target in ("iframe", "window"):
        if target in item and target not in settings["accept_presentation_document_targets"]:
            raise BadResponse(f"{target} is not accepted")
        if not isinstance(item.get(target, {}), dict):
            raise BadResponse(f"{target} is no object")
    for name, ends in WINDOWS.items():
        _check_window(name, item.get(name, {}), ends)
    if "lineItem" in item:
        if settings.get("accept_lineitem") is False:
            raise BadResponse("lineItem is not accepted")
        _check_column(item["lineItem"])


def _check_window(name: str, window: Any, ends: Sequence[str]) -> None:
    if not isinstance(window, dict):
        raise BadResponse(f"{name} is no object")
    for end in ends:
        if end in window:
            try:
                moment = datetime.fromisoformat(window[end])
            except (TypeError, ValueError) as error:
                raise BadResponse(f"{name}.{end} is no ISO 8601 time") from error
            if moment.tzinfo is None:
                raise BadResponse(f"{name}.{end} has no time zone")


def _check_column(column: Any) -> None:
    maximum = column.get("scoreMaximum") if isinstance(column, dict) else None
    if not isinstance(maximum, int | float) or isinstance(maximum, bool) or not 0 < maximum < math.inf:
        raise BadResponse("lineItem needs a positive scoreMaximum")
    for name in ("label", "resourceId", "tag"):
        if not isinstance(column.get(name, ""), str):
            raise BadResponse(f"lineItem.{name} is no text")
