"""Links that show nothing yet and deep linking: one page to choose or create, one address where every choice ends."""

import secrets
from collections.abc import Collection
from typing import Any

import jwt
from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lti_tool.core import security
from lti_tool.core.errors import Invalid, NotFound
from lti_tool.core.i18n import format_moment
from lti_tool.core.i18n import gettext as _
from lti_tool.core.web import render, runtime
from lti_tool.launch.rules import urls
from lti_tool.launch.rules.deep_link import MOODLE, Asked, ItemType, content_items, response
from lti_tool.launch.services import choices, drafts
from lti_tool.launch.views.blueprint import blueprint, note
from lti_tool.launch.views.links import proposed
from lti_tool.launch.views.onward import launch_url
from lti_tool.ledger.models import Activity, Placement
from lti_tool.lms import tool_keys
from lti_tool.lms.tool_keys import SigningKey

_ANY_TOKEN = "0" * 32


@blueprint.get("/choose/<int:choice>")
def choose(choice: int) -> ResponseReturnValue:
    """Choose activities of this course, or create some."""
    return _page(choice, {request.args.get("picked", type=int)})


def _page(choice: int, ticked: Collection[int | None], error: str = "") -> str:
    """The page with these ticked besides what was made for the choice; `error` says why they could not be taken."""
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        found = choices.open_choice(session, choice, now)
        listed = _listed(session, found)
        made = drafts.made_for(session, choice)
        going = drafts.going(session, found.context_id)
    if found.is_deep_link and found.asked.item_type is None:
        return render("launch/nothing_fits.html", course=found.course, cancel_address=_cancel_address(choice))
    if not error:
        ticked = {*made, *found.picked, *ticked}
    for each in listed:
        each["is_picked"] = each["id"] in ticked
        each["goes"] = format_moment(going[each["id"]], now) if each["id"] in going else ""
    kinds = [
        {"name": kind.name, "label": kind.create_label or kind.label, "note": "", "symbol": kind.icon,
         "address": url_for(kind.create, choice=choice)}
        for kind in runtime().kinds.values()
        if kind.create in current_app.view_functions
    ]  # fmt: skip
    return render(
        "launch/choose.html",
        is_deep_link=found.is_deep_link,
        takes_several=found.takes_several,
        most=choices.MOST_PICKED,
        asked=_words_of(found.asked),
        course=found.course,
        choose_address=url_for("launch.chosen", choice=choice),
        awake_address=url_for("launch.still_choosing", choice=choice),
        activities=[each for each in listed if not each["is_archived"]],
        archived=[each for each in listed if each["is_archived"]],
        bring_address=url_for("launch.bring", choice=choice),
        kinds=kinds,
        create_address=url_for("launch.create_more", choice=choice),
        cancel_address=_cancel_address(choice) if found.is_deep_link else "",
        error=error,
    )


def _listed(session: Session, found: choices.Choice) -> list[dict[str, Any]]:
    """The activities of the course as values for the template; for a link, what it probably is to show comes first."""
    placement = session.get(Placement, found.placement_id) if found.placement_id else None
    return proposed(session, placement or Placement(context_id=found.context_id, title="", link_history=[]))


def _words_of(asked: Asked) -> dict[str, bool]:
    """What the page has to say about the place that waits for the choice."""
    return {
        "is_plain": asked.item_type is not ItemType.resource_link,
        "is_auto_created": asked.is_auto_created,
        "is_moodle": asked.family == MOODLE,
        "has_column": asked.item_type is ItemType.resource_link and asked.accepts_line_item,
    }


def _cancel_address(choice: int) -> str:
    return url_for("launch.cancel", choice=choice)


@blueprint.get("/choose/<int:choice>/open")
def still_choosing(choice: int) -> ResponseReturnValue:
    """The page that is still open says so: choosing may take longer than a session lies idle (DL-15)."""
    with runtime().database.reading() as session:
        choices.open_choice(session, choice, runtime().clock.now())
    return "", 204


@blueprint.post("/choose/<int:choice>/create")
def create_more(choice: int) -> ResponseReturnValue:
    """On to the page of the kind `kind`; what is ticked so far is still ticked afterwards."""
    kind = runtime().kinds.get(request.form.get("kind", ""))
    ticked = [_number(each) for each in request.form.getlist("activity_id")]
    with runtime().database.writing() as session:
        found = choices.open_choice(session, choice, runtime().clock.now())
        choices.keep_picked(session, found, ticked)
    if kind is None or kind.create not in current_app.view_functions:
        raise NotFound
    return redirect(url_for(kind.create, choice=choice), 303)


