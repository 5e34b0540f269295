"""The token endpoint (Security Framework 1.0, 4.1) and the check that each service makes of a bearer token."""

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from lti_tool.demo.faults import strike
from lti_tool.demo.moodle import error_page
from lti_tool.demo.names import ALL_SCOPES, ASSERTION_TYPE
from lti_tool.demo.runtime import Tool, find_tool, granted_scopes, lms, profile
from lti_tool.demo.store import stamp
from lti_tool.demo.tool_keys import UnknownKey, UnreadableKeySet

blueprint = Blueprint("demo_tokens", __name__)

TOKEN_SECONDS = 3600
LONGEST_ASSERTION_SECONDS = 300
LEEWAY_SECONDS = 60
FORM = "application/x-www-form-urlencoded"


@dataclass
class TokenRefused(Exception):
    """No token: an OAuth 2.0 error code and a sentence (RFC 6749, 5.2)."""

    code: str
    description: str


@dataclass
class ServiceRefused(Exception):
    """A service call is refused with this status and reason."""

    status: int
    reason: str


@blueprint.post("/token")
def token() -> ResponseReturnValue:
    """client_credentials with private_key_jwt: a token for the scopes that were asked and that we grant."""
    answer, _ = strike(lms().faults, "token")
    if answer is not None:
        return answer
    with lms().store.reading() as connection:
        is_moodle = profile(connection).is_moodle
    try:
        scopes = _asked_scopes()
        client_id, claims = _verified_assertion(is_moodle=is_moodle)
        granted = _grant(client_id, claims, _offered(client_id, scopes))
    except TokenRefused as refused:
        lms().note_refusal("token", refused.description)
        return _refused(refused, is_moodle=is_moodle)
    reply = jsonify(granted)
    if is_moodle:
        reply.mimetype = "text/html"
    reply.headers["Cache-Control"] = "no-store"
    return reply


def _refused(refused: TokenRefused, *, is_moodle: bool) -> ResponseReturnValue:
    """An OAuth error; Moodle puts the exception's words in its place, unescaped, or shows an error page."""
    if not is_moodle:
        return jsonify({"error": refused.code, "error_description": refused.description}), 400
    if isinstance(refused.__cause__, UnreadableKeySet):
        return error_page()  # the tool's key set may not be fetched, or cannot be
    if isinstance(refused.__cause__, UnknownKey):
        text = '{"error" : ""kid" invalid, unable to lookup correct key"}'
    else:
        text = f'{{"error" : "{refused.description if refused.code == "invalid_client" else refused.code}"}}'
    return text, 400, {"Content-Type": "text/html; charset=UTF-8"}


def require(connection: sqlite3.Connection, *any_of: str) -> str:
    """The client_id of the bearer token of this request, if it holds one of the scopes. Raises ServiceRefused."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    row = None
    if kind.lower() == "bearer" and secret:
        row = connection.execute("SELECT * FROM access_token WHERE hash = ?", (hash_token(secret),)).fetchone()
    if row is None or row["expires_at"] <= stamp(lms().now()):
        raise ServiceRefused(401, "the access token is missing, unknown or expired")
    if not set(any_of) & set(str(row["scopes"]).split()):
        raise ServiceRefused(profile(connection).scope_error, "the access token lacks the scope")
    return str(row["client_id"])


def hash_token(secret: str) -> str:
    """How a token is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _asked_scopes() -> list[str]:
    if request.mimetype != FORM or request.args:
        raise TokenRefused("invalid_request", f"everything must be in a body of {FORM}")
    for name in request.form:
        if len(request.form.getlist(name)) > 1:
            raise TokenRefused("invalid_request", f"{name} is there twice")
    if request.form.get("grant_type") != "client_credentials":
        raise TokenRefused("unsupported_grant_type", "grant_type must be client_credentials")
    if request.form.get("client_assertion_type") != ASSERTION_TYPE:
        raise TokenRefused("invalid_request", "client_assertion_type is not jwt-bearer")
    asked = request.form.get("scope", "").split()
    if not asked:
        raise TokenRefused("invalid_request", "scope is missing")
    scopes = [scope for scope in ALL_SCOPES if scope in asked]
    if not scopes:
        raise TokenRefused("invalid_scope", "none of these scopes is granted")
    return scopes


