"""What belongs to the person and not to a course: language and appearance, and the page that says what is stored."""

from urllib.parse import urlsplit

from flask import Blueprint, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import update

from lti_tool.core.errors import Invalid, NotFound
from lti_tool.core.i18n import gettext as _
from lti_tool.core.i18n.language import SCHEMES, Language, current_language, speaking
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Carrier
from lti_tool.identity.models import BrowserSession
from lti_tool.identity.sessions import close_session

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


@blueprint.post("/leave")
def leave() -> ResponseReturnValue:
    """Log out (WS-05): the session of this browser ends with all its grants, in every tab. The LMS opens another one."""
    carried = current.token()
    with runtime().database.writing_core() as connection:
        found = current.asking(connection)
        if carried is None or found is None:
            raise NotFound
        for grant in found.grants.values():
            if grant.preview:  # What a view as a member has left goes with it, as when it is ended.
                for kind in runtime().kinds.values():
                    kind.forget(connection, grant.context_id, grant.member_id)
        close_session(connection, carried[0])
    with speaking(current_language()):
        g.asking = None  # The page that says so is nobody's.
        response = make_response(
            render(
                "launch/closed.html",
                title=_("You are signed out"),
                text=_(
                    "Your session here has ended in all tabs of this browser. To go on, open an activity from your course. "
                    "If others use this device, sign out of your school's platform as well."
                ),
                return_url="",
                back=None,
            )
        )
    if found.carrier is Carrier.cookie:
        current.forget_cookie(response)
    return response


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
