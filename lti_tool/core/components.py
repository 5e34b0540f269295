"""The page of components, for developers: everything the face has, in every state, both languages and both schemes.

Registered everywhere but in production. `/components?lang=en&scheme=dark` shows one combination; `/components/pages/<name>`
shows a page of the frame with sample values.
"""

import re
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from lti_tool.core import assets
from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import current_language, gettext, speaking
from lti_tool.core.i18n.language import SCHEMES
from lti_tool.core.templating import render

blueprint = Blueprint("components", __name__, url_prefix="/components")

PAGES = (
    "error", "session_changed", "new_window", "not_set_up", "closed", "choose", "links", "relink", "deep_link_return", "privacy",
    "mentoring", "nothing_submitted",
)  # fmt: skip
SCORE_STATES = (
    "none", "waiting_for_column", "waiting", "sending", "sent", "confirmed", "differs", "refused", "kept", "kept_there", "not_gradable",
)  # fmt: skip


@blueprint.get("")
def sheet() -> ResponseReturnValue:
    """All components."""
    return _shown(
        "developer/components.html", icons=_icons(), colours=_colours(), pages=PAGES, score_states=SCORE_STATES
    )


@blueprint.get("/pages/<name>")
def page(name: str) -> ResponseReturnValue:
    """One page of the frame with sample values."""
    if name not in PAGES:
        raise NotFound
    with speaking(request.args.get("lang", current_language())):
        template, context = _sample(name)
        return render(template, **context)


def _shown(template: str, **context: Any) -> str:
    scheme = request.args.get("scheme", "auto")
    reader = SimpleNamespace(name="李小明", preview=False)
    with speaking(request.args.get("lang", current_language())):
        return render(template, chosen_scheme=scheme if scheme in SCHEMES else "auto", actor=lambda: reader, **context)


def _icons() -> list[str]:
    return re.findall(r'id="i-([\w-]+)"', (assets.FOLDER / "icons.svg").read_text(encoding="utf-8"))


KEPT = SimpleNamespace(keep_ended_hours=24, keep_pointers_days=7, keep_failures_days=90)
"""Retention periods for the page on privacy."""


def _colours() -> list[str]:
    """Names of the colours, in the order of tokens.css."""
    tokens = (assets.FOLDER / "css" / "tokens.css").read_text(encoding="utf-8")
    light = tokens.partition("color-scheme: light;")[2].partition("}")[0]
    return [name for name in re.findall(r"--([\w-]+): #", light) if name != "on-accent"]


