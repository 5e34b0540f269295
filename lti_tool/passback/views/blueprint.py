"""The blueprint that the modules of this folder add their routes to."""

from flask import Blueprint

blueprint = Blueprint("passback", __name__)
