"""What all services share: media types, refusals as JSON, and pages with a Link header."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, request

from lti_tool.demo.moodle import named_in_the_status_line
from lti_tool.demo.runtime import Profile, lms, profile
from lti_tool.demo.tokens import ServiceRefused

LARGEST_PAGE = 1000

Row = TypeVar("Row")


def answer_refusals(app: Flask) -> None:
    """Turn ServiceRefused into its status and a JSON body, wherever it is raised."""

    def answer(refused: ServiceRefused) -> Response:
        return refusal(refused.status, refused.reason)

    app.register_error_handler(ServiceRefused, answer)


def refusal(status: int, reason: str) -> Response:
    """An error answer of a service; what was planned is no refusal and does not come here."""
    lms().note_refusal(request.path, f"{status} {reason}")
    answer = Response(json.dumps({"status": status, "reason": reason}), status, mimetype="application/json")
    with lms().store.reading() as connection:
        if profile(connection).is_moodle:
            named_in_the_status_line(answer, reason)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def typed(value: Any, media_type: str, status: int = 200) -> Response:
    """A JSON answer under exactly this media type."""
    return Response(json.dumps(value, ensure_ascii=False), status, content_type=media_type)


def must_accept(kind: Profile, media_type: str, *, moodle_takes_any: bool = True) -> None:
    """Raises ServiceRefused (406) unless the Accept header is exactly the media type, without a list or parameters.

    Moodle answers 400, and takes `*/*` as well where it has but one handler: not for the list of line items.
    """
    asked = request.headers.get("Accept", "").strip().lower()
    if asked != media_type and not (kind.is_moodle and moodle_takes_any and asked == "*/*"):
        raise ServiceRefused(400 if kind.is_moodle else 406, f"Accept must be {media_type}")


def must_send(kind: Profile, media_type: str) -> dict[str, Any]:
    """The JSON object of the body. Raises ServiceRefused: 415 for another media type, 400 for anything but an object.

    These media types have no parameters; Moodle overlooks a charset, and answers 400 to other types.
    """
    sent = request.mimetype if kind.is_moodle else request.headers.get("Content-Type", "").strip().lower()
    if sent != media_type:
        raise ServiceRefused(400 if kind.is_moodle else 415, f"Content-Type must be {media_type}")
    try:
        body = json.loads(request.get_data(), parse_constant=_no_number)
    except ValueError as error:
        raise ServiceRefused(400, "the body is not JSON") from error
    if not isinstance(body, dict):
        raise ServiceRefused(400, "the body is not a JSON object")
    return body


def cut(rows: Sequence[Row], largest: int = LARGEST_PAGE) -> tuple[Sequence[Row], dict[str, str]]:
    """The page that `limit` and `from` ask for, and the Link header to the next one (RFC 8288)."""
    limit, start = window(largest)
    return rows[start : start + limit], next_link(limit, start, has_more=len(rows) > start + limit)


def window(largest: int = LARGEST_PAGE) -> tuple[int, int]:
    """(`limit`, `from`) of the request, the limit at most `largest`."""
    limit = max(1, min(_whole("limit", largest), largest))
    return limit, _whole("from", 0)


def next_link(limit: int, start: int, *, has_more: bool) -> dict[str, str]:
    """The header that leads to the page after this one; none where it is the last."""
    if not has_more:
        return {}
    query = request.args.to_dict() | {"limit": str(limit), "from": str(start + limit)}
    return {"Link": f'<{lms().issuer}{request.path}?{urlencode(query)}>; rel="next"'}


def _whole(name: str, default: int) -> int:
    value = request.args.get(name, "")
    return int(value) if value.isascii() and value.isdigit() else default


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
