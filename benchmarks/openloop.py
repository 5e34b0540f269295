"""Open-loop load: requests leave at fixed moments whether or not earlier ones were answered, as members do.

A closed loop hides a stall, because the clients wait with it; here every request that should have left meanwhile counts
with the time since it should have left.
"""

import asyncio
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.measure import Side, answer

WARM_UP_SECONDS = 2.0

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Latencies:
    """Milliseconds from the moment a request should have left to the end of its answer."""

    count: int
    p50: float
    p99: float
    worst: float
    bad: dict[str, int]


class _Loop:
    """One run: connections that are free, what was measured."""

    def __init__(self, side: Side, connections: int) -> None:
        self._parts = urlsplit(side.url)
        self._count = connections
        self._free: asyncio.Queue[_Streams] = asyncio.Queue()
        self.latencies: list[float] = []
        self.bad: dict[str, int] = {}

    async def _connect(self) -> _Streams:
        return await asyncio.open_connection(self._parts.hostname, self._parts.port)

    async def open(self) -> None:
        for _ in range(self._count):
            self._free.put_nowait(await self._connect())

    async def send(self, message: bytes, due: float, *, counts: bool) -> None:
        """Send when a connection is free; the wait for it counts."""
        streams = await self._free.get()
        try:
            streams[1].write(message)
            status, stays = await answer(streams[0])
        except (OSError, asyncio.IncompleteReadError):
            status, stays = 0, False
        if not stays:
            streams[1].close()
            streams = await self._connect()
        self._free.put_nowait(streams)
        if counts:
            self.latencies.append(time.perf_counter() - due)
            if not 200 <= status < 400:
                self.bad[str(status)] = self.bad.get(str(status), 0) + 1

    def close(self) -> None:
        while not self._free.empty():
            self._free.get_nowait()[1].close()


async def _run(
    side: Side, per_second: float, seconds: float, connections: int, over: threading.Event | None
) -> Latencies:
    loop = _Loop(side, connections)
    await loop.open()
    start = time.perf_counter()
    tasks = []
    for number, message in enumerate(side.messages()):
        after = number / per_second
        if after > seconds + WARM_UP_SECONDS or (over is not None and over.is_set()):
            break
        if (wait := start + after - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(loop.send(message, start + after, counts=after >= WARM_UP_SECONDS)))
    await asyncio.gather(*tasks)
    loop.close()
    found = sorted(loop.latencies)
    return Latencies(
        count=len(found),
        p50=found[len(found) // 2] * 1e3,
        p99=found[int(len(found) * 0.99) - 1] * 1e3,
        worst=found[-1] * 1e3,
        bad=loop.bad,
    )


def open_loop(
    side: Side, *, per_second: float, seconds: float = 20.0, connections: int = 64, over: threading.Event | None = None
) -> Latencies:
    """Send `per_second` requests each second for `seconds` (after a warm-up), or until `over` is set."""
    return asyncio.run(_run(side, per_second, seconds, connections, over))
