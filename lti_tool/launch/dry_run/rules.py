"""What an answer of an LMS means for a registration: pure decisions, with the traps that real LMSs set.

A verdict is a code; `words.py` says it in both languages. What was heard is a value, so that every trap is a row of a table.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final

CLOCK_LIMIT: Final = 30
"""Seconds that two clocks may be apart: Moodle has no leeway at all, and tokens of launches have 60."""

_SERVICES: Final = re.compile(r"/scope/([a-z.]+)$")


class Step(StrEnum):
    """The steps of a dry run, in their order."""

    registration = "registration"
    key_set = "key_set"
    clock = "clock"
    our_key = "our_key"
    token = "token"  # noqa: S105 - the name of a step
    scopes = "scopes"
    our_key_set = "our_key_set"
    redirect = "redirect"


class Outcome(StrEnum):
    """How a step went. A hint is something that cannot be told from here, or that may be meant."""

    ok = "ok"
    hint = "hint"
    fault = "fault"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One step judged: `code` names the words, `facts` what stands in them."""

    step: Step
    outcome: Outcome
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """One exchange: the answer, or `failure`, the reason why there was none."""

    status: int = 0
    body: bytes = b""
    media: str = ""
    date: str = ""
    location: str = ""
    failure: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it is a web page, whatever its media type says (Moodle sends JSON as text/html)."""
        start = self.body[:500].lstrip().lower()
        return start.startswith((b"<!doctype", b"<html", b"<")) or (b"<html" in start)

    @property
    def json(self) -> Any:
        """The body's JSON, or None."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def text(self) -> str:
        """The beginning of the body, for a look at its words."""
        return self.body[:4000].decode("utf-8", "replace")


_FAILURES: Final = {
    "private_address": "private_address",
    "plain_http": "plain_http",
    "certificate": "certificate",
    "unknown_name": "unknown_name",
}
_SILENT: Final = frozenset({"timed_out", "connect_timed_out"})


def no_answer(step: Step, heard: Heard, host: str) -> Verdict:
    """What it means that nothing was heard from an address of the LMS."""
    code = _FAILURES.get(heard.failure) or ("silent" if heard.failure in _SILENT else "unreachable")
    return Verdict(step, Outcome.fault, code, {"host": host, "reason": heard.failure})


def judge_registration(*, is_active: bool, is_pending: bool, deployments: int, family: str) -> Verdict:
    """Whether launches can be taken at all."""
    step = Step.registration
    if not is_active:
        return Verdict(step, Outcome.fault, "switched_off")
    if not deployments:
        return Verdict(step, Outcome.hint, "no_deployment")
    if is_pending:
        return Verdict(step, Outcome.hint, "pending_moodle" if family == "moodle" else "pending")
    return Verdict(step, Outcome.ok, "registered")


def judge_key_set(heard: Heard, usable: int | None, host: str) -> Verdict:
    """The LMS's key set; `usable` says how many of its keys can verify a launch, None that it is no key set."""
    step = Step.key_set
    if heard.failure:
        return no_answer(step, heard, host)
    if heard.status != 200:
        return Verdict(step, Outcome.fault, "key_set_status", {"status": str(heard.status), "host": host})
    if usable is None:
        return Verdict(step, Outcome.fault, "key_set_page" if heard.is_page else "key_set_unreadable", {"host": host})
    if not usable:
        return Verdict(step, Outcome.fault, "key_set_empty", {"host": host})
    return Verdict(step, Outcome.ok, "key_set_good", {"count": str(usable)})


def judge_clock(date: str, now: datetime) -> Verdict:
    """How far the LMS's clock is from ours, by the Date header of an answer."""
    step = Step.clock
    try:
        theirs = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return Verdict(step, Outcome.hint, "clock_untold")
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    ahead = round((theirs - now).total_seconds())
    facts = {"seconds": str(abs(ahead))}
    if abs(ahead) <= CLOCK_LIMIT:
        return Verdict(step, Outcome.ok, "clock_good", facts)
    return Verdict(step, Outcome.fault, "clock_ahead" if ahead > 0 else "clock_behind", facts)


def judge_token(heard: Heard, *, family: str, host: str) -> Verdict:
    """The token endpoint's answer to a signed request, with what Moodle and others say for which mistake."""
    step = Step.token
    if heard.failure:
        return no_answer(step, heard, host)
    if 300 <= heard.status < 400:
        return Verdict(step, Outcome.fault, "token_redirect", {"host": host})
    found = heard.json
    if 200 <= heard.status < 300:
        return _granted(heard, found, host)
    if heard.status == 404:
        return Verdict(step, Outcome.fault, "curl_block_list" if _is_moodle(family, heard) else "token_nowhere")
    if heard.status >= 500:
        return Verdict(step, Outcome.fault, "token_down", {"status": str(heard.status)})
    code = _refusal(heard, found)
    if code == "kid_unknown" and _is_moodle(family, heard):
        code = "kid_unknown_moodle"
    return Verdict(step, Outcome.fault, code, {"status": str(heard.status), "said": said(heard)})


