"""Blocks of a lesson, what completes it, how long it takes (pure)."""

import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from lti_tool.ledger.rules import Outcome

MOST_BLOCKS: Final = 60
LONGEST_SOURCE: Final = 40_000
WORDS_A_MINUTE: Final = 200
CHARACTERS_A_MINUTE: Final = 400
"""Chinese characters; slower than for news, because a lesson is read to be kept."""
_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_WORD: Final = re.compile(r"[A-Za-z0-9À-ɏ]+")


class BlockKind(StrEnum):
    """What a block is."""

    text = "text"
    image = "image"
    video = "video"
    question = "question"


@dataclass(frozen=True, slots=True)
class Block:
    """One block. Which fields count depends on the kind; `key` stays the same over versions."""

    key: str
    kind: BlockKind
    source: str = ""
    """Markdown of a text block."""
    html: str = ""
    """The text, or the stem of a question, as rendered when it was saved."""
    reference: str = ""
    """Media reference of an image or a video."""
    alt: str = ""
    caption: str = ""
    captions: str = ""
    """Media reference of the video's captions."""
    transcript: str = ""
    """HTML of the video's transcript; its source stands in `source`."""
    question: Mapping[str, Any] | None = None
    """A pure question as JSON (lti_tool.questions); None while what was typed is no complete question."""
    fields: Mapping[str, Any] | None = None
    """Drafts only: the editor's fields of a question as they were typed."""

    def to_json(self) -> dict[str, Any]:
        """Without the fields that are empty."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in fields.items() if value or name in {"key", "kind"}}


def block_of(stored: Mapping[str, Any]) -> Block:
    """The block that `to_json` stored; unknown fields of later versions are left out."""
    known = {name: stored[name] for name in Block.__slots__ if name in stored}
    return Block(**{**known, "kind": BlockKind(stored["kind"])})


def blocks_of(stored: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    """The blocks of a draft or version."""
    return tuple(block_of(each) for each in stored)


def new_block(kind: BlockKind) -> Block:
    """An empty block with a key of its own."""
    return Block(key=secrets.token_hex(4), kind=kind)


def added(blocks: Sequence[Block], block: Block, after: str = "") -> tuple[Block, ...]:
    """The blocks with a new one after the block `after`, or at the end."""
    order = list(blocks)
    place = next((index + 1 for index, each in enumerate(order) if each.key == after), len(order))
    return (*order[:place], block, *order[place:])


def keep_apart(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with a fresh key for each that repeats one."""
    seen: set[str] = set()
    kept = []
    for block in blocks:
        fresh = replace(block, key=secrets.token_hex(4)) if block.key in seen else block
        seen.add(fresh.key)
        kept.append(fresh)
    return tuple(kept)


class Gap(StrEnum):
    """Why a block cannot be published."""

    empty = "empty"
    no_file = "no_file"
    no_alt = "no_alt"


def gap_of(block: Block) -> Gap | None:
    """What a block still lacks before members may see it: every image needs a description (WCAG 1.1.1)."""
    if block.kind is BlockKind.text:
        return None if block.source.strip() else Gap.empty
    if block.kind is BlockKind.question:
        return None if block.question else Gap.empty
    if not block.reference:
        return Gap.no_file
    if block.kind is BlockKind.image and not block.alt.strip():
        return Gap.no_alt
    return None


def estimated_minutes(blocks: Sequence[Block], video_seconds: float = 0) -> int:
    """Reading time of the text plus one minute per image and question plus the videos; at least one minute."""
    minutes = video_seconds / 60
    for block in blocks:
        if block.kind in {BlockKind.text, BlockKind.video}:
            minutes += len(_HAN.findall(block.source)) / CHARACTERS_A_MINUTE
            minutes += len(_WORD.findall(block.source)) / WORDS_A_MINUTE
        if block.kind is not BlockKind.text:
            minutes += 1
    return max(1, round(minutes))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What completes a lesson."""

    blocks: bool = True
    seconds: int = 0
    question: str = "none"
    """none, answered or correct: what every question in the text must be."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What one member has done."""

    seen: Collection[str] = ()
    seconds: int = 0
    answered: Collection[str] = ()
    correct: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the checklist: met if `have` has reached `want`."""

    code: str
    target: Any
    have: int
    want: int

    @property
    def is_met(self) -> bool:
        """Whether it is reached."""
        return self.have >= self.want

    @property
    def share(self) -> Decimal:
        """0 to 1."""
        return Decimal(min(self.have, self.want)) / self.want if self.want else Decimal(1)


def criteria_of(wanted: Wanted, blocks: Sequence[Block]) -> list[list[Any]]:
    """[[code, target], ...] as the activity stores it: what is wanted and can be reached with these blocks.

    A lesson always has one criterion at least: without any other, its blocks are to be read.
    """
    questions = [each for each in blocks if each.kind is BlockKind.question]
    found: list[list[Any]] = []
    if wanted.blocks:
        found.append(["blocks", len(blocks)])
    if wanted.seconds > 0:
        found.append(["seconds", wanted.seconds])
    if wanted.question != "none" and questions:
        found.append(["question", wanted.question])
    return found or [["blocks", len(blocks)]]


def checked(criteria: Sequence[Sequence[Any]], blocks: Sequence[Block], reached: Reached) -> tuple[Criterion, ...]:
    """How far a member is in each criterion; what belongs to blocks that are gone does not count."""
    keys = {each.key for each in blocks}
    questions = {each.key for each in blocks if each.kind is BlockKind.question}
    found = []
    for code, target in criteria:
        if code == "blocks":
            found.append(Criterion(code, target, len(keys & set(reached.seen)), len(keys)))
        elif code == "seconds":
            found.append(Criterion(code, target, reached.seconds, int(target)))
        elif code == "question":
            done = reached.correct if target == "correct" else reached.answered
            found.append(Criterion(code, target, len(questions & set(done)), len(questions)))
    return tuple(found)


def outcome_of(checklist: Sequence[Criterion], maximum: int) -> Outcome:
    """Completed when all criteria are met; then the full score, before that none, since half a lesson has no points.

    Progress is the mean share of the criteria.
    """
    is_done = bool(checklist) and all(each.is_met for each in checklist)
    shares = [each.share for each in checklist]
    progress = sum(shares, Decimal(0)) / len(shares) if shares else Decimal(0)
    return Outcome(
        progress=Decimal(1) if is_done else progress,
        score=Decimal(maximum) if is_done else None,
        completed=is_done,
        criteria=tuple(each.is_met for each in checklist),
    )


_HEADING: Final = re.compile(r"^(#{1,3})\s+(.+?)\s*#*\s*$", re.MULTILINE)
_MARKS: Final = re.compile(r"[*_`\[\]]|\([^)]*\)(?=\s|$)")


def title_of(block: Block) -> str:
    """The heading of a block for the outline: its first heading; empty if it has none."""
    if block.kind is BlockKind.text:
        found = _HEADING.search(block.source)
        return _MARKS.sub("", found[2]).strip()[:80] if found else ""
    return (block.caption or block.alt).strip()[:80]