def _offered(client_id: str, asked: list[str]) -> list[str]:
    with lms().store.reading() as connection:
        offered = granted_scopes(connection, client_id)
    scopes = [scope for scope in asked if scope in offered]
    if not scopes:
        raise TokenRefused("invalid_scope", "none of these scopes is granted")
    return scopes


def _verified_assertion(*, is_moodle: bool) -> tuple[str, dict[str, Any]]:
    assertion = request.form.get("client_assertion", "")
    tool, kid = _sender(assertion)
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion, lms().tool_keys.find(tool.jwks_url, kid).key, algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
        )  # fmt: skip
    except (UnknownKey, jwt.PyJWTError) as error:
        raise TokenRefused("invalid_client", str(error)) from error
    _check_claims(claims, tool.client_id, is_moodle=is_moodle)
    return tool.client_id, claims


def _sender(assertion: str) -> tuple[Tool, str]:
    """The tool and key that the (not yet verified) assertion names."""
    try:
        header = jwt.get_unverified_header(assertion)
        issuer = jwt.decode(assertion, options={"verify_signature": False}).get("iss")
    except jwt.PyJWTError as error:
        raise TokenRefused("invalid_client", f"client_assertion is not a JWT: {error}") from error
    with lms().store.reading() as connection:
        tool = find_tool(connection, str(issuer))
    if tool is None:
        raise TokenRefused("invalid_client", "iss is no client_id of this platform")
    if not header.get("kid"):
        raise TokenRefused("invalid_client", "the header has no kid")
    return tool, str(header["kid"])


def _check_claims(claims: dict[str, Any], client_id: str, *, is_moodle: bool) -> None:
    now, leeway = lms().now().timestamp(), 0 if is_moodle else LEEWAY_SECONDS
    if claims.get("sub") != client_id:
        raise TokenRefused("invalid_client", "sub must be the client_id")
    if claims.get("aud") not in (f"{lms().issuer}/token", [f"{lms().issuer}/token"]):
        raise TokenRefused("invalid_client", "aud must be exactly the token URL")
    for name in ("iat", "exp"):
        if not isinstance(claims.get(name), int | float) or isinstance(claims.get(name), bool):
            raise TokenRefused("invalid_client", f"{name} is missing or no number")
    if claims["exp"] <= now - leeway or claims["iat"] > now + leeway:
        raise TokenRefused("invalid_client", "the assertion is expired or not yet valid")
    if not isinstance(claims.get("nbf", 0), int | float) or claims.get("nbf", 0) > now + LEEWAY_SECONDS:
        raise TokenRefused("invalid_client", "nbf is no number or lies ahead")
    if not 0 < claims["exp"] - claims["iat"] <= LONGEST_ASSERTION_SECONDS:
        raise TokenRefused("invalid_client", "the assertion is valid for too long")
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        raise TokenRefused("invalid_client", "jti is missing")


def _grant(client_id: str, claims: dict[str, Any], scopes: list[str]) -> dict[str, Any]:
    secret, now = secrets.token_urlsafe(32), lms().now()
    with lms().store.writing() as connection:
        connection.execute("DELETE FROM used_assertion WHERE expires_at < ?", (stamp(now),))
        connection.execute("DELETE FROM access_token WHERE expires_at < ?", (stamp(now - timedelta(days=1)),))
        kept_until = datetime.fromtimestamp(claims["exp"] + LEEWAY_SECONDS, UTC)
        fresh = connection.execute(
            "INSERT OR IGNORE INTO used_assertion (client_id, jti, expires_at) VALUES (?, ?, ?)",
            (client_id, claims["jti"], stamp(kept_until)),
        ).rowcount
        if not fresh:
            raise TokenRefused("invalid_client", "this jti was used before")
        connection.execute(
            "INSERT INTO access_token (hash, client_id, scopes, expires_at) VALUES (?, ?, ?, ?)",
            (hash_token(secret), client_id, " ".join(scopes), stamp(now + timedelta(seconds=TOKEN_SECONDS))),
        )
    return {"access_token": secret, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": " ".join(scopes)}
