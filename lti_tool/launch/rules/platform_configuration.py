"""What an LMS says of itself for dynamic registration: its OpenID configuration (Dynamic Registration 1.0, 3.5), checked.

Nothing here is believed for being said: addresses must be https and lie where the issuer does, or be shown to whoever
confirms.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from lti_tool.core.text import clean_claim
from lti_tool.launch.rules.urls import http_url

PLATFORM: Final = "https://purl.imsglobal.org/spec/lti-platform-configuration"
LARGEST: Final = 256 * 1024
LONGEST_ADDRESS: Final = 1000
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

EXCEPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "https://blackboard.com": ("developer.blackboard.com",),
    "https://canvas.instructure.com": (".instructure.com", "sso.canvaslms.com"),
    "https://canvas.beta.instructure.com": (".beta.instructure.com", "sso.beta.canvaslms.com"),
    "https://canvas.test.instructure.com": (".test.instructure.com", "sso.test.canvaslms.com"),
}
"""Issuers whose configuration stands on other hosts (DR-03); a leading dot means any host below."""


class Unusable(Exception):
    """The LMS's configuration or answer cannot be used: `code` says why, `name` which field, `said` what the LMS said."""

    def __init__(self, code: str, name: str = "", said: str = "") -> None:
        super().__init__(f"{code} {name}".strip())
        self.code, self.name, self.said = code, name, said


@dataclass(frozen=True, slots=True)
class Message:
    """A message type that the LMS can send, and where it can be placed."""

    type: str
    placements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlatformConfiguration:
    """The checked configuration of an LMS."""

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    audience: str | None
    """`authorization_server` of LMSs that want another `aud` than the token URL."""
    family: str
    version: str
    scopes: tuple[str, ...]
    claims: tuple[str, ...]
    variables: tuple[str, ...]
    messages: tuple[Message, ...]
    foreign: tuple[str, ...]
    """Hosts of its addresses that are not the issuer's, also where they are known exceptions: shown, and confirmed."""

    @property
    def host(self) -> str:
        """Host and port of the issuer."""
        return _host(self.issuer)


def read_configuration(body: bytes, address: str, *, is_lenient: bool) -> PlatformConfiguration:
    """Read the configuration that `address` gave. `is_lenient` lets loopback speak plain http.

    Raises Unusable: no JSON object, a field is missing or no https address, the issuer lies elsewhere than `address`.
    """
    found = _object(body)
    issuer = _text(found, "issuer")
    check_address(issuer, "issuer", is_lenient=is_lenient)
    if len(issuer) > 255 or urlsplit(issuer).query or urlsplit(issuer).fragment:
        raise Unusable("bad_address", "issuer")
    if not _belongs(_host(address), issuer):
        raise Unusable("foreign_issuer", "issuer")
    endpoints = {name: _text(found, name) for name in (
        "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")}  # fmt: skip
    for name, url in endpoints.items():
        check_address(url, name, is_lenient=is_lenient)
    described = found.get(PLATFORM)
    if not isinstance(described, dict):
        raise Unusable("missing", PLATFORM.rsplit("/", 1)[1])
    hosts = dict.fromkeys(_host(url) for url in (address, *endpoints.values()))
    audience = found.get("authorization_server")
    return PlatformConfiguration(
        issuer=issuer,
        auth_url=endpoints["authorization_endpoint"],
        token_url=endpoints["token_endpoint"],
        jwks_url=endpoints["jwks_uri"],
        registration_url=endpoints["registration_endpoint"],
        audience=audience if isinstance(audience, str) and 0 < len(audience) <= LONGEST_ADDRESS else None,
        family=clean_claim(described.get("product_family_code"), 40),
        version=clean_claim(described.get("version"), 60),
        scopes=_texts(found.get("scopes_supported")),
        claims=_texts(found.get("claims_supported")),
        variables=_texts(described.get("variables")),
        messages=_messages(described.get("messages_supported")),
        foreign=tuple(host for host in hosts if host != _host(issuer)),
    )


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > LARGEST:
        raise Unusable("too_large")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Unusable("not_json") from None
    if not isinstance(found, dict):
        raise Unusable("not_json")
    return found


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise Unusable("missing", name)
    return value


def check_address(value: str, name: str, *, is_lenient: bool) -> None:
    """Raise Unusable unless `value` is an https address (plain http on loopback where that is allowed)."""
    if not http_url(value, longest=LONGEST_ADDRESS):
        raise Unusable("bad_address", name)
    parts = urlsplit(value)
    if parts.scheme != "https" and not (is_lenient and parts.hostname in LOOPBACK):
        raise Unusable("not_https", name)


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _belongs(host: str, issuer: str) -> bool:
    """Whether a host is the issuer's own, or one that is known for this issuer."""
    known = EXCEPTIONS.get(issuer, ())
    return host == _host(issuer) or any(
        host.endswith(name) and len(host) > len(name) if name.startswith(".") else host == name for name in known
    )


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(text[:200] for text in value[:200] if isinstance(text, str) and text)


def _messages(value: object) -> tuple[Message, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(
        Message(one["type"], _texts(one.get("placements")))
        for one in value[:50]
        if isinstance(one, dict) and isinstance(one.get("type"), str)
    )
