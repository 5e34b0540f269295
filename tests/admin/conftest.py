"""An operator in front of the console."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.admin import services
from lti_tool.core.web import Runtime
from tests.school import ORIGIN

HERE = {"Origin": ORIGIN}


class Operator(FlaskClient):
    """A browser in the console: sends our Origin and its session's token."""

    def csrf(self) -> str:
        """The token of the present session."""
        found = re.search(r'name="csrf" content="(\w+)"', self.get("/admin").text)
        assert found is not None
        return found[1]

    def send(self, path: str, **form: object) -> TestResponse:
        """POST a form as one of the console's pages would."""
        return self.post(path, data={"csrf_token": self.csrf(), **form}, headers=HERE)


Enter = Callable[..., Operator]


def make_link(runtime: Runtime, name: str = "wang") -> str:
    """The secret of a fresh link."""
    with runtime.database.writing() as session:
        return services.make_link(session, name, runtime.clock.now())


@pytest.fixture
def visitor(app: Flask) -> Operator:
    """A browser that has not entered."""
    return Operator(app, app.response_class, use_cookies=True)


@pytest.fixture
def operator(visitor: Operator, runtime: Runtime) -> Operator:
    """A browser that has."""
    entered = visitor.post("/admin/enter", data={"code": make_link(runtime)}, headers=HERE)
    assert entered.status_code == 303
    return visitor
