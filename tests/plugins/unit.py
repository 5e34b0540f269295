"""Which tests are units: they start no program, open no database and no browser, and so a run of them takes moments.

`make check` runs what is marked `unit` here; nobody marks a test so by hand.
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
NEEDS = frozenset({"database_url", "empty_database", "playwright_driver", "postgres_server", "stack", "pytester"})
"""Fixtures that a unit never needs; the application and the school stand on the first."""
WHOLE = frozenset({"browser", "cli", "demo", "flows", "interop", "migrations"})
"""Folders whose tests run programs of ours."""


def is_unit(item: pytest.Item) -> bool:
    """Whether the test is a unit."""
    folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
    fixtures = frozenset(getattr(item, "fixturenames", ()))
    return folder not in WHOLE and not fixtures & NEEDS and item.get_closest_marker("slow") is None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks them, before anything is chosen by its marks."""
    for item in items:
        if is_unit(item):
            item.add_marker(pytest.mark.unit)