@blueprint.post("/chosen/<int:choice>")
def chosen(choice: int) -> ResponseReturnValue:
    """The end of a choice on the page: what was picked goes to the LMS, or is what the link shows from now on.

    What cannot be taken comes back to the page, which says why beside what is ticked.
    """
    ticked = []
    try:
        ticked = [_number(each) for each in request.form.getlist("activity_id")]
        return _end(choice, ticked)
    except Invalid as fault:
        return _page(choice, ticked, fault.sentences), 400


@blueprint.get("/chosen/<int:choice>")
def created(choice: int) -> ResponseReturnValue:
    """A domain has created a draft for this choice (`?activity=<id>`): that ends it, unless several may be picked.

    The GET changes something, so it is guarded like a form: the id is random and known to nobody but this session, it
    works once, and a browser that says where it comes from must come from us.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise NotFound
    activity_id = _number(request.args.get("activity", ""))
    with runtime().database.reading() as session:
        found = choices.open_choice(session, choice, runtime().clock.now())
        is_here = session.scalar(
            select(exists().where(Activity.id == activity_id, Activity.context_id == found.context_id))
        )
    if not is_here:
        raise NotFound
    if found.takes_several:
        return redirect(url_for("launch.choose", choice=choice, picked=activity_id, _anchor="choose-title"), 303)
    return _end(choice, [activity_id])


def _end(choice: int, activity_ids: list[int]) -> ResponseReturnValue:
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        found = choices.open_choice(session, choice, now)
        picked = choices.choose_all(session, found, activity_ids, now)
        key = _key(session, found.asked) if found.is_deep_link else None
    if key is not None:
        items = content_items(picked, found.asked, launch_url=launch_url(), open_url=_open_url())
        return _hand_back(found.asked, key, items)
    return redirect(url_for(runtime().kinds[picked[0].kind].show, activity_id=picked[0].activity_id), 303)


def _open_url() -> str:
    """The address of a plain link, up to its token."""
    path = url_for("launch.open_activity_link", token=_ANY_TOKEN).removesuffix(_ANY_TOKEN)
    return runtime().settings.public_url + path


@blueprint.post("/choose/<int:choice>/cancel")
def cancel(choice: int) -> ResponseReturnValue:
    """Back to the LMS with nothing chosen (DL-14), with the reason where it accepts nothing of ours or waited too long."""
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        try:
            found = choices.open_choice(session, choice, now)
        except choices.Expired as expired:
            asked, told = expired.asked, {"error": str(expired.message), "log": f"{expired.code} choice expired"}
        else:
            asked, told = found.asked, _told(found.asked)
        if not asked.return_url:
            raise NotFound
        choices.end(session, choice, now)
        key = _key(session, asked)
    return _hand_back(asked, key, [], **told)


def _told(asked: Asked) -> dict[str, str]:
    if asked.item_type is not None:
        return {"message": _("Nothing was added.")}
    wanted = ", ".join(ItemType)
    return {
        "message": _("Only links can be added here."),
        "log": f"accept_types has none of {wanted}: {', '.join(asked.accept_types)[:300]}",
    }


@blueprint.errorhandler(choices.Expired)
def _too_late(expired: choices.Expired) -> ResponseReturnValue:
    """The LMS still waits, so the page has a button that tells it."""
    address = _cancel_address(expired.choice_id) if expired.asked.return_url else ""
    return render("launch/too_late.html", message=expired.message, action=expired.action, address=address), 409


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise choices.nothing_chosen()
    return int(text)


def _key(session: Session, asked: Asked) -> SigningKey:
    """What the answer will be signed with; read in the transaction that ends the choice, so that no choice ends in vain."""
    return tool_keys.signing_key_of(session, runtime().keys, asked.issuer, asked.client_id)


def _hand_back(asked: Asked, key: SigningKey, items: list[dict[str, Any]], **told: str) -> ResponseReturnValue:
    """The form that carries the signed answer to the LMS; signed now, however long the choice took (DL-15)."""
    claims = response(asked, items, nonce=secrets.token_urlsafe(24), now=runtime().clock.now(), **told)
    signed = jwt.encode(claims, key.pem, "RS256", {"kid": key.kid})
    security.allow_form_to(urls.origin(asked.return_url))
    note("deep_linked", items=len(items))
    return render(
        "launch/deep_link_return.html",
        address=asked.return_url,
        jwt=signed,
        count=len(items),
        told=told.get("error") or told.get("message", ""),
        asked=_words_of(asked),
    )
