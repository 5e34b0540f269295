"""One question in the editor: new, or a further version of one that is there."""

from dataclasses import replace

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import gettext
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Can
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.trail import Crumb, trail
from lti_tool.questions.model import KIND_LABELS, RULE_TEXTS, MultipleRule, QuestionKind
from lti_tool.questions.validation import QuestionInvalid
from quizzes.bank import services as bank
from quizzes.bank.forms import QuestionForm
from quizzes.bank.queries import asked, belongs_to
from quizzes.bank.services import Written
from quizzes.papers import services
from quizzes.papers.queries import use_of
from quizzes.papers.rules import Item
from quizzes.papers.services import KIND
from quizzes.papers.views.blueprint import blueprint

RULES = (MultipleRule.cn_share, MultipleRule.cn_half, MultipleRule.exact, MultipleRule.net, MultipleRule.coverage, MultipleRule.each)  # fmt: skip
MOST_QUESTIONS = 200


def _page(form: QuestionForm, activity_id: int, crumbs: list[Crumb], address: str) -> str:
    return render(
        "quizzes/question_edit.html",
        trail=crumbs,
        form=form,
        kind=str(KIND_LABELS[form.kind]),
        rules=[(rule.value, str(RULE_TEXTS[rule])) for rule in RULES],
        save_address=address,
        back_address=url_for("quizzes_papers.edit", activity_id=activity_id),
    )


def _crumbs(activity_id: int, title: str) -> list[Crumb]:
    """Loads them in a reading transaction of its own. Raises NotFound."""
    with runtime().database.reading() as session:
        _actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        edit = (gettext("Edit"), url_for("quizzes_papers.edit", activity_id=activity_id))
        return trail(session, activity, edit, (title, None))


def _written(form: QuestionForm) -> Written | None:
    """The question with its texts rendered; None if there is a problem, which the form then says."""
    if form.problems or form.question is None:
        return None
    try:
        return bank.written(form.question, runtime().renderer)
    except QuestionInvalid as invalid:
        form.refuse(invalid.problems)
        return None


@blueprint.get("/quizzes/<int:activity_id>/questions/new")
def new_question(activity_id: int) -> ResponseReturnValue:
    """The form of a new question of `kind`."""
    kind = request.args.get("kind", "")
    if kind not in set(QuestionKind):
        raise NotFound
    crumbs = _crumbs(activity_id, gettext("New question"))
    address = url_for("quizzes_papers.add_question", activity_id=activity_id, kind=kind)
    return _page(QuestionForm.empty(QuestionKind(kind)), activity_id, crumbs, address)


@blueprint.post("/quizzes/<int:activity_id>/questions/new")
def add_question(activity_id: int) -> ResponseReturnValue:
    """Add it at the end."""
    kind = request.args.get("kind", "")
    if kind not in set(QuestionKind):
        raise NotFound
    crumbs = _crumbs(activity_id, gettext("New question"))
    form = QuestionForm.read(QuestionKind(kind), request.form.to_dict(flat=False))
    what = _written(form)
    if what is None:
        return _page(form, activity_id, crumbs, request.full_path), 400
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        services.hold_items(session, activity_id)
        items = use_of(session, activity_id).items
        if len(items) >= MOST_QUESTIONS:
            form.problems.append(_l("A quiz has at most %(most)s questions.", most=MOST_QUESTIONS))
        else:
            version = bank.add(session, context_id=activity.context_id, what=what, author_id=actor.member_id, now=now)
            services.set_items(
                session,
                activity=activity,
                items=[*items, Item(version.id, form.worth)],
                author_id=actor.member_id,
                now=now,
            )
    if form.problems:
        return _page(form, activity_id, crumbs, request.full_path), 400
    return redirect(url_for("quizzes_papers.edit", activity_id=activity_id), 303)


@blueprint.get("/quizzes/<int:activity_id>/questions/<int:version_id>")
def question(activity_id: int, version_id: int) -> ResponseReturnValue:
    """The form of a question of this quiz."""
    with runtime().database.reading() as session:
        open_activity(session, activity_id, Can.author, kind=KIND)
        item = next((each for each in use_of(session, activity_id).items if each.version == version_id), None)
        if item is None:
            raise NotFound
        stored = asked(session, [version_id])[version_id].question
    crumbs = _crumbs(activity_id, gettext("Edit the question"))
    address = url_for("quizzes_papers.save_question", activity_id=activity_id, version_id=version_id)
    return _page(QuestionForm.of(stored, item.points), activity_id, crumbs, address)


@blueprint.post("/quizzes/<int:activity_id>/questions/<int:version_id>")
def save_question(activity_id: int, version_id: int) -> ResponseReturnValue:
    """Make the next version of a question. Attempts that run keep the one they drew.

    If somebody else has changed or removed it meanwhile, the form comes back with what was typed.
    """
    with runtime().database.reading() as session:
        _actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        is_own = belongs_to(session, version_id, activity.context_id)
        if not is_own and all(item.version != version_id for item in use_of(session, activity_id).items):
            raise NotFound
        found = asked(session, [version_id])[version_id]
    crumbs = _crumbs(activity_id, gettext("Edit the question"))
    form = QuestionForm.read(found.question.kind, request.form.to_dict(flat=False))
    what = _written(form)
    if what is None:
        return _page(form, activity_id, crumbs, request.path), 400
    now = runtime().clock.now()
    is_there = False
    with runtime().database.writing() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        services.hold_items(session, activity_id)
        items = use_of(session, activity_id).items
        is_there = any(item.version == version_id for item in items)
        if is_there:
            version = bank.revise(
                session,
                context_id=activity.context_id,
                question_id=found.question_id,
                what=what,
                author_id=actor.member_id,
                now=now,
            )
            changed = [
                replace(item, version=version.id, points=form.worth) if item.version == version_id else item
                for item in items
            ]
            services.set_items(session, activity=activity, items=changed, author_id=actor.member_id, now=now)
    if not is_there:
        form.problems.append(
            _l("Somebody else has changed this question meanwhile. Your text is kept here: compare, then add it anew.")
        )
        return _page(form, activity_id, crumbs, request.path), 409
    return redirect(url_for("quizzes_papers.edit", activity_id=activity_id), 303)
