"""The words of quizzes: criteria, rules as sentences, states."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup, escape

from lti_tool.core.i18n import (
    Language,
    LazyText,
    current_language,
    format_clock,
    format_day,
    format_duration,
    format_moment,
    format_points,
    gettext,
    lazy_gettext,
    ngettext,
)
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.ledger.availability import Window
from lti_tool.questions.model import KIND_LABELS, RULE_TEXTS, Multiple, MultipleRule, QuestionKind
from quizzes.attempts.rules import AttemptState, ClosedBy, OnExpiry, Refusal, Start, limit_for
from quizzes.bank.queries import Asked
from quizzes.marking.paper import with_rule
from quizzes.marking.rules import GradeMethod
from quizzes.papers.queries import Use
from quizzes.papers.rules import Moment, Settings, Shown

METHODS: dict[GradeMethod, LazyText] = {
    GradeMethod.highest: _l("the highest score counts"),
    GradeMethod.average: _l("the average counts"),
    GradeMethod.first: _l("the first one counts"),
    GradeMethod.last: _l("the last one counts"),
}
EXPIRY: dict[OnExpiry, LazyText] = {
    OnExpiry.autosubmit: _l("When the time is up, the saved answers are handed in by themselves."),
    OnExpiry.grace: _l("When the time is up, answers can no longer be changed; hand in within the time of grace."),
    OnExpiry.abandon: _l("What is not handed in before the time is up does not count."),
}
STATES: dict[AttemptState, tuple[str, str, LazyText]] = {
    AttemptState.in_progress: ("doing", "doing", _l("running")),
    AttemptState.overdue: ("late", "late", _l("time up, not handed in")),
    AttemptState.finished: ("done", "done", _l("handed in")),
    AttemptState.abandoned: ("todo", "close", _l("never handed in")),
}
CLOSED: dict[ClosedBy, LazyText] = {
    ClosedBy.member: _l("by the member"),
    ClosedBy.time: _l("when the time was up"),
    ClosedBy.staff: _l("by the teacher"),
}


def criterion(code: str, target: Any) -> LazyText:
    """The words of a criterion of this kind."""
    if code == "passed":
        return lazy_gettext("Reach %(percent)s%% of the points", percent=target)
    return _l("Hand in the quiz")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a sentence; `text` may hold <b>."""

    symbol: str
    text: Markup | str
    note: str = ""


def bold(sentence: str, **values: str) -> Markup:
    """`sentence` with its %(placeholders)s filled in bold."""
    return Markup(escape(sentence)) % {  # noqa: S704 - the sentence is escaped before
        name: Markup("<b>{}</b>").format(value) for name, value in values.items()
    }


def rules_of(use: Use, asked: dict[int, Asked], window: Window, maximum: int, now: datetime) -> list[Rule]:
    """What a member should know before he begins."""
    settings = use.settings
    found = [_time(settings, window, now), _size(use, asked, maximum), _attempts(settings, window)]
    multiple = _multiple(use, asked)
    if multiple:
        found.append(multiple)
    found.append(
        Rule(
            "saved",
            gettext("Each answer is saved at once. After a lost network or on another device you can go on."),
            str(EXPIRY[settings.on_expiry]) if settings.time_limit_seconds or window.closes else "",
        )
    )
    found.append(Rule("eye", shown_afterwards(settings, has_close=window.closes is not None)))
    return found


def _latest(window: Window, now: datetime) -> str:
    if window.closes is None:
        return ""
    clock = format_clock(window.closes)
    is_soon = window.closes - now < timedelta(hours=12)
    return clock if is_soon else f"{format_day(window.closes, now)} {clock}"


def _time(settings: Settings, window: Window, now: datetime) -> Rule:
    limit = limit_for(settings.time_limit_seconds, window)
    latest = _latest(window, now)
    if limit is None:
        if latest:
            return Rule("clock", bold(gettext("No time limit; handed in by %(end)s at the latest."), end=latest))
        return Rule("clock", gettext("No time limit."))
    notes = []
    if settings.time_limit_seconds is not None and limit > settings.time_limit_seconds:
        notes.append(
            gettext(
                "It is %(usual)s for others; you have %(more)s more.",
                usual=format_duration(settings.time_limit_seconds),
                more=format_duration(limit - settings.time_limit_seconds),
            )
        )
    if window.closes is not None and timedelta(0) < window.closes - now < timedelta(seconds=limit):
        notes.append(gettext("If you begin now, you have %(left)s.", left=format_duration(window.closes - now)))
    notes.append(gettext("The time runs from the moment you begin, also while you are away from the page."))
    if latest:
        text = bold(
            gettext("Time limit %(limit)s, handed in by %(end)s at the latest."),
            limit=format_duration(limit),
            end=latest,
        )
    else:
        text = bold(gettext("Time limit %(limit)s."), limit=format_duration(limit))
    return Rule("clock", text, _joined(notes))


