"""A private key is read once per process: OpenSSL checks its primes each time, 40 ms that hundreds of tests would pay.

The keys of tests are texts that never change (tests/tool_key.py, tests/lms_client.py), and what is read is never changed either.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jwt.algorithms
from cryptography.hazmat.primitives import serialization

KEPT = 64


def once_each(read: Callable[..., Any]) -> Callable[..., Any]:
    """`read`, asked once for each key."""
    return lru_cache(KEPT)(read)


def pytest_configure() -> None:
    """For the whole run; the servers that tests start as processes read their keys as ever."""
    kept = once_each(serialization.load_pem_private_key)
    for owner in (serialization, jwt.algorithms):
        setattr(owner, "load_pem_private_key", kept)  # noqa: B010 - jwt does not say that it has the name
