"""Persons: looked for by registration and number or name, looked at, exported, erased; who wants to be erased."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from lti_tool.admin.views.blueprint import blueprint, note, page
from lti_tool.admin.views.registrations import check_typed
from lti_tool.core.errors import NotFound
from lti_tool.core.text import clean_line
from lti_tool.core.web import LARGEST_ID, runtime
from lti_tool.identity.keeping import Person
from lti_tool.launch import registrations as listing
from lti_tool.portability import erasing, queries, services
from lti_tool.portability.views.blueprint import download, parts


@blueprint.get("/people")
def people() -> ResponseReturnValue:
    """The search, who waits to be erased, and the test users of the chosen connection. Whoever looks is not written down."""
    chosen = request.args.get("registration", type=int) or 0
    chosen = chosen if 0 < chosen <= LARGEST_ID else 0
    # Whatever is cleaned of a number would not be that number any more.
    words = request.args.get("q", "")[:255].strip()
    with runtime().database.reading() as session:
        connection = session.connection()
        registrations = [(row.id, f"{row.id} {row.name}") for row in listing.shown(session)]
        found = queries.search(connection, chosen, words) if chosen and words else []
        wishes = queries.wishes(connection)
        testers = queries.lms_test_users(connection, registration_id=chosen) if chosen else []
        on_their_way = queries.on_their_way(connection)
    return page(
        "people.html", "admin.people", registrations=registrations, chosen=chosen, words=clean_line(words, 255),
        found=found, is_asked=bool(chosen and words), wishes=wishes, testers=testers, on_their_way=on_their_way,
        most=queries.MOST,
    )  # fmt: skip


@blueprint.get("/people/<int:member_id>")
def person(member_id: int) -> ResponseReturnValue:
    """What is stored on one person, as numbers of records; written down."""
    now = runtime().clock.now()
    with runtime().database.reading_core() as connection:
        found = queries.person(connection, member_id)
        kept = queries.collect(connection, runtime().keepers, member_id, now)
        wish = queries.wish_of(connection, member_id)
    with runtime().database.writing_core() as connection:
        _note(connection, found, "person_seen")
    return page("person.html", "admin.people", person=found, parts=parts(kept), wish=wish)


@blueprint.post("/people/<int:member_id>/archive")
def export_person(member_id: int) -> ResponseReturnValue:
    """All that is stored, as one archive."""
    now = runtime().clock.now()
    with runtime().database.reading_core() as connection:
        found = queries.person(connection, member_id)
        kept = queries.collect(connection, runtime().keepers, member_id, now)
    with runtime().database.writing_core() as connection:
        _note(connection, found, "person_exported")
    return download(kept, now)


@blueprint.post("/people/<int:member_id>/erase")
def erase_person(member_id: int) -> ResponseReturnValue:
    """Erase, once the number has been typed."""
    with runtime().database.reading_core() as connection:
        found = queries.person(connection, member_id)
    check_typed(found.sub)
    erasing.start(
        runtime(),
        found,
        keeps_posts=request.form.get("posts") == "keep",
        also=lambda connection: _note(connection, found, "person_erased"),
    )
    return redirect(url_for("admin.people", registration=found.registration_id), 303)


@blueprint.post("/people/<int:member_id>/decline")
def decline_wish(member_id: int) -> ResponseReturnValue:
    """A wish that is not carried out, because the school must keep the records: it is taken off the list."""
    with runtime().database.reading_core() as connection:
        found = queries.person(connection, member_id)
    with runtime().database.writing_core() as connection:
        if not services.withdraw(connection, member_id):
            raise NotFound
        _note(connection, found, "wish_declined")
    return redirect(url_for("admin.people", registration=found.registration_id), 303)


@blueprint.post("/registrations/<int:registration_id>/test-users")
def purge_test_users(registration_id: int) -> ResponseReturnValue:
    """Erase what the LMS's test users did (RO-14); asks for the typed name of the connection."""
    with runtime().database.reading() as session:
        connected = listing.find(session, registration_id)
        name, found = connected.name, queries.lms_test_users(session.connection(), registration_id=registration_id)
    check_typed(name)
    for each in found:
        erasing.start(runtime(), each, leaves_trail=False, also=_noted(each))
    return redirect(url_for("admin.people", registration=registration_id), 303)


def _noted(person: Person) -> Any:
    return lambda connection: _note(connection, person, "test_user_erased")


def _note(connection: Connection, person: Person, action: str) -> None:
    """By numbers: the log outlives the person's name."""
    with Session(connection) as session:
        note(session, action, runtime().clock.now(), f"{person.registration_id}", f"member {person.member_id}")