def _sample(name: str) -> tuple[str, dict[str, Any]]:
    """(template, context) of a page of the frame."""
    back = "#platform"
    error = {"code": "DK-404", "reference": "K7M294QD", "kept": ""}
    samples: dict[str, tuple[str, dict[str, Any]]] = {
        "error": (
            "error.html",
            {
                "message": gettext("There is nothing here for you."),
                "action": gettext("Open it from your course again."),
                "return_url": back,
                **error,
            },
        ),
        "session_changed": (
            "error.html",
            {
                "message": gettext("Another person has opened the course in this browser."),
                "action": gettext("Open it from your course again. What you typed is kept below."),
                **error,
                "kept": "> …",
            },
        ),
        "new_window": ("launch/new_window.html", {"address": "#window", "fields": [("iss", "x")]}),
        "not_set_up": ("launch/not_set_up.html", {"return_url": back}),
        "closed": (
            "launch/closed.html",
            {"title": gettext("Not open yet"), "text": "12-01 08:00", "return_url": back, "back": None},
        ),
        "deep_link_return": ("launch/deep_link_return.html", {"address": "#lms", "jwt": "x", "count": 2, "told": "", "asked": _ASKED}),
        "privacy": ("privacy.html", {"own_data": "#main", "kept": KEPT}),
        "mentoring": ("launch/mentoring.html", {"course": gettext("Course"), "return_url": back, "people": _mentored()}),
        "nothing_submitted": (
            "launch/nothing_submitted.html",
            {
                "trail": [(gettext("Course"), "#course"), ("Minutes 会议记录", "#quiz"), (gettext("No submission yet"), None)],
                "title": "Minutes 会议记录",
                "name": "李小明",
                "review_address": "#review",
                "activity_address": "#quiz",
            },
        ),
        "choose": (
            "launch/choose.html",
            {
                "is_deep_link": True,
                "takes_several": True,
                "most": 20,
                "asked": _ASKED,
                "awake_address": "",
                "course": gettext("Course"),
                "choose_address": "#choose",
                "create_address": "#create",
                "cancel_address": "#cancel",
                "activities": _activities(),
                "archived": [{"id": 3, "title": "Source criticism 材料辨析", "is_elsewhere": True}],
                "bring_address": "#bring",
                "error": gettext("Choose an activity first."),
                "kinds": [
                    {"name": "lesson", "label": gettext("Lesson"), "note": gettext("Text, images, a video, questions"), "symbol": "lesson", "address": "#1"},
                    {"name": "quiz", "label": gettext("Quiz"), "note": gettext("Timed or not, marked by itself"), "symbol": "quiz", "address": "#2"},
                    {"name": "forum", "label": gettext("Discussion"), "note": gettext("Posts and replies"), "symbol": "talk", "address": "#3"},
                ],
            },
        ),
        "links": (
            "launch/links.html",
            {
                "course": gettext("Course"),
                "home_address": "#home",
                "origins": [("Reading sources 2026 入门课", "11-20 10:00")],
                "copies": [("Reading sources 2028 入门课", "11-27 10:00")],
                "links": [
                    {"title": "第一讲 Unit 1", "shows": "Reading sources 怎样阅读原始材料", "symbol": "lesson",
                     "kind": gettext("Lesson"), "is_archived": False, "is_draft": False, "keeps": "Check 课后小测",
                     "address": "#change", "activity_address": "#activity"},
                    {"title": "第二讲 Unit 2", "shows": "", "symbol": "link", "kind": "", "is_archived": False,
                     "is_draft": False, "keeps": "", "address": "#choose", "activity_address": ""},
                ],
            },
        ),
        "relink": (
            "launch/relink.html",
            {
                "course": gettext("Course"),
                "link": "第一讲 Unit 1",
                "links_address": "#links",
                "address": "#relink",
                "shown": "Source criticism 材料辨析",
                "token": "0123456789abcdef0123456789abcdef",
                "column": {"activity": "Source criticism 材料辨析", "grades": 12},
                "activities": _activities(),
                "wanted": "1",
                "said": "",
                "errors": {"activity": "", "column": gettext("Say what becomes of the column in your platform's gradebook.")},
            },
        ),
    }  # fmt: skip
    return samples[name]


_ASKED = {"is_plain": False, "has_column": True, "is_auto_created": False, "is_moodle": True}


def _activities() -> list[dict[str, Any]]:
    return [
        {"id": 1, "title": "Reading sources 怎样阅读原始材料", "symbol": "lesson", "kind": gettext("Lesson"),
         "is_draft": False, "meta": ["18′"], "why": gettext("a similar title"), "is_picked": False, "goes": ""},
        {"id": 2, "title": "Check 课后小测", "symbol": "quiz", "kind": gettext("Quiz"), "is_draft": True, "meta": [],
         "why": "", "is_picked": True, "goes": "11-27 10:00"},
    ]  # fmt: skip


def _mentored() -> list[dict[str, Any]]:
    rows = [
        {"title": "How to read a source 怎样阅读原始材料", "kind": gettext("Lesson"), "state": "done", "words": gettext("completed"), "when": "11-12 10:12"},
        {"title": "Minutes 会议记录", "kind": gettext("Quiz"), "state": "doing", "words": gettext("in progress, %(share)s", share="40%"), "when": "11-19 21:08"},
        {"title": "Why do you trust it? 为什么可信", "kind": gettext("Discussion"), "state": "todo", "words": gettext("not started"), "when": ""},
    ]  # fmt: skip
    return [
        {"name": name, "done": gettext("%(done)s of %(all)s tasks completed", done=1, all=3), "rows": rows}
        for name in ("李小明", "王静")
    ]
