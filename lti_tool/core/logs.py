"""JSON logs, one line each: no personal data, no token, no query string (WS-11).

Whoever logs passes codes, ids and numbers; `event` is a fixed word. A value that spans lines cannot break the format,
because every line is one JSON document.
"""

import contextlib
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import structlog

log: Any = structlog.get_logger("dangke")
_stream: Any = None
"""Where `access` writes; None while events of level INFO are not wanted."""


class _Patient:
    """A stream whose disk may be full: a line that cannot be written must not undo the answer to what has been saved."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._flushes_lines = bool(getattr(stream, "line_buffering", False))

    def line(self, line: str) -> None:
        """Write one line, and let it go at once."""
        with contextlib.suppress(OSError):
            self._stream.write(line)
            if not self._flushes_lines:
                self._stream.flush()

    def write(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(line)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def configure(level: str, *, stream: Any = None) -> None:
    """Write events as JSON lines to `stream` (standard error by default)."""
    global _stream  # noqa: PLW0603 - the process has one log
    stream = _Patient(stream or sys.stderr)
    _stream = stream if logging.getLevelNamesMapping()[level.upper()] <= logging.INFO else None
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def access(*, request_id: str, method: str, endpoint: str, status: int, ms: float | None, cookies: bool) -> None:
    """One request, in the form of the other events. Put together here, because every request pays for it."""
    if _stream is None:
        return
    # Ids, words and numbers of ours: nothing in them has to be escaped.
    moment = datetime.now(UTC).isoformat().removesuffix("+00:00")
    _stream.line(
        f'{{"request_id": "{request_id}", "method": "{_word(method)}", "endpoint": "{endpoint}", "status": {status}, '
        f'"ms": {"null" if ms is None else ms}, "cookies": {"true" if cookies else "false"}, "event": "request", "level": "info", "timestamp": "{moment}Z"}}\n'
    )


def _word(method: str) -> str:
    """A method as it came from outside, if it is one."""
    return method if method.isalpha() else "?"
