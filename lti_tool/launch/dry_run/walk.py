"""The walk through one registration. Asks the LMS what a launch and a score would ask, and stores nothing.

Never inside a transaction: it waits for other servers, at most about a minute in all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from sqlalchemy import Connection, exists, func, select

from lti_tool.core.database import Database
from lti_tool.core.errors import NotFound
from lti_tool.core.http import Http, HttpError, Response
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.secrets import CannotDecrypt, Keys
from lti_tool.identity.models import Deployment, Enrolment, Member, Registration
from lti_tool.launch.dry_run import rules
from lti_tool.launch.dry_run.rules import Heard, Outcome, Step, Verdict
from lti_tool.launch.rules.tool_configuration import SCOPES
from lti_tool.launch.rules.urls import authentication_request
from lti_tool.lms.key_sets import NoKeySet, parse_key_set
from lti_tool.lms.models import KeyPin
from lti_tool.lms.platform import COLUMNS, Platform, platform_of
from lti_tool.lms.tokens import ASSERTION_TYPE, assertion
from lti_tool.lms.tool_keys import NoToolKey, SigningKey, signing_key

JWKS_PATH, LAUNCH_PATH = "/lti/jwks.json", "/lti/launch"


@dataclass(frozen=True, slots=True)
class Tried:
    """The registration that is tried out."""

    platform: Platform
    name: str
    family: str
    auth_url: str
    jwks_url: str
    is_active: bool
    is_pending: bool
    is_pinned: bool
    deployments: int
    has_launched: bool


def walk(
    database: Database, http: Http, keys: Keys, *, registration_id: int, public_url: str, now: datetime
) -> tuple[Verdict, ...]:
    """All steps, in their order. Raises NotFound."""
    with database.reading_core() as connection:
        tried = _load(connection, registration_id)
        key = _key(connection, keys, registration_id)
    signing = key if isinstance(key, SigningKey) else None
    host = urlsplit(tried.jwks_url).hostname or ""
    theirs = _ask(lambda: http.get(tried.jwks_url, {"Accept": "application/json"}))
    verdicts = [
        rules.judge_registration(
            is_active=tried.is_active,
            is_pending=tried.is_pending,
            deployments=tried.deployments,
            family=tried.family,
        ),
        rules.judge_key_set(theirs, _usable(theirs), host),
    ]
    token, scopes = _token(http, tried, signing, now)
    date = theirs.date or (token.date if token else "")
    if date or not theirs.failure:
        verdicts.append(rules.judge_clock(date, now))
    verdicts.append(_key_verdict(key, is_pinned=tried.is_pinned))
    is_token_given = False
    if token is not None:
        verdict = rules.judge_token(token, family=tried.family, host=urlsplit(tried.platform.token_url).hostname or "")
        is_token_given = verdict.outcome is Outcome.ok
        verdicts.append(verdict)
        if is_token_given:
            verdicts.append(rules.judge_scopes(SCOPES, scopes, tried.family))
    if signing is not None:
        verdicts.append(_our_key_set(http, public_url + JWKS_PATH, signing.kid, is_token_given=is_token_given))
    verdicts.append(_redirect(http, tried, public_url + LAUNCH_PATH))
    return tuple(verdicts)


def _load(connection: Connection, registration_id: int) -> Tried:
    launched = (
        select(func.max(Enrolment.last_launch_at))
        .join(Member, Member.id == Enrolment.member_id)
        .where(Member.registration_id == registration_id)
        .scalar_subquery()
    )
    deployments = (
        select(func.count())
        .select_from(Deployment)
        .where(Deployment.registration_id == registration_id, Deployment.is_active)
        .scalar_subquery()
    )
    pinned = exists().where(KeyPin.registration_id == registration_id)
    row = connection.execute(
        select(
            *COLUMNS, Registration.name, Registration.family, Registration.is_active, Registration.confirmed_at,
            launched.label("launched"), deployments.label("deployments"), pinned.label("pinned"),
        ).where(Registration.id == registration_id)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound(_l("There is no registration of this number."), action=_l("`dangke registrations` lists them."))
    return Tried(
        platform=platform_of(row),
        name=row.name,
        family=row.family,
        auth_url=row.auth_url,
        jwks_url=row.jwks_url,
        is_active=row.is_active,
        is_pending=row.confirmed_at is None and row.launched is None,
        is_pinned=bool(row.pinned),
        deployments=row.deployments,
        has_launched=row.launched is not None,
    )


def _key(connection: Connection, keys: Keys, registration_id: int) -> SigningKey | str:
    """The key that signs for it, or the code of what is wrong with it."""
    try:
        return signing_key(connection, keys, registration_id)
    except NoToolKey:
        return "key_missing"
    except CannotDecrypt:
        return "key_locked"


def _key_verdict(key: SigningKey | str, *, is_pinned: bool) -> Verdict:
    if isinstance(key, str):
        return Verdict(Step.our_key, Outcome.fault, key)
    return Verdict(Step.our_key, Outcome.ok, "key_pinned" if is_pinned else "key_good", {"kid": key.kid})


def _ask(ask: Callable[[], Response]) -> Heard:
    try:
        answer = ask()
    except HttpError as error:
        return Heard(failure=error.reason)
    headers = answer.headers
    return Heard(
        status=answer.status,
        body=answer.body,
        media=headers.get("Content-Type") or "",
        date=headers.get("Date") or "",
        location=headers.get("Location") or "",
    )


def _usable(heard: Heard) -> int | None:
    if heard.failure or heard.status != 200:
        return None
    try:
        return len(parse_key_set(heard.json))
    except NoKeySet:
        return None


def _token(http: Http, tried: Tried, key: SigningKey | None, now: datetime) -> tuple[Heard | None, tuple[str, ...]]:
    """The answer to a token request for all our scopes, and the scopes that are given.

    Some LMSs refuse everything if one scope is not allowed; then each is asked for alone.
    """
    if key is None:
        return None, ()
    heard = _request_token(http, tried.platform, key, SCOPES, now)
    if heard.failure or rules.judge_token(heard, family=tried.family, host="").code != "no_scope":
        return heard, rules.granted_scopes(heard, SCOPES)
    given: list[str] = []
    for scope in SCOPES:
        alone = _request_token(http, tried.platform, key, (scope,), now)
        if rules.judge_token(alone, family=tried.family, host="").outcome is Outcome.ok:
            given.append(scope)
            heard = alone
    return heard, tuple(given)


def _request_token(http: Http, platform: Platform, key: SigningKey, scopes: tuple[str, ...], now: datetime) -> Heard:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(platform, key, now),
        "scope": " ".join(scopes),
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return _ask(lambda: http.post(platform.token_url, urlencode(form).encode(), headers))


def _our_key_set(http: Http, url: str, kid: str, *, is_token_given: bool) -> Verdict:
    heard = Heard() if is_token_given else _ask(lambda: http.get(url, {"Accept": "application/json"}))
    kids: list[str] | None = None
    if heard.status == 200:
        try:
            kids = list(parse_key_set(heard.json))
        except NoKeySet:
            kids = None
    return rules.judge_our_key_set(heard, kids, kid, is_token_given=is_token_given, url=url)


def _redirect(http: Http, tried: Tried, redirect_uri: str) -> Verdict:
    if tried.has_launched:
        return rules.judge_redirect(None, redirect_uri, has_launched=True)
    address = authentication_request(
        tried.auth_url,
        client_id=tried.platform.client_id,
        redirect_uri=redirect_uri,
        state="dry-run",
        nonce="dry-run",
        login_hint="dry-run",
        message_hint=None,
    )
    return rules.judge_redirect(_ask(lambda: http.request("GET", address)), redirect_uri, has_launched=False)
