"""/healthz says that the process answers; /readyz that it can do its work (database there, schema current)."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from lti_tool.core.errors import DangkeError
from lti_tool.core.web import runtime

blueprint = Blueprint("ops", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    return jsonify(ok=True)


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    try:
        with runtime().database.reading_core() as connection:
            connection.execute(text("select 1"))
    except DangkeError:
        return jsonify(ok=False, cause="database"), 503
    return jsonify(ok=True)
