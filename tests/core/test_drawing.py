"""Request ids and nonces come from the system, and no two answers share one: not in a process, not across a fork."""

import os

from flask import Flask

from lti_tool.core import security


def drawn(app: Flask) -> str:
    """The nonce and the id of one request."""
    with app.test_request_context():
        assert security.csp_nonce() == security.csp_nonce()
        assert (len(security.request_id()), len(security.csp_nonce())) == (8, 32)
        return security.csp_nonce() + security.request_id()


def test_nonces_are_new_in_every_request() -> None:
    app = Flask("bare")
    assert len({drawn(app) for _ in range(1000)}) == 1000


def test_forked_process_draws_others() -> None:
    app = Flask("bare")
    drawn(app)
    reader, writer = os.pipe()
    if not (child := os.fork()):
        os.write(writer, drawn(app).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 100).decode() not in {drawn(app) for _ in range(200)}
    os.close(reader)
    os.close(writer)
