"""The floor under the course home's own template: the same compiled template with ready-made rows, in bare Flask.

When it starts, it asks the product for the page of some members once each, keeps what the template was given, and from then
on only renders them in turn, as the product is asked by members in turn. No query, no session, no header, no log: what is
between this and the product is the product's own work.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from flask import Flask, g, request

from lti_tool.app import create_app
from lti_tool.core import templating
from lti_tool.core.config import load_settings
from lti_tool.core.web import Runtime
from lti_tool.identity import csrf

_PLACE = "courses.outline.views.home.render"


def ready_made(product: Flask, home_id: int, cookie: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """(template, its values, what the page's functions answer) of one member's course home."""
    seen: list[tuple[str, dict[str, Any], dict[str, Any]]] = []

    def keep(template: str, /, **context: Any) -> str:
        from lti_tool.identity import current

        answers = {
            "asking": g.asking, "actor": g.actor, "csrf_token": csrf.token(), "csrf_field": csrf.csrf_field(),
            "preferences": current.preferences(),
        }  # fmt: skip
        seen.append((template, context, answers))
        return ""

    with mock.patch(_PLACE, keep):
        answer = product.test_client(use_cookies=False).get(f"/home/{home_id}", headers={"Cookie": cookie})
    if answer.status_code != 200 or len(seen) != 1:
        raise RuntimeError(f"the product answered {answer.status_code}")
    return seen[0]


def create_floor(product: Flask, home_id: int, cookies: Sequence[str]) -> Flask:
    """A bare application whose only page is that course home, of the members with these cookies."""
    pages = [ready_made(product, home_id, cookie) for cookie in cookies]
    template, _, answers = pages[0]
    app = Flask("lti_tool", static_folder=None, template_folder="templates")
    app.extensions["dangke"] = product.extensions["dangke"]
    preferences = answers.pop("preferences")
    functions = {name: _constant(value) for name, value in answers.items()}
    templating.install(app, preferences=lambda: preferences, **functions)
    # Rows lead to pages of all domains.
    for blueprint in product.blueprints.values():
        app.register_blueprint(blueprint)

    @app.get("/floor/hello")
    def hello() -> str:
        return "ok"

    @app.get("/floor/home")
    def home() -> str:
        return templating.render(template, **pages[request.args.get("i", 0, int) % len(pages)][1])

    return app


def _constant(value: Any) -> Any:
    return lambda: value


def application() -> Flask:
    """For gunicorn: `benchmarks.floor_template:application()`; HOME_ID names the page, COOKIES the file with members' cookies."""
    product = create_app(load_settings())
    floor = create_floor(product, int(os.environ["HOME_ID"]), json.loads(Path(os.environ["COOKIES"]).read_text()))
    runtime: Runtime = product.extensions["dangke"]
    runtime.database.dispose()
    return floor
