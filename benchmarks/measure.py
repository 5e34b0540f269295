"""CPU seconds of a server per request, floor and product in turn; the median of the rounds' ratios is the figure.

CPU time of the whole process tree is read from /proc, so the figure does not depend on how busy the machine is
otherwise; alternating lets slow changes of clock speed hit both sides alike.
"""

import asyncio
import json
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_TICK = os.sysconf("SC_CLK_TCK")
TOLERANCE = 0.2


def process_tree(root: int) -> list[int]:
    """`root` and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def cpu_seconds(roots: list[int]) -> float:
    """User and system time of the trees below `roots`."""
    fields = [_stat(pid) for root in roots for pid in process_tree(root)]
    return sum(int(each[11]) + int(each[12]) for each in fields if each) / _TICK


def pss_bytes(root: int) -> int:
    """Proportional set size of a process tree: shared pages are counted once."""
    total = 0
    for pid in process_tree(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


@dataclass
class Side:
    """One server and what it is asked. `{n}` in a path or body becomes a number that only rises."""

    url: str
    roots: list[int]
    requests: list[dict[str, Any]]
    is_once: bool = False
    turn: int = 0
    number: int = field(default_factory=time.time_ns)

    def messages(self) -> Iterator[bytes]:
        """Requests on the wire; one-use requests are never repeated and may run out."""
        while not (self.is_once and self.turn >= len(self.requests)):
            item = self.requests[self.turn % len(self.requests)]
            self.turn += 1
            self.number += 1
            yield encode(self.url, item, str(self.number))


@dataclass(frozen=True)
class Round:
    """What one round of one side cost."""

    milliseconds: float
    per_second: float
    p99: float
    bad: dict[str, int]


@dataclass(frozen=True)
class Ratio:
    """Floor's CPU per request over product's: 1 would be as cheap as the floor."""

    ratio: float
    lowest: float
    highest: float
    kept: int
    rounds: int
    floor_ms: float
    product_ms: float
    product_per_second: float
    bad: dict[str, int]


def encode(url: str, item: dict[str, Any], number: str) -> bytes:
    """One HTTP/1.1 request."""
    body: bytes = item.get("body", "").replace("{n}", number).encode()
    headers = {"Host": urlsplit(url).netloc, "Connection": "keep-alive", **item.get("headers", {})}
    if body or item["method"] != "GET":
        headers["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{item['method']} {item['path'].replace('{n}', number)} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Read one answer; (status, whether the connection stays open)."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = next((line.split(b":")[1] for line in head.split(b"\r\n") if line.startswith(b"content-length:")), None)
    if length is not None:
        await reader.readexactly(int(length))
    elif b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return int(head.split(b" ", 2)[1]), b"connection: close" not in head


async def _load(side: Side, seconds: float, connections: int) -> tuple[list[float], dict[str, int]]:
    parts = urlsplit(side.url)
    stop = time.perf_counter() + seconds
    latencies: list[float] = []
    bad: dict[str, int] = {}
    messages = side.messages()

    def note(what: str) -> None:
        bad[what] = bad.get(what, 0) + 1

    async def client() -> None:
        streams = None
        while time.perf_counter() < stop:
            message = next(messages, None)
            if message is None:
                note("ran out of one-use requests")
                return
            streams = streams or await asyncio.open_connection(parts.hostname, parts.port)
            started = time.perf_counter()
            try:
                streams[1].write(message)
                status, stays = await answer(streams[0])
            except (OSError, asyncio.IncompleteReadError):
                note("dropped")
                streams = None
                continue
            latencies.append(time.perf_counter() - started)
            if not 200 <= status < 400:
                note(str(status))
            if not stays:
                streams[1].close()
                streams = None
        if streams:
            streams[1].close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return sorted(latencies), bad


def one_round(side: Side, seconds: float, connections: int = 16) -> Round:
    """Load one side for `seconds` and read its CPU."""
    before = cpu_seconds(side.roots)
    latencies, bad = asyncio.run(_load(side, seconds, connections))
    spent, count = cpu_seconds(side.roots) - before, max(len(latencies), 1)
    p99 = latencies[int(count * 0.99) - 1] * 1e3 if latencies else float("nan")
    return Round(spent / count * 1e3, count / seconds, p99, bad)


def compare(floor: Side, product: Side, *, rounds: int = 7, seconds: float = 5.0, connections: int = 16) -> Ratio:
    """Both sides in turn. Rounds whose floor strays more than 20 % from the median floor are left out."""
    for side in (floor, product):
        one_round(side, 1.0, connections)
    pairs = [(one_round(floor, seconds, connections), one_round(product, seconds, connections)) for _ in range(rounds)]
    typical = statistics.median(pair[0].milliseconds for pair in pairs)
    kept = [pair for pair in pairs if abs(pair[0].milliseconds / typical - 1) <= TOLERANCE]
    ratios = sorted(pair[0].milliseconds / pair[1].milliseconds for pair in kept)
    bad: dict[str, int] = {}
    for pair in pairs:
        for each in pair:
            for what, count in each.bad.items():
                bad[what] = bad.get(what, 0) + count
    return Ratio(
        ratio=statistics.median(ratios),
        lowest=ratios[0],
        highest=ratios[-1],
        kept=len(kept),
        rounds=rounds,
        floor_ms=statistics.median(pair[0].milliseconds for pair in kept),
        product_ms=statistics.median(pair[1].milliseconds for pair in kept),
        product_per_second=statistics.median(pair[1].per_second for pair in kept),
        bad=bad,
    )


def write_requests(path: Path, requests: list[dict[str, Any]]) -> None:
    """JSON lines, so that any other measure can replay the same requests."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in requests), encoding="utf-8")
