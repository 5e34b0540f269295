"""The tool with the demo LMS, as in tests/flows; here the LMS is a hostile one."""

from tests.flows.conftest import campus, listening, settings, visitor

__all__ = ["campus", "listening", "settings", "visitor"]
