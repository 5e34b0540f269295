"""Links that show nothing yet and deep linking: one page to choose or create, one address where every choice ends."""

import secrets
from typing import Any

import jwt
from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_tool.core import security
from lti_tool.core.errors import Invalid, NotFound
from lti_tool.core.i18n import gettext as _
from lti_tool.core.web import render, runtime
from lti_tool.launch.rules import urls
from lti_tool.launch.rules.deep_link import Asked, content_item, response
from lti_tool.launch.services import choices
from lti_tool.launch.views.blueprint import blueprint, note
from lti_tool.launch.views.links import proposed
from lti_tool.launch.views.onward import launch_url
from lti_tool.ledger.models import Placement
from lti_tool.lms import tool_keys


@blueprint.get("/choose/<int:choice>")
def choose(choice: int) -> ResponseReturnValue:
    """Choose an activity of this course, or create one."""
    with runtime().database.reading() as session:
        found = choices.open_choice(session, choice, runtime().clock.now())
        listed = _listed(session, found)
    if found.is_deep_link and not found.asked.accepts_links:
        return cancel(choice)
    kinds = [
        {"label": kind.create_label or kind.label, "note": "", "symbol": kind.icon,
         "address": url_for(kind.create, choice=choice)}
        for kind in runtime().kinds.values()
        if kind.create in current_app.view_functions
    ]  # fmt: skip
    return render(
        "launch/choose.html",
        is_deep_link=found.is_deep_link,
        course=found.course,
        choose_address=url_for("launch.chosen", choice=choice),
        activities=[each for each in listed if not each["is_archived"]],
        archived=[each for each in listed if each["is_archived"]],
        bring_address=url_for("launch.bring", choice=choice),
        kinds=kinds,
        cancel_address=url_for("launch.cancel", choice=choice) if found.is_deep_link else "",
    )


def _listed(session: Session, found: choices.Choice) -> list[dict[str, Any]]:
    """The activities of the course as values for the template; for a link, what it probably is to show comes first."""
    placement = session.get(Placement, found.placement_id) if found.placement_id else None
    return proposed(session, placement or Placement(context_id=found.context_id, title="", link_history=[]))


@blueprint.route("/chosen/<int:choice>", methods=["GET", "POST"])
def chosen(choice: int) -> ResponseReturnValue:
    """The end of every choice: POST from the page, GET after the domain has created a draft (`?activity=<id>`).

    The GET changes something, so it is guarded like a form: the id is random and known to nobody but this session, it
    works once, and a browser that says where it comes from must come from us.
    """
    _check_origin()
    activity_id = _number(request.form.get("activity_id") or request.args.get("activity") or "")
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        found = choices.open_choice(session, choice, now)
        picked = choices.choose(session, found, activity_id, now)
    if found.is_deep_link:
        return _hand_back(found.asked, [content_item(picked, found.asked, launch_url())])
    return redirect(url_for(runtime().kinds[picked.kind].show, activity_id=picked.activity_id), 303)


@blueprint.get("/choose/<int:choice>/cancel")
def cancel(choice: int) -> ResponseReturnValue:
    """Back to the LMS with nothing chosen (DL-14), also where it accepts nothing that we have (DL-04)."""
    _check_origin()
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        found = choices.open_choice(session, choice, now)
        if not found.is_deep_link:
            raise NotFound
        choices.use_up(session, found, now)
    return _hand_back(found.asked, [], message="" if found.asked.accepts_links else _("Only links can be added here."))


def _check_origin() -> None:
    """A GET that ends a choice must not be started by another site. Raises NotFound."""
    if request.method == "GET" and request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise NotFound


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise Invalid(_("Choose an activity first."))
    return int(text)


def _hand_back(asked: Asked, items: list[dict[str, Any]], message: str = "") -> ResponseReturnValue:
    """The form that carries the signed answer to the LMS; signed now, however long the choice took (DL-15)."""
    with runtime().database.reading_core() as connection:
        key = tool_keys.signing_key_of(connection, runtime().keys, asked.issuer, asked.client_id)
    claims = response(asked, items, nonce=secrets.token_urlsafe(24), now=runtime().clock.now(), message=message)
    signed = jwt.encode(claims, key.pem, "RS256", {"kid": key.kid})
    security.allow_form_to(urls.origin(asked.return_url))
    note("deep_linked", items=len(items))
    return render("launch/deep_link_return.html", address=asked.return_url, jwt=signed)
