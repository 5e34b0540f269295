"""One line of the doctor's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is well, and what to do if not."""

    subject: str
    ok: bool
    words: str
    is_hint: bool = False

    @property
    def mark(self) -> str:
        return "BAD" if not self.ok else "?  " if self.is_hint else "ok "

    @property
    def state(self) -> str:
        """For machines: ok, hint or bad."""
        return "bad" if not self.ok else "hint" if self.is_hint else "ok"
