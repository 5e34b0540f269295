"""`python -m lti_tool.demo`: serve the demo LMS, many requests at a time, until Ctrl-C."""

import argparse
import json
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from flask import Flask

from lti_tool.demo.app import create_lms, lms_of
from lti_tool.demo.runtime import PROFILES
from lti_tool.demo.seed import seed
from lti_tool.demo.store import write_setting


def build(data: str, tool_config: str, issuer: str, profile: str, *, has_control: bool) -> Flask:
    """The application, inside the server's worker process (SQLite connections do not survive a fork)."""
    app = create_lms(data, issuer=issuer, has_control=has_control)
    seed(lms_of(app), json.loads(Path(tool_config).read_text("utf-8")))
    if profile:
        with lms_of(app).store.writing() as connection:
            write_setting(connection, "profile", profile)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Become the server (same process id), or return 2 after one sentence: a busy port, an unreadable file."""
    asked = _parser().parse_args(arguments)
    try:
        json.loads(asked.tool_config.read_text("utf-8"))
        with socket.create_server((address(asked.host), asked.port)):
            pass
    except FileNotFoundError:
        print(f"{asked.tool_config} does not exist: `dangke seed` writes it", file=sys.stderr)
        return 2
    except ValueError:
        print(f"{asked.tool_config} is not JSON", file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"port {asked.port} of {asked.host} cannot be used ({error.strerror}): choose another --port",
            file=sys.stderr,
        )
        return 2
    return _become(_command(asked))


def _become(command: list[str]) -> NoReturn:
    os.execv(command[0], command)


def _command(asked: argparse.Namespace) -> list[str]:
    """One gunicorn worker with threads: planned faults live in memory, so there must be one process."""
    issuer = asked.issuer or f"http://{asked.host}:{asked.port}"
    values = ", ".join(repr(str(value)) for value in (asked.data, asked.tool_config, issuer, asked.profile))
    options = {"bind": f"{address(asked.host)}:{asked.port}", "workers": 1, "worker-class": "gthread",
               "threads": asked.threads, "keep-alive": 15, "graceful-timeout": 2, "log-level": "warning"}  # fmt: skip
    return [
        sys.executable, "-m", "gunicorn", "--no-control-socket", *(f"--{name}={value}" for name, value in options.items()),
        f"lti_tool.demo.__main__:build({values}, has_control={asked.control})",
    ]  # fmt: skip


def address(host: str) -> str:
    """Where to listen for this host name."""
    return "127.0.0.1" if host == "localhost" else host


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m lti_tool.demo", description="A demo LMS (LTI 1.3 platform) for Dangke.")
    parser.add_argument("--port", type=int, default=9080)
    parser.add_argument("--host", default="localhost", help="the name in its addresses; localhost listens on 127.0.0.1")
    parser.add_argument("--issuer", help="its base URL, when that is not http://HOST:PORT")
    parser.add_argument("--data", type=Path, required=True, help="directory of its database")
    parser.add_argument("--tool-config", type=Path, required=True, help="JSON file that `dangke seed` writes")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="", help="which LMS to imitate")
    parser.add_argument("--control", action="store_true", help="open /control to this machine (tests and benchmarks)")
    parser.add_argument("--threads", type=int, default=32)
    return parser


if __name__ == "__main__":
    sys.exit(main())
