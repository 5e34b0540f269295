"""Reproducible order (domain 3.6): the same seed gives the same paper on every Python, which `random.shuffle` does not promise."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import TypeVar

from lti_tool.questions.model import Multiple, Question, Single

T = TypeVar("T")


def attempt_seed(key: bytes, *parts: int | str) -> bytes:
    """HMAC-SHA256 of what makes the attempt unique (quiz version, member, attempt number): nobody else can compute it."""
    message = "\x1f".join(str(part) for part in parts)
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


def _words(seed: bytes) -> Iterator[int]:
    """64-bit numbers: SHA-256 of seed and counter, eight bytes at a time, big-endian."""
    counter = 0
    while True:
        block = hashlib.sha256(seed + counter.to_bytes(8, "big")).digest()
        for at in range(0, 32, 8):
            yield int.from_bytes(block[at : at + 8], "big")
        counter += 1


def _below(words: Iterator[int], bound: int) -> int:
    """A number 0 <= x < bound, all equally likely: the uneven rest of the range is drawn again."""
    limit = 2**64 - 2**64 % bound
    while True:
        word = next(words)
        if word < limit:
            return word % bound


def shuffled(items: Sequence[T], seed: bytes) -> list[T]:
    """Fisher-Yates over the stream of `seed`."""
    result = list(items)
    words = _words(seed)
    for last in range(len(result) - 1, 0, -1):
        other = _below(words, last + 1)
        result[last], result[other] = result[other], result[last]
    return result


def option_order(question: Question, seed: bytes | None) -> tuple[str, ...]:
    """The option ids as shown: shuffled if there is a seed and the question allows it; fixed options keep their places."""
    if not isinstance(question, Single | Multiple):
        return ()
    ids = [option.id for option in question.options]
    if seed is None or not question.shuffle:
        return tuple(ids)
    moving = iter(shuffled([option.id for option in question.options if not option.fixed], seed))
    return tuple(option.id if option.fixed else next(moving) for option in question.options)
