"""What belongs to the person and not to a course: language and appearance, and the page that says what is stored."""

from urllib.parse import urlsplit

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import update

from lti_tool.core.errors import Invalid, NotFound
from lti_tool.core.i18n.language import SCHEMES, Language
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.models import BrowserSession

blueprint = Blueprint("identity", __name__)


@blueprint.post("/preferences")
def preferences() -> ResponseReturnValue:
    """Remember the language or appearance chosen by hand, for this browser session."""
    chosen: dict[str, str] = {}
    if (scheme := request.form.get("scheme")) is not None:
        if scheme not in SCHEMES:
            raise Invalid
        chosen["scheme"] = scheme
    if (language := request.form.get("language")) is not None:
        if language not in set(Language):
            raise Invalid
        chosen["locale"] = language
    if not chosen:
        raise Invalid
    found: current.Asking | None = g.get("asking")
    if found is None:
        with runtime().database.reading_core() as connection:
            found = current.asking(connection)
    if found is None:
        raise NotFound
    with runtime().database.writing_core() as connection:
        connection.execute(update(BrowserSession).where(BrowserSession.id == found.session_id).values(**chosen))
    return redirect(own_path(request.form.get("next", "")), 303)


def own_path(target: str) -> str:
    """`target` if it is a path on this server, else the privacy page: never a redirect to another site."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/privacy"
    is_ours = (
        target.startswith("/")
        and not target.startswith("//")
        and "\\" not in target
        and not parts.netloc
        and target.isprintable()
    )
    return target.removesuffix("?") if is_ours else "/privacy"


@blueprint.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is stored, in plain words; readable without a session."""
    with runtime().database.reading_core() as connection:
        asking = current.asking(connection)
    own_data = url_for(runtime().places["own_data"]) if asking else ""
    return render("privacy.html", own_data=own_data, kept=runtime().settings)