def _granted(heard: Heard, found: Any, host: str) -> Verdict:
    if heard.is_page:
        return Verdict(Step.token, Outcome.fault, "token_page", {"host": host})
    if not isinstance(found, dict) or not isinstance(found.get("access_token"), str) or not found["access_token"]:
        return Verdict(Step.token, Outcome.fault, "token_unreadable", {"host": host})
    return Verdict(Step.token, Outcome.ok, "token_good")


def _is_moodle(family: str, heard: Heard) -> bool:
    return family.lower() == "moodle" or b"moodle" in heard.body[:4000].lower()


def _refusal(heard: Heard, found: Any) -> str:
    """The code of a 4xx of the token endpoint."""
    words = heard.text.lower()
    error = str(found.get("error", "")).lower() if isinstance(found, dict) else ""
    # Moodle puts the exception's text into a JSON that it does not quote: the text is looked at, not the JSON.
    if '"kid" invalid' in words or "unable to lookup correct key" in words or "kid not found" in words:
        return "kid_unknown"
    if "iat prior" in words or "expired token" in words or "token is expired" in words or "used before" in words:
        return "token_clock"
    if error == "invalid_scope" or "invalid_scope" in words:
        return "no_scope"
    if "audience" in words or re.search(r"\baud\b", words):
        return "audience"
    if error in {"invalid_client", "unauthorized_client"} or "invalid_client" in words:
        return "invalid_client"
    return "token_refused"


def said(heard: Heard) -> str:
    """The LMS's own short words for a refusal, as far as it has any; never a whole page."""
    found = heard.json
    if isinstance(found, dict):
        texts = [found.get(name) for name in ("error", "error_description", "message")]
        return " ".join(text for text in texts if isinstance(text, str))[:200]
    return "" if heard.is_page else " ".join(heard.text.split())[:200]


def granted_scopes(heard: Heard, asked: Sequence[str]) -> tuple[str, ...]:
    """The scopes of a token answer; an LMS that does not name them has given all (RFC 6749, 5.1)."""
    found = heard.json
    named = found.get("scope") if isinstance(found, dict) else None
    if not isinstance(named, str) or not named.strip():
        return tuple(asked)
    given = set(named.split())
    return tuple(scope for scope in asked if scope in given)


def judge_scopes(asked: Sequence[str], given: Sequence[str], family: str) -> Verdict:
    """Which services work with what the LMS allows."""
    step = Step.scopes
    missing = [scope for scope in asked if scope not in given]
    facts = {"missing": ", ".join(map(_service, missing)), "given": ", ".join(map(_service, given))}
    if not missing:
        return Verdict(step, Outcome.ok, "scopes_all")
    if not any(scope.endswith("/scope/score") for scope in given):
        return Verdict(step, Outcome.fault, "no_scores_moodle" if family == "moodle" else "no_scores", facts)
    return Verdict(step, Outcome.hint, "scopes_some", facts)


def _service(scope: str) -> str:
    found = _SERVICES.search(scope)
    return found[1] if found else scope


def judge_our_key_set(heard: Heard, kids: Sequence[str] | None, kid: str, *, is_token_given: bool, url: str) -> Verdict:
    """Our own key set as one sees it from outside; `kids` are those that it shows, None that it is no key set.

    A token that was given proves that the LMS has our key, whatever we see from here.
    """
    step, facts = Step.our_key_set, {"url": url, "kid": kid}
    if is_token_given:
        return Verdict(step, Outcome.ok, "ours_fetched", facts)
    if heard.failure == "private_address":
        return Verdict(step, Outcome.hint, "ours_private", facts)
    if heard.failure:
        return Verdict(step, Outcome.hint, "ours_untold", facts | {"reason": heard.failure})
    if heard.status != 200 or kids is None:
        return Verdict(step, Outcome.fault, "ours_no_key_set", facts | {"status": str(heard.status)})
    if kid not in kids:
        return Verdict(step, Outcome.fault, "ours_other_keys", facts)
    return Verdict(step, Outcome.ok, "ours_seen", facts)


def judge_redirect(heard: Heard | None, redirect_uri: str, *, has_launched: bool) -> Verdict:
    """Whether the LMS knows our redirect URI, as far as its authorization endpoint tells a stranger.

    `heard` None: not asked, because somebody has launched and so has proved it.
    """
    step, facts = Step.redirect, {"uri": redirect_uri}
    if has_launched:
        return Verdict(step, Outcome.ok, "redirect_proved", facts)
    if heard is None or heard.failure:
        return Verdict(step, Outcome.hint, "redirect_untold", facts)
    if heard.location.startswith(redirect_uri) or f'action="{redirect_uri}' in heard.text:
        return Verdict(step, Outcome.ok, "redirect_known", facts)
    if heard.status >= 400 and "redirect" in heard.text.lower():
        return Verdict(step, Outcome.fault, "redirect_unknown", facts)
    return Verdict(step, Outcome.hint, "redirect_untold", facts)


def first_fault(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The step that has to be mended first; the others often follow from it."""
    return next((verdict for verdict in verdicts if verdict.outcome is Outcome.fault), None)
