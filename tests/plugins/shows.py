"""`@pytest.mark.shows("J-01")`: this test shows a line of docs/requirements.toml. `make evidence` reads it from JUnit."""

import tomllib
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "docs" / "requirements.toml"


def known_ids() -> frozenset[str]:
    """The ids of all lines."""
    lines = tomllib.loads(REQUIREMENTS.read_text(encoding="utf-8"))["line"]
    return frozenset(line["id"] for line in lines)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Writes each claim into the test's properties; a claim of an unknown line ends the run."""
    known = known_ids()
    for item in items:
        for marker in item.iter_markers("shows"):
            if not marker.args:
                raise pytest.UsageError(f"{item.nodeid}: shows() names no line of docs/requirements.toml")
            for name in marker.args:
                if name not in known:
                    raise pytest.UsageError(f"{item.nodeid}: docs/requirements.toml has no line {name!r}")
                item.user_properties.append(("shows", name))
