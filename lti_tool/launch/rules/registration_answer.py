"""What an LMS answers to our registration: a client id at least, sometimes a deployment and fewer scopes than asked."""

import json
from dataclasses import dataclass
from typing import Any

from lti_tool.core.text import clean_claim
from lti_tool.launch.rules.platform_configuration import Unusable
from lti_tool.launch.rules.tool_configuration import TOOL

LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class RegistrationAnswer:
    """The registration as the LMS has stored it."""

    client_id: str
    deployment_id: str | None
    """None: deployments become known by their first launch (DR-08)."""
    scopes: tuple[str, ...] | None
    """None: it does not say; fewer than asked is normal (DR-09)."""


def read_answer(status: int, body: bytes) -> RegistrationAnswer:
    """Read the answer to the registration POST. Raises Unusable: refused, or nothing that could be used."""
    found = _json(body)
    if status in {401, 403} or (status == 404 and found is None):
        # Moodle answers 404 with a web page to a token that it cannot read.
        raise Unusable("token_refused", said=_reason(found))
    if not 200 <= status < 300:
        raise Unusable("refused", str(status), said=_reason(found) or _plain(body))
    if not isinstance(found, dict):
        raise Unusable("not_json")
    client_id = _id(found.get("client_id"))
    if client_id is None:
        raise Unusable("missing", "client_id")
    tool = found.get(TOOL)
    scopes = found.get("scope")
    return RegistrationAnswer(
        client_id=client_id,
        deployment_id=_id(tool.get("deployment_id")) if isinstance(tool, dict) else None,
        scopes=tuple(dict.fromkeys(scopes.split()))[:50] if isinstance(scopes, str) else None,
    )


def _id(value: object) -> str | None:
    """An identifier, kept exactly; numbers, which some LMSs send, become text."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or not value.isprintable():
        return None
    return value


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _reason(found: Any) -> str:
    if not isinstance(found, dict):
        return ""
    return clean_claim(found.get("error_description") or found.get("error") or found.get("message"), 200)


def _plain(body: bytes) -> str:
    """The text of an answer that is no web page: Moodle refuses in plain words."""
    text = body[:1000].decode("utf-8", "replace")
    return "" if "<" in text else clean_claim(text, 200)
