"""The LMS's test users of a course: what they did can be taken away by whoever teaches there (RO-14)."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Can
from lti_tool.ledger.services import audit
from lti_tool.portability import erasing, queries
from lti_tool.portability.views.blueprint import blueprint


@blueprint.get("/courses/<int:context_id>/test-users")
def test_users(context_id: int) -> ResponseReturnValue:
    """Who they are, and what goes."""
    with runtime().database.reading() as session:
        actor = current.actor(session, context_id, Can.author)
        found = queries.lms_test_users(session.connection(), context_id=context_id)
    return render("portability/test_users.html", context_id=context_id, course=actor.course, people=found)


@blueprint.post("/courses/<int:context_id>/test-users")
def remove_test_users(context_id: int) -> ResponseReturnValue:
    """Erase them, each in a transaction of his own; done twice, the second time finds nobody."""
    with runtime().database.reading() as session:
        actor = current.actor(session, context_id, Can.author)
        found = queries.lms_test_users(session.connection(), context_id=context_id)
    now = runtime().clock.now()
    if found:
        with runtime().database.writing() as session:
            audit(session, actor=actor, action="remove_test_users", reason="", now=now)
    for person in found:
        erasing.start(runtime(), person, leaves_trail=False)
    return redirect(url_for("portability.test_users", context_id=context_id), 303)
