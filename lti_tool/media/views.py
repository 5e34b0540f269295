"""Fetching and uploading media. A reference is served to those who hold a grant of its context, and to nobody else."""

import re
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from lti_tool.core.errors import DangkeError, Invalid, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.logs import log
from lti_tool.core.web import render, runtime, wants_json
from lti_tool.identity import csrf, current
from lti_tool.identity.actor import Can, Carrier
from lti_tool.media import queries, services, tickets
from lti_tool.media.rules import LARGEST, MEGABYTE
from lti_tool.media.storage import Storage

blueprint = Blueprint("media", __name__, url_prefix="/media")

UPLOAD: Final = "media.upload"
ENVELOPE: Final = 64 * 1024
"""What a form around a file may take."""
WITHOUT_HEADER: Final = 30 * MEGABYTE
"""Limit of an upload whose token stands in the form: it must be read before it can be trusted."""
MOST_TICKETS: Final = 50
REFERENCE: Final = re.compile(r"[A-Za-z0-9_-]{16,32}")

# Whatever a browser makes of the bytes, it is a document without rights: no script, no form, no request.
POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"


def _before_the_body_is_read(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the limit of this one view. The whole of it only for a request whose header has been verified."""
    if request.endpoint != UPLOAD or current.token() is None:
        return
    request.max_content_length = WITHOUT_HEADER + ENVELOPE
    carrier = current.token()
    if carrier is not None and carrier[1] is Carrier.bearer:
        with runtime().database.reading_core() as connection:
            is_known = current.asking(connection) is not None
    else:
        is_known = bool(request.headers.get(csrf.HEADER)) and _is_claimed()
    if is_known:
        request.max_content_length = LARGEST + ENVELOPE


def _is_claimed() -> bool:
    try:
        csrf.claimed()
    except DangkeError:
        return False  # csrf.protect refuses it a moment later, with the right words.
    return True


blueprint.url_value_preprocessor(_before_the_body_is_read)


def _storage() -> Storage:
    return Storage(runtime().settings.data_dir)


@blueprint.get("/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """The bytes, whole or in part (RFC 9110 section 14). 404 for whoever holds no grant of the context."""
    ticket = request.args.get("ticket")
    shown = _authorised(reference, ticket)
    path = _storage().path(shown.sha256)
    if not path.is_file():
        log.error("media_missing", file=shown.sha256[:16])
        raise NotFound
    response = _sent(path, shown)
    response.headers["Content-Security-Policy"] = POLICY
    # The bytes of a reference never change; the cache is this person's own browser.
    seconds = 600 if ticket else 86_400
    response.headers["Cache-Control"] = f"private, max-age={seconds}, immutable"
    response.headers.pop("Expires", None)
    return response


def _sent(path: Path, shown: queries.Shown) -> Response:
    """The file, or the one part of it that was asked for; what is no range in bytes is ignored (RFC 9110 section 14.2)."""
    wanted = request.range
    is_partial = wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1
    try:
        response = send_file(
            path,
            mimetype=shown.mime,
            as_attachment=shown.mime == "application/pdf",
            download_name=shown.name,
            conditional=is_partial,
            etag=shown.sha256,
        )
    except RequestedRangeNotSatisfiable:
        return Response(status=416, headers={"Content-Range": f"bytes */{shown.size}"})
    response.headers["Accept-Ranges"] = "bytes"
    if not is_partial:
        response.make_conditional(request.environ)
    return response


def _authorised(reference: str, ticket: str | None) -> queries.Shown:
    """Raises NotFound: not there and not yours look the same."""
    if REFERENCE.fullmatch(reference) is None:
        raise NotFound
    now = runtime().clock.now()
    with runtime().database.reading_core() as connection:
        found = queries.shown(connection, [reference]).get(reference)
        if ticket is None:
            return _own(connection, reference, found)
        if found is None:
            raise NotFound
        grant_id = tickets.grant_of(runtime().keys.derive(tickets.PURPOSE), reference, ticket, now)
        if grant_id is None:
            raise NotFound
        courses = {found.context_id} | queries.copied_to(connection, [reference]).get(reference, set())
        if not queries.is_granted(connection, grant_id, courses, now):
            raise NotFound
    return found


def _own(connection: Connection, reference: str, found: queries.Shown | None) -> queries.Shown:
    """What is shown to a grant of the file's course, or of a course that was copied from it.

    Raises NotFound, after the same statements whether the file is another's or not there.
    """
    asking = current.asking(connection)
    held = {context_id for context_id, grant in asking.grants.items() if grant.can(Can.learn)} if asking else set()
    course = found.context_id if found else None
    if held and course not in held:
        copies = queries.copied_to(connection, [reference]).get(reference, set())
        course = min(copies & held, default=course)
    if found is None or course is None:
        raise NotFound
    current.actor(connection, course, Can.learn)
    return found


@blueprint.post("/tickets")
def issue_tickets() -> ResponseReturnValue:
    """Tickets for the media of a page without cookies: {"references": [...]} to {"tickets": {reference: address}}.

    References that do not exist for the asking person are left out.
    """
    body = request.get_json(silent=True)
    wanted = body.get("references") if isinstance(body, dict) else None
    if not isinstance(wanted, list) or len(wanted) > MOST_TICKETS or not all(isinstance(each, str) for each in wanted):
        raise Invalid
    now = runtime().clock.now()
    secret = runtime().keys.derive(tickets.PURPOSE)
    with runtime().database.reading_core() as connection:
        found = queries.shown(connection, [each for each in wanted if REFERENCE.fullmatch(each)])
        asking = current.asking(connection)
        copies = queries.copied_to(connection, found) if asking else {}
    grants = {key: grant.grant_id for key, grant in asking.grants.items() if grant.can(Can.learn)} if asking else {}
    issued = {}
    for each in found.values():
        courses = [course for course in (each.context_id, *copies.get(each.reference, ())) if course in grants]
        if courses:
            ticket = tickets.issue(secret, each.reference, grants[courses[0]], now)
            issued[each.reference] = url_for("media.show", reference=each.reference, ticket=ticket)
    return jsonify(tickets=issued, seconds=int(tickets.LIFETIME.total_seconds()))


@blueprint.post("")
def upload() -> ResponseReturnValue:
    """Keep one `file` for the course `context`. 201 with its reference, or a page that shows how to use it."""
    context = request.form.get("context", "")
    if not context.isdecimal() or len(context) > 18:
        raise NotFound
    with runtime().database.reading_core() as connection:
        actor = current.actor(connection, int(context), Can.author)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid(_l("No file was chosen."), action=_l("Choose a file and send it again."))
    blob = _storage().keep(sent.stream)
    with runtime().database.writing() as session:
        kept = services.register(session, blob=blob, name=sent.filename, actor=actor, now=runtime().clock.now())
        reference, name = kept.reference, kept.name
    address = url_for("media.show", reference=reference)
    if wants_json():
        pixels = blob.pixels
        body = {
            "reference": reference,
            "url": address,
            "name": name,
            "mime": blob.mime,
            "size": blob.size,
            "width": pixels.width if pixels else None,
            "height": pixels.height if pixels else None,
        }
        return jsonify(body), 201
    return render("media/uploaded.html", address=address, name=name, mime=blob.mime), 201
