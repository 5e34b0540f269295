"""Through the door and out again."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.admin import current, services
from lti_tool.admin.views.blueprint import address, blueprint, console
from lti_tool.core.errors import TooMany
from lti_tool.core.logs import log
from lti_tool.core.web import render, request_id, runtime


@blueprint.get("/enter")
def door() -> ResponseReturnValue:
    """The page behind the link. It consumes nothing: what stands behind the # never reaches us with a GET."""
    return render("admin/door.html", error=False, said_good_bye="left" in request.args)


@blueprint.post("/enter")
def enter() -> ResponseReturnValue:
    """With the link's secret: a session, once."""
    now = runtime().clock.now()
    if not console().attempts.hit(address(), now):
        log.warning("console_attempts", ref=request_id(), addr=address())
        raise TooMany
    try:
        with runtime().database.writing() as session:
            token = services.enter(session, request.form.get("code", "").strip(), now, former_token=current.carried())
    except services.NoLink:
        log.warning("console_refused", ref=request_id(), addr=address())
        return render("admin/door.html", error=True, said_good_bye=False), 403
    log.info("console_entered", ref=request_id(), addr=address())
    answer = redirect(url_for("admin.registrations"), 303)
    current.set_cookie(answer, token)
    return answer


@blueprint.post("/leave")
def leave() -> ResponseReturnValue:
    """End this session."""
    with runtime().database.writing() as session:
        services.leave(session, current.operator(), runtime().clock.now())
    answer = redirect(url_for("admin.door", left=1), 303)
    current.forget_cookie(answer)
    return answer
