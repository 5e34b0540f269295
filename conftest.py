"""Loads the project's pytest plugins; fixtures stand in tests/conftest.py."""

pytest_plugins = (
    "tests.plugins.engine",
    "tests.plugins.gate",
    "tests.plugins.groups",
    "tests.plugins.keys",
    "tests.plugins.laws",
    "tests.plugins.loopback",
    "tests.plugins.memory",
    "tests.plugins.shows",
    "tests.plugins.slow",
    "tests.plugins.unit",
)
