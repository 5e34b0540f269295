"""What this room hands to the application: its blueprint."""

from flask import Blueprint

from lti_tool.launch import models
from lti_tool.launch.views import carried, choose, keys, launch, links, login, preview, register
from lti_tool.launch.views.blueprint import blueprint

TABLES = (models.LoginState, models.DeepLinkRequest, models.LaunchFailure, models.RegistrationInvite)
"""Naming them here means that whoever wires this room has imported its models."""

VIEWS = (carried, choose, keys, launch, links, login, preview, register)
"""Importing them has added their routes."""

BLUEPRINTS: tuple[Blueprint, ...] = (blueprint,)
