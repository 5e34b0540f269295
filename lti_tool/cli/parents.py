"""A child of this program must not outlive it: it would hold the port and nobody would know it."""

import ctypes
import signal

_PR_SET_PDEATHSIG = 1
# Loaded here, because a child between fork and exec must not load anything.
_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """In a child: be told to stop (SIGTERM) when the parent is gone, however it went. Survives exec."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
