"""The blueprint that the modules of this folder add their routes to."""

from flask import Blueprint

blueprint = Blueprint("quizzes_papers", __name__, template_folder="../../templates")
