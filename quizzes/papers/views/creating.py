"""A new quiz for a choice: a link that shows nothing yet, deep linking, or the course home."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import gettext
from lti_tool.core.text import clean_line
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Can
from lti_tool.launch.services import drafts
from lti_tool.launch.services.choices import open_choice
from lti_tool.ledger.queries import home_of
from quizzes.papers import services
from quizzes.papers.forms import TITLE_LIMIT
from quizzes.papers.views.blueprint import blueprint


def _choice() -> int:
    choice = request.args.get("choice", type=int)
    if choice is None:
        raise NotFound
    return choice


def _page(choice: int, title: str, error: str) -> str:
    return render(
        "quizzes/create.html",
        trail=[(gettext("Choose"), url_for("launch.choose", choice=choice)), (gettext("New quiz"), None)],
        save_address=url_for("quizzes_papers.created", choice=choice),
        title=title,
        error=error,
    )


@blueprint.get("/quizzes/create")
def create() -> ResponseReturnValue:
    """The form: a title is enough to begin with."""
    choice = _choice()
    with runtime().database.reading() as session:
        open_choice(session, choice, runtime().clock.now())
    return _page(choice, "", "")


@blueprint.post("/quizzes/create")
def created() -> ResponseReturnValue:
    """Make a draft that the choice publishes."""
    choice = _choice()
    title = clean_line(request.form.get("title", ""), TITLE_LIMIT)
    now = runtime().clock.now()
    if not title:
        with runtime().database.reading() as session:
            open_choice(session, choice, now)
        return _page(choice, title, gettext("Give the quiz a title.")), 400
    with runtime().database.writing() as session:
        found = open_choice(session, choice, now)
        actor = current.actor(session, found.context_id, Can.author)
        activity = services.create(
            session,
            context_id=found.context_id,
            title=title,
            now=now,
            author_id=actor.member_id,
            parent_id=home_of(session, found.context_id),
        )
        drafts.made(session, found, activity, now)
    return redirect(url_for("launch.chosen", choice=choice, activity=activity.id), 303)
