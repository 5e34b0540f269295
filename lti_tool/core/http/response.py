"""What the other server said."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


class Headers:
    """Header lines in their order; names in any case. A name may occur several times (`all`)."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = tuple((name.lower(), value) for name, value in pairs)

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value of this name."""
        wanted = name.lower()
        return next((value for key, value in self._pairs if key == wanted), default)

    def all(self, name: str) -> list[str]:
        wanted = name.lower()
        return [value for key, value in self._pairs if key == wanted]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of any status: 404, 409 and 3xx are answers, not errors."""

    status: int
    headers: Headers
    body: bytes
    url: str
    """Where it came from at last, after redirects within one host."""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the body's JSON. Raises ValueError when it is none (RecursionError is turned into one)."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deeply") from None
