"""The application of the demo LMS: one Flask app per data directory."""

import secrets
from pathlib import Path

from flask import Flask, Response, g, request, session
from werkzeug.exceptions import Forbidden

from lti_tool.demo import (
    admin,
    ags,
    control_people,
    deeplink,
    keys,
    login,
    nrps,
    pages,
    registration,
    scores,
    storage,
    teaching,
    tokens,
)
from lti_tool.demo.faults import keep_pace, note_arrival, spoil
from lti_tool.demo.runtime import Clock, Lms, SystemClock, fetch_url, first_tool, lms, origin_of
from lti_tool.demo.services import answer_refusals
from lti_tool.demo.store import Store, read_setting, write_setting
from lti_tool.demo.tool_keys import Fetch, ToolKeys

DATABASE = "demo-lms.sqlite3"
LARGEST_BODY = 1_000_000
# What another site may POST to: the tool's own requests. Everything else must come from our own pages.
OPEN_TO_OTHERS = ("/auth", "/token", "/lti/", "/control/", "/register-tool")


def create_lms(
    data_dir: Path | str,
    *,
    issuer: str,
    clock: Clock | None = None,
    has_control: bool = False,
    fetch: Fetch = fetch_url,
    signing_key: str | None = None,
) -> Flask:
    """An LMS that keeps its state in `data_dir` and calls itself `issuer`; continue with `seed(lms_of(app), config)`.

    `fetch` reads the tool's key set; `clock` replaces the machine's clock in tests; `has_control` opens /control;
    `signing_key` is the PEM of a first key that was made before, so that a test need not wait for primes.
    """
    return furnish(
        blank_lms(has_control=has_control), data_dir, issuer=issuer, clock=clock, fetch=fetch, signing_key=signing_key
    )


def blank_lms(*, has_control: bool = False) -> Flask:
    """Its routes, without state and without a name."""
    app = Flask(__name__, static_url_path="/static")
    app.config.update(
        SESSION_COOKIE_NAME="demo_lms",
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        PROPAGATE_EXCEPTIONS=True,  # the server reports them; a test in this process sees them itself
        HAS_CONTROL=has_control,
    )
    for part in (login, tokens, ags, scores, nrps, deeplink, pages, teaching, registration, admin, storage):
        app.register_blueprint(part.blueprint)
    answer_refusals(app)
    if has_control:
        app.register_blueprint(control_people.blueprint)
    app.before_request(note_arrival)
    app.before_request(_refuse_other_sites)
    app.after_request(_headers)
    app.after_request(spoil)
    app.after_request(keep_pace)  # runs before _headers, which costs nothing on a service's answer
    app.add_url_rule("/healthz", "healthz", lambda: {"status": "ok"})
    return app


def furnish(
    app: Flask,
    data_dir: Path | str,
    *,
    issuer: str,
    clock: Clock | None = None,
    fetch: Fetch = fetch_url,
    signing_key: str | None = None,
) -> Flask:
    """Give a blank LMS its state in `data_dir` and its name; the parameters are those of `create_lms`."""
    store = Store(Path(data_dir) / DATABASE)
    has_control = bool(app.config["HAS_CONTROL"])
    platform = Lms(issuer.rstrip("/"), store, clock or SystemClock(), ToolKeys(fetch), has_control=has_control)
    with store.writing() as connection:
        keys.ensure_key(connection, platform.now(), signing_key)
        secret = read_setting(connection, "cookie_secret") or secrets.token_urlsafe(32)
        write_setting(connection, "cookie_secret", secret)
    app.config.update(SECRET_KEY=secret, SESSION_COOKIE_SECURE=platform.issuer.startswith("https:"))
    app.extensions["demo_lms"] = platform
    return app


def lms_of(app: Flask) -> Lms:
    """The running LMS inside an application."""
    platform = app.extensions["demo_lms"]
    if not isinstance(platform, Lms):
        raise TypeError("this is no demo LMS")
    return platform


def _refuse_other_sites() -> None:
    """Cross-site request forgery: a write to our own pages must come from our own origin."""
    if request.method in ("GET", "HEAD", "OPTIONS") or request.path.startswith(OPEN_TO_OTHERS):
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin != origin_of(lms().issuer):
        raise Forbidden("this request comes from another site")


def _headers(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    if not isinstance(lms().clock, SystemClock):
        response.date = lms().now()  # the server would tell the machine's time, and tools listen
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = _policy()
        response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        if "person" in session:
            response.headers["Cache-Control"] = "no-store"
    return response


def _policy() -> str:
    """Our own files only; frames and forms may also go to the tool."""
    try:
        with lms().store.reading() as connection:
            tool = first_tool(connection).origin
    except LookupError:
        tool = ""
    if "tool_origin" in g:
        tool = g.tool_origin
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"frame-src 'self' {tool}; form-action 'self' {tool}; frame-ancestors 'self'; base-uri 'none'"
    )
