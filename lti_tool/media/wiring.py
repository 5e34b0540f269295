"""What this room hands to the application."""

from flask import Blueprint

from lti_tool.media import models, views

BLUEPRINTS: tuple[Blueprint, ...] = (views.blueprint,)
MODELS = (models.File, models.MediaReference)
