"""One's own data: seen, taken along, asked to be erased."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core.errors import NotFound
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.current import Asking
from lti_tool.portability import queries, services
from lti_tool.portability.views.blueprint import blueprint, parts, sent


def _asking() -> Asking:
    """The session of this request, whatever the role in whichever course. Raises NotFound."""
    with runtime().database.reading_core() as connection:
        found = current.asking(connection)
    if found is None:
        raise NotFound
    return found


@blueprint.get("")
def own() -> ResponseReturnValue:
    """What is stored on whoever asks."""
    asking = _asking()
    now = runtime().clock.now()
    with runtime().database.reading_core() as connection:
        person = queries.person(connection, asking.member_id)
        kept = queries.collect(connection, runtime().keepers, asking.member_id, now)
        wish = queries.wish_of(connection, asking.member_id)
    return render("portability/own.html", person=person, parts=parts(kept), wish=wish)


@blueprint.post("/archive")
def take() -> ResponseReturnValue:
    """All of it, as one archive."""
    member_id = _asking().member_id
    return sent(member_id, member_id)


@blueprint.post("/wish")
def wish() -> ResponseReturnValue:
    """Ask to be erased: the operator reads it, and carries it out."""
    member_id, keeps_posts = _asking().member_id, request.form.get("posts") == "keep"
    with runtime().database.writing_core() as connection:
        services.wish(connection, member_id, keeps_posts=keeps_posts, now=runtime().clock.now())
    return redirect(url_for("portability.own"), 303)


@blueprint.post("/wish/withdraw")
def withdraw() -> ResponseReturnValue:
    """Take the wish back, as long as nobody has carried it out."""
    member_id = _asking().member_id
    with runtime().database.writing_core() as connection:
        services.withdraw(connection, member_id)
    return redirect(url_for("portability.own"), 303)
