"""Each run is on one engine, with a database of its own, and inside loopback."""

import os
import socket
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.plugins.engine import SERVER
from tests.plugins.loopback import OutsideLoopback
from tests.postgres import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
pytest_plugins = ("pytester",)


@pytest.mark.postgresql
@pytest.mark.shows("T-01")
def test_worker_has_a_database_of_its_own() -> None:
    assert os.environ[VARIABLE] != os.environ[SERVER]
    engine = create_engine(os.environ[VARIABLE])
    with engine.connect() as connection:
        name, address, version = connection.execute(
            text("SELECT current_database(), inet_server_addr(), current_setting('server_version_num')::int")
        ).one()
    engine.dispose()
    assert name.startswith("test_")
    assert address is None, "the server listens on a Unix socket only"
    assert version >= 130000


@pytest.mark.shows("T-01")
def test_engine_is_what_the_run_says(engine_name: str) -> None:
    assert engine_name == ("postgresql" if VARIABLE in os.environ else "sqlite")


@pytest.mark.shows("T-05")
@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 443), ("2001:db8::1", 443)])
def test_connection_beyond_loopback_is_refused(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as client, pytest.raises(OutsideLoopback):
        client.connect(address)


SUITE = """
import pytest

def test_quick():
    pass

@pytest.mark.slow
def test_slow():
    pass
"""


@pytest.mark.once
def test_slow_tests_are_begun_first(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest("pytest_plugins = ('tests.plugins.engine',)\n")
    pytester.makeini("[pytest]\nmarkers =\n  slow: x\n")
    pytester.makepyfile(test_it=SUITE)
    done = pytester.runpytest_subprocess("-n", "1", "-v")
    passed = [line for line in done.outlines if "PASSED" in line]
    assert [line.rsplit("::")[-1].strip() for line in passed] == ["test_slow", "test_quick"]
