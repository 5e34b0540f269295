"""The launch itself: the id_token is verified outside, then one writing transaction, then on to the activity."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core import security
from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import Language
from lti_tool.core.i18n import gettext as _
from lti_tool.core.i18n.language import speaking
from lti_tool.core.metrics import LAUNCHES
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Carrier, Role
from lti_tool.identity.rules.names import pseudonym_code
from lti_tool.identity.rules.roles import Standing
from lti_tool.launch import browser
from lti_tool.launch.edge import edge_of
from lti_tool.launch.pylti import Post, StrictLaunch
from lti_tool.launch.reasons import TIMES
from lti_tool.launch.refused import Refused
from lti_tool.launch.rules import roles, token
from lti_tool.launch.rules.claims import CLAIM, DATA_PRIVACY, way_back
from lti_tool.launch.services import logins
from lti_tool.launch.services.landing import Arrival, Landed, StateNotUsable, land
from lti_tool.launch.services.landing.platform import remember_platform
from lti_tool.launch.views import carried
from lti_tool.launch.views.blueprint import blueprint, facts, note, told_id

NOBODY = Standing(Role.guest, gradable=False)
OIDC_ERRORS = frozenset({
    "login_required", "interaction_required", "account_selection_required", "consent_required", "invalid_request",
    "invalid_scope", "unsupported_response_type", "unauthorized_client", "access_denied", "server_error",
    "temporarily_unavailable", "invalid_request_object", "launch_no_longer_valid",
})  # fmt: skip


@blueprint.get("/launch")
def explanation() -> ResponseReturnValue:
    """Somebody came here by a bookmark: nothing is wrong, it only opens from a course (SN-12)."""
    if "id_token" in request.args:
        raise Refused("token_in_url")
    return render(
        "launch/closed.html",
        title=_("Open it from your course"),
        text=_(
            "This address works only behind a link of your learning platform. Open your course there and click the activity."
        ),
        return_url="",
        back=None,
    )


@blueprint.post("/launch")
def launch() -> ResponseReturnValue:
    """Step 3: the LMS says who is there and what they opened."""
    if "id_token" in request.args or "state" in request.args:
        raise Refused("token_in_url")
    state = token.check_state(request.form.get("state"))
    if "id_token" not in request.form:
        _refuse_without_token(state)
    secret, sent = browser.secret_of(request.cookies, state), carried.sent_secret()
    if not secret and sent is None and (page := carried.fetch_first(state)) is not None:
        return page
    now = runtime().clock.now()
    strict = StrictLaunch(
        Post(request.form["id_token"], state),
        edge_of(runtime()),
        now,
        needs_https=runtime().settings.public_url.startswith("https:"),
    )
    _verify(strict, state)
    carrier = Carrier.cookie if sent is None else Carrier.bearer
    arrival = _arrival(strict, state, secret if sent is None else sent, carrier)
    landed = _land(arrival)
    LAUNCHES.labels(str(arrival.known.id), arrival.claims.message_type).inc()
    note("launch", role=arrival.standing.role.value, **_ignored(strict))
    if carrier is Carrier.bearer:
        return carried.hand_over(landed.token, _where(landed), arrival.known)
    response = redirect(_where(landed), 303)
    current.set_cookie(response, landed.token)  # type: ignore[arg-type]  # werkzeug's redirect is Flask's here
    browser.forget(response, browser.cookie_name(state))  # type: ignore[arg-type]  # the same
    security.allow_frames(arrival.known.frame_origins)
    return response


def _ignored(strict: StrictLaunch) -> dict[str, object]:
    """What the launch brought and nothing follows from, for the log.

    The LTI 1.1 migration claim proves nothing here: we never had LTI 1.1 keys, so nobody is linked by it (TK-28). A
    return URL that is no web address is shown nowhere (LP-04).
    """
    claims = strict.token.claims
    shown = claims.get(CLAIM + "launch_presentation")
    has_odd_way = isinstance(shown, dict) and bool(shown.get("return_url")) and not strict.claims.return_url
    found = {"migration": CLAIM + "lti1p1" in claims, "return_url": has_odd_way}
    return {name: "ignored" for name, is_there in found.items() if is_there}


def _refuse_without_token(state: str) -> None:
    """The LMS answered with an error instead of a token (SN-11), or with neither. Raises Refused."""
    if "error" not in request.form:
        raise Refused("token_missing")
    now, secret = runtime().clock.now(), browser.secret_of(request.cookies, state)
    with runtime().database.writing_core() as connection:
        registration_id = logins.use_after_error(connection, state=state, secret=secret, now=now)
    if registration_id is None and not carried.is_in_storage(state):
        with runtime().database.reading_core() as connection:
            raise logins.explain(connection, state=state, secret=secret, now=now) or Refused("state_unknown")
    code = request.form["error"]
    raise Refused("oidc_error", oidc_error=code if code in OIDC_ERRORS else "other")


def _verify(strict: StrictLaunch, state: str) -> None:
    """Run the steps, and keep for log and page what each has found, whether they pass or not."""
    try:
        strict.validate()
    except Refused as refused:
        if refused.reason in TIMES:
            _refuse_repetition(state)
        raise
    finally:
        told, parts = facts(), strict.token
        told.known = getattr(strict, "known", None)
        told.issuer, told.nonce = parts.claims.get("iss"), parts.claims.get("nonce")
        told.client_id = told.known.client_id if told.known else None
        told.kid, told.algorithm = parts.header.get("kid"), parts.header.get("alg")
        told.deployment_id = parts.claims.get(CLAIM + "deployment_id")
        told.message_type = parts.claims.get(CLAIM + "message_type")
        if strict.is_verified:
            told.return_url, told.locale = way_back(parts.claims)


def _refuse_repetition(state: str) -> None:
    """A page reloaded after its token ran out is a repetition, and the sentence for that helps more (SN-02)."""
    with runtime().database.reading_core() as connection:
        refused = logins.explain(connection, state=state, now=runtime().clock.now())
    if refused is not None and refused.reason == "state_used":
        raise refused


def _arrival(strict: StrictLaunch, state: str, secret: str, carrier: Carrier) -> Arrival:
    claims, known = strict.claims, strict.known
    is_privacy = claims.message_type == DATA_PRIVACY
    # Sent to no course, so nobody has a role in one: `landing.privacy` asks who may.
    standing = NOBODY if is_privacy else roles.standing(claims.roles, known.role_overrides)
    if claims.deep_linking is not None and standing.role is not Role.instructor:
        raise Refused("not_allowed")
    with speaking(Language.of(claims.locale) or Language.zh):
        pseudonym = _("Member %(code)s", code=pseudonym_code(known.id, claims.sub))
    return Arrival(
        claims=claims,
        known=known,
        deployment=strict.deployment,
        standing=standing,
        pseudonym=pseudonym,
        state=state,
        nonce=strict.nonce,
        secret=secret,
        former_token=(request.cookies.get(current.COOKIE) or "")[:100] or None if carrier is Carrier.cookie else None,
        carrier=carrier,
    )


def _land(arrival: Arrival) -> Landed:
    now = runtime().clock.now()
    try:
        with runtime().database.writing_core() as connection:
            landed = land(connection, arrival, now, runtime().kinds)
            is_new_platform = remember_platform(connection, arrival)
    except StateNotUsable:
        with runtime().database.reading_core() as connection:
            refused = logins.explain(
                connection,
                state=arrival.state,
                now=now,
                secret=arrival.secret,
                registration_id=arrival.known.id,
                nonce=arrival.nonce,
                target_link_uri=arrival.claims.target_link_uri,
            )
        # Nothing is wrong with the state, so registration or deployment was switched off after the login began (TK-29).
        raise refused or Refused("registration_inactive") from None
    if is_new_platform:
        edge_of(runtime()).registry.forget()
        if arrival.known.platform_guid:
            note("platform_guid_changed", guid=told_id(arrival.claims.platform_guid))
    return landed


def _where(landed: Landed) -> str:
    """The page behind the link: its activity, the choice that has to be made, or "not set up yet" (CT-12)."""
    if landed.data_request is not None:
        return url_for(runtime().places["data_request"], request_id=landed.data_request)
    if landed.choice_id is not None:
        return url_for("launch.choose", choice=landed.choice_id)
    if landed.mentored_in is not None:
        return url_for("launch.mentoring", context_id=landed.mentored_in)
    if landed.activity_id is None:
        return url_for("launch.waiting", placement_id=landed.placement_id)
    kind = runtime().kinds.get(str(landed.kind))
    if kind is None:
        raise NotFound
    if landed.review is None:
        return url_for(kind.show, activity_id=landed.activity_id)
    member_id = landed.review.member_id
    if landed.review.has_begun:
        return url_for(kind.review, activity_id=landed.activity_id, member_id=member_id)
    return url_for("launch.nothing_submitted", activity_id=landed.activity_id, member=member_id)
