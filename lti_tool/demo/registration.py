"""How a tool comes to this LMS: values to copy by hand, and dynamic registration (Dynamic Registration 1.0) as Moodle has it.

An administrator gives us the tool's registration address; we open it in a frame with the address of our configuration and
a registration token, which is good once and for an hour. The tool answers with a POST to the registration endpoint.
"""

import json
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from lti_tool.demo import moodle
from lti_tool.demo.faults import strike
from lti_tool.demo.names import (
    ALL_SCOPES,
    DEEP_LINKING_REQUEST,
    PLATFORM_CONFIGURATION,
    RESOURCE_LINK_REQUEST,
    SCOPE_GROUPS,
)
from lti_tool.demo.names import TOOL_CONFIGURATION as TOOL
from lti_tool.demo.runtime import Lms, first_tool, lms, profile
from lti_tool.demo.store import read_setting, stamp
from lti_tool.demo.tokens import hash_token

blueprint = Blueprint("demo_registration", __name__)

TOKEN_MINUTES = 60
DEPLOYMENT = "1"
VARIABLES = ("User.id", "User.username", "Context.id", "Context.id.history", "ResourceLink.id", "ResourceLink.title")
REQUIRED = ("response_types", "initiate_login_uri", "redirect_uris", "client_name", "jwks_uri",
            "token_endpoint_auth_method")  # fmt: skip


@dataclass
class NotRegistered(Exception):
    """The registration is refused; Moodle says why in plain words or as {error}."""

    status: int
    reason: str


@blueprint.get("/.well-known/dangke-registration.json")
def registration() -> ResponseReturnValue:
    """The values of this LMS's registration of the tool: issuer, client_id, deployment_id and addresses."""
    with lms().store.reading() as connection:
        tool = first_tool(connection)
    return jsonify(
        {"issuer": lms().issuer, "client_id": tool.client_id, "deployment_id": tool.deployment_id} | urls(lms())
    )


@blueprint.get("/.well-known/openid-configuration")
def configuration() -> ResponseReturnValue:
    """The platform's OpenID configuration (Security Framework 1.0, Dynamic Registration 1.0)."""
    answer, _ = strike(lms().faults, "configuration")
    if answer is not None:
        return answer
    addresses = urls(lms())
    with lms().store.reading() as connection:
        is_moodle = profile(connection).is_moodle
    variables = [*VARIABLES, "Moodle.Person.userGroupIds" if is_moodle else "ResourceLink.id.history"]
    return jsonify({
        "issuer": lms().issuer,
        "authorization_endpoint": addresses["auth_url"],
        "token_endpoint": addresses["token_url"],
        "jwks_uri": addresses["jwks_url"],
        "registration_endpoint": f"{lms().issuer}/register-tool",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", *(scope for scope in ALL_SCOPES if scope != SCOPE_GROUPS or not is_moodle)],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        PLATFORM_CONFIGURATION: {
            "product_family_code": moodle.FAMILY if is_moodle else "dangke-demo",
            "version": "4.5.6 (Build: 20250811)" if is_moodle else "1",
            "messages_supported": [{"type": RESOURCE_LINK_REQUEST},
                                   {"type": DEEP_LINKING_REQUEST, "placements": ["ContentArea"]}],
            "variables": variables,
        },
    })  # fmt: skip


@blueprint.post("/register-tool")
def register_tool() -> ResponseReturnValue:
    """A tool registers itself with the token that its administrator's page was given."""
    answer, _ = strike(lms().faults, "registration")
    if answer is not None:
        return answer
    asked = request.get_json(silent=True)
    try:
        tool = _checked(asked)
        with lms().store.writing() as connection:
            client_id = _use_token(connection)
            return jsonify(_store(connection, client_id, tool))
    except NotRegistered as refused:
        if refused.status == 401:
            return jsonify({"error": refused.reason}), 401
        return refused.reason, refused.status, {"Content-Type": "text/plain"}


def new_token(connection: sqlite3.Connection, client_id: str | None = None) -> str:
    """A registration token, for a new tool or for one that shall be brought up to date."""
    secret = secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO registration_token (hash, client_id, expires_at) VALUES (?, ?, ?)",
        (hash_token(secret), client_id or secrets.token_hex(8), stamp(lms().now() + timedelta(minutes=TOKEN_MINUTES))),
    )
    return secret


