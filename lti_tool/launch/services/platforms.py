"""The two requests of a dynamic registration: the LMS's configuration, and our registration there.

Never inside a transaction. What comes back is checked by pure rules.
"""

import json
from collections.abc import Mapping
from typing import Any

from lti_tool.core.http import Http, HttpError, Limits
from lti_tool.launch.rules.platform_configuration import (
    LARGEST,
    PlatformConfiguration,
    Unusable,
    check_address,
    read_configuration,
)
from lti_tool.launch.rules.registration_answer import RegistrationAnswer, read_answer

LIMITS = Limits(connect_seconds=3, read_seconds=5, total_seconds=10, body_bytes=LARGEST)


def fetch(http: Http, address: str, *, is_lenient: bool) -> PlatformConfiguration:
    """Fetch and check the configuration at `address` (DR-02). Raises Unusable."""
    if not address:
        raise Unusable("no_configuration")
    check_address(address, "openid_configuration", is_lenient=is_lenient)
    try:
        answer = http.get(address, {"Accept": "application/json"})
    except HttpError as error:
        raise Unusable("too_large" if error.reason == "too_large" else "unreachable", str(error)) from None
    if answer.status != 200:
        raise Unusable("status", str(answer.status))
    return read_configuration(answer.body, address, is_lenient=is_lenient)


def send(http: Http, platform: PlatformConfiguration, token: str, body: Mapping[str, Any]) -> RegistrationAnswer:
    """Register there with the LMS's registration token, if it gave one (DR-05, DR-06). Raises Unusable."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        if not token.isascii() or not token.isprintable() or " " in token:
            raise Unusable("token_refused")
        headers["Authorization"] = f"Bearer {token}"
    try:
        answer = http.post(platform.registration_url, json.dumps(body).encode(), headers)
    except HttpError as error:
        raise Unusable("unreachable", str(error)) from None
    return read_answer(answer.status, answer.body)
