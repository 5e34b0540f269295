"""The servers that are measured: floors and product under gunicorn with 2 processes of 16 threads, and the demo LMS."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.data import CLIENT_ID, COURSE, DEPLOYMENT_ID
from tests.lms_client import LmsDriver
from tests.processes import Server, free_port

PROCESSES, THREADS = 2, 16
SECRET = "a secret for benchmarks only, 0123456789 abcdefghij"
ROOT = Path(__file__).resolve().parent.parent
HOME_LINK = "bench-home"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens; chosen once, because addresses of both sides stand in the data."""

    tool: int
    metrics: int
    lms: int

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody listens on just now."""
        return cls(free_port(), free_port(), free_port())

    @property
    def tool_url(self) -> str:
        return f"http://127.0.0.1:{self.tool}"

    @property
    def lms_url(self) -> str:
        return f"http://localhost:{self.lms}"


def kept() -> dict[str, str]:
    """What a server inherits from us."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}


def product_environment(ports: Ports, database_url: str, folder: Path) -> dict[str, str]:
    """The product as in production, but on http and for a demo LMS on loopback: logs at INFO, metrics on."""
    return {
        **kept(),
        "DANGKE_ENV": "demo",
        "DANGKE_SECRET": SECRET,
        "DANGKE_DATABASE_URL": database_url,
        "DANGKE_PUBLIC_URL": ports.tool_url,
        "DANGKE_DATA_DIR": str(folder / "data"),
        "DANGKE_PORT": str(ports.tool),
        "DANGKE_METRICS_PORT": str(ports.metrics),
        "DANGKE_WEB_PROCESSES": str(PROCESSES),
        "DANGKE_WEB_THREADS": str(THREADS),
        "DANGKE_LOG_LEVEL": "INFO",
    }


def product(command: str, environment: dict[str, str], folder: Path) -> Server:
    """`dangke web` or `dangke serve`, not started yet; its log goes to a file."""
    health = f"{environment['DANGKE_PUBLIC_URL']}/healthz"
    program = [str(Path(sys.executable).parent / "dangke"), command]
    return Server(f"dangke {command}", program, environment, health, folder / f"{command}.log")


def bare(name: str, application: str, folder: Path, directory: Path = ROOT, **environment: str) -> tuple[Server, str]:
    """A bare Flask application (`module:app`, found in `directory`) and its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", str(PROCESSES), "--threads", str(THREADS)),
        *(
            "-b",
            f"127.0.0.1:{port}",
            "--keep-alive",
            "15",
            "--no-control-socket",
            "--chdir",
            str(directory),
            application,
        ),
    ]
    path = os.pathsep.join([str(directory), str(ROOT)])
    server = Server(
        name, command, {**kept(), **environment, "PYTHONPATH": path}, f"{url}/floor/hello", folder / f"{name}.log"
    )
    return server, url


def lms_config(tool_url: str, home_token: str, tasks: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the demo LMS must know: the tool, one course, the link to its home, and others by resource link id with a title."""
    launch_url = f"{tool_url}/lti/launch"
    links: list[dict[str, Any]] = [
        {"resource_link_id": HOME_LINK, "title": "课程主页", "url": launch_url, "custom": {"activity": home_token}}
    ]
    links += [{"resource_link_id": link, "title": title, "url": launch_url} for link, title in (tasks or {}).items()]
    return {
        "client_id": CLIENT_ID,
        "deployment_id": DEPLOYMENT_ID,
        "login_url": f"{tool_url}/lti/login",
        "launch_url": launch_url,
        "jwks_url": f"{tool_url}/lti/jwks.json",
        "redirect_uris": [launch_url],
        "courses": [{"context_id": COURSE, "label": "DK-1", "title": "学习方法入门", "links": links}],
    }


@contextlib.contextmanager
def running(*servers: Server) -> Iterator[None]:
    """Start the servers, and stop them in the end."""
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.stop()


@contextlib.contextmanager
def running_lms(folder: Path, ports: Ports, home_token: str, members: int) -> Iterator[LmsDriver]:
    """The demo LMS with `members` made-up members in its course."""
    (folder / "lms").mkdir(exist_ok=True)
    config = folder / "lms.json"
    config.write_text(json.dumps(lms_config(ports.tool_url, home_token)), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "lti_tool.demo", "--port", str(ports.lms), "--data", str(folder / "lms")),
        *("--tool-config", str(config), "--control"),
    ]
    server = Server(
        "demo LMS", command, {**kept(), "PYTHONPATH": str(ROOT)}, f"{ports.lms_url}/healthz", folder / "lms.log"
    )
    with running(server):
        driver = LmsDriver(ports.lms_url)
        driver.control("POST", "members", {"course": COURSE, "count": members})
        yield driver


def pid(server: Server) -> int:
    """The process id of a running server's master."""
    if server.process is None:
        raise RuntimeError(f"{server.name} is not running")
    return server.process.pid
