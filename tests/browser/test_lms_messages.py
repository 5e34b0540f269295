"""Messages between our page and the LMS's window: what is asked, which answers count, and what nobody can bring about."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page, Route

pytestmark = pytest.mark.once

STATIC = Path(__file__).resolve().parents[2] / "lti_tool" / "static" / "js"
LMS, TOOL, ELSEWHERE = "https://lms.test", "https://tool.test", "https://elsewhere.test"
PARENT = """<!doctype html><title>LMS</title><iframe name="storage" src="https://lms.test/storage"></iframe>
<iframe id="tool" src="https://tool.test/"></iframe><script>
  window.seen = [];
  addEventListener("message", (event) => {
    window.seen.push(event.data);
    if (window.answer) window.answer(event);
  });
</script>"""
OURS = """<!doctype html><title>Tool</title><body><script type="module">
  import * as messages from "./lms-messages.js"; import * as size from "./frame-size.js";
  Object.assign(window, { messages, size, ready: true });
</script>"""

Open = Callable[..., tuple[Page, Frame]]


@contextmanager
def shown(browser: Browser, ours: str = OURS, posted: list[str] | None = None) -> Iterator[Open]:
    """The LMS's page with our page in a frame; `answer` is JavaScript that gets each message event.

    What our page posts is noted in `posted`.
    """
    contexts = []

    def serve(route: Route) -> None:
        url = route.request.url
        if posted is not None and route.request.method == "POST":
            posted.append(route.request.post_data or "")
        if url.endswith(".js"):
            name = url.rsplit("/", 1)[1]
            route.fulfill(body=(STATIC / name).read_text("utf-8"), content_type="text/javascript")
        elif url == f"{TOOL}/":
            route.fulfill(body=ours, content_type="text/html")
        else:
            body = PARENT if url == f"{LMS}/" else "<!doctype html><title>other</title>"
            route.fulfill(body=body, content_type="text/html")

    def make(answer: str = "null") -> tuple[Page, Frame]:
        context = browser.new_context()
        contexts.append(context)
        context.route("**/*", serve)
        context.add_init_script(f"window.answer = {answer};")
        page = context.new_page()
        page.goto(f"{LMS}/")
        handle = page.wait_for_selector("#tool")
        frame = handle.content_frame() if handle else None
        assert frame is not None
        if ours == OURS:
            frame.wait_for_function("window.ready")
        return page, frame

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """opened(answer)"""
    with shown(browser) as make:
        yield make


def ask(of: Frame, subject: str, **options: Any) -> Any:
    """The answer to a question, or {"code": why there was none}."""
    given = json.dumps({"wait": 250, **options})
    return of.evaluate(
        f"""() => messages.ask({json.dumps(subject)}, {{ key: "k" }}, {given})
              .then((said) => ({{ value: said.value ?? null }}), (error) => ({{ code: error.code }}))"""
    )


def reply(expression: str, origin: str = "event.origin") -> str:
    """JavaScript that answers a question with this object; `event.data` is the question."""
    return f"(event) => event.source.postMessage({expression}, {origin})"


GOOD = '{ subject: event.data.subject + ".response", message_id: event.data.message_id, value: "v" }'


def test_PM_01_question_and_answer(opened: Open) -> None:
    page, frame = opened(reply(GOOD))
    assert [ask(frame, "lti.get_data", origin=LMS) for _ in range(2)] == [{"value": "v"}] * 2
    first, second = page.evaluate("seen")
    assert (first["subject"], first["key"]) == ("lti.get_data", "k")
    assert first["message_id"] != second["message_id"]
    assert len(first["message_id"]) >= 20


@pytest.mark.parametrize(
    "wrong",
    [
        '{ subject: event.data.subject + ".response", message_id: "other", value: "v" }',
        "{ subject: event.data.subject, message_id: event.data.message_id, value: 'v' }",
        '{ subject: "lti.put_data.response", message_id: event.data.message_id, value: "v" }',
        '"lti.get_data.response"',
        "null",
        "[1, 2]",
        "7",
    ],
)
def test_PM_02_answers_that_are_none_are_ignored(opened: Open, wrong: str) -> None:
    _, frame = opened(reply(wrong))
    assert ask(frame, "lti.get_data", origin=LMS) == {"code": "timeout"}


def test_PM_02_wrong_origin_is_ignored(opened: Open) -> None:
    """Our own page says what an LMS would: from the wrong origin, and from a window that was not asked."""
    page, frame = opened("(event) => { window.last = event.data; }")
    assert ask(frame, "lti.get_data", origin=ELSEWHERE) == {"code": "timeout"}
    assert page.evaluate("seen") == []
    for origin in (LMS, "*"):
        said = frame.evaluate(
            """async (origin) => {
                 const asked = messages.ask("lti.get_data", {}, { origin, wait: 250 });
                 const seen = new Promise((resolve) => addEventListener("message", (event) => resolve(event.data)));
                 postMessage({ subject: "lti.get_data.response", message_id: "guess", value: "v" }, location.origin);
                 await seen;
                 return asked.then(() => "answered", (error) => error.code);
               }""",
            origin,
        )
        assert said == "timeout"


def test_PM_02_late_answer_finds_nobody(opened: Open) -> None:
    page, frame = opened("(event) => { window.asker = event; }")
    assert ask(frame, "lti.get_data", origin=LMS, wait=50) == {"code": "timeout"}
    page.evaluate(f"((event) => event.source.postMessage({GOOD}, event.origin))(window.asker)")
    assert ask(frame, "lti.get_data", origin=LMS, wait=50) == {"code": "timeout"}, "it answers no other question either"


def test_PM_02_answer_is_waited_for_one_second(opened: Open) -> None:
    _, frame = opened()
    took = frame.evaluate(
        """async () => { const begun = performance.now();
             const code = await messages.ask("lti.get_data").catch((error) => error.code);
             return code === "timeout" ? performance.now() - begun : -1; }"""
    )
    assert 990 <= took < 5000


def test_PM_03_error_answer_is_told_without_values(opened: Open) -> None:
    page, frame = opened(
        reply(
            '{ subject: event.data.subject + ".response", message_id: event.data.message_id,'
            ' error: { code: "storage_exhaustion", message: "s3cret" } }'
        )
    )
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    assert ask(frame, "lti.put_data", origin=LMS) == {"code": "storage_exhaustion"}
    assert ["lti.put_data" in line and "s3cret" not in line and '"k"' not in line for line in told] == [True]


CAPABLE = """(event) => {
  if (!event.data.subject.endsWith("PREFIXcapabilities")) return;
  event.source.postMessage({ subject: event.data.subject + ".response", message_id: event.data.message_id,
    supported_messages: [{ subject: "PREFIXget_data", frame: "storage" }, { subject: "PREFIXframeResize" }, {}, null] }, "*");
}"""


@pytest.mark.parametrize("prefix", ["lti.", "org.imsglobal.lti."])
def test_PM_04_capabilities_decide_with_the_old_prefix_too(opened: Open, prefix: str) -> None:
    page, frame = opened(CAPABLE.replace("PREFIX", prefix))
    found = frame.evaluate("messages.capabilities(250).then((map) => Object.fromEntries(map))")
    assert found == {
        "get_data": {"subject": f"{prefix}get_data", "frame": "storage"},
        "frameResize": {"subject": f"{prefix}frameResize", "frame": "_parent"},
    }
    assert {one["subject"] for one in page.evaluate("seen")} == {"lti.capabilities", "org.imsglobal.lti.capabilities"}


def test_PM_04_no_answer_means_not_supported(opened: Open) -> None:
    _, frame = opened()
    assert frame.evaluate("messages.capabilities(100).then((map) => map.size)") == 0


def test_PM_04_named_frame_is_asked(opened: Open) -> None:
    page, frame = opened()
    storage = page.frame("storage")
    assert storage is not None
    storage.evaluate(f'addEventListener("message", {reply(GOOD)})')
    assert ask(frame, "lti.get_data", origin=LMS, frame="storage") == {"value": "v"}
    assert page.evaluate("seen") == []
    assert ask(frame, "lti.get_data", origin=LMS, frame="nobody") == {"code": "no_lms"}


def test_PM_05_height_is_asked_for_only_where_the_lms_can(opened: Open) -> None:
    page, frame = opened()
    assert frame.evaluate("size.fitFrame()") is False
    page, frame = opened(CAPABLE.replace("PREFIX", "lti."))
    assert frame.evaluate("size.fitFrame()") is True
    page.wait_for_function("seen.some((one) => one.subject === 'lti.frameResize')")
    frame.evaluate("document.body.style.height = '700px'")
    page.wait_for_function("seen.some((one) => one.subject === 'lti.frameResize' && one.height >= 700)")


@pytest.mark.parametrize(
    ("height", "asked"), [(0, 200), (199.5, 200), (640.2, 641), (10_001, 10_000), (-5, 200), ("NaN", 200)]
)
def test_PM_05_height_is_clamped(opened: Open, height: float | str, asked: int) -> None:
    _, frame = opened()
    assert frame.evaluate(f"size.clamped({height})") == asked


def test_PM_05_heights_are_debounced(opened: Open) -> None:
    page, frame = opened(CAPABLE.replace("PREFIX", "lti."))
    frame.evaluate("size.fitFrame()")
    frame.evaluate(
        """async () => { for (let height = 300; height <= 900; height += 20) {
             document.body.style.height = `${height}px`; await new Promise(requestAnimationFrame); } }"""
    )
    page.wait_for_function("seen.some((one) => one.height >= 900)")
    assert page.evaluate("seen.filter((one) => one.subject === 'lti.frameResize').length") < 15


def test_PM_06_hostile_parent_changes_nothing(opened: Open) -> None:
    page, frame = opened()
    before = frame.evaluate("[location.href, document.documentElement.outerHTML, document.cookie]")
    page.evaluate(
        """() => { const tool = document.querySelector("#tool").contentWindow;
             for (const subject of ["lti.put_data.response", "lti.get_data.response", "lti.capabilities.response",
                                    "org.imsglobal.lti.close", "lti.frameResize", "navigate"])
               tool.postMessage({ subject, message_id: "1", value: "<img src=x onerror=alert(1)>",
                                  url: "https://elsewhere.test/", height: 1 }, "*"); }"""
    )
    assert ask(frame, "lti.get_data", origin=LMS, wait=50) == {"code": "timeout"}
    assert frame.evaluate("[location.href, document.documentElement.outerHTML, document.cookie]") == before


def test_PM_07_in_a_window_of_its_own_the_opener_is_asked(opened: Open) -> None:
    page, frame = opened(reply(GOOD))
    with page.expect_popup() as popup:
        page.evaluate("window.open('https://tool.test/')")
    window = popup.value
    window.wait_for_function("window.ready")
    assert ask(window.main_frame, "lti.get_data", origin=LMS) == {"value": "v"}
    alone = page.context.new_page()
    alone.goto(f"{TOOL}/")
    alone.wait_for_function("window.ready")
    assert ask(alone.main_frame, "lti.get_data") == {"code": "no_lms"}
    assert alone.evaluate("messages.closeWindow()") is False
    assert frame.evaluate("messages.closeWindow()") is True


def test_DR_10_close_is_told_to_the_parent(opened: Open) -> None:
    page, frame = opened()
    frame.evaluate("messages.closeWindow()")
    page.wait_for_function("seen.length")
    assert page.evaluate("seen") == [{"subject": "org.imsglobal.lti.close"}]
