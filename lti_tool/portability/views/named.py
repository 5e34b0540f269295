"""Somebody's data, for whom the LMS has sent by a DataPrivacyLaunchRequest (ID-12): an administrator, or the person."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from lti_tool.core.errors import Invalid, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.keeping import Person
from lti_tool.portability import erasing, queries, services
from lti_tool.portability.views.blueprint import blueprint, parts, sent


def _visit(connection: Connection, request_id: int) -> queries.Visit:
    """The one place where it is asked who may. Raises NotFound."""
    asking = current.asking(connection)
    return queries.visit(connection, asking, request_id, runtime().clock.now())


def _other(request_id: int) -> Person:
    """The person of a visit to somebody else's data. Raises NotFound."""
    with runtime().database.reading_core() as connection:
        found = _visit(connection, request_id)
    if found.is_own or found.person is None:
        raise NotFound
    return found.person


@blueprint.get("/requests/<int:request_id>")
def named(request_id: int) -> ResponseReturnValue:
    """What is stored on the person whom the LMS has named; on oneself, one's own page."""
    with runtime().database.reading_core() as connection:
        found = _visit(connection, request_id)
        kept = (
            queries.collect(connection, runtime().keepers, found.person.member_id, runtime().clock.now())
            if found.person and not found.is_own
            else []
        )
        wish = queries.wish_of(connection, found.person.member_id) if found.person else None
    if found.is_own:
        return redirect(url_for("portability.own"), 303)
    return render("portability/named.html", request_id=request_id, person=found.person, parts=parts(kept), wish=wish)


@blueprint.post("/requests/<int:request_id>/archive")
def take_named(request_id: int) -> ResponseReturnValue:
    """All of it, as one archive; written into the operator's log."""
    person = _other(request_id)
    with runtime().database.writing_core() as connection:
        _note(connection, person, "person_exported")
    return sent(person.member_id, ("named", request_id))


@blueprint.post("/requests/<int:request_id>/erase")
def erase_named(request_id: int) -> ResponseReturnValue:
    """Erase it, once the name has been typed."""
    person = _other(request_id)
    if request.form.get("typed", "").strip() != person.name.strip():
        raise Invalid(
            _l("What you typed is not the name. Nothing was erased."), action=_l("Type it exactly as it is shown.")
        )
    keeps_posts = request.form.get("posts") == "keep"
    erasing.start(
        runtime(), person, keeps_posts=keeps_posts, also=lambda connection: _note(connection, person, "person_erased")
    )
    return redirect(url_for("portability.named", request_id=request_id), 303)


def _note(connection: Connection, person: Person, action: str) -> None:
    services.note(connection, name="LMS", action=action, person=person, now=runtime().clock.now())