def _joined(sentences: Sequence[str]) -> str:
    """Sentences one after another: Chinese ones end in their own space."""
    return ("" if current_language() is Language.zh else " ").join(sentences)


def _size(use: Use, asked: dict[int, Asked], maximum: int) -> Rule:
    count = len(use.items)
    questions = ngettext("%(num)s question", "%(num)s questions", count)
    if use.settings.pass_percent is None:
        text = bold(gettext("%(questions)s, %(maximum)s points."), questions=questions, maximum=str(maximum))
    else:
        text = bold(
            gettext("%(questions)s, %(maximum)s points; passed from %(pass)s points."),
            **{
                "questions": questions,
                "maximum": str(maximum),
                "pass": format_points(maximum * use.settings.pass_percent / 100),
            },
        )
    kinds = Counter(asked[item.version].question.kind for item in use.items if item.version in asked)
    note = gettext(", ").join(
        gettext("%(kind)s %(count)s", kind=str(KIND_LABELS[kind]), count=kinds[kind])
        for kind in QuestionKind
        if kinds[kind]
    )
    return Rule(
        "list",
        text,
        _joined([gettext("%(kinds)s.", kinds=note), gettext("You can answer in any order and go back.")])
        if note
        else "",
    )


def _attempts(settings: Settings, window: Window) -> Rule:
    if settings.attempts_allowed is None:
        text: Markup | str = gettext(
            "As many attempts as you like; %(method)s.", method=str(METHODS[settings.grade_method])
        )
    else:
        allowed = settings.attempts_allowed + window.extra_attempts
        times = ngettext("%(num)s attempt", "%(num)s attempts", allowed)
        text = bold(gettext("%(times)s."), times=times)
        if allowed > 1:
            text = bold(
                gettext("%(times)s; %(method)s.", times="%(times)s", method=str(METHODS[settings.grade_method])),
                times=times,
            )
    note = ""
    if settings.delay_seconds and settings.attempts_allowed != 1:
        note = gettext("At least %(pause)s between two attempts.", pause=format_duration(settings.delay_seconds))
    return Rule("resend", text, note)


def _multiple(use: Use, asked: dict[int, Asked]) -> Rule | None:
    """How questions with several answers are scored, if there are any and all are scored alike."""
    questions = [with_rule(asked[item.version].question, use.settings.multiple_rule) for item in use.items]
    used = {question.rule for question in questions if isinstance(question, Multiple)}
    if not used:
        return None
    if len(used) == 1:
        return Rule("check", multiple_text(used.pop()))
    return Rule("check", gettext("Questions with several answers say how they are scored."))


def multiple_text(rule: MultipleRule) -> str:
    """How several answers are scored, in words."""
    return gettext("Multiple choice: %(rule)s", rule=str(RULE_TEXTS[rule]))


def shown_afterwards(settings: Settings, *, has_close: bool) -> str:
    """What a member sees after handing in."""
    review = settings.review
    at_once = (Shown.marks, Moment.right_after) in review
    late = (Shown.right_answer, Moment.after_close) in review and has_close
    key_at_once = (Shown.right_answer, Moment.right_after) in review
    if at_once and key_at_once:
        return gettext("You see score and right answers as soon as you have handed in.")
    if at_once and (Shown.right_answer, Moment.later) in review:
        return gettext("You see the score as soon as you have handed in, the right answers two minutes later.")
    if at_once and late:
        return gettext("You see the score as soon as you have handed in, the right answers after the closing date.")
    if at_once:
        return gettext("You see the score as soon as you have handed in; right answers are not shown.")
    if has_close and (Shown.marks, Moment.after_close) in review:
        return gettext("You see the score after the closing date.")
    return gettext("Scores are not shown here.")


def refusal_text(start: Start, now: datetime) -> tuple[str, str]:
    """(title, text) of the notice when no attempt may begin; empty title if one may."""
    match start.refusal:
        case None:
            return "", ""
        case Refusal.not_open_yet:
            when = format_moment(start.from_when, now) if start.from_when else ""
            return gettext("Not open yet"), gettext("You can begin from %(when)s.", when=when)
        case Refusal.closed:
            return gettext("The quiz is closed"), gettext("No more attempts can be begun.")
        case Refusal.no_attempts_left:
            return gettext("No attempts left"), gettext("Your teacher can give you one more.")
        case Refusal.too_soon:
            when = format_moment(start.from_when, now) if start.from_when else ""
            return gettext("A short pause first"), gettext("The next attempt can begin from %(when)s.", when=when)
        case Refusal.no_questions:
            return gettext("This quiz has no questions yet"), gettext("Your teacher is still working on it.")
