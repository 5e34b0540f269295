"""JSON logs, one line each: no personal data, no token, no query string (WS-11).

Whoever logs passes codes, ids and numbers; `event` is a fixed word. A value that spans lines cannot break the format,
because every line is one JSON document.
"""

import logging
import sys
from typing import Any

import structlog

log: Any = structlog.get_logger("dangke")


def configure(level: str, *, stream: Any = None) -> None:
    """Write events as JSON lines to `stream` (standard error by default)."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
