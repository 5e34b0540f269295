"""How a script speaks HTTP to the demo LMS: over a socket or inside the process; redirects are never followed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from werkzeug.test import Client


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; redirects are never followed."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class Transport(Protocol):
    """One person's browser, as far as a script needs it: it keeps cookies and follows nothing."""

    def request(
        self, method: str, url: str, *, form: Mapping[str, str] | None = None, body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply: ...  # fmt: skip


class HttpTransport:
    """Over a socket, with requests."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False

    def request(
        self, method: str, url: str, *, form: Mapping[str, str] | None = None, body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        answer = self._session.request(
            method, url, data=body if form is None else dict(form), headers=dict(headers or {}), allow_redirects=False,
            timeout=60,
        )  # fmt: skip
        return Reply(answer.status_code, answer.headers, answer.content.decode())


class WsgiTransport:
    """Inside this process, with werkzeug's test client."""

    def __init__(self, app: Any, base_url: str) -> None:
        self._client, self._base_url = Client(app), base_url

    def request(
        self, method: str, url: str, *, form: Mapping[str, str] | None = None, body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        parts = urlsplit(url)
        answer = self._client.open(
            parts.path, method=method, query_string=parts.query, base_url=self._base_url,
            data=body if form is None else dict(form), headers=dict(headers or {}),
            environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
        )  # fmt: skip
        return Reply(answer.status_code, CaseInsensitiveDict(answer.headers), answer.get_data(as_text=True))
