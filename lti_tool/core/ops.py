"""/healthz says that the process answers; /readyz that it can do its work (database there, schema current)."""

from functools import cache

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.core import schema
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
        is_current = schema.current(runtime().database) == _head()
    except (DangkeError, SQLAlchemyError):
        return jsonify(ok=False, cause="database"), 503
    if not is_current:
        return jsonify(ok=False, cause="schema"), 503
    return jsonify(ok=True)


@cache
def _head() -> str:
    return schema.head()
