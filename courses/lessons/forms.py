"""What a request may say in the editor and the settings of a lesson."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from courses.lessons import rules
from courses.lessons.rules import Block, BlockKind, Wanted
from courses.outline.forms import LONGEST_EFFORT
from lti_tool.core.errors import Invalid
from lti_tool.core.i18n import gettext
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.ordering import Step, rearranged
from lti_tool.core.text import clean_line, clean_text
from lti_tool.questions import codec
from lti_tool.questions.authoring import parse_authoring
from lti_tool.questions.model import QuestionKind
from lti_tool.questions.validation import QuestionInvalid

Form = MultiDict[str, str]

_KEY = re.compile(r"[a-z0-9]{1,16}")
_REFERENCE = re.compile(r"(?:https?://[^/\s]+)?/?(?:media/)?([A-Za-z0-9_-]{16,32})")
_QUESTION_FIELDS = ("option", "correct", "rule", "answer", "blank", "any_order", "value", "tolerance", "unit")
MOST_VALUES = 60


@dataclass
class Edited:
    """The editor's form: title, blocks as typed (nothing rendered yet), and what the button wants."""

    title: str
    blocks: tuple[Block, ...]
    revision: int | None
    errors: dict[str, str] = field(default_factory=dict)
    """By block key, by field of a block (`reference-image1`), and `title`."""


def read_edited(form: Form) -> Edited:
    """Read the blocks in their order and do what the pressed button says. Never raises: errors stand in the result."""
    edited = Edited(clean_line(form.get("title", ""), 200), (), None)
    revision = form.get("revision", "")
    edited.revision = int(revision) if revision.isdecimal() and len(revision) < 10 else None
    if not edited.title:
        edited.errors["title"] = gettext("Type a title.")
    keys = [key for key in form.getlist("key")[: rules.MOST_BLOCKS] if _KEY.fullmatch(key)]
    blocks = tuple(_block(form, key, edited.errors) for key in dict.fromkeys(keys))
    edited.blocks = pressed(blocks, form.get("do", ""))
    if len(edited.blocks) > rules.MOST_BLOCKS:
        edited.blocks = edited.blocks[: rules.MOST_BLOCKS]
        edited.errors["blocks"] = gettext("A lesson has at most %(limit)s parts.", limit=rules.MOST_BLOCKS)
    return edited


def pressed(blocks: tuple[Block, ...], button: str) -> tuple[Block, ...]:
    """The blocks after the button `up:<key>`, `down:<key>`, `remove:<key>` or `add:<kind>`; others change nothing."""
    action, _, rest = button.partition(":")
    if action in set(Step):
        return rearranged(blocks, Step(action), lambda block: block.key == rest)
    if action == "add" and rest in set(BlockKind):
        return rules.added(blocks, rules.new_block(BlockKind(rest)))
    return blocks


def _block(form: Form, key: str, errors: dict[str, str]) -> Block:
    kind = form.get(f"kind-{key}", "")
    block = Block(key, BlockKind(kind) if kind in set(BlockKind) else BlockKind.text)
    source = clean_text(form.get(f"source-{key}", "")[: 2 * rules.LONGEST_SOURCE])
    if len(source) > rules.LONGEST_SOURCE:
        errors[key] = gettext("This text is too long: at most %(limit)s characters.", limit=rules.LONGEST_SOURCE)
    block = replace(block, source=source)
    if block.kind is BlockKind.question:
        return _question(form, block)
    if block.kind is BlockKind.text:
        return block
    return replace(
        block,
        reference=_reference(form, f"reference-{key}", errors),
        captions=_reference(form, f"captions-{key}", errors),
        alt=clean_line(form.get(f"alt-{key}", ""), 300),
        caption=clean_line(form.get(f"caption-{key}", ""), 300),
    )


def _reference(form: Form, name: str, errors: dict[str, str]) -> str:
    typed = clean_line(form.get(name, ""), 300)
    if not typed:
        return ""
    found = _REFERENCE.fullmatch(typed)
    if found is None:
        errors[name] = gettext("This is not the address of an uploaded file.")
        return typed
    return found[1]


