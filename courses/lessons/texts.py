"""The words of lessons that several pages share."""

from typing import Any

from courses.lessons.rules import BlockKind, Criterion
from lti_tool.core.i18n import format_duration, gettext, lazy_gettext, lazy_ngettext
from lti_tool.core.i18n import lazy_gettext as _l

BLOCK_NAMES = {
    BlockKind.text: _l("Text"),
    BlockKind.image: _l("Image"),
    BlockKind.video: _l("Video"),
    BlockKind.question: _l("Question"),
}
BLOCK_ICONS = {
    BlockKind.text: "text",
    BlockKind.image: "image",
    BlockKind.video: "video",
    BlockKind.question: "help",
}


def criterion_words(code: str, target: Any) -> Any:
    """The words of a criterion for the checklist (Kind.criteria); lazy."""
    if code == "blocks":
        return lazy_ngettext("Read the %(num)s part", "Read all %(num)s parts", int(target))
    if code == "seconds":
        return lazy_ngettext("Study for %(num)s minute", "Study for %(num)s minutes", -(-int(target) // 60))
    if code == "question" and target == "correct":
        return _l("Answer the question in the text correctly")
    if code == "question":
        return _l("Answer the question in the text")
    return lazy_gettext(code)


def criterion_value(criterion: Criterion) -> str:
    """How far a member is, at the right of the line."""
    if criterion.code == "seconds":
        return gettext("%(time)s so far", time=format_duration(criterion.have))
    if criterion.code == "question" and criterion.want == 1:
        return "" if criterion.is_met else gettext("not answered yet")
    return f"{criterion.have}/{criterion.want}"


def checklist(criteria: tuple[Criterion, ...]) -> dict[str, Any]:
    """The checklist as the pages show it: met, total, lines."""
    items = [
        {
            "code": each.code,
            "text": str(criterion_words(each.code, each.target)),
            "is_met": each.is_met,
            "value": criterion_value(each),
            "percent": None if each.want == 1 else int(each.share * 100),
        }
        for each in criteria
    ]
    return {"met": sum(each.is_met for each in criteria), "total": len(criteria), "lines": items}
