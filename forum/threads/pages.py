"""From rows to what the templates of discussions show."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup

from forum.threads import rules
from forum.threads.queries import PostRow, ThreadRow
from lti_tool.core.i18n import format_moment, ngettext
from lti_tool.core.i18n import gettext as _
from lti_tool.identity.actor import Actor, Can


def shown_name(author: str) -> str:
    """The name of who wrote; an erased member has none."""
    return author or _("Account erased")


def shown_title(title: str) -> str:
    """The title of a topic; that of an erased member has none."""
    return title or _("Topic of an erased account")


def shown_text(html: str) -> Markup:
    """What was written, as it was rendered then; of an erased member nothing is left but its place."""
    if not html:
        return Markup('<p class="meta">{}</p>').format(_("This was erased together with its author's account."))
    return Markup(html)  # noqa: S704 - rendered and cleaned by core.markup when it was written


def criterion(code: str, target: Any) -> str:
    """The words of a criterion of this kind."""
    if code == "posts":
        return ngettext("Open %(num)s thread", "Open %(num)s threads", int(target))
    return ngettext("Write %(num)s reply", "Write %(num)s replies", int(target))


def criteria(wanted: Sequence[Sequence[Any]], written: rules.Written) -> dict[str, Any] | None:
    """The member's own criteria with how far they are, or None where there is none."""
    counts = {"posts": written.threads, "replies": written.replies}
    items = [
        {
            "is_met": counts[code] >= target,
            "text": criterion(code, target),
            "value": f"{min(counts[code], target)}/{target}",
            "percent": None,
        }
        for code, target in wanted
        if code in counts
    ]
    return {"met": sum(item["is_met"] for item in items), "total": len(items), "items": items} if items else None


def thread_lines(rows: Sequence[ThreadRow], now: datetime) -> list[dict[str, Any]]:
    """Lines of the list."""
    return [
        {
            "title": shown_title(row.title),
            "address": url_for("forum_threads.thread", thread_id=row.id),
            "author": shown_name(row.author),
            "initial": row.author[:1] or "–",
            "is_staff": row.is_staff,
            "is_pinned": row.is_pinned,
            "is_locked": row.is_locked,
            "is_answered": False,
            "is_featured": False,
            "unread": row.unread,
            "replies": row.replies,
            "when": format_moment(row.last_post_at, now),
        }
        for row in rows
    ]


def post_blocks(
    rows: Sequence[PostRow], *, actor: Actor, is_locked: bool, can_write: bool, thread_id: int, now: datetime
) -> list[dict[str, Any]]:
    """Posts of the thread page; hidden ones keep their place and say why."""
    return [_block(row, actor, is_locked, can_write, thread_id, now) for row in rows]


def _block(
    row: PostRow, actor: Actor, is_locked: bool, can_write: bool, thread_id: int, now: datetime
) -> dict[str, Any]:
    actions: list[tuple[str, str, str, bool]] = []
    is_author = row.author_id == actor.member_id
    may_edit = rules.may_edit(is_author=is_author, is_locked=is_locked, created_at=row.created_at, now=now)
    if may_edit and not actor.preview:
        actions.append((_("Change"), "edit", url_for("forum_threads.edit_post", post_id=row.id), False))
    if actor.can(Can.author):
        label, symbol = (_("Show again"), "eye") if row.is_hidden else (_("Hide …"), "hide")
        actions.append((label, symbol, url_for("forum_threads.hide_post", post_id=row.id), False))
    return {
        "id": row.id,
        "depth": row.depth,
        "author": shown_name(row.author),
        "initial": row.author[:1] or "–",
        "is_staff": row.is_staff,
        "when": format_moment(row.created_at, now),
        "edited": _("changed %(when)s", when=format_moment(row.edited_at, now)) if row.edited_at else "",
        "html": shown_text(row.html),
        "quote": None,
        "is_hidden": row.is_hidden,
        "hidden_text": _("Hidden by a teacher: %(reason)s", reason=row.hidden_reason),
        "show_address": url_for("forum_threads.hide_post", post_id=row.id) if actor.can(Can.author) else "",
        "likes": 0,
        "is_liked": False,
        "like_address": "",
        "is_official": False,
        "official_note": "",
        "actions": actions,
        "reply_address": url_for("forum_threads.thread", thread_id=thread_id, to=row.id, _anchor="reply")
        if can_write
        else "",
    }
