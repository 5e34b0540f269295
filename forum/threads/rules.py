"""Pure rules of discussions: what meets the criteria, who may change what, how posts are laid out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from lti_tool.ledger.rules import Outcome

EDIT_WINDOW = timedelta(minutes=30)
FLOOD_LIMIT, FLOOD_PERIOD = 10, timedelta(minutes=5)
DEEPEST = 2


@dataclass(frozen=True, slots=True)
class Written:
    """What one member has written in one discussion and what stands: threads opened, replies given."""

    threads: int
    replies: int


@dataclass(frozen=True, slots=True)
class Place:
    """A post as the layout needs it."""

    id: int
    parent_id: int | None


def reached(written: Written, criteria: Sequence[Sequence[object]], maximum: int) -> Outcome:
    """What `written` is worth under `criteria` [("posts", k), ("replies", k)].

    Progress is the mean over the criteria of min(count / target, 1). The score is the whole maximum once every criterion
    is met and nothing before, because half a discussion is not half a grade. No criteria: one post of any kind is enough.
    """
    counts = {"posts": written.threads, "replies": written.replies}
    wanted = [(str(code), _target(target)) for code, target in criteria if code in counts]
    if not wanted:
        any_post = written.threads + written.replies > 0
        return Outcome(Decimal(any_post), Decimal(maximum) if any_post else None, completed=any_post)
    shares = [min(Decimal(counts[code]) / target, Decimal(1)) for code, target in wanted]
    met = tuple(share == 1 for share in shares)
    done = all(met)
    return Outcome(
        progress=sum(shares, Decimal(0)) / len(shares),
        score=Decimal(maximum) if done else None,
        completed=done,
        criteria=met,
    )


def _target(value: object) -> int:
    return max(1, value if isinstance(value, int) else 1)


def may_edit(*, is_author: bool, is_locked: bool, created_at: datetime, now: datetime) -> bool:
    """An author may change his post for 30 minutes, unless the thread was locked meanwhile."""
    return is_author and not is_locked and now - created_at < EDIT_WINDOW


def is_flooding(recent: int) -> bool:
    """Whether `recent` posts within FLOOD_PERIOD are too many for another one."""
    return recent >= FLOOD_LIMIT


def depth_below(parent_depth: int) -> int:
    """The depth of a reply: never more than 2, so that a phone can show it."""
    return min(parent_depth + 1, DEEPEST)


def reading_order(posts: Iterable[Place]) -> list[int]:
    """Ids in reading order: the tree walked depth first, siblings by age (ids rise). Nothing is lost.

    A post whose parent is not among `posts` is shown at the end of the top level.
    """
    every = sorted(posts, key=lambda post: post.id)
    known = {post.id for post in every}
    below: dict[int | None, list[int]] = {}
    for post in every:
        parent = post.parent_id if post.parent_id in known and post.parent_id != post.id else None
        below.setdefault(parent, []).append(post.id)
    order: list[int] = []
    todo = list(reversed(below.get(None, [])))
    while todo:
        current = todo.pop()
        order.append(current)
        todo.extend(reversed(below.get(current, [])))
    return order
