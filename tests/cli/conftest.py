"""The command line in this process: settings in the environment, the exit code and what was said in the answer."""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lti_tool.cli import main
from lti_tool.core import logs
from tests.stack import database_url, put_schema


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """What it said on standard error, without log lines. Fails the test if there is a trace."""
        assert "Traceback" not in self.err + self.out, self.err
        return "\n".join(line for line in self.err.splitlines() if not line.startswith("{"))


Dangke = Callable[..., Ended]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A demo installation with a database of its own that nobody has migrated yet."""
    for name in [name for name in os.environ if name.startswith("DANGKE_") and not name.startswith("DANGKE_TEST")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DANGKE_ENV", "demo")
    monkeypatch.setenv("DANGKE_SECRET", secrets.token_urlsafe(48))
    monkeypatch.setenv("DANGKE_DATABASE_URL", database_url(tmp_path))
    monkeypatch.setenv("DANGKE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DANGKE_PUBLIC_URL", "http://127.0.0.1:8000")
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.fixture
def dangke(environment: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Dangke]:
    """dangke("migrate", "--down"): run it here."""

    def run(*arguments: str) -> Ended:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out, err = capfd.readouterr()
        code = ended.value.code
        return Ended(0 if code is None else int(code), out, err)

    yield run
    logs.configure("ERROR")


@pytest.fixture
def migrated(dangke: Dangke) -> Dangke:
    """The same on a migrated database, which has the tool's key."""
    put_schema(os.environ["DANGKE_DATABASE_URL"])
    done = dangke("migrate")
    assert done.code == 0, done.err
    return dangke
