"""What `dangke serve` holds in memory, one minute after 40 launches: the sum of the proportional set sizes."""

import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.launches import Ready
from benchmarks.measure import pss_bytes
from benchmarks.requests import launches
from benchmarks.servers import Ports, pid, product, running

LAUNCHES = 40
SETTLE_SECONDS = 60


class _Stay(urllib.request.HTTPRedirectHandler):
    """A launch is over with its redirect."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


def megabytes(environment: dict[str, str], ports: Ports, ready: list[Ready], folder: Path) -> float:
    """Start `dangke serve`, launch, wait, and add up; in 10**6 bytes."""
    server = product("serve", environment, folder)
    browser = urllib.request.build_opener(_Stay)
    with running(server):
        for request in launches(ready[:LAUNCHES], ports.lms_url):
            asked = urllib.request.Request(
                ports.tool_url + request["path"], request["body"].encode(), request["headers"], method="POST"
            )
            try:
                browser.open(asked)
            except urllib.error.HTTPError as answer:
                if answer.code != 303:
                    raise
        time.sleep(SETTLE_SECONDS)
        return pss_bytes(pid(server)) / 1e6
