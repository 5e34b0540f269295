"""Whatever stands in a text of the database is text on every page, also where nothing has cleaned it; for operators too."""

from collections.abc import Callable

import pytest
from sqlalchemy import String, Table, update

from lti_tool.admin import services as console
from lti_tool.app import METADATA
from tests.flows.campus import Campus
from tests.flows.visitor import Visitor
from tests.tenants.hostile.eyes import HIDDEN, Eyes
from tests.tenants.hostile.payloads import PAYLOADS

People = Callable[[str], Visitor]
TEXTS = {
    "name", "title", "label", "summary", "section", "reason", "hidden_reason", "detail", "subject", "family",
    "platform_guid", "tag", "resource_id", "cause", "return_url", "locale", "category",
}  # fmt: skip
CONSOLE = ("/admin", "/admin/failures", "/admin/log", "/admin/tenants", "/admin/keys", "/admin/connect")


def operator(campus: Campus) -> Eyes:
    """Somebody who has entered the console."""
    eyes = Eyes(campus.visitor("operator"))
    with campus.runtime.database.writing() as session:
        secret = console.make_link(session, "wang", campus.clock.now())
    assert eyes.visitor.send("/admin/enter", code=secret).status == 303
    return eyes


def poison(campus: Campus, payload: str) -> int:
    """Write the payload into every text that people or LMSs give; how many columns."""
    poisoned = 0
    with campus.runtime.database.writing_core() as connection:
        for table in METADATA.sorted_tables:
            if values := _values(table, payload):
                connection.execute(update(table).values(values))
                poisoned += len(values)
    return poisoned


def _values(table: Table, payload: str) -> dict[str, str]:
    return {
        column.name: payload[: column.type.length or 500]
        for column in table.columns
        if column.name in TEXTS and isinstance(column.type, String) and not hasattr(column.type, "enum_class")
    }


@pytest.mark.shows("F-04", "H-10")
@pytest.mark.parametrize("number", [0, 6], ids=["html", "svg"])
def test_texts_that_nothing_has_cleaned_are_text_on_every_page(campus: Campus, visitor: People, number: int) -> None:
    people = [Eyes(visitor("teacher")), Eyes(visitor("member1"))]
    for person in people:
        for kind in ("outline", "lesson", "quiz", "forum"):
            assert person.visitor.launch(campus.link(kind)).status == 200
    quiz, forum = campus.activity("quiz"), campus.activity("forum")
    people[1].visitor.take(quiz.id)
    people[1].visitor.send(f"/forum/{forum.id}/new", title="T", body="B")
    campus.work()
    assert poison(campus, HIDDEN.sub("", PAYLOADS[number])) > 25
    home = campus.activity("outline")
    starts = [
        f"/home/{home.id}",
        f"/home/{home.id}/members",
        f"/scores/{home.id}",
        f"/lti/courses/{home.context_id}/links",
    ]
    for person in people:
        person.crawl(*starts, f"/quizzes/{quiz.id}", f"/forum/{forum.id}", "/privacy")
    people.append(operator(campus))
    people[-1].crawl(*CONSOLE)
    for person in people:
        assert not person.problems, "\n".join(dict.fromkeys(person.problems))
        assert person.shown > 3, "payloads are shown, as text"
