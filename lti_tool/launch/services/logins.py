"""Login states: begun, used once, explained when they cannot be used, and taken away. Failures are written here too."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from lti_tool.core.hot import Hot
from lti_tool.identity.models import Deployment, Registration
from lti_tool.identity.sessions import prune_sessions
from lti_tool.launch.browser import SECONDS, NewLogin, hash_of
from lti_tool.launch.models import LaunchFailure, LoginState
from lti_tool.launch.refused import Refused
from lti_tool.launch.rules.login import LoginRequest

LIFE = timedelta(seconds=SECONDS)
MOST_OPEN = 50_000
AT_ONCE = 500
FAILURES_KEPT = timedelta(days=30)


def begin(
    connection: Connection,
    login: NewLogin,
    asked: LoginRequest,
    *,
    registration_id: int,
    keep_parameters: bool,
    now: datetime,
) -> None:
    """Store a begun login. One statement."""
    connection.execute(
        insert(LoginState).values(
            state_hash=hash_of(login.state),
            nonce=login.nonce,
            registration_id=registration_id,
            browser_hash=hash_of(login.secret),
            target_link_uri=asked.target_link_uri,
            parameters=_kept(asked) if keep_parameters else {},
            created_at=now,
            expires_at=now + LIFE,
        )
    )


def _kept(asked: LoginRequest) -> dict[str, str]:
    """What the cookie probe needs: the login's parameters, whether this is the new window already, the LMS's storage."""
    more = {"new_window": "1"} if asked.is_new_window else {}
    return asked.kept() | more | ({"storage_target": asked.storage_target} if asked.storage_target else {})


def keep_in_storage(connection: Connection, *, state: str, secret: str, now: datetime) -> Any:
    """Bind a login to the secret that the browser has put into the LMS's storage (PS-01), once.

    Returns its row (nonce, parameters, registration_id), or None if there is nothing to bind. One statement.
    """
    return connection.execute(
        update(LoginState)
        .where(
            LoginState.state_hash == hash_of(state),
            LoginState.used_at.is_(None),
            LoginState.expires_at > now,
            LoginState.parameters["storage_target"].as_string().is_not(None),
            LoginState.is_in_storage.is_(False),
        )
        .values(browser_hash=hash_of(secret), is_in_storage=True)
        .returning(LoginState.nonce, LoginState.parameters, LoginState.registration_id)
    ).first()


def in_storage(connection: Connection, *, state: str, now: datetime) -> Any:
    """(frame, auth_url, frame_origins) of a login whose secret is in the LMS's storage, or None. One statement."""
    return connection.execute(
        select(
            LoginState.parameters["storage_target"].as_string().label("frame"),
            Registration.auth_url,
            Registration.frame_origins,
        )
        .join(Registration, Registration.id == LoginState.registration_id)
        .where(
            LoginState.state_hash == hash_of(state),
            LoginState.is_in_storage,
            LoginState.used_at.is_(None),
            LoginState.expires_at > now,
        )
    ).first()


def prune(connection: Connection, registration_id: int, now: datetime, *, most_open: int = MOST_OPEN) -> None:
    """Take away what has run out: states, surplus open ones (the oldest first), sessions, failures; 500 of each at most."""
    prune_sessions(connection, now, at_once=AT_ONCE)
    expired = select(LoginState.id).where(LoginState.expires_at < now).limit(AT_ONCE)
    connection.execute(delete(LoginState).where(LoginState.id.in_(expired)))
    mine = select(LoginState.id).where(LoginState.registration_id == registration_id, LoginState.used_at.is_(None))
    newest_surplus = connection.execute(mine.order_by(LoginState.id.desc()).limit(1).offset(most_open)).scalar()
    if newest_surplus is not None:
        surplus = mine.where(LoginState.id <= newest_surplus).order_by(LoginState.id).limit(AT_ONCE)
        connection.execute(delete(LoginState).where(LoginState.id.in_(surplus)))
    old = select(LaunchFailure.id).where(LaunchFailure.at < now - FAILURES_KEPT).limit(AT_ONCE)
    connection.execute(delete(LaunchFailure).where(LaunchFailure.id.in_(old)))


