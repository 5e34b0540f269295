"""How Hypothesis tries the laws: no deadline per example, since two workers share two cores, and the same examples in CI.

A law that is broken must break for everybody; the search for new examples is for the people who write it.
"""

from hypothesis import settings

from tests.plugins.gate import is_ci

settings.register_profile("house", deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("house"), derandomize=True)


def pytest_configure() -> None:
    """Loads the profile before any test is collected."""
    settings.load_profile("ci" if is_ci() else "house")
