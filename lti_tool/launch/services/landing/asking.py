"""Choices that a launch leaves open: what a link shall show, what goes back by deep linking."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert

from lti_tool.launch.models import DeepLinkRequest
from lti_tool.launch.refused import Refused
from lti_tool.launch.rules.claims import Claims, Endpoint

CHOICE_LIFE = timedelta(hours=8)
"""Shorter than a session may live, so that one who comes too late can still be told, and the LMS with them."""


def by_link(connection: Connection, placement_id: int, endpoint: Endpoint, choice: dict[str, Any]) -> int:
    """An instructor has opened a link that shows nothing yet. One statement."""
    return _choice(
        connection,
        choice | {"placement_id": placement_id, "line_item_url": endpoint.line_item, "scopes": list(endpoint.scopes)},
    )


def by_deep_linking(connection: Connection, claims: Claims, choice: dict[str, Any]) -> int:
    """An LMS wants to know what to link. One statement. Raises Refused."""
    asked = claims.deep_linking
    if asked is None:
        raise Refused("deep_linking")
    return _choice(
        connection,
        choice
        | {
            "return_url": asked.return_url,
            "accept_types": list(asked.accept_types),
            "targets": list(asked.targets),
            "accepts_line_item": asked.accepts_line_item,
            "accepts_multiple": asked.accepts_multiple,
            "is_auto_created": asked.is_auto_created,
            "data": None if asked.data is None else json.dumps(asked.data),
        },
    )


def _choice(connection: Connection, values: dict[str, Any]) -> int:
    return int(connection.execute(insert(DeepLinkRequest).values(values).returning(DeepLinkRequest.id)).scalar_one())
