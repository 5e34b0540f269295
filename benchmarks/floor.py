"""The floors: the work that a hot path cannot avoid, in a bare Flask application built as well as the product.

GET /floor/hello nothing · POST /floor/upsert one upsert in one writing transaction · POST /floor/verify-upsert one RS256
verification (2,048 bit, 3 KB of claims) and one upsert · GET /floor/page one query of 50 rows and a page of about 15 KB
without layout or translation. The database is opened by the product's own two kinds of transactions (core.database), so the floor has
WAL, synchronous=FULL, the process lock and the file lock as well; everything above that is left out.

Run by `python -m benchmarks` under gunicorn with the product's processes and threads; DATABASE names the database.
"""

import json
import os
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from lti_tool.core.database import Database

ROWS = 5000
PAGE_ROWS = 50

_CREATE = (
    (
        "CREATE TABLE IF NOT EXISTS floor_answer (attempt integer, slot integer, seq bigint, response text,"
        " saved_at double precision, PRIMARY KEY (attempt, slot))"
    ),
    "CREATE TABLE IF NOT EXISTS floor_row (id integer PRIMARY KEY, title text, due double precision, done integer)",
)
_UPSERT = text(
    "INSERT INTO floor_answer VALUES (:attempt, :slot, :seq, :response, :now) ON CONFLICT (attempt, slot) DO UPDATE"
    " SET seq = excluded.seq, response = excluded.response, saved_at = excluded.saved_at"
    " WHERE excluded.seq > floor_answer.seq"
)
_ROWS = text("SELECT id, title, due, done FROM floor_row WHERE id BETWEEN :first AND :last ORDER BY id")
_TEMPLATE = """<!doctype html><html lang="zh-CN"><title>课程</title><body><ol>{% for row in rows %}
<li class="task{% if row.done %} done{% endif %}" id="t{{ row.id }}"><a href="/activities/{{ row.id }}">\
<span class="kind">微课</span> <strong>{{ row.title }}</strong></a> <span class="due">{{ row.due|int }} 截止</span>
<progress max="100" value="{{ 100 if row.done else 40 }}"></progress> \
<span class="state">{{ "已完成" if row.done else "进行中" }}</span></li>{% endfor %}</ol></body></html>"""


def prepare(database: Database) -> None:
    """Make the floor's two tables and the rows of its page."""
    with database.writing_core() as connection:
        for statement in _CREATE:
            connection.execute(text(statement))
        if not connection.execute(text("SELECT count(*) FROM floor_row")).scalar():
            rows = [{"i": n, "t": f"第 {n} 讲　怎样阅读与讨论", "d": 1.8e9 + n, "o": n % 2} for n in range(ROWS)]
            connection.execute(text("INSERT INTO floor_row VALUES (:i, :t, :d, :o)"), rows)


def create_floor(url: str) -> Flask:
    """The bare application on the database `url`."""
    app = Flask("floor")
    database = app.extensions["database"] = Database(url)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims: dict[str, Any] = {"iss": "x", "aud": "c", "exp": int(time.time()) + 10**7, "claims": ["x" * 60] * 40}
    token = jwt.encode(claims, key, algorithm="RS256")
    public = key.public_key()
    page = app.jinja_env.from_string(_TEMPLATE)

    def save() -> ResponseReturnValue:
        body = request.get_json(force=True)
        row = {
            "attempt": body["a"],
            "slot": body["s"],
            "seq": time.time_ns(),
            "response": json.dumps(body["r"]),
            "now": time.time(),
        }
        with database.writing_core() as connection:
            connection.execute(_UPSERT, row)
        return jsonify(ok=True)

    @app.get("/floor/hello")
    def hello() -> str:
        return "ok"

    @app.post("/floor/upsert")
    def upsert() -> ResponseReturnValue:
        return save()

    @app.post("/floor/verify-upsert")
    def verify_upsert() -> ResponseReturnValue:
        jwt.decode(token, public, algorithms=["RS256"], audience="c")
        return save()

    @app.get("/floor/page")
    def rows() -> str:
        first = request.args.get("i", 0, int)
        with database.reading_core() as connection:
            found = connection.execute(_ROWS, {"first": first, "last": first + PAGE_ROWS - 1}).all()
        return page.render(rows=found)

    return app


def application() -> Flask:
    """For gunicorn: `benchmarks.floor:application()`."""
    return create_floor(os.environ["DATABASE"])
