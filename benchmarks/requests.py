"""What is asked of floor and product, as plain values: {"method", "path", "headers", "body", "once"}.

The files of these (build/bench/*.jsonl) can be replayed by any other measure of the same form.
"""

import json
from typing import Any
from urllib.parse import urlencode

from benchmarks.data import Browser, School
from benchmarks.launches import Ready

Request = dict[str, Any]
COOKIE = "__Host-dk"
LINES = 4000


def _json(path: str, body: object, headers: dict[str, str] | None = None) -> Request:
    text = json.dumps(body, ensure_ascii=False).replace('"{n}"', "{n}")
    return {
        "method": "POST",
        "path": path,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "body": text,
    }


def _from(browser: Browser, origin: str) -> dict[str, str]:
    """What our own modules send with a change."""
    return {
        "Cookie": f"{COOKIE}={browser.token}",
        "Origin": origin,
        "Sec-Fetch-Site": "same-origin",
        "Accept": "application/json",
        "X-CSRF-Token": browser.csrf,
    }


def floor_upserts(path: str, school: School) -> list[Request]:
    """The same answers as `autosaves`, as the floor takes them."""
    return [
        _json(path, {"a": school.attempts[place], "s": slot, "r": response})
        for place, slot, response in _answers(school)
    ]


def floor_pages() -> list[Request]:
    """Pages of rows, here and there in the table."""
    return [{"method": "GET", "path": f"/floor/page?i={n * 37 % 4900}"} for n in range(500)]


def autosaves(school: School, origin: str) -> list[Request]:
    """One changed answer each, of many members in turn; `seq` only rises."""
    return [
        _json(
            f"/attempts/{school.attempts[place]}/answers",
            {"slot": slot, "seq": "{n}", "response": response},
            _from(school.browsers[place], origin),
        )
        for place, slot, response in _answers(school)
    ]


def _answers(school: School) -> list[tuple[int, int, str]]:
    members = len(school.browsers)
    return [(n % members, n * 7 % school.slots + 1, "abcd"[n % 4]) for n in range(LINES)]


def beats(school: School, origin: str) -> list[Request]:
    """One heartbeat each, of many members in turn."""
    lessons = school.activities["lesson"]
    return [
        _json(f"/lessons/{lessons[n % len(lessons)]}/beat", {"open": 15}, _from(browser, origin))
        for n, browser in enumerate(school.browsers)
    ]


def homes(school: School) -> list[Request]:
    """The course home, of many members in turn."""
    return [
        {
            "method": "GET",
            "path": f"/home/{school.home_id}",
            "headers": {
                "Cookie": f"{COOKIE}={browser.token}",
                "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
                "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8",
                "Sec-Fetch-Dest": "iframe",
            },
        }
        for browser in school.browsers
    ]


def launches(ready: list[Ready], lms: str) -> list[Request]:
    """Step 3 of a launch, each with a state of its own; none may be sent twice."""
    return [
        {
            "method": "POST",
            "path": "/lti/launch",
            "headers": {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": lms,
                "Sec-Fetch-Site": "cross-site",
                "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
                "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8",
                "Cookie": f"{each.cookie}={each.secret}",
            },
            "body": urlencode({"id_token": each.id_token, "state": each.state}),
            "once": True,
        }
        for each in ready
    ]
