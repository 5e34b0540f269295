"""What this room hands to the application: its blueprint and its sweep."""

from flask import Blueprint

from lti_tool.launch import models, sweeps
from lti_tool.launch.views import (
    carried,
    choose,
    keys,
    launch,
    links,
    login,
    mentoring,
    opening,
    preview,
    register,
    reviewing,
)
from lti_tool.launch.views.blueprint import blueprint
from lti_tool.ledger.kinds import Sweep

TABLES = (
    models.LoginState,
    models.DeepLinkRequest,
    models.ChoiceDraft,
    models.DataRequest,
    models.LaunchFailure,
    models.RegistrationInvite,
)
"""Naming them here means that whoever wires this room has imported its models."""

VIEWS = (carried, choose, keys, launch, links, login, mentoring, opening, preview, register, reviewing)
"""Importing them has added their routes."""

BLUEPRINTS: tuple[Blueprint, ...] = (blueprint,)

SWEEPS: tuple[Sweep, ...] = (sweeps.FORGOTTEN_DRAFTS,)
