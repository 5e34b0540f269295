"""The application of a test: its routes and compiled pages are made once per process, everything that changes is its own.

A test gets a copy of the Flask object with a fresh runtime (settings, clock, keys, services). What the copies share does
not change once made, and Flask itself refuses set-up calls on a copy. The engine keeps its compiled statements from test to
test, but no connection; the child that renders Markdown keeps nothing.
"""

import copy
import dataclasses
from collections.abc import Callable

from flask import Flask

from lti_tool.app import build_runtime, create_app
from lti_tool.core.clock import Clock
from lti_tool.core.config import Settings
from lti_tool.core.database import Database
from lti_tool.core.markup import Renderer
from lti_tool.core.web import Runtime

OWN = {"database_url", "data_dir", "public_url"}
"""Settings in which the tests of one process differ; set-up asks the last one for its scheme only."""


class Press:
    """Makes applications that cost little: one is set up per form of settings, the others are copies of it."""

    def __init__(self) -> None:
        self._plates: dict[tuple[object, ...], Flask] = {}
        self._databases: dict[str, Database] = {}
        self._renderer = Renderer()

    def application(self, settings: Settings, clock: Clock, extend: Callable[[Flask], None] | None = None) -> Flask:
        """An application on `settings`; `extend` adds routes of the test's own to it."""
        form = (repr(settings.model_dump(exclude=OWN)), settings.public_url.startswith("https://"), extend)
        if form not in self._plates:
            plate = create_app(settings, clock)
            if extend:
                extend(plate)
            self._plates[form] = plate
        made = copy.copy(self._plates[form])
        made.config = copy.copy(made.config)
        made.extensions = {**made.extensions, "dangke": self._runtime(settings, clock)}
        made._got_first_request = True
        return made

    def close(self) -> None:
        """End what the applications have in common."""
        self._renderer.close()
        for database in self._databases.values():
            database.dispose()

    def _runtime(self, settings: Settings, clock: Clock) -> Runtime:
        made = build_runtime(settings, clock)
        database = self._databases.setdefault(settings.database_url, made.database)
        return dataclasses.replace(made, database=database, renderer=self._renderer)
