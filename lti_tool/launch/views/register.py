"""Dynamic registration (Dynamic Registration 1.0): an LMS's administrator opens our page, looks, and confirms.

Nobody has a session here, and the page stands in a frame of the LMS, where cookies are not to be had. What protects the
forms is the invitation's secret: it stands behind the # of the link, is sent in a body only, and no other site knows it.
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core import security
from lti_tool.core.assets import ICON
from lti_tool.core.http import Http
from lti_tool.core.metrics import REGISTRATIONS
from lti_tool.core.web import render, request_id, runtime
from lti_tool.identity.demo import may_hold
from lti_tool.launch import registrations
from lti_tool.launch.edge import edge_of
from lti_tool.launch.register_words import TROUBLES
from lti_tool.launch.rules import urls
from lti_tool.launch.rules.platform_configuration import PlatformConfiguration, Unusable
from lti_tool.launch.rules.registration_answer import RegistrationAnswer
from lti_tool.launch.rules.tool_configuration import (
    registration_request,
    wanted_claims,
    wanted_custom,
    wanted_messages,
    wanted_scopes,
)
from lti_tool.launch.services import inviting, platforms
from lti_tool.launch.views.blueprint import address, blueprint, note
from lti_tool.lms.hosts import http_of

LONGEST_TOKEN = 8_000
OPENING = {"Referrer-Policy": "no-referrer"}
"""The LMS's registration token stands in this page's address (DR-14)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the LMS put into the address, and the secret of the invitation."""

    configuration: str
    token: str
    secret: str

    @classmethod
    def read(cls) -> "Asked":
        form = request.form
        asked = cls(
            form.get("openid_configuration", ""), form.get("registration_token", ""), form.get("code", "").strip()
        )
        if len(asked.token) > LONGEST_TOKEN or len(asked.configuration) > urls.LONGEST:
            raise Unusable("no_configuration")
        return asked


@blueprint.errorhandler(Unusable)
def _unusable(error: Unusable) -> ResponseReturnValue:
    return _trouble(error.code, error.name, error.said)


@blueprint.errorhandler(inviting.NotInvited)
def _not_invited(error: inviting.NotInvited) -> ResponseReturnValue:
    # Guessing is hopeless (256 bits), but it shall not be free either.
    within = edge_of(runtime()).failures.hit(address(), runtime().clock.now())
    return _trouble(error.code if within else "too_many")


def _trouble(code: str, name: str = "", said: str = "") -> ResponseReturnValue:
    trouble = TROUBLES[code]
    REGISTRATIONS.labels(code).inc()
    note("registration_refused", reason=code, field=name or None)
    _may_be_framed(request.values.get("openid_configuration", ""))
    page = render(
        "launch/register_trouble.html",
        what=str(trouble.what) % {"name": name} if name else str(trouble.what),
        mend=trouble.mend,
        said=said,
        reference=request_id(),
    )
    return page, trouble.status, OPENING


@blueprint.get("/register")
def register() -> ResponseReturnValue:
    """The page behind the link. Opening it consumes nothing: the secret behind the # never reaches us with a GET."""
    configuration = request.args.get("openid_configuration", "")
    if not urls.http_url(configuration):
        if configuration:
            raise Unusable("no_configuration")
        return render("launch/register_link.html"), 200, OPENING
    _may_be_framed(configuration)
    page = render(
        "launch/register_open.html",
        address=url_for("launch.look_at_registration"),
        configuration=configuration,
        token=request.args.get("registration_token", "")[:LONGEST_TOKEN],
        host=urlsplit(configuration).netloc,
    )
    return page, 200, OPENING


@blueprint.post("/register")
def look_at_registration() -> ResponseReturnValue:
    """With the secret: what this LMS says of itself, and what will be shared. Still nothing is consumed."""
    _check_own_page()
    asked = Asked.read()
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        invitation = inviting.find(session, asked.secret, now)
        known = [one for one in registrations.shown(session, tenant_id=invitation.tenant_id) if one.is_active]
    platform = _fetch(asked.configuration)
    _may_be_framed(asked.configuration, platform.issuer)
    return render(
        "launch/register_look.html",
        address=url_for("launch.confirm_registration"),
        asked=asked,
        digest=_digest(platform),
        platform=platform,
        tenant=invitation.tenant,
        known=[one for one in known if one.issuer == platform.issuer],
        scopes=wanted_scopes(platform),
        claims=wanted_claims(platform),
        custom=wanted_custom(platform),
        messages=[message["type"] for message in wanted_messages(platform, "", "")],
    )


