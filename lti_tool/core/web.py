"""The glue between Flask and the rooms: the runtime, request ids, error pages, access log."""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Response, current_app, g, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, Map

from lti_tool.core import security
from lti_tool.core.clock import Clock
from lti_tool.core.config import Settings
from lti_tool.core.database import Database
from lti_tool.core.errors import DangkeError, Invalid, NoRoom, NotFound, TooLarge, Unavailable, is_out_of_room
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.logs import access, log
from lti_tool.core.secrets import Keys
from lti_tool.core.security import request_id
from lti_tool.core.templating import render
from lti_tool.core.text import clean_text

if TYPE_CHECKING:
    from lti_tool.core.markup import Renderer

MAX_BODY = 256 * 1024
CSRF_FIELD = "csrf_token"
"""The field that all forms of ours have, and nobody else's."""
MAX_HEARD, HEARD_SECONDS, CHUNK = 32 * 1024 * 1024, 10, 64 * 1024
"""How much of a refused body is read before the answer, for how long, and in what pieces (bytes, seconds)."""
LARGEST_ID = 2**63 - 1


@dataclass(slots=True)
class Runtime:
    """What views reach for: one per application."""

    settings: Settings
    database: Database
    clock: Clock
    keys: Keys
    renderer: "Renderer"
    kinds: dict[str, Any] = field(default_factory=dict)
    """Kinds of activities by name (ledger.kinds.Kind); wired by app."""
    sweeps: tuple[Any, ...] = ()
    jobs: dict[str, Any] = field(default_factory=dict)
    """Kinds of jobs by name (core.jobs.JobKind); wired by app."""
    keepers: tuple[Any, ...] = ()
    """What each room keeps on persons (identity.keeping.Keeper), in the order in which it is erased; wired by app."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Names of endpoints of upper storeys, by what they show, for links and redirects of lower ones; wired by app."""
    services: dict[str, Any] = field(default_factory=dict)
    """Objects of upper storeys, by name, for their own views (the LMS connector, the launch's key sets)."""


def runtime() -> Runtime:
    """The runtime of the application that handles this request."""
    return cast(Runtime, current_app.extensions["dangke"])


def wants_json() -> bool:
    """Whether the answer should be JSON: our own modules say so in Accept."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return best == "application/json"


class _Json(DefaultJSONProvider):
    """A body that is nested too deeply is bad JSON like any other."""

    def loads(self, s: str | bytes, **options: Any) -> Any:
        try:
            return super().loads(s, **options)
        except RecursionError:
            raise ValueError("nested too deeply") from None


class _Id(IntegerConverter):
    """An id in an address: a number that no table can hold names nothing, and is 404 like any other that is not there."""

    def __init__(self, url_map: Map, *args: Any, **options: Any) -> None:
        super().__init__(url_map, *args, **{"max": LARGEST_ID, **options})


def install(app: Flask, *, protect: Callable[[], None], finish: Callable[[], None]) -> None:
    """Add ids, headers, logs and error pages. `protect` runs before unsafe requests, `finish` after every answer."""
    app.json = _Json(app)
    app.url_map.converters["int"] = _Id
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY

    @app.before_request
    def _begin() -> None:
        g.started = time.perf_counter()
        protect()

    runtime_here: Runtime = app.extensions["dangke"]
    https = runtime_here.settings.public_url.startswith("https://")

    @app.after_request
    def _end(response: Response) -> Response:
        response = security.harden(response, https=https)
        if response.status_code < 500:
            finish()
        if response.status_code >= 400 and request.method not in {"GET", "HEAD"}:
            _hear_out()
        _log_access(response)
        return response

    app.register_error_handler(DangkeError, show_error)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(Exception, _show_surprise)


def _log_access(response: Response) -> None:
    endpoint = request.endpoint or "-"
    if endpoint in {"asset", "ops.healthz", "ops.readyz"}:
        return
    started: float | None = g.get("started")
    environ = request.environ
    access(
        request_id=request_id(),
        method=environ["REQUEST_METHOD"],
        endpoint=endpoint,
        status=response.status_code,
        ms=None if started is None else round((time.perf_counter() - started) * 1000, 1),
        cookies="HTTP_COOKIE" in environ,
    )


def _hear_out() -> None:
    """Read what is left of a body that was refused, and throw it away, as far as that can be afforded.

    Who is hung up on while still sending sees a broken connection (behind a proxy: 502) instead of our sentence.
    """
    body, length = request.environ["wsgi.input"], request.content_length
    if length is not None and length > MAX_HEARD:
        return
    until = time.monotonic() + HEARD_SECONDS
    heard = 0
    # What cannot be read any more is its sender's affair: the answer stands.
    with contextlib.suppress(OSError, ValueError):
        while heard < MAX_HEARD and time.monotonic() < until and (some := body.read(CHUNK)):
            heard += len(some)


def show_error(error: DangkeError) -> ResponseReturnValue:
    """The page (or JSON) of an error: what happened, what to do, code, reference."""
    if error.status >= 500:
        log.error("error", request_id=request_id(), code=error.code, cause=type(error.__cause__).__name__)
    if wants_json():
        body = {"error": error.code, "message": str(error.message), "action": str(error.action), "ref": request_id()}
        return jsonify(body), error.status
    kept = _typed(error)
    page = render(
        "error.html", message=error.message, action=error.action, code=error.code, reference=request_id(), kept=kept
    )
    return page, error.status


def _typed(error: DangkeError) -> str:
    """What was typed into a form of ours whose sending failed: its text, and whatever else is more than one plain word; cleaned.

    What an LMS sends us nobody has typed: its forms have no token of ours.
    """
    if request.method != "POST" or error.status == 413:
        return ""
    try:
        if CSRF_FIELD not in request.form:
            return ""
        fields = [(name, value.strip()) for name, value in request.form.items(multi=True) if name != CSRF_FIELD]
        kept = [
            value
            for name, value in fields
            if name in {"body", "source"} or not value.isascii() or len(value.split()) > 1
        ]
        return clean_text("\n\n".join(filter(None, kept)))
    except (OSError, RequestEntityTooLarge):  # no room for it, or more than anybody may send
        return ""


def _show_http_error(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, RequestEntityTooLarge):
        return show_error(TooLarge())
    if error.code == 404:
        return show_error(NotFound())
    if error.code in {301, 308} or error.code is None:
        return error.get_response()
    shown: DangkeError
    if error.code == 405:
        shown = Invalid(_l("This address cannot be used like that."), code="DK-405")
    elif error.code < 500:
        shown = Invalid(code=f"DK-{error.code}")
    else:
        shown = Unavailable()
    answer = show_error(shown)
    body = answer[0] if isinstance(answer, tuple) else answer
    response = current_app.make_response(body)
    response.status_code = error.code
    if allow := error.get_response().headers.get("Allow"):
        response.headers["Allow"] = allow
    return response


def _show_surprise(error: Exception) -> ResponseReturnValue:
    if is_out_of_room(error):  # of the folder for temporary files, into which large bodies are read
        return show_error(NoRoom())
    if current_app.config.get("PROPAGATE_SURPRISES"):
        raise error
    # The trace goes to the log; it names files and lines of ours, and exception texts are left out, since they may
    # quote what people typed.
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    log.error("surprise", request_id=request_id(), kind=type(error).__name__, frames=frames[-8:])
    return show_error(DangkeError())


__all__ = ["Runtime", "install", "render", "request_id", "runtime", "show_error", "wants_json"]
