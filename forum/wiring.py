"""What discussions hand to the application."""

from flask import Blueprint

from forum import keeper
from forum.threads import drafts, pages, services, views
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.ledger.kinds import Kind, Sweep

BLUEPRINTS: tuple[Blueprint, ...] = (views.blueprint,)

KINDS: tuple[Kind, ...] = (
    Kind(
        name=services.KIND,
        label=_l("Discussion"),
        icon="talk",
        criteria=pages.criterion,
        show="forum_threads.show",
        create="forum_threads.create",
        review="forum_threads.review",
        create_label=_l("New discussion"),
        copy=services.copy,
        state=drafts.state,
        discard=drafts.discard,
        keeper=keeper.KEEPER,
    ),
)

SWEEPS: tuple[Sweep, ...] = (services.EVALUATION,)