@blueprint.post("/register/confirm")
def confirm_registration() -> ResponseReturnValue:
    """Use the invitation up, register at the LMS, store its answer."""
    _check_own_page()
    asked = Asked.read()
    with runtime().database.reading() as session:
        invitation = inviting.find(session, asked.secret, runtime().clock.now())
    platform = _fetch(asked.configuration)
    if _digest(platform) != request.form.get("digest"):
        raise Unusable("changed")
    if platform.foreign and request.form.get("knows_hosts") != "yes":
        raise Unusable("unconfirmed")
    with runtime().database.writing() as session:
        inviting.use_up(session, invitation, runtime().clock.now())
    try:
        answer = _send(platform, asked.token)
    except Unusable:
        with runtime().database.writing() as session:
            inviting.give_back(session, invitation)
        raise
    with runtime().database.writing() as session:
        stored = inviting.store(
            session,
            invitation,
            platform,
            answer,
            runtime().clock.now(),
            replaces=request.form.get("replaces", ""),
            may_hold_demo=may_hold(runtime().settings.env),
        )
    if stored.registration_id is None:
        _may_be_framed(asked.configuration, platform.issuer)
        return render(
            "launch/register_replace.html",
            address=url_for("launch.replace_registration"),
            asked=asked,
            client_id=stored.client_id,
            host=platform.host,
        )
    return _done(stored, asked, wanted_scopes(platform), platform.family)


@blueprint.post("/register/replace")
def replace_registration() -> ResponseReturnValue:
    """The administrator agrees that the LMS's answer replaces what we had for this client id (DR-11)."""
    _check_own_page()
    asked = Asked.read()
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        invitation = inviting.find(session, asked.secret, now, is_held=True)
    held = inviting.read_held(invitation.held or {})
    with runtime().database.writing() as session:
        stored = inviting.replace(session, invitation, held, now)
    return _done(stored, asked, (), "")


def _done(stored: inviting.Stored, asked: Asked, wanted: tuple[str, ...], family: str) -> ResponseReturnValue:
    edge_of(runtime()).registry.forget()
    REGISTRATIONS.labels("updated" if stored.is_update else "added").inc()
    note("registered", registration=stored.registration_id, is_update=stored.is_update)
    _may_be_framed(asked.configuration)
    missing = [] if stored.scopes is None else [scope for scope in wanted if scope not in stored.scopes]
    return render("launch/register_done.html", stored=stored, missing=missing, is_moodle=family == "moodle")


def _check_own_page() -> None:
    """Only our own page posts these forms; without a referrer a browser says that its origin is null."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in {None, "same-origin"} or origin not in {None, "null", runtime().settings.public_url}:
        raise Unusable("foreign_page")


def _may_be_framed(*addresses: str) -> None:
    """Let the LMS that opened this page frame it, and nobody else (DR-10): a form here is worth nothing without the secret."""
    security.allow_frames(dict.fromkeys(urls.origin(each) for each in addresses))


def _http() -> Http:
    found: Http | None = runtime().services.get("registering")
    if found is None:
        made = http_of(runtime().settings, runtime().database, platforms.LIMITS)
        found = runtime().services.setdefault("registering", made)
    return found


def _fetch(configuration: str) -> PlatformConfiguration:
    return platforms.fetch(_http(), configuration, is_lenient=runtime().settings.is_lenient)


def _send(platform: PlatformConfiguration, token: str) -> RegistrationAnswer:
    body = registration_request(
        runtime().settings.public_url,
        platform,
        launch=url_for("launch.launch"),
        login=url_for("launch.login"),
        jwks=url_for("launch.jwks"),
        icon=f"/static/lms/{ICON}",
        privacy=url_for("identity.privacy"),
    )
    return platforms.send(_http(), platform, token, body)


def _digest(platform: PlatformConfiguration) -> str:
    """What was shown is what is confirmed."""
    return hashlib.sha256(repr(platform).encode()).hexdigest()
