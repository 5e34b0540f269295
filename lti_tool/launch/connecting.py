"""What to copy into which LMS, and what to bring back from it: tables for the command line and the console.

The names of fields are those of each LMS's own English pages. None but Moodle's was tried on a real one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.launch.rules.tool_configuration import CUSTOM

TOOL_URL, LOGIN, REDIRECT, KEYS, ICON, DOMAIN = "tool", "login", "redirect", "keys", "icon", "domain"
CUSTOM_LINES = "custom"
COPIES = "copies"
"""Of the custom parameters the one that Moodle knows; it sends variables that it does not know as they are written."""
_CONTEXTS: Final = "context_id_history"


@dataclass(frozen=True, slots=True)
class Lms:
    """One kind of LMS: where its form is, which field takes which value of ours, and where ours to know are shown."""

    label: str
    place: Any
    fields: tuple[tuple[str, str], ...]
    """(name of the field there, which of our values, or the choice to make there in plain words)."""
    brings: Mapping[str, str]
    """Member of registration.json to the LMS's name for it."""
    hint: Any = ""


_USUAL: Final = {
    "issuer": "Issuer / Platform ID",
    "client_id": "Client ID",
    "deployment_ids": "Deployment ID",
    "auth_url": "Authentication request URL",
    "token_url": "Access token URL",
    "jwks_url": "Public keyset URL",
}

LMSS: Final[Mapping[str, Lms]] = {
    "moodle": Lms(
        "Moodle",
        _l("Site administration, Plugins, External tool, Manage tools, Configure a tool manually"),
        (
            ("Tool URL", TOOL_URL),
            ("LTI version", "LTI 1.3"),
            ("Public key type", "Keyset URL"),
            ("Public keyset", KEYS),
            ("Initiate login URL", LOGIN),
            ("Redirection URI(s)", REDIRECT),
            ("Custom parameters", COPIES),
            ("Content selection URL", TOOL_URL),
            ("Icon URL", ICON),
            ("IMS LTI Assignment and Grade Services", "Use this service for grade sync and column management"),
            ("IMS LTI Names and Role Provisioning", "Use this service to retrieve members' information"),
            ("Share launcher's name with tool", "Always"),
            ("Share launcher's email with tool", "Never"),
        ),
        {**_USUAL, "issuer": "Platform ID"},
        _l(
            "`dangke invite` does all of this by one link; the values to bring back stand under the list icon of the tool's card."
        ),
    ),
    "canvas": Lms(
        "Canvas",
        _l("Admin, Developer Keys, + Developer Key, LTI Key, Manual Entry"),
        (
            ("Redirect URIs", REDIRECT),
            ("Target Link URI", TOOL_URL),
            ("OpenID Connect Initiation Url", LOGIN),
            ("JWK Method", "Public JWK URL"),
            ("Public JWK URL", KEYS),
            ("LTI Advantage Services", "all of assignments and grades; names and roles"),
            ("Custom Fields", CUSTOM_LINES),
            ("Placements", "Assignment Selection, Link Selection (LtiDeepLinkingRequest)"),
            ("Privacy Level", "Name only"),
        ),
        {**_USUAL, "client_id": "the number in the Details column", "deployment_ids": "App settings, Deployment Id"},
        _l("On hosted Canvas the issuer is https://canvas.instructure.com for every school."),
    ),
    "chaoxing": Lms(
        "超星学习通 / Chaoxing",
        _l("Ask Chaoxing's support to register an LTI 1.3 tool for your school"),
        (("Launch URL", TOOL_URL), ("Login URL", LOGIN), ("Redirect URI", REDIRECT), ("JWKS URL", KEYS)),
        _USUAL,
        _l("Not tried on a real one; every value can be changed per registration."),
    ),
    "openedx": Lms(
        "Open edX",
        _l("Studio, LTI Consumer component, Edit; version LTI 1.3"),
        (
            ("Tool Launch URL", TOOL_URL),
            ("Tool Initiate Login URL", LOGIN),
            ("Registered Redirect URIs", REDIRECT),
            ("Tool Public Key Mode", "Keyset URL"),
            ("Tool Keyset URL", KEYS),
            ("Deep Linking Launch URL", TOOL_URL),
            ("LTI Assignment and Grades Service", "Programmatic"),
            ("Enable LTI NRPS", "True"),
        ),
        _USUAL,
    ),
    "blackboard": Lms(
        "Blackboard",
        _l("developer.blackboard.com, My Apps, Register; then Administrator Panel, LTI Tool Providers"),
        (
            ("Domain(s)", DOMAIN),
            ("Login Initiation URL", LOGIN),
            ("Tool Redirect URL(s)", REDIRECT),
            ("Tool JWKS URL", KEYS),
            ("Signing Algorithm", "RS256"),
            ("Custom Parameters", CUSTOM_LINES),
        ),
        {**_USUAL, "client_id": "Application ID"},
    ),
    "brightspace": Lms(
        "Brightspace",
        _l("Admin Tools, Manage Extensibility, LTI Advantage, Register Tool"),
        (
            ("Domain", DOMAIN),
            ("Redirect URLs", REDIRECT),
            ("OpenID Connect Login URL", LOGIN),
            ("Target Link URI", TOOL_URL),
            ("Keyset URL", KEYS),
            ("Extensions", "Assignment and Grade Services, Names and Role Provisioning, Deep Linking"),
            ("Substitution Parameters", CUSTOM_LINES),
        ),
        {**_USUAL, "audience": "https://api.brightspace.com/auth/token"},
        _l('Its audience is fixed: put "audience" into registration.json.'),
    ),
    "sakai": Lms(
        "Sakai",
        _l("Administration Workspace, External Tools, Install LTI 1.x Tool"),
        (
            ("Launch URL", TOOL_URL),
            ("LTI 1.3 Tool Keyset URL", KEYS),
            ("LTI 1.3 Tool OpenID Connect/Initialization Endpoint", LOGIN),
            ("LTI 1.3 Tool Redirect Endpoint(s)", REDIRECT),
            ("Custom parameters", CUSTOM_LINES),
        ),
        _USUAL,
    ),
    "other": Lms(
        "LTI 1.3",
        _l("wherever your LMS registers LTI 1.3 tools"),
        (
            ("Tool URL, launch URL, target link URI", TOOL_URL),
            ("Initiate login URL", LOGIN),
            ("Redirection URI", REDIRECT),
            ("Public keyset URL", KEYS),
            ("Content selection (deep linking) URL", TOOL_URL),
            ("Icon URL", ICON),
            ("Custom parameters", CUSTOM_LINES),
        ),
        _USUAL,
    ),
}


def values(public_url: str, icon: str) -> dict[str, str]:
    """Our values by name; lines of custom parameters are separated by newlines."""
    return {
        TOOL_URL: f"{public_url}/lti/launch",
        LOGIN: f"{public_url}/lti/login",
        REDIRECT: f"{public_url}/lti/launch",
        KEYS: f"{public_url}/lti/jwks.json",
        ICON: f"{public_url}{icon}",
        CUSTOM_LINES: "\n".join(f"{name}={value}" for name, value in CUSTOM.items()),
        COPIES: f"{_CONTEXTS}={CUSTOM[_CONTEXTS]}",
        DOMAIN: urlsplit(public_url).netloc,
    }


def paste_table(lms: str, public_url: str, icon: str) -> list[tuple[str, str]]:
    """(field of the LMS's form, what to enter) for one kind of LMS. Raises KeyError for an unknown one."""
    ours = values(public_url, icon)
    return [(name, ours.get(value, value)) for name, value in LMSS[lms].fields]
