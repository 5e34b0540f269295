"""Addresses that come from outside, and the authentication request that we send the browser to."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit

_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\x9f\\\"<>`{}|^\s]|[\ud800-\udfff]")
# Hosts stand in headers of ours (Content-Security-Policy): nothing there may end a directive or be no ASCII.
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?")
LONGEST = 2000


def http_url(value: object, *, longest: int = LONGEST) -> str:
    """`value` if it is an absolute http(s) URL without user, blanks, quotes or backslashes, and its host is ASCII; else ''."""
    if not isinstance(value, str) or len(value) > longest or _NOT_IN_URLS.search(value):
        return ""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return ""
    is_good = parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.netloc)
    return value if is_good else ""


def origin(url: str) -> str:
    """Scheme, host and port of a URL; '' for anything else."""
    if not http_url(url):
        return ""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_frame_origin(value: str) -> bool:
    """Whether this may stand in frame-ancestors: an origin, or `https://*.example.edu` for all hosts under a name."""
    plain = value.replace("://*.", "://any.", 1)
    return "*" not in plain and origin(plain) == plain


def nearly(issuer: str, known: Iterable[str]) -> str | None:
    """The known issuer that differs from this one by case, blanks or a slash at the end only (OL-13), or None.

    It decides nothing: issuers are compared character by character. It tells the operator what was probably meant.
    """
    plain = _plain(issuer)
    return next((each for each in known if each != issuer and _plain(each) == plain), None)


def _plain(issuer: str) -> str:
    return issuer.strip().rstrip("/").casefold()


def is_own(target: str, own_origin: str, paths: frozenset[str]) -> bool:
    """Whether `target` is one of our launch addresses: same origin, known path (OL-14). Its query is nobody's business."""
    if not http_url(target):
        return False
    parts = urlsplit(target)
    return f"{parts.scheme}://{parts.netloc}" == own_origin and parts.path in paths and not parts.fragment


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """`url` with more parameters; a query that is there stays (OL-16). Everything is percent-encoded (OL-18)."""
    more = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters.items())
    base, _, fragment = url.partition("#")
    mark = "" if base.endswith(("?", "&")) else "&" if "?" in base else "?"
    return f"{base}{mark}{more}" + (f"#{fragment}" if fragment else "")


def way_back(return_url: str, *, message: str = "", log: str = "", is_error: bool = False) -> str:
    """The LMS's return address with what it may show to the person and what it may write into its log (Core 5.4.4, LP-03).

    '' stays ''. What stands in the address already stays.
    """
    if not return_url:
        return ""
    names = ("lti_errormsg", "lti_errorlog") if is_error else ("lti_msg", "lti_log")
    said = {name: text for name, text in zip(names, (message, log), strict=True) if text}
    return with_query(return_url, said) if said else return_url


def authentication_request(
    auth_url: str,
    *,
    client_id: str,
    redirect_uri: str,
    state: str,
    nonce: str,
    login_hint: str,
    message_hint: str | None,
) -> str:
    """The address of step 2 of the login (Security Framework 1.0, 5.1.1.2). Hints go back byte for byte."""
    parameters = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": nonce,
        "login_hint": login_hint,
    }
    if message_hint is not None:
        parameters["lti_message_hint"] = message_hint
    return with_query(auth_url, parameters)


def client_address(remote: str | None, forwarded_for: str | None, hops: int) -> str:
    """Whose request this is. `hops` says how many proxies of ours wrote into X-Forwarded-For; 0 ignores the header."""
    listed = [part.strip() for part in (forwarded_for or "").split(",") if part.strip()]
    if hops <= 0 or not listed:
        return remote or ""
    return listed[-min(hops, len(listed))][:64]
