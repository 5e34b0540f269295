"""Units are known by what they need."""

import pytest

from tests.plugins.unit import is_unit


def test_this_one_is_a_unit(request: pytest.FixtureRequest) -> None:
    assert is_unit(request.node)
    assert request.node.get_closest_marker("unit") is not None


@pytest.mark.usefixtures("app")
def test_one_with_the_application_is_none(request: pytest.FixtureRequest) -> None:
    assert not is_unit(request.node)
    assert request.node.get_closest_marker("unit") is None


@pytest.mark.slow
def test_a_slow_one_is_none(request: pytest.FixtureRequest) -> None:
    assert not is_unit(request.node)
