"""create_app(): the only place that wires rooms together. It hands kinds, endpoints and sweeps down."""

from collections.abc import Callable
from typing import Any

from flask import Flask, g, request
from markupsafe import Markup

import courses.progress.retention
import courses.wiring
import forum.wiring
import lti_tool.admin.wiring
import lti_tool.identity.keeper
import lti_tool.identity.retention
import lti_tool.launch.keeper
import lti_tool.launch.retention
import lti_tool.launch.wiring
import lti_tool.ledger.keeper
import lti_tool.ledger.retention
import lti_tool.lms.retention
import lti_tool.media.keeper
import lti_tool.media.wiring
import lti_tool.passback.wiring
import lti_tool.portability.keeper
import lti_tool.portability.wiring
import lti_tool.roster.wiring
import quizzes.wiring
from lti_tool.admin import current as console
from lti_tool.core import components, ops, retention, templating, web
from lti_tool.core.clock import Clock, SystemClock
from lti_tool.core.columns import Base
from lti_tool.core.config import Env, Settings
from lti_tool.core.database import Database
from lti_tool.core.i18n import Language, catalogue
from lti_tool.core.jobs import JobKind
from lti_tool.core.markup import Renderer
from lti_tool.core.secrets import Keys
from lti_tool.identity import csrf, current
from lti_tool.identity import views as identity_views
from lti_tool.identity.keeping import Keeper
from lti_tool.ledger import outline

ROOMS = (lti_tool.launch.wiring, lti_tool.passback.wiring, lti_tool.roster.wiring, lti_tool.media.wiring)
ADMIN = lti_tool.admin.wiring.BLUEPRINTS[0].name
"""The operator's console: it has a session and a token of its own, and guards all its routes itself."""

RETENTION: tuple[retention.Retention, ...] = (
    retention.BEATS,
    *lti_tool.identity.retention.RETENTION,
    *lti_tool.lms.retention.RETENTION,
    *lti_tool.launch.retention.RETENTION,
    *lti_tool.ledger.retention.RETENTION,
    *courses.progress.retention.RETENTION,
)
"""What is kept for a while only; in this order, so that what others point to goes after them."""

JOBS: tuple[JobKind, ...] = (
    retention.job(RETENTION),
    *lti_tool.passback.wiring.JOBS,
    *lti_tool.portability.wiring.JOBS,
    *lti_tool.roster.wiring.JOBS,
)
"""What the worker does outside any request, of all rooms; unique by name."""

DOMAINS = (courses.wiring, quizzes.wiring, forum.wiring)

KEEPERS: tuple[Keeper, ...] = (
    lti_tool.ledger.keeper.KEEPER,
    *(kind.keeper for domain in DOMAINS for kind in domain.KINDS if kind.keeper is not None),
    lti_tool.media.keeper.KEEPER,
    lti_tool.launch.keeper.KEEPER,
    lti_tool.portability.keeper.KEEPER,
    lti_tool.identity.keeper.KEEPER,
)
"""What each room keeps on persons, in the order in which it is erased: scores that wait first, places in courses last."""

PLACES = {
    "own_data": "portability.own",
    "data_request": "portability.named",
    "test_users": "portability.test_users",
}
"""Endpoints of upper storeys that lower ones lead to."""

METADATA = Base.metadata
"""All tables: importing this module has imported every model."""

CSRF_EXEMPT = frozenset({
    "launch.login", "launch.launch", "launch.keep_in_storage",
    "launch.look_at_registration", "launch.confirm_registration", "launch.replace_registration",
})  # fmt: skip
"""Nobody has a session there. The LMS posts to the first two: state, nonce and signature protect them (WS-02). The others
are forms of ours that carry an invitation's secret."""

CSRF_HOT = frozenset({"quizzes_attempts.save_answer", "courses_lessons.beat"})
"""These verify the token's HMAC here and join the session row in their own statement."""


def build_runtime(settings: Settings, clock: Clock | None = None) -> web.Runtime:
    """The runtime of web and worker: settings, database, clock, keys, renderer, kinds and sweeps."""
    previous = settings.secret_previous
    for language in Language:
        catalogue(language)  # read here, for the first text that is asked for may be asked inside a writing transaction
    return web.Runtime(
        settings=settings,
        database=Database(settings.database_url),
        clock=clock or SystemClock(),
        keys=Keys(settings.secret.get_secret_value(), previous.get_secret_value() if previous else None),
        renderer=Renderer(),
        kinds={kind.name: kind for domain in DOMAINS for kind in domain.KINDS},
        sweeps=(
            *(sweep for domain in DOMAINS for sweep in domain.SWEEPS),
            outline.ROLL_UP,
            *lti_tool.launch.wiring.SWEEPS,
            *lti_tool.roster.wiring.SWEEPS,
        ),
        jobs={kind.name: kind for kind in JOBS},
        keepers=KEEPERS,
        places=PLACES,
    )


class Application(Flask):
    """Flask whose views are plain functions: none is a coroutine, so nobody has to ask before each call."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings, clock: Clock | None = None) -> Flask:
    """The WSGI application."""
    app = Application("lti_tool", static_folder=None, template_folder="templates")
    app.extensions["dangke"] = build_runtime(settings, clock)
    app.config["TESTING"] = settings.env == "test"
    web.install(app, protect=_protect, finish=current.touch)
    templating.install(
        app,
        preferences=current.preferences,
        is_live=settings.env == "development",
        csrf_field=_csrf_field,
        csrf_token=_csrf_token,
        asking=lambda: g.get("asking"),
        actor=lambda: g.get("actor"),
    )
    app.register_blueprint(ops.blueprint)
    app.register_blueprint(identity_views.blueprint)
    if settings.env is not Env.production:
        app.register_blueprint(components.blueprint)
    for room in (*ROOMS, *DOMAINS, lti_tool.portability.wiring, lti_tool.admin.wiring):
        for blueprint in room.BLUEPRINTS:
            app.register_blueprint(blueprint)
    return app


def _csrf_token() -> str:
    return console.csrf_token() if request.blueprint == ADMIN else csrf.token()


def _csrf_field() -> Markup:
    return csrf.field_of(_csrf_token())


def _protect() -> None:
    if request.method in csrf.SAFE_METHODS or request.blueprint == ADMIN:
        return
    endpoint = request.endpoint
    if endpoint is not None and endpoint not in CSRF_EXEMPT:
        csrf.protect(hot=endpoint in CSRF_HOT)
