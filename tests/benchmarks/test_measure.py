"""How requests are put on the wire, and how a figure is judged and kept. Nothing is timed here."""

import json
import os
from pathlib import Path

import pytest

from benchmarks.measure import Side, encode, process_tree, pss_bytes
from benchmarks.report import Report, Row, line


def test_number_only_rises() -> None:
    side = Side("http://127.0.0.1:1", [], [{"method": "POST", "path": "/x", "body": "{n}"}], number=5)
    messages = side.messages()
    assert [next(messages).rpartition(b"\r\n\r\n")[2] for _ in range(3)] == [b"6", b"7", b"8"]


def test_one_use_requests_run_out() -> None:
    side = Side("http://127.0.0.1:1", [], [{"method": "GET", "path": f"/{n}"} for n in range(2)], is_once=True)
    assert len(list(side.messages())) == 2
    assert list(side.messages()) == []


def test_encoded_request_has_its_length() -> None:
    sent = encode("http://127.0.0.1:80", {"method": "POST", "path": "/{n}", "body": "é", "headers": {"A": "b"}}, "9")
    head, _, body = sent.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /9 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n")
    assert b"A: b" in head
    assert b"Content-Length: 2" in head
    assert body == "é".encode()


def test_process_tree_holds_its_root() -> None:
    assert os.getpid() in process_tree(os.getpid())
    assert pss_bytes(os.getpid()) > 1_000_000


@pytest.mark.parametrize(
    ("row", "passed"),
    [
        (Row("P-01", "x", 0.61, 0.6), True),
        (Row("P-01", "x", 0.59, 0.6), False),
        (Row("P-15", "x", 281, 280, is_at_most=True), False),
        (Row("P-15", "x", 280, 280, is_at_most=True), True),
        (Row("P-01", "x", 0.9, 0.6, is_valid=False), False),
    ],
)
def test_row_is_judged(row: Row, *, passed: bool) -> None:
    assert row.passed is passed
    assert ("MISSED" in line(row) or "BAD" in line(row)) is not passed


def test_figures_that_were_not_measured_stay(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    for row in (Row("P-01", "a", 0.7, 0.6), Row("P-05", "b", 0.5, 0.6), Row("", "told", 1, 0)):
        Report(path).add(row)
    found = json.loads(path.read_text("utf-8"))
    assert {name: (each["value"], each["passed"]) for name, each in found.items()} == {
        "P-01": (0.7, True),
        "P-05": (0.5, False),
    }
