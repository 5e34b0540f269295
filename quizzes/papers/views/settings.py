"""The settings of a quiz: title, dates, time, attempts, what is shown when."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core.i18n import gettext
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Can
from lti_tool.ledger import services as ledger
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import Activity
from lti_tool.ledger.trail import Crumb, trail
from lti_tool.questions.model import RULE_TEXTS
from quizzes.attempts.rules import OnExpiry
from quizzes.marking.rules import GradeMethod
from quizzes.papers import services
from quizzes.papers.forms import REVIEW_MOMENTS, SettingsForm
from quizzes.papers.queries import settings_of
from quizzes.papers.rules import Moment, Shown
from quizzes.papers.services import KIND
from quizzes.papers.views.blueprint import blueprint
from quizzes.papers.views.editing import tabs
from quizzes.papers.views.questions import RULES

METHODS = {
    GradeMethod.highest: _l("Highest"),
    GradeMethod.average: _l("Average"),
    GradeMethod.first: _l("First"),
    GradeMethod.last: _l("Last"),
}
EXPIRY = {
    OnExpiry.autosubmit: _l("Hand in by itself"),
    OnExpiry.grace: _l("Time of grace: hand in, but no more answers"),
    OnExpiry.abandon: _l("What was not handed in does not count"),
}
SHOWN = {
    Shown.attempt: _l("Questions and own answers"),
    Shown.correctness: _l("Whether each answer was right"),
    Shown.marks: _l("Points"),
    Shown.specific_feedback: _l("Feedback to the chosen option"),
    Shown.general_feedback: _l("Explanation"),
    Shown.right_answer: _l("Right answer"),
}
MOMENTS = {
    Moment.right_after: _l("in the first 2 minutes"),
    Moment.later: _l("later, while it is open"),
    Moment.after_close: _l("after it has closed"),
}


def _page(form: SettingsForm, activity_id: int, crumbs: list[Crumb], title: str) -> str:
    return render(
        "quizzes/settings.html",
        trail=crumbs,
        heading=title,
        form=form,
        tabs=tabs(activity_id, "settings"),
        save_address=url_for("quizzes_papers.save_settings", activity_id=activity_id),
        methods=[(each.value, str(text)) for each, text in METHODS.items()],
        expiries=[(each.value, str(text)) for each, text in EXPIRY.items()],
        rules=[("", gettext("As each question says")), *((rule.value, str(RULE_TEXTS[rule])) for rule in RULES)],
        moments=[str(MOMENTS[moment]) for moment in REVIEW_MOMENTS],
        matrix=[
            (
                str(text),
                [
                    (f"{shown}:{moment}", (shown, moment) in form.settings.review, str(MOMENTS[moment]))
                    for moment in REVIEW_MOMENTS
                ],
            )
            for shown, text in SHOWN.items()
        ],
    )


@blueprint.get("/quizzes/<int:activity_id>/settings")
def settings(activity_id: int) -> ResponseReturnValue:
    """The form."""
    with runtime().database.reading() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        form = SettingsForm.of(activity, settings_of(session, activity_id), actor.zone)
        crumbs = trail(session, activity, (gettext("Settings"), None))
    return _page(form, activity_id, crumbs, activity.title)


@blueprint.post("/quizzes/<int:activity_id>/settings")
def save_settings(activity_id: int) -> ResponseReturnValue:
    """Save them. New dates hold for running attempts too; a new time limit for those that begin later."""
    with runtime().database.reading() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        crumbs = trail(session, activity, (gettext("Settings"), None))
    form = SettingsForm.read(request.form, actor.zone)
    if form.errors:
        return _page(form, activity_id, crumbs, activity.title), 400
    with runtime().database.writing() as session:
        _actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        activity.title = form.title
        ledger.set_required(session, activity, form.is_required)
        services.set_settings(session, activity=activity, settings=form.settings)
        if _set_dates(activity, form):
            ledger.schedule_changed(session, activity_id)
    return redirect(url_for("quizzes_papers.settings", activity_id=activity_id, saved=1), 303)


def _set_dates(activity: Activity, form: SettingsForm) -> bool:
    before = activity.opens_at, activity.due_at, activity.closes_at
    after = form.dates["opens"], form.dates["due"], form.dates["closes"]
    activity.opens_at, activity.due_at, activity.closes_at = after
    return before != after
