"""What we ask an LMS for when we register there: addresses, scopes, claims, messages, custom parameters (DR-05, DR-15).

We ask for what the product uses and nothing else: no e-mail address, no picture.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from lti_tool.launch.rules.claims import (
    DATA_PRIVACY,
    DEEP_LINKING,
    RESOURCE_LINK,
    SCORE_SCOPE,
    SUBMISSION_REVIEW,
)
from lti_tool.launch.rules.custom import HISTORY
from lti_tool.launch.rules.dates import DATES
from lti_tool.launch.rules.platform_configuration import PlatformConfiguration

TOOL: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"
ROSTER_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
_AGS: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCOPES: Final = (
    f"{_AGS}lineitem",
    f"{_AGS}lineitem.readonly",
    f"{_AGS}result.readonly",
    SCORE_SCOPE,
    ROSTER_SCOPE,
)
"""All that the product ever asks a token for."""

CLAIMS: Final = ("iss", "sub", "name", "given_name", "family_name")
CONTENT: Final = "ContentArea"

CUSTOM: Final[Mapping[str, str]] = {**HISTORY, **DATES}
"""Custom parameters of every launch: where a copied course came from, the LMS's own dates."""


def registration_request(
    public_url: str, platform: PlatformConfiguration, *, launch: str, login: str, jwks: str, icon: str, privacy: str
) -> dict[str, Any]:
    """The body of the registration POST; the last five are paths of ours."""
    target = public_url + launch
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["client_credentials", "implicit"],
        "initiate_login_uri": public_url + login,
        "redirect_uris": [target],
        "client_name": "党课",
        "client_name#zh-CN": "党课",
        "client_name#en": "Dangke",
        "jwks_uri": public_url + jwks,
        "logo_uri": public_url + icon,
        "client_uri": public_url,
        "policy_uri": public_url + privacy,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(wanted_scopes(platform)),
        TOOL: {
            "domain": urlsplit(public_url).netloc,
            "description": "微课、限时测验和讨论 · Micro-lessons, timed quizzes and discussions",
            "target_link_uri": target,
            "custom_parameters": wanted_custom(platform),
            "claims": list(wanted_claims(platform)),
            "messages": wanted_messages(platform, target, public_url + icon),
        },
    }


def wanted_scopes(platform: PlatformConfiguration) -> tuple[str, ...]:
    """Our scopes that the LMS offers; all of them where it does not say."""
    return tuple(scope for scope in SCOPES if not platform.scopes or scope in platform.scopes)


def wanted_claims(platform: PlatformConfiguration) -> tuple[str, ...]:
    """Our claims that the LMS offers; all of them where it does not say."""
    return tuple(claim for claim in CLAIMS if not platform.claims or claim in platform.claims)


def wanted_custom(platform: PlatformConfiguration) -> dict[str, str]:
    """Custom parameters whose variables the LMS knows; the others would come back as they are (Moodle does that)."""
    known = {variable.removeprefix("$") for variable in platform.variables}
    return {name: value for name, value in CUSTOM.items() if not known or value.removeprefix("$") in known}


def wanted_messages(platform: PlatformConfiguration, target: str, icon: str) -> list[dict[str, Any]]:
    """Launches and deep linking; submission review and data privacy where the LMS lists them."""
    offered = {message.type: message.placements for message in platform.messages}
    messages: list[dict[str, Any]] = [{"type": RESOURCE_LINK, "target_link_uri": target, "icon_uri": icon}]
    if not offered or DEEP_LINKING in offered:
        places = offered.get(DEEP_LINKING, ())
        messages.append({
            "type": DEEP_LINKING,
            "target_link_uri": target,
            "icon_uri": icon,
            "label": "添加党课内容",
            "label#zh-CN": "添加党课内容",
            "label#en": "Add Dangke content",
            **({"placements": [CONTENT]} if CONTENT in places or not places else {}),
        })  # fmt: skip
    messages += [
        {"type": each, "target_link_uri": target} for each in (SUBMISSION_REVIEW, DATA_PRIVACY) if each in offered
    ]
    return messages
