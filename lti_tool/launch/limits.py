"""How often something may happen, counted in this process: a fixed window per key, with a bound on the keys kept."""

import threading
from datetime import datetime

MOST_KEYS = 20_000


class Limit:
    """At most `times` per `seconds` and key. Safe with threads."""

    def __init__(self, times: int, seconds: int = 60) -> None:
        self._times, self._seconds = times, seconds
        self._window, self._counts = 0, dict[object, int]()
        self._lock = threading.Lock()

    def hit(self, key: object, now: datetime) -> bool:
        """Count one more; whether it is still within the limit."""
        window = int(now.timestamp()) // self._seconds
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            if key not in self._counts and len(self._counts) >= MOST_KEYS:
                # The oldest goes, not all of them: a flood of new keys must not set the others free.
                self._counts.pop(next(iter(self._counts)))
            self._counts[key] = self._counts.get(key, 0) + 1
            return self._counts[key] <= self._times
