import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lti_tool.core.markup import MarkupRefused, Profile, Renderer
from lti_tool.core.markup.process import ChildDied, RenderingProcess

pytestmark = pytest.mark.once


@pytest.fixture
def process() -> Iterator[RenderingProcess]:
    made = RenderingProcess()
    yield made
    made.close()


def pid_of(process: RenderingProcess) -> int:
    child = process._slots[os.getpid()].child
    assert child is not None
    return child.process.pid


def test_one_child_serves_many_jobs(process: RenderingProcess) -> None:
    renderer = Renderer(process)
    assert renderer.render("*a*") == "<p><em>a</em></p>"
    first = pid_of(process)
    assert renderer.render("`b`", "post") == "<p><code>b</code></p>"
    assert pid_of(process) == first


def test_text_that_costs_too_much_is_refused_and_the_next_one_rendered(process: RenderingProcess) -> None:
    with pytest.raises(ChildDied):  # what the guards would have stopped
        process.run({"source": "[" * 20_000, "profile": "full"})
    assert process.run({"source": "a", "profile": "full"}) == {"html": "<p>a</p>"}


def test_a_child_that_was_killed_is_replaced(process: RenderingProcess) -> None:
    process.run({"source": "a", "profile": "full"})
    os.kill(pid_of(process), signal.SIGKILL)
    renderer = Renderer(process)
    with pytest.raises(MarkupRefused):
        renderer.render("b")
    assert renderer.render("b") == "<p>b</p>"


def test_a_child_that_left_while_idle_is_replaced_unnoticed(process: RenderingProcess) -> None:
    process.run({"source": "a", "profile": "full"})
    child = process._slots[os.getpid()].child
    assert child is not None
    # The end of its input ends the child exactly as a minute without work does: with status 0.
    os.dup2(os.open("/dev/null", os.O_WRONLY), child.input.fileno())
    child.process.wait()
    assert process.run({"source": "b", "profile": "full"}) == {"html": "<p>b</p>"}


def test_wall_clock_stops_a_child_that_does_not_answer() -> None:
    process = RenderingProcess(wall_seconds=0.2)
    with pytest.raises(ChildDied):
        process.run({"source": "[" * 20_000, "profile": "full"})


def test_recursion_is_refused(process: RenderingProcess) -> None:
    assert process.run({"source": "- " * 2000 + "x", "profile": "full"}) == {"refused": "depth"}


def test_threads_get_their_own_answers(process: RenderingProcess) -> None:
    renderer = Renderer(process)
    answers: dict[int, str] = {}

    def work(number: int, profile: Profile = "full") -> None:
        answers[number] = renderer.render(f"text {number}", profile)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: f"<p>text {number}</p>" for number in range(16)}


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # Python 3.12: forking is what is tested
def test_a_forked_process_starts_its_own_child(process: RenderingProcess) -> None:
    renderer = Renderer(process)
    renderer.render("a")
    parents = pid_of(process)
    reading, writing = os.pipe()
    forked = os.fork()
    if forked == 0:  # pragma: no cover -- the other process
        status = 1
        try:
            html = renderer.render("b")
            os.write(writing, f"{pid_of(process)} {html}".encode())
            process.close()
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    _, status = os.waitpid(forked, 0)
    with os.fdopen(reading) as answer:
        pid, html = answer.read().split(" ", 1)
    assert status == 0
    assert html == "<p>b</p>"
    assert int(pid) != parents
    assert renderer.render("c") == "<p>c</p>"
    assert pid_of(process) == parents


def test_the_child_sees_no_secret(process: RenderingProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANGKE_SECRET", "x" * 32)
    process.run({"source": "a", "profile": "full"})
    assert b"DANGKE" not in Path(f"/proc/{pid_of(process)}/environ").read_bytes()
