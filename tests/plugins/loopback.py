"""No test reaches a network outside this machine: a connection to any other address fails the test that makes it."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest


class OutsideLoopback(AssertionError):
    """A test tried to connect to another machine."""


def refuse_others(address: object) -> None:
    """Raises OutsideLoopback for an address that is not loopback; names and Unix sockets are local matters."""
    if not isinstance(address, tuple):
        return
    host = str(address[0])
    try:
        local = ipaddress.ip_address(host.split("%", maxsplit=1)[0]).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local:
        raise OutsideLoopback(f"a test tried to connect to {address!r}: nothing outside loopback may be reached")


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[None]:
    """Wraps the two ways of connecting for the whole session."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse_others(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        refuse_others(address)
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        yield
