"""Values for the template of the editor."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup

from courses.lessons import forms, queries, rules
from courses.lessons.forms import Edited
from courses.lessons.rules import Block, BlockKind
from courses.lessons.texts import BLOCK_ICONS, BLOCK_NAMES
from courses.lessons.views import shown
from lti_tool.core.i18n import format_moment, gettext, ngettext
from lti_tool.core.web import render
from lti_tool.ledger.models import Activity
from lti_tool.questions.model import KIND_LABELS
from lti_tool.questions.validation import MOST_OPTIONS

FIELDS = ("reference", "captions", "alt")
"""Of an image or a video, each with its own fault beside it."""
SPARE_OPTIONS = 2
FEWEST_OPTIONS = 4


def preview(title: str, blocks: Sequence[Block], activity_id: int) -> Markup:
    """The article as members see it, without forms that could be sent."""
    page = render(
        "courses/lesson_preview.html", title=title, blocks=shown.blocks(blocks, activity_id, None, is_closed=True)
    )
    return Markup(page)  # noqa: S704 - a template of ours


def page(activity: Activity, draft: queries.Draft, edited: Edited, now: datetime) -> dict[str, Any]:
    """Context of the editor."""
    published = next((row for row in draft.versions if row.id == draft.published_id), None)
    return {
        "trail": shown.trail(activity, gettext("Edit: %(title)s", title=activity.title)),
        "title": edited.title,
        "revision": edited.revision if edited.revision is not None else draft.revision,
        "context_id": activity.context_id,
        "blocks": [_block(block, edited.errors) for block in edited.blocks],
        "kinds": [(kind.value, str(BLOCK_NAMES[kind]), BLOCK_ICONS[kind]) for kind in BlockKind],
        "errors": edited.errors,
        "status": gettext("Draft saved %(time)s", time=format_moment(draft.saved_at, now)),
        "version": gettext("Version %(n)s", n=published.number) if published else gettext("Not published yet"),
        "is_changed": draft.is_changed,
        "versions": [
            _version(row, activity.id, now, is_published=row.id == draft.published_id) for row in draft.versions
        ],
        "save_address": url_for(".edit", activity_id=activity.id),
        "publish_address": url_for(".publish", activity_id=activity.id),
        "preview_address": url_for(".preview", activity_id=activity.id),
        "settings_address": url_for(".settings", activity_id=activity.id),
        "show_address": url_for(".show", activity_id=activity.id),
        "upload_address": url_for("media.upload"),
        "preview": preview(edited.title, edited.blocks, activity.id),
    }


def _version(row: Any, activity_id: int, now: datetime, *, is_published: bool) -> dict[str, Any]:
    note = format_moment(row.created_at, now)
    return {
        "label": gettext("Version %(n)s", n=row.number),
        "note": f"{note}　{row.author}" if row.author else note,
        "address": url_for(".version", activity_id=activity_id, number=row.number),
        "is_published": is_published,
    }


def _block(block: Block, errors: Mapping[str, str]) -> dict[str, Any]:
    faults = {name: errors.get(f"{name}-{block.key}", "") for name in FIELDS}
    values: dict[str, Any] = {
        "key": block.key,
        "kind": block.kind.value,
        "name": str(BLOCK_NAMES[block.kind]),
        "symbol": BLOCK_ICONS[block.kind],
        "note": _note(block),
        "source": block.source,
        "reference": _address(block.reference),
        "captions": _address(block.captions),
        "alt": block.alt,
        "caption": block.caption,
        "error": errors.get(block.key, ""),
        "faults": faults,
    }
    if block.kind is BlockKind.question:
        values["question"] = _question(block)
    return values


def _address(reference: str) -> str:
    """Of an uploaded file; what cannot be one stands as it was typed."""
    return shown.media(reference) if forms.is_reference(reference) else reference


def _note(block: Block) -> str:
    if block.kind is BlockKind.text:
        return ngettext("%(num)s character", "%(num)s characters", len(block.source))
    return rules.title_of(block)


def _question(block: Block) -> dict[str, Any]:
    fields = forms.fields_of(block)
    options = list(fields.get("option", []))
    correct = set(fields.get("correct", []))
    rows = min(max(len(options) + SPARE_OPTIONS, FEWEST_OPTIONS), MOST_OPTIONS)
    _, problems = forms.parsed(fields) if block.fields else (None, [])
    return {
        "kind": fields["kind"],
        "kinds": [(kind.value, str(label)) for kind, label in KIND_LABELS.items()],
        "stem": fields["stem"][0],
        "explanation": fields["explanation"][0],
        "options": [
            (place, options[place] if place < len(options) else "", str(place) in correct) for place in range(rows)
        ],
        "blanks": [*fields.get("blank", []), ""],
        **{name: fields.get(name, [""])[0] for name in ("answer", "value", "tolerance", "unit")},
        "problems": [str(each) for each in problems],
    }
