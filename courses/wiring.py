"""What this domain hands to the application: blueprints, kinds of activities, sweeps."""

from flask import Blueprint

from courses import keeper, models
from courses.lessons import copying, drafts, standing
from courses.lessons.texts import criterion_words
from courses.lessons.views import blueprint as lessons
from courses.outline import sweeps
from courses.outline.views import blueprint as outline
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.ledger.kinds import Kind, Sweep

TABLES = models.__all__
"""Naming them here means that whoever wires this domain has imported its models."""

BLUEPRINTS: tuple[Blueprint, ...] = (outline, lessons)

KINDS: tuple[Kind, ...] = (
    Kind(
        name="lesson",
        label=_l("Lesson"),
        icon="lesson",
        criteria=criterion_words,
        show="courses_lessons.show",
        create="courses_lessons.create",
        review="courses_lessons.review",
        create_label=_l("New lesson"),
        copy=copying.copy,
        publish=drafts.publish,
        state=drafts.state,
        discard=drafts.discard,
        keeper=keeper.KEEPER,
    ),
    Kind(
        name="outline",
        label=_l("Course home"),
        icon="grid",
        criteria=criterion_words,
        show="courses_outline.home",
        create="courses_outline.create",
        review="courses_outline.review",
        create_label=_l("Course home with all tasks"),
        is_root=True,
    ),
)

SWEEPS: tuple[Sweep, ...] = (sweeps.ADOPT, standing.EVALUATION)
