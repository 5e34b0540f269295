"""OpenID Connect login: begun by the LMS, cookie probed, then on to the LMS's authorization endpoint."""

from collections.abc import Mapping, Sequence

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import MethodNotAllowed

from lti_tool.core import security
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.models import Registration
from lti_tool.launch import browser
from lti_tool.launch.edge import PRUNE_EVERY, edge_of
from lti_tool.launch.models import LoginState
from lti_tool.launch.refused import Refused
from lti_tool.launch.registry import Known
from lti_tool.launch.rules import token, urls
from lti_tool.launch.rules.login import LoginRequest, read_login
from lti_tool.launch.services import logins
from lti_tool.launch.views import carried
from lti_tool.launch.views.blueprint import blueprint, facts, note
from lti_tool.launch.views.onward import new_window_fields, onward, origins


def _values(name: str) -> Sequence[str]:
    """All values of a parameter; those of the body count before those of the query (OL-02)."""
    return request.form.getlist(name) or request.args.getlist(name)


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Step 1: the LMS asks us to begin."""
    if request.method == "HEAD":
        raise MethodNotAllowed(["GET", "POST"])
    told = facts()
    told.issuer, told.client_id, told.deployment_id = (
        next(iter(_values(name)), None) for name in ("iss", "client_id", "lti_deployment_id")
    )
    asked = read_login(_values)
    now, edge = runtime().clock.now(), edge_of(runtime())
    known = edge.registry.find(asked.iss, asked.client_id, asked.deployment_id, now)
    told.known = known
    launch_path = url_for("launch.launch")
    if not urls.is_own(asked.target_link_uri, runtime().settings.public_url, frozenset({launch_path})):
        raise Refused("bad_target")
    former = current.token_hash() if request.cookies.get(current.COOKIE) else None
    keys = [(known.id, asked.login_hint), *([former] if former else [])]
    within = [edge.logins.hit(key, now) for key in keys]
    if not all(within):
        raise Refused("too_many")
    return _begin(asked, known)


def _begin(asked: LoginRequest, known: Known) -> ResponseReturnValue:
    now, edge = runtime().clock.now(), edge_of(runtime())
    begun = browser.new_login()
    keeps = browser.keeps_cookies(request.cookies)
    with runtime().database.writing_core() as connection:
        logins.begin(connection, begun, asked, registration_id=known.id, keep_parameters=not keeps, now=now)
        if next(edge.begun) % PRUNE_EVERY == PRUNE_EVERY - 1:
            logins.prune(connection, known.id, now)
    note("login", deployment_known=asked.deployment_id in known.deployments if asked.deployment_id else None)
    if keeps:
        response = redirect(onward(known.auth_url, asked.kept(), known.client_id, begun.state, begun.nonce), 302)
    else:
        response = redirect(url_for("launch.check", s=begun.state), 303)
    browser.remember(response, request.cookies, begun, now)  # type: ignore[arg-type]  # werkzeug's redirect is Flask's here
    security.allow_frames(known.frame_origins)
    return response


@blueprint.get("/login/check")
def check() -> ResponseReturnValue:
    """The cookie probe: it came back, so on to the LMS; it did not, so the LMS's storage, else a window of its own.

    The hint is still unspent.
    """
    state = token.check_state(request.args.get("s"))
    now = runtime().clock.now()
    with runtime().database.reading_core() as connection:
        refused = logins.explain(connection, state=state, now=now)
        row = connection.execute(
            select(
                LoginState.nonce,
                LoginState.browser_hash,
                LoginState.parameters,
                Registration.auth_url,
                Registration.client_id,
                Registration.issuer,
                Registration.frame_origins,
            )
            .join(Registration, Registration.id == LoginState.registration_id)
            .where(LoginState.state_hash == browser.hash_of(state))
        ).first()
    if refused is not None or row is None or "login_hint" not in row.parameters:
        raise refused or Refused("state_unknown")
    security.allow_frames(row.frame_origins)
    facts().issuer, facts().client_id = row.issuer, row.client_id
    if browser.hash_of(browser.secret_of(request.cookies, state)) == row.browser_hash:
        return redirect(onward(row.auth_url, row.parameters, row.client_id, state, row.nonce), 302)
    if "storage_target" in row.parameters and "new_window" not in row.parameters:
        return carried.put(row.parameters, state, row.auth_url, row.frame_origins)
    return _new_window(row.parameters, [row.auth_url, *row.frame_origins])


def _new_window(parameters: Mapping[str, str], addresses: Sequence[str]) -> ResponseReturnValue:
    """One button that begins this login again in a window, where cookies are kept (SN-10)."""
    if "new_window" in parameters:
        raise Refused("cookies_off")
    note("cookie_blocked")
    security.allow_form_to(origins(addresses))
    return render("launch/new_window.html", address=url_for("launch.login"), fields=new_window_fields(parameters))
