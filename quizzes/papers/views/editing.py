"""The editor of a quiz: its questions in order, and whether members see it."""

from collections.abc import Sequence
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core.errors import Invalid
from lti_tool.core.i18n import format_points, gettext
from lti_tool.core.markup.excerpt import plain_text
from lti_tool.core.ordering import Step, rearranged
from lti_tool.core.text import clean_line
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Can
from lti_tool.ledger import services as ledger
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import Activity, ActivityStatus
from lti_tool.ledger.trail import trail
from lti_tool.questions.model import KIND_LABELS, QuestionKind
from quizzes.bank.queries import Asked, asked
from quizzes.papers import services
from quizzes.papers.queries import Use, use_of
from quizzes.papers.services import KIND
from quizzes.papers.views.blueprint import blueprint


@blueprint.get("/quizzes/<int:activity_id>/edit")
def edit(activity_id: int) -> ResponseReturnValue:
    """The questions, with buttons to move, change and remove them, and to add more."""
    return _edit(activity_id)


def _edit(activity_id: int, reason_error: str = "") -> str:
    with runtime().database.reading() as session:
        _actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        use = use_of(session, activity_id)
        questions = asked(session, [item.version for item in use.items])
        crumbs = trail(session, activity, (gettext("Edit"), None))
    return render("quizzes/edit.html", trail=crumbs, reason_error=reason_error, **_page(activity, use, questions))


def tabs(activity_id: int, here: str) -> Sequence[tuple[str, str, bool]]:
    """The parts of the editor."""
    return [
        (gettext("Questions"), url_for("quizzes_papers.edit", activity_id=activity_id), here == "questions"),
        (gettext("Settings"), url_for("quizzes_papers.settings", activity_id=activity_id), here == "settings"),
        (gettext("Attempts of members"), url_for("quizzes_attempts.start", activity_id=activity_id), False),
    ]


def _page(activity: Activity, use: Use, questions: dict[int, Asked]) -> dict[str, Any]:
    rows = [
        {
            "number": number,
            "version": item.version,
            "kind": str(KIND_LABELS[questions[item.version].question.kind]),
            "text": plain_text(questions[item.version].question.stem, 90),
            "points": gettext("%(points)s points", points=format_points(item.points)),
            "address": url_for("quizzes_papers.question", activity_id=activity.id, version_id=item.version),
        }
        for number, item in enumerate(use.items, 1)
    ]
    total = sum(item.points for item in use.items)
    return {
        "title": activity.title,
        "tabs": tabs(activity.id, "questions"),
        "rows": rows,
        "total": gettext("%(points)s points in all; members see them scaled to %(maximum)s.",
                         points=format_points(total), maximum=activity.maximum),
        "status": activity.status.value,
        "kinds": [
            (str(KIND_LABELS[kind]), url_for("quizzes_papers.new_question", activity_id=activity.id, kind=kind.value))
            for kind in QuestionKind
        ],
        "arrange_address": url_for("quizzes_papers.arrange", activity_id=activity.id),
        "publish_address": url_for("quizzes_papers.publish", activity_id=activity.id),
        "archive_address": url_for("quizzes_papers.archive", activity_id=activity.id),
        "preview_address": url_for("quizzes_attempts.start", activity_id=activity.id, member=1),
    }  # fmt: skip


@blueprint.post("/quizzes/<int:activity_id>/arrange")
def arrange(activity_id: int) -> ResponseReturnValue:
    """Move or remove a question: `do` is up:<version>, down:<version> or remove:<version>. Makes a new version."""
    step, _, version = request.form.get("do", "").partition(":")
    if step not in set(Step) or not version.isdecimal() or len(version) > 18:
        raise Invalid
    with runtime().database.writing() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        services.hold_items(session, activity_id)
        before = use_of(session, activity_id).items
        after = rearranged(before, Step(step), lambda item: item.version == int(version))
        if after != before:
            services.set_items(
                session, activity=activity, items=after, author_id=actor.member_id, now=runtime().clock.now()
            )
    return redirect(url_for("quizzes_papers.edit", activity_id=activity_id), 303)


@blueprint.post("/quizzes/<int:activity_id>/publish")
def publish(activity_id: int) -> ResponseReturnValue:
    """Show it to members; also brings an archived quiz back."""
    with runtime().database.writing() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        if activity.status is ActivityStatus.archived:
            ledger.restore(session, activity, actor=actor, now=runtime().clock.now())
        else:
            ledger.publish(session, activity)
    return redirect(url_for("quizzes_papers.edit", activity_id=activity_id), 303)


@blueprint.post("/quizzes/<int:activity_id>/archive")
def archive(activity_id: int) -> ResponseReturnValue:
    """Take it out of sight; attempts and grades stay."""
    reason = clean_line(request.form.get("reason", ""), 500)
    if not reason:
        return _edit(activity_id, gettext("Say why it is archived.")), 400
    with runtime().database.writing() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        ledger.archive(session, activity, actor=actor, reason=reason, now=runtime().clock.now())
    return redirect(url_for("quizzes_papers.edit", activity_id=activity_id), 303)
