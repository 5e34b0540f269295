"""Waiting for what other processes do: until a condition holds, or a deadline has passed."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], *, within: float, every: float = 0.1, what: str = "") -> T:
    """Look until what is seen is true, and return it; AssertionError with what was seen last after `within` seconds."""
    pause, deadline = threading.Event(), time.monotonic() + within
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"{what or 'it'} did not happen within {within:.0f} s; last seen: {seen!r}"
        pause.wait(every)
