"""What quizzes hand to the application."""

from flask import Blueprint

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.ledger.kinds import Kind, Sweep
from quizzes import keeper, models
from quizzes.attempts import services, standing, sweep, texts, views
from quizzes.papers import drafts
from quizzes.papers import views as paper_views
from quizzes.papers.services import KIND, copy

BLUEPRINTS: tuple[Blueprint, ...] = (views.blueprint, paper_views.blueprint)

KINDS: tuple[Kind, ...] = (
    Kind(
        name=KIND,
        label=_l("Quiz"),
        icon="quiz",
        criteria=texts.criterion,
        show="quizzes_attempts.start",
        create="quizzes_papers.create",
        review="quizzes_attempts.review",
        create_label=_l("New quiz"),
        copy=copy,
        forget=services.forget_previews,
        state=drafts.state,
        discard=drafts.discard,
        keeper=keeper.KEEPER,
    ),
)

SWEEPS: tuple[Sweep, ...] = (sweep.SWEEP, sweep.PREVIEWS, standing.EVALUATION)

__all__ = ["BLUEPRINTS", "KINDS", "SWEEPS", "models"]
