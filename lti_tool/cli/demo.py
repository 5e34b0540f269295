"""`dangke demo`: the tool on http://127.0.0.1 and the demo LMS on http://localhost, two sites for a browser."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import FrameType
from urllib.error import URLError

import click

from lti_tool.cli import opening
from lti_tool.cli.parents import die_with_parent

FOLDER = Path("var/demo")
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command()
@click.option("--reset", is_flag=True, help="Start over with the sample course.")
@click.option("--tool-port", envvar="DEMO_TOOL_PORT", default=8000, show_default=True, help="DEMO_TOOL_PORT")
@click.option("--lms-port", envvar="DEMO_LMS_PORT", default=9080, show_default=True, help="DEMO_LMS_PORT")
@click.option("--folder", default=FOLDER, type=click.Path(path_type=Path), show_default=True, help="Where it is kept.")
def demo(reset: bool, tool_port: int, lms_port: int, folder: Path) -> None:
    """Show everything: the tool and a small LMS with a sample course, on this machine."""
    opening.check_port("127.0.0.1", tool_port, "DEMO_TOOL_PORT")
    opening.check_port("127.0.0.1", lms_port, "DEMO_LMS_PORT")
    # Only now: a demo that still runs there keeps its files.
    if reset:
        _forget(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise opening.Fault(f"The folder {folder} cannot be made: {error.strerror}. Choose another --folder.") from None
    environment = _environment(folder, tool_port)
    lms_url = f"http://localhost:{lms_port}"
    links = folder / "lms-links.json"
    for command in (["migrate"], ["seed", "--lms-url", lms_url, "--out", str(links)]):
        done = subprocess.run([sys.executable, "-m", "lti_tool", *command], env=environment, check=False)
        if done.returncode:
            raise opening.Fault(f"`dangke {command[0]}` failed; see above.")
    lms = ["-m", "lti_tool.demo", "--port", str(lms_port), "--host", "localhost", "--data", str(folder / "lms")]
    commands = {
        "The demo LMS": [sys.executable, *lms, "--tool-config", str(links)],
        "The tool": [sys.executable, "-m", "lti_tool", "serve"],
    }
    _run(commands, environment, {"The demo LMS": lms_url, "The tool": f"http://127.0.0.1:{tool_port}/healthz"}, lms_url)


def _forget(folder: Path) -> None:
    """Delete what a demo keeps in its folder, and nothing else that may be there."""
    for name in ("data", "lms"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in (folder / "secret", folder / "lms-links.json", *folder.glob("dangke.sqlite3*")):
        path.unlink(missing_ok=True)


def _environment(folder: Path, port: int) -> dict[str, str]:
    """The settings of the demo; its secret is made once and kept beside its database."""
    keeper = folder / "secret"
    if not keeper.exists():
        descriptor = os.open(keeper, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return {
        **os.environ,
        "DANGKE_ENV": "demo",
        "DANGKE_SECRET": keeper.read_text(),
        "DANGKE_DATABASE_URL": f"sqlite:///{(folder / 'dangke.sqlite3').resolve()}",
        "DANGKE_DATA_DIR": str((folder / "data").resolve()),
        "DANGKE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DANGKE_PORT": str(port),
        "DANGKE_LOG_LEVEL": os.environ.get("DANGKE_LOG_LEVEL", "WARNING"),
    }


def _run(commands: dict[str, list[str]], environment: dict[str, str], probes: dict[str, str], lms_url: str) -> None:
    # Said outright: a shell without job control starts `command &` with SIGINT ignored, and Python leaves that as it is.
    for number in _STOPPING:
        signal.signal(number, _stop)
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            running[name] = _started(command, environment)
        for name, url in probes.items():
            _await(name, url, running[name])
        click.echo(
            f"\n  Open {lms_url} in a browser, choose a person, open the course and click an activity.\n"
            "  在浏览器中打开上面的地址，选一个人，进入课程，点开一项活动。\n\n"
            "  Ctrl-C stops everything; `make demo` continues, `make demo-reset` starts over.\n"
        )
        while all(process.poll() is None for process in running.values()):
            time.sleep(0.5)
        ended = next(name for name, process in running.items() if process.poll() is not None)
        raise opening.Fault(f"{ended} ended by itself; see above.")
    except KeyboardInterrupt:
        click.echo("\n  Stopped. Everything is kept for the next `make demo`.")
    finally:
        _hear_no_more()
        for process in running.values():
            process.terminate()
        for process in running.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # its children too: they are of its group
                process.wait()


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt once: a second Ctrl-C, however soon, must not leave half of the servers behind."""
    _hear_no_more()
    raise KeyboardInterrupt


def _hear_no_more() -> None:
    # Not SIG_IGN: what has just come in and was not looked at yet would be complained of.
    for number in _STOPPING:
        signal.signal(number, lambda _number, _frame: None)


def _started(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A server in a process group of its own: Ctrl-C in a terminal reaches us alone, and we stop the servers.

    Otherwise a server could be gone before we have heard of the Ctrl-C, as if it had ended by itself.
    """
    return subprocess.Popen(
        command,
        env=environment,
        process_group=0,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - unsafe with threads, and we have none
    )


def _await(name: str, url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise opening.Fault(f"{name} did not start; see above.")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own loopback address
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise opening.Fault(f"{name} did not answer on {url} within a minute.")
