"""Our key pairs: the steps of `dangke keys`, without any way to their private halves."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.admin.views.blueprint import blueprint, note, page
from lti_tool.admin.views.registrations import check_typed, subject
from lti_tool.core.web import runtime
from lti_tool.launch import registrations as listing
from lti_tool.lms import key_life, tool_keys
from lti_tool.lms.rules import KeyState, endable_at, usable_at


def _done() -> ResponseReturnValue:
    return redirect(url_for("admin.keys"), 303)


def _is_urgent() -> bool:
    return request.form.get("urgent") == "yes"


@blueprint.get("/keys")
def keys() -> ResponseReturnValue:
    """All keys with their states, and what may be done with each."""
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        rows = key_life.listed(session)
        registrations = [(row.id, row.name) for row in listing.shown(session)]
    shown = [
        {
            "kid": row.kid,
            "state": row.state.value,
            "since": row.changed_at,
            "pinned": [(number, name) for number, name in registrations if number in row.pinned],
            "waits_until": _waits_until(row, now),
        }
        for row in rows
    ]
    return page("keys.html", "admin.keys", rows=shown, registrations=registrations)


def _waits_until(row: key_life.ShownKey, now: object) -> object:
    """When its next step may be taken without haste; None where nothing is waited for."""
    moments = {KeyState.announced: usable_at, KeyState.retired: endable_at}
    if row.state not in moments:
        return None
    moment = moments[row.state](row.changed_at)
    return moment if moment > now else None  # type: ignore[operator]  # both are moments


@blueprint.post("/keys")
def announce() -> ResponseReturnValue:
    """Make a key and publish it."""
    now = runtime().clock.now()
    made = tool_keys.new_key(runtime().keys, now)
    with runtime().database.writing() as session:
        kid = key_life.announce(session, made)
        note(session, "key_announced", now, kid)
    return _done()


@blueprint.post("/keys/<kid>/activate")
def activate(kid: str) -> ResponseReturnValue:
    """Sign with it from now on."""
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        key_life.activate(session, kid, now, is_urgent=_is_urgent())
        note(session, "key_activated", now, kid, "urgent" if _is_urgent() else "")
    return _done()


@blueprint.post("/keys/<kid>/retire")
def retire(kid: str) -> ResponseReturnValue:
    """Take an announced key back."""
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        key_life.retire(session, kid, now)
        note(session, "key_retired", now, kid)
    return _done()


@blueprint.post("/keys/<kid>/destroy")
def destroy(kid: str) -> ResponseReturnValue:
    """Delete its private half; asks for the typed name."""
    check_typed(kid)
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        key_life.destroy(session, kid, now, is_urgent=_is_urgent())
        note(session, "key_destroyed", now, kid, "urgent" if _is_urgent() else "")
    return _done()


@blueprint.post("/keys/<kid>/pin")
def pin(kid: str) -> ResponseReturnValue:
    """Sign for one registration with this key only."""
    now = runtime().clock.now()
    number = request.form.get("registration", "")
    with runtime().database.writing() as session:
        found = listing.find(
            session, int(number) if number.isascii() and number.isdecimal() and len(number) < 18 else 0
        )
        key_life.pin(session, found.id, kid, now)
        note(session, "key_pinned", now, subject(found), kid)
    return _done()


@blueprint.post("/registrations/<int:registration_id>/unpin")
def unpin(registration_id: int) -> ResponseReturnValue:
    """Sign for it with the active key again."""
    with runtime().database.writing() as session:
        found = listing.find(session, registration_id)
        if key_life.unpin(session, registration_id):
            note(session, "key_unpinned", runtime().clock.now(), subject(found))
    return _done()
