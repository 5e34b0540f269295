"""What an administrator copies from this LMS into the tool, as JSON."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from lti_tool.demo.names import ALL_SCOPES
from lti_tool.demo.runtime import Lms, first_tool, lms

blueprint = Blueprint("demo_registration", __name__, url_prefix="/.well-known")


@blueprint.get("/dangke-registration.json")
def registration() -> ResponseReturnValue:
    """The values of this LMS's registration of the tool: issuer, client_id, deployment_id and addresses."""
    with lms().store.reading() as connection:
        tool = first_tool(connection)
    return jsonify(
        {"issuer": lms().issuer, "client_id": tool.client_id, "deployment_id": tool.deployment_id} | urls(lms())
    )


@blueprint.get("/openid-configuration")
def configuration() -> ResponseReturnValue:
    """The platform's OpenID configuration (Security Framework 1.0); there is no dynamic registration yet."""
    addresses = urls(lms())
    return jsonify({
        "issuer": lms().issuer,
        "authorization_endpoint": addresses["auth_url"],
        "token_endpoint": addresses["token_url"],
        "jwks_uri": addresses["jwks_url"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["id_token"],
        "scopes_supported": ["openid", *ALL_SCOPES],
    })  # fmt: skip


def urls(platform: Lms) -> dict[str, str]:
    """The three addresses that a tool must know."""
    base = platform.issuer
    return {"auth_url": f"{base}/auth", "token_url": f"{base}/token", "jwks_url": f"{base}/jwks"}
