"""2,000 launches from one address within a minute, each one whole: login, cookie probe, launch (OL-17).

The load is open: a launch begins at its moment whether or not earlier ones have been answered. What is measured is the time
from that moment to the end of the launch's answer, our own three answers in it and the LMS's part not.
"""

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from benchmarks.data import CLIENT_ID, DEPLOYMENT_ID, sub_of
from benchmarks.openloop import Latencies
from benchmarks.servers import HOME_LINK
from tests.lms_client import LmsDriver

LAUNCHES, SECONDS = 2000, 60.0
WARM_UP = 20
_LOCATION = re.compile(rb"\r\nlocation: ([^\r]+)", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: ([^=;\s]+=[^;\s]*)", re.IGNORECASE)

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class _Rush:
    tool_url: str
    lms_url: str
    claims: dict[str, Any]
    kid: str
    key: Any
    free: list[_Streams] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    bad: dict[str, int] = field(default_factory=dict)

    async def launch(self, number: int, due: float, *, counts: bool) -> None:
        """One member, one browser that has never been here."""
        sub = sub_of(number % 1000 + 1)
        form = {
            "iss": self.lms_url,
            "login_hint": f"{sub}-{number}",
            "target_link_uri": f"{self.tool_url}/lti/launch",
            "client_id": CLIENT_ID,
            "lti_deployment_id": DEPLOYMENT_ID,
        }
        try:
            status, head = await self._ask("POST", "/lti/login", form)
            cookie = _first(_COOKIE, head)
            if status == 303:
                status, head = await self._ask("GET", _first(_LOCATION, head), cookie=cookie)
            if status == 302:
                asked = parse_qs(urlsplit(_first(_LOCATION, head)).query)
                status, _ = await self._ask("POST", "/lti/launch", self._token(sub, asked), cookie=cookie)
        except (OSError, asyncio.IncompleteReadError):
            status = 0
        if counts:
            self.latencies.append(time.perf_counter() - due)
            if status != 303:
                self.bad[str(status)] = self.bad.get(str(status), 0) + 1

    def _token(self, sub: str, asked: dict[str, list[str]]) -> dict[str, str]:
        now = int(time.time())
        claims = self.claims | {"sub": sub, "nonce": asked["nonce"][0], "iat": now, "exp": now + 60}
        return {
            "state": asked["state"][0],
            "id_token": jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.kid}),
        }

    async def _ask(
        self, method: str, path: str, form: dict[str, str] | None = None, *, cookie: str = ""
    ) -> tuple[int, bytes]:
        parts = urlsplit(self.tool_url)
        # What idled for longer than the server keeps it is opened anew, as browsers do.
        while self.free and self.free[-1][0].at_eof():
            self.free.pop()[1].close()
        streams = self.free.pop() if self.free else await asyncio.open_connection(parts.hostname, parts.port)
        body = urlencode(form).encode() if form is not None else b""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        lines += (
            [f"Origin: {self.lms_url}", "Content-Type: application/x-www-form-urlencoded"] if form is not None else []
        )
        lines += [f"Cookie: {cookie}"] if cookie else []
        streams[1].write("\r\n".join([*lines, "", ""]).encode() + body)
        head = await streams[0].readuntil(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
        await streams[0].readexactly(int(length[1]) if length else 0)
        if b"connection: close" in head.lower():
            streams[1].close()
        else:
            self.free.append(streams)
        return int(head.split(b" ", 2)[1]), head


def _first(pattern: re.Pattern[bytes], head: bytes) -> str:
    found = pattern.search(head)
    return found[1].decode() if found else ""


async def _run(rush: _Rush, count: int, seconds: float) -> Latencies:
    for number in range(WARM_UP):
        await rush.launch(number, time.perf_counter(), counts=False)
    begun = time.perf_counter()
    tasks = []
    for number in range(count):
        due = begun + number * seconds / count
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(rush.launch(WARM_UP + number, due, counts=True)))
    await asyncio.gather(*tasks)
    for streams in rush.free:
        streams[1].close()
    found = sorted(rush.latencies)
    return Latencies(
        count=len(found),
        p50=found[len(found) // 2] * 1e3,
        p99=found[int(len(found) * 0.99) - 1] * 1e3,
        worst=found[-1] * 1e3,
        bad=rush.bad,
    )


def launch_rush(tool_url: str, driver: LmsDriver, *, count: int = LAUNCHES, seconds: float = SECONDS) -> Latencies:
    """`count` launches spread over `seconds`, of 1,000 members, each from a browser of its own."""
    kid, pem = driver.key()
    claims = driver.claims_for(sub_of(1), HOME_LINK)
    return asyncio.run(
        _run(_Rush(tool_url, driver.base_url, claims, kid, load_pem_private_key(pem.encode(), None)), count, seconds)
    )
