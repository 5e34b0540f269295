"""The blueprint `launch`, and how a refusal is answered: page, log line, row, counter."""

import hashlib
import re
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from lti_tool.core import security
from lti_tool.core.database import Busy
from lti_tool.core.i18n import Language
from lti_tool.core.i18n.language import speaking
from lti_tool.core.logs import log
from lti_tool.core.metrics import LAUNCH_FAILURES
from lti_tool.core.web import render, request_id, runtime
from lti_tool.launch.edge import edge_of
from lti_tool.launch.reasons import HEADLINE, REASONS
from lti_tool.launch.refused import Refused
from lti_tool.launch.registry import Known
from lti_tool.launch.rules import token
from lti_tool.launch.rules.urls import client_address, way_back
from lti_tool.launch.services import logins

blueprint = Blueprint("launch", __name__, url_prefix="/lti", template_folder="../templates")


@dataclass(slots=True)
class Facts:
    """What is known so far about the present login or launch, for the log and the page. Nothing about a person."""

    known: Known | None = None
    issuer: object = None
    client_id: object = None
    deployment_id: object = None
    kid: object = None
    algorithm: object = None
    message_type: object = None
    nonce: object = None
    return_url: str = ""
    locale: str = ""


def facts() -> Facts:
    """The facts of this request."""
    if "launch_facts" not in g:
        g.launch_facts = Facts()
    found: Facts = g.launch_facts
    return found


def address() -> str:
    """The address that this request comes from, behind our own proxies."""
    return client_address(
        request.remote_addr, request.headers.get("X-Forwarded-For"), runtime().settings.trusted_proxies
    )


def note(event: str, **more: object) -> None:
    """One log line: codes and ids only; what is personal or secret is not in `Facts`."""
    told = facts()
    log.info(
        event,
        ref=request_id(),
        iss=told_id(told.issuer),
        client_id=told_id(told.client_id),
        deployment_id=told_id(told.deployment_id),
        kid=told_id(told.kid),
        alg=told_id(told.algorithm),
        message_type=told_id(told.message_type),
        nonce=hashlib.sha256(told.nonce.encode(errors="replace")).hexdigest()[:12]
        if isinstance(told.nonce, str)
        else None,
        addr=address(),
        **more,
    )


_AN_ID = re.compile(r"[A-Za-z0-9._:/@+=~%,-]{1,255}")
"""What LMSs use in issuers, ids and names of messages: no space, no quote, no bracket, no query."""


def told_id(value: object) -> str | None:
    """An id that somebody has sent, for the log; of any other text only a hash, by which two of them can be compared."""
    if not isinstance(value, str):
        return None
    if _AN_ID.fullmatch(value):
        return value
    return f"odd:{hashlib.sha256(value.encode(errors='replace')).hexdigest()[:12]}"


@blueprint.errorhandler(Refused)
def refuse(refused: Refused) -> ResponseReturnValue:
    """Answer a refusal. Past 60 of them in a minute, an address gets 429 and leaves no more rows."""
    now, told = runtime().clock.now(), facts()
    reason = refused.reason
    if reason != "too_many" and not edge_of(runtime()).failures.hit(address(), now):
        reason = "too_many"
    if reason != "too_many" and told.known is None:
        _whose_login(told, now)
    LAUNCH_FAILURES.labels(str(told.known.id) if told.known else "", refused.reason).inc()
    note("launch_refused", reason=refused.reason, **refused.facts)
    if reason != "too_many":
        _write_down(reason, told.known.id if told.known else None)
    return _page(reason, told)


def _whose_login(told: Facts, now: datetime) -> None:
    """Refused before a token told who sends it: the login's own LMS, in whose frame the page is to be seen."""
    try:
        state = token.check_state(request.form.get("state") or request.values.get("s"))
        with runtime().database.reading_core() as connection:
            begun = logins.begun_at(connection, state)
        if begun is not None:
            told.issuer, told.client_id = begun
            told.known = edge_of(runtime()).registry.find(*begun, None, now)
    except Refused:
        return  # No state of ours, or an LMS that was switched off meanwhile.


def _write_down(reason: str, registration_id: int | None) -> None:
    """A row for the operator, in a transaction of its own; a busy database must not hide the real refusal."""
    try:
        with runtime().database.writing_core() as connection:
            logins.record_failure(
                connection,
                reason=reason,
                reference=request_id(),
                registration_id=registration_id,
                now=runtime().clock.now(),
            )
    except Busy:
        log.warning("launch_failure_not_written", ref=request_id(), reason=reason)


def _page(reason: str, told: Facts) -> ResponseReturnValue:
    if told.known:
        security.allow_frames(told.known.frame_origins)
    shown, reference = REASONS[reason], request_id()
    language = Language.of(told.locale)
    with speaking(language) if language else nullcontext():
        sentence = shown.words(told.deployment_id)
        back = way_back(told.return_url, message=sentence, log=f"{shown.code} {reference}", is_error=True)
        page = render(
            "error.html", message=HEADLINE, action=sentence, code=shown.code, reference=reference, kept="",
            return_url=back,
        )  # fmt: skip
    return page, shown.status
