"""Which activity a link most likely is to show: what it showed where it was copied from, then its title, then its kind (pure)."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

MOST_LIKELY: Final = 5
ALIKE: Final = 0.75
LONGEST_COMPARED: Final = 80
_BETWEEN_WORDS = re.compile(r"[\W_]+")


class Why(StrEnum):
    """Why an activity is proposed, the strongest reason first."""

    same_line = "same_line"
    """The link, or the one it was copied from, showed this."""
    same_title = "same_title"
    like_title = "like_title"
    same_kind = "same_kind"


class Standing(StrEnum):
    """Where an activity is."""

    here = "here"
    draft = "draft"
    archived = "archived"
    at_source = "at_source"
    """Archived in the course that this one was copied from, so it was not copied."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An activity that a link could show."""

    id: int
    title: str
    kind: str
    summary: str
    lineage: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of a link: its title in the LMS, the lines that it or its original may have shown, a kind."""

    title: str
    lines: Collection[str] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An activity and why it is likely; without a reason it is one of the others."""

    candidate: Candidate
    why: Why | None


def proposals(candidates: Iterable[Candidate], wanted: Wanted) -> list[Proposal]:
    """All of them, at most five with a reason and those first, the strongest reason before the others.

    What is archived is only proposed for its line: then it is what the link showed, and nothing else is.
    """
    found = [Proposal(each, why(each, wanted)) for each in candidates]
    found = [each for each in found if _is_open(each.candidate) or each.why is Why.same_line]
    reasons = list(Why)
    likely = sorted((each for each in found if each.why), key=lambda each: reasons.index(each.why or Why.same_kind))
    likely = likely[:MOST_LIKELY]
    others = [Proposal(each.candidate, None) for each in found if each not in likely and _is_open(each.candidate)]
    return [*likely, *others]


def _is_open(candidate: Candidate) -> bool:
    return candidate.standing in {Standing.here, Standing.draft}


def why(candidate: Candidate, wanted: Wanted) -> Why | None:
    """The strongest reason for one activity."""
    if candidate.lineage in wanted.lines:
        return Why.same_line
    ours, theirs = plain(candidate.title), plain(wanted.title)
    if ours and ours == theirs:
        return Why.same_title
    if ours and theirs and are_alike(ours, theirs):
        return Why.like_title
    return Why.same_kind if wanted.kind and candidate.kind == wanted.kind else None


def plain(title: str) -> str:
    """A title without what people write differently: case, width, spaces, punctuation."""
    return _BETWEEN_WORDS.sub("", unicodedata.normalize("NFKC", title).casefold())[:LONGEST_COMPARED]


def are_alike(one: str, other: str) -> bool:
    """Whether two plain titles are nearly the same, or one stands in the other."""
    shorter, longer = sorted((one, other), key=lambda text: (len(text), text))
    return (len(shorter) >= 2 and shorter in longer) or SequenceMatcher(None, shorter, longer).ratio() >= ALIKE
