"""The Caddy of docs/operating/Caddyfile in front of servers of a test: a process of its own, on a high port, with its own files."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.nginx import Proxy, certificate
from tests.processes import Server
from tools.programs import caddy

SAMPLE = Path(__file__).resolve().parent.parent / "docs/operating/Caddyfile"
GLOBAL = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
"""A test has no port 80 to redirect from, and takes no orders while it runs."""


def config(folder: Path, port: int, nodes: Sequence[int]) -> str:
    """The sample with this test's address, certificate and nodes, and nothing else changed. Raises AssertionError."""
    text = SAMPLE.read_text("utf-8")
    for sample, ours in (
        ("dangke.example.edu {\n", f"https://127.0.0.1:{port} {{\n\ttls {folder}/tool.crt {folder}/tool.key\n"),
        ("127.0.0.1:8000", " ".join(f"127.0.0.1:{node}" for node in nodes)),
    ):
        assert text.count(sample) == 1, f"the sample has not once {sample!r}"
        text = text.replace(sample, ours)
    return GLOBAL + text


@contextlib.contextmanager
def in_front(folder: Path, port: int, nodes: Sequence[int]) -> Iterator[Server]:
    """Caddy on 127.0.0.1:`port` before these ports, once one of them answers through it."""
    program = caddy()
    assert program is not None, "caddy is not there: make setup-test installs it"
    folder.mkdir(parents=True)
    certificate(folder)
    path = folder / "Caddyfile"
    path.write_text(config(folder, port, nodes))
    server = Proxy(
        "caddy",
        [str(program), "run", "--config", str(path), "--adapter", "caddyfile"],
        {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        f"https://127.0.0.1:{port}/healthz",
        folder / "caddy.log",
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()
