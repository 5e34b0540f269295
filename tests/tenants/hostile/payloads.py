"""What a hostile tenant puts wherever it may put a text."""

from typing import Any

from tests.lms_client import CLAIM, CONTEXT_ROLE

MARK = "PWN"
"""Stands in every payload, so that whatever shows or logs one is found."""
PRODUCT = "62615533"
"""Of 7919 and 7907: a template that ran shows it."""
INVISIBLE = "\u202a\u202b\u202d\u202e\u2066\u2067\u200f\ufeff\x00\x07\x1b[31m"
PAYLOADS = (
    f"{MARK}\"'></title></textarea></script><script>alert(1)</script><img src=x onerror=alert(2)>",
    f"{MARK}{{{{7919*7907}}}}${{7919*7907}}#{{7919*7907}}<%=7919*7907%>{{%raw%}}",
    f'{MARK}\r\nSet-Cookie: pwn=1\r\n\r\n<html>{MARK}\u2028\u2029\x85{{"event": "{MARK}"}}',
    f"{MARK}{INVISIBLE}gpj.exe{INVISIBLE}",
    f"=cmd|'/c calc'!A1 {MARK}",
    f"[{MARK}](javascript:alert(1)) ![{MARK}](data:text/html,x) <javascript:alert(2)> [x]: vbscript:{MARK}",
    f"<svg onload=alert(1)>{MARK}<style>@import'//evil.example/{MARK}'</style><base href=//evil.example><a href=data:x>",
    f"__proto__ constructor {MARK} &lt;script&gt;&#60;script&#62;",
)  # fmt: skip
LONG = f"{MARK}<b>" * 9_400
"""64 kB."""
ALL = " ".join(PAYLOADS)
NEEDED = {"iss", "aud", "azp", "sub", "exp", "iat", "nonce"}
NEEDED |= {CLAIM + name for name in ("message_type", "version", "deployment_id", "target_link_uri")}
KEPT = {"id", "deep_link_return_url", "accept_types", "lineitems", "lineitem", "scope", "activity"}
"""What a launch cannot do without: ids, and the addresses that have tests of their own."""


def hostile(value: Any, payload: str) -> Any:
    """The same structure with the payload in every string but those that are needed, and under names of its own."""
    if isinstance(value, str):
        return payload
    if isinstance(value, list):
        return [*value, *(hostile(each, payload) for each in value)]
    if isinstance(value, dict):
        changed = {name: each if name in KEPT else hostile(each, payload) for name, each in value.items()}
        return changed | {"__proto__": {"role": "Instructor", MARK: payload}, payload[:300]: payload}
    return value


def claims(good: dict[str, Any], role: str, payload: str) -> dict[str, Any]:
    """Every claim a payload, and some that no LMS sends."""
    changed = {name: hostile(value, payload) for name, value in good.items() if name not in NEEDED}
    presentation = {"return_url": f"javascript:alert('{payload}')", "locale": payload, "document_target": payload}
    return {
        **changed,
        "name": payload,
        "given_name": payload,
        "family_name": payload,
        "email": payload,
        "picture": f"javascript:{payload}",
        "locale": payload,
        "__proto__": {"role": "Instructor"},
        CLAIM + "roles": [payload, CONTEXT_ROLE + role],
        CLAIM + "launch_presentation": presentation,
        CLAIM + "ext": {payload[:300]: payload},
        CLAIM + "lis": {"person_sourcedid": payload, "course_section_sourcedid": payload},
    }