def urls(platform: Lms) -> dict[str, str]:
    """The three addresses that a tool must know."""
    base = platform.issuer
    return {"auth_url": f"{base}/auth", "token_url": f"{base}/token", "jwks_url": f"{base}/jwks"}


def _use_token(connection: sqlite3.Connection) -> str:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret:
        raise NotRegistered(401, "missing_registration_token")
    row = connection.execute("SELECT * FROM registration_token WHERE hash = ?", (hash_token(secret),)).fetchone()
    if row is None or row["expires_at"] <= stamp(lms().now()):
        raise NotRegistered(404, "<html><title>Error</title>Invalid request</html>")
    if row["used_at"] is not None:
        raise NotRegistered(401, "token_already_used")
    connection.execute("UPDATE registration_token SET used_at = ? WHERE hash = ?", (stamp(lms().now()), row["hash"]))
    return str(row["client_id"])


def _checked(asked: Any) -> dict[str, Any]:
    if not isinstance(asked, dict):
        raise NotRegistered(400, "the body must be a JSON object")
    if asked.get("application_type") != "web":
        raise NotRegistered(400, "invalid_application_type")
    for name in REQUIRED:
        if not asked.get(name):
            raise NotRegistered(400, f"missing required attribute {name}")
    if asked["token_endpoint_auth_method"] != "private_key_jwt" or "id_token" not in asked["response_types"]:
        raise NotRegistered(400, "invalid_attribute")
    if not {"implicit", "client_credentials"} <= set(asked.get("grant_types", ())):
        raise NotRegistered(400, "invalid_grant_types")
    if "scope" in asked and not isinstance(asked["scope"], str):
        raise NotRegistered(400, "invalid_scope")
    _check_tool(asked.get(TOOL))
    return asked


def _check_tool(tool: Any) -> None:
    if not isinstance(tool, dict) or not tool.get("domain"):
        raise NotRegistered(400, "missing_domain")
    if not tool.get("target_link_uri"):
        raise NotRegistered(400, "missing required attribute target_link_uri")
    if urlsplit(tool["target_link_uri"]).netloc != tool["domain"]:
        raise NotRegistered(400, "domain_targetlinkuri_mismatch")


def _store(connection: sqlite3.Connection, client_id: str, asked: dict[str, Any]) -> dict[str, Any]:
    tool, login, launch = asked[TOOL], asked["initiate_login_uri"], asked[TOOL]["target_link_uri"]
    offered = read_setting(connection, "granted_scopes")
    offer = ALL_SCOPES if offered is None else offered.split()
    scopes = " ".join(scope for scope in asked.get("scope", "").split() if scope in offer)
    messages = [one for one in tool.get("messages", ()) if one.get("type") == DEEP_LINKING_REQUEST]
    connection.execute(
        "INSERT INTO tool (client_id, deployment_id, login_url, launch_url, jwks_url, deep_link_url, redirect_uris)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (client_id) DO UPDATE SET login_url = excluded.login_url,"
        " launch_url = excluded.launch_url, jwks_url = excluded.jwks_url, deep_link_url = excluded.deep_link_url,"
        " redirect_uris = excluded.redirect_uris",
        (client_id, DEPLOYMENT, login, launch, asked["jwks_uri"],
         next((one["target_link_uri"] for one in messages if "target_link_uri" in one), launch),
         json.dumps(asked["redirect_uris"])),
    )  # fmt: skip
    connection.execute(
        "INSERT INTO tool_registration (client_id, name, scopes, custom, request, state, registered_at)"
        " VALUES (?, ?, ?, ?, ?, 'pending', ?) ON CONFLICT (client_id) DO UPDATE SET name = excluded.name,"
        " scopes = excluded.scopes, custom = excluded.custom, request = excluded.request",
        (client_id, asked["client_name"], scopes, json.dumps(tool.get("custom_parameters", {})), json.dumps(asked),
         stamp(lms().now())),
    )  # fmt: skip
    answer = {name: value for name, value in asked.items() if name not in {TOOL, "scope"} and "#" not in name}
    kept = {name: value for name, value in tool.items() if name != "messages" and "#" not in name}
    return answer | {
        "client_id": client_id,
        "scope": scopes,
        TOOL: kept | {"version": "1.3.0", "deployment_id": DEPLOYMENT,
                      "messages": [{"type": one["type"]} for one in messages]},
    }  # fmt: skip
