"""Our public keys, for LMSs to fetch (Security Framework 1.0, 6.2)."""

from flask import jsonify
from flask.typing import ResponseReturnValue

from lti_tool.core.web import runtime
from lti_tool.launch.views.blueprint import blueprint
from lti_tool.lms import tool_keys
from lti_tool.lms.rules import CACHE_SECONDS


@blueprint.get("/jwks.json")
def jwks() -> ResponseReturnValue:
    """Public members only, cacheable, without authentication (TO-18)."""
    with runtime().database.reading_core() as connection:
        found = tool_keys.public_jwks(connection)
    response = jsonify(found)
    response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
