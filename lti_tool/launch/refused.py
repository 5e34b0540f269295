"""Why a login or a launch is refused, as a code. What the user reads about it stands in `reasons`."""


class Refused(Exception):
    """A login or launch is not accepted; `reason` is a key of `reasons.REASONS`."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts
        """More for the log: codes and ids from fixed lists, never what came from outside."""