# The state is used by exactly one launch: every condition stands in the statement that marks it.
_USE = Hot(
    update(LoginState)
    .where(
        LoginState.state_hash == bindparam("the_state"),
        LoginState.registration_id == bindparam("the_registration"),
        LoginState.nonce == bindparam("the_nonce"),
        LoginState.browser_hash == bindparam("the_browser"),
        LoginState.target_link_uri == bindparam("the_target"),
        LoginState.used_at.is_(None),
        LoginState.expires_at > bindparam("the_moment", type_=LoginState.expires_at.type),
        exists().where(Registration.id == bindparam("the_registration"), Registration.is_active),
        exists().where(Deployment.id == bindparam("the_deployment"), Deployment.is_active),
    )
    .values(used_at=bindparam("the_moment", type_=LoginState.used_at.type))
    .returning(LoginState.id)
)


def use(
    connection: Connection,
    *,
    state: str,
    registration_id: int,
    deployment_id: int,
    nonce: str,
    secret: str,
    target_link_uri: str,
    now: datetime,
) -> bool:
    """Use a state up; False if it is not there, not this browser's, not for this token, or no longer good. One statement."""
    used = _USE.all(
        connection,
        {
            "the_state": hash_of(state),
            "the_registration": registration_id,
            "the_deployment": deployment_id,
            "the_nonce": nonce,
            "the_browser": hash_of(secret),
            "the_target": target_link_uri,
            "the_moment": now,
        },
    )
    return bool(used)


def use_after_error(connection: Connection, *, state: str, secret: str, now: datetime) -> int | None:
    """Use a state up because the LMS answered with an error (SN-11); the registration id, or None if it was not usable."""
    return connection.execute(
        update(LoginState)
        .where(
            LoginState.state_hash == hash_of(state),
            LoginState.browser_hash == hash_of(secret),
            LoginState.used_at.is_(None),
            LoginState.expires_at > now,
        )
        .values(used_at=now)
        .returning(LoginState.registration_id)
    ).scalar()


def begun_at(connection: Connection, state: str) -> tuple[str, str] | None:
    """(issuer, client id) of the LMS that began a login, whatever has become of it; None for a state that is none."""
    row = connection.execute(
        select(Registration.issuer, Registration.client_id)
        .join(LoginState, LoginState.registration_id == Registration.id)
        .where(LoginState.state_hash == hash_of(state))
    ).first()
    return None if row is None else (row.issuer, row.client_id)


def explain(
    connection: Connection,
    *,
    state: str,
    now: datetime,
    secret: str | None = None,
    registration_id: int | None = None,
    nonce: str | None = None,
    target_link_uri: str | None = None,
) -> Refused | None:
    """Why a state cannot be used, or None if it could be. What is None is not compared. One statement."""
    row = connection.execute(
        select(
            LoginState.used_at,
            LoginState.expires_at,
            LoginState.browser_hash,
            LoginState.registration_id,
            LoginState.nonce,
            LoginState.target_link_uri,
        ).where(LoginState.state_hash == hash_of(state))
    ).first()
    if row is None:
        return Refused("state_unknown")
    if secret is not None and row.browser_hash != hash_of(secret):
        # The browser forgets its half when a launch succeeds, so a repetition is told by the row alone.
        return Refused("state_used" if row.used_at is not None and not secret else "state_browser_mismatch")
    if row.used_at is not None:
        return Refused("state_used")
    if row.expires_at <= now:
        return Refused("state_expired")
    for expected, found, reason in (
        (registration_id, row.registration_id, "state_registration_mismatch"),
        (nonce, row.nonce, "nonce_mismatch"),
        (target_link_uri, row.target_link_uri, "target_mismatch"),
    ):
        if expected is not None and expected != found:
            return Refused(reason)
    return None


def record_failure(
    connection: Connection, *, reason: str, reference: str, registration_id: int | None, now: datetime
) -> None:
    """Write a refusal down. One statement."""
    connection.execute(
        insert(LaunchFailure).values(at=now, reason=reason, reference=reference, registration_id=registration_id)
    )