def is_reference(text: str) -> bool:
    """Whether this can name an uploaded file."""
    return _REFERENCE.fullmatch(text) is not None


def _question(form: Form, block: Block) -> Block:
    """The question as far as it is complete; what was typed is kept either way."""
    kind = form.get(f"qkind-{block.key}", "")
    fields: dict[str, Any] = {
        "kind": kind if kind in set(QuestionKind) else QuestionKind.single.value,
        "explanation": [clean_text(form.get(f"explanation-{block.key}", "")[:10_000])],
        "stem": [block.source],
        "keep_order": ["1"],
    }
    for name in _QUESTION_FIELDS:
        values = form.getlist(f"{name}-{block.key}")[:MOST_VALUES]
        if values:
            fields[name] = [clean_text(value[:2000]) for value in values]
    question, _ = parsed(fields)
    return replace(block, fields=fields, question=question)


def parsed(fields: Mapping[str, Any]) -> tuple[dict[str, Any] | None, list[Any]]:
    """(the question as JSON, no problems) or (None, what is wrong as lazy sentences)."""
    kind = QuestionKind(fields["kind"])
    try:
        question = parse_authoring(kind, {name: value for name, value in fields.items() if name != "kind"})
    except QuestionInvalid as error:
        return None, [each.text for each in error.problems]
    return codec.to_json(question), []


def fields_of(block: Block) -> Mapping[str, Any]:
    """The editor's fields of a question: as typed, or made from the question."""
    if block.fields:
        return block.fields
    stored = block.question or {}
    fields: dict[str, Any] = {
        "kind": stored.get("kind", "single"),
        "explanation": [stored.get("explanation", "")],
        "stem": [block.source or stored.get("stem", "")],
    }
    if "options" in stored:
        fields["option"] = [each["text"] for each in stored["options"]]
        fields["correct"] = [str(place) for place, each in enumerate(stored["options"]) if each.get("is_correct")]
        fields["rule"] = [stored.get("rule", "")]
    if stored.get("kind") == "true_false":
        fields["answer"] = ["true" if stored.get("answer") else "false"]
    if "blanks" in stored:
        fields["blank"] = ["\n".join(each["accepted"]) for each in stored["blanks"]]
    if "value" in stored:
        fields |= {name: [str(stored.get(name, ""))] for name in ("value", "tolerance", "unit")}
    return fields


@dataclass
class CriteriaForm:
    """What completes the lesson, and how long it is said to take (None: estimated)."""

    wanted: Wanted
    minutes: str
    effort: str
    effort_minutes: int | None
    errors: dict[str, str] = field(default_factory=dict)


def read_criteria(form: Mapping[str, str]) -> CriteriaForm:
    """Read the criteria; errors stand in the result."""
    minutes, effort = clean_line(form.get("minutes", ""), 10), clean_line(form.get("effort", ""), 10)
    rule = form.get("question_rule", "none")
    read = CriteriaForm(
        Wanted(
            blocks="needs_blocks" in form,
            seconds=_number(minutes) * 60,
            question=rule if rule in {"none", "answered", "correct"} else "none",
        ),
        minutes,
        effort,
        _number(effort) or None,
    )
    for name, typed in (("minutes", minutes), ("effort", effort)):
        if typed and not (typed.isdecimal() and int(typed) <= LONGEST_EFFORT):
            read.errors[name] = gettext("Type full minutes, at most %(limit)s.", limit=LONGEST_EFFORT)
    return read


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and int(typed) <= LONGEST_EFFORT else 0


def choice_of(values: Mapping[str, str]) -> int:
    """The id of the choice that a new lesson is for. Raises Invalid."""
    choice = values.get("choice", "")
    if not choice.isdecimal() or len(choice) > 18:
        raise Invalid(_l("Open this page from your course."))
    return int(choice)
