"""One notice for what is wrong with columns: which, and exactly what to do in this LMS."""

from collections.abc import Iterable, Sequence

from lti_tool.core.i18n import gettext, ngettext
from lti_tool.passback import words
from lti_tool.passback.queries import ColumnState, Missing

NAMED = 3
"""So many activities are named in one notice; the others are counted."""

Notice = dict[str, str]
"""title, text, kind: as notice() of components/blocks.html."""


def missing(columns: Iterable[Missing]) -> list[Notice]:
    """What lacks a column for the same cause stands in one notice; where scores wait it asks for somebody."""
    groups: dict[tuple[str, str], list[Missing]] = {}
    for column in columns:
        groups.setdefault((column.cause, column.family), []).append(column)
    return [_missing(cause, family, group) for (cause, family), group in groups.items()]


def _missing(cause: str, family: str, group: Sequence[Missing]) -> Notice:
    said = words.column_words(cause, family)
    waiting = sum(each.waiting for each in group)
    rest = (
        ngettext("%(num)s grade waits for it.", "%(num)s grades wait for it.", waiting)
        if waiting
        else gettext("If it shall have no grades there, there is nothing to do.")
    )
    return {
        "title": _titled([each.activity for each in group], str(said.happened)),
        "text": gettext("%(happened)s %(action)s", happened=said.action, action=rest),
        "kind": "soon" if waiting else "",
    }


def unread(columns: Iterable[ColumnState]) -> list[Notice]:
    """Columns whose grades could not be read back."""
    groups: dict[str, list[str]] = {}
    for column in columns:
        if column.read_cause:
            groups.setdefault(column.read_cause, []).append(column.activity)
    found = [(words.reading_words(cause), titles) for cause, titles in groups.items()]
    return [
        {"title": _titled(titles, str(said.happened)), "text": str(said.action), "kind": "soon"}
        for said, titles in found
    ]


def left_over(columns: Iterable[ColumnState]) -> list[Notice]:
    """Columns of ours that nobody needs and that the LMS did not let us delete."""
    titles = [column.activity for column in columns if column.orphan_url]
    if not titles:
        return []
    said = gettext("The LMS's gradebook has a second, empty column for it.")
    return [
        {
            "title": _titled(titles, said),
            "text": gettext("Nothing goes there; you may delete it in the LMS."),
            "kind": "",
        }
    ]


def _titled(activities: Sequence[str], what: str) -> str:
    # One activity may be shown by several links.
    titles = list(dict.fromkeys(activities))
    named = gettext("”, “").join(titles[:NAMED])
    if len(titles) > NAMED:
        return gettext("“%(activity)s” and %(num)s more: %(what)s", activity=named, num=len(titles) - NAMED, what=what)
    return gettext("“%(activity)s”: %(what)s", activity=named, what=what)
