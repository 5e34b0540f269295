"""The banner of a missing column: which activities, and exactly what to tick in this LMS."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import update

from lti_tool.identity.models import Registration
from lti_tool.ledger.models import Activity, LineItem, LineItemState, Placement
from lti_tool.lms.connector import SCOPE_LINE_ITEM
from lti_tool.passback import notices, queries, words
from lti_tool.passback.words.causes import Words
from lti_tool.passback.words.columns import ACTIONS, COLUMNS
from tests.passback.conftest import Recorder
from tests.school import School

Lack = Callable[..., int]


@pytest.fixture
def home(school: School) -> Activity:
    return school.activity("outline", "Course")


@pytest.fixture
def lack(school: School, home: Activity) -> Lack:
    """lack("Sources", cause="no_scope", family="canvas"): a task whose link has no usable column; its activity's id."""

    def make(title: str, cause: str = "not_allowed", family: str = "", scopes: tuple[str, ...] = ()) -> int:
        task = school.activity("quiz", title, parent_id=home.id)
        column = school.placement(task, column=False)
        state = {"gone": LineItemState.gone, "no_scope": LineItemState.forbidden}.get(cause, LineItemState.none)
        with school.database.writing() as session:
            session.execute(update(LineItem).where(LineItem.id == column).values(cause=cause, state=state))
            placement = session.get_one(LineItem, column).placement_id
            session.execute(update(Placement).where(Placement.id == placement).values(scopes=list(scopes)))
            session.execute(update(Registration).values(family=family))
        return task.id

    return make


SAID = [
    ("moodle", "not_allowed", ("Moodle", "Allow … to add grades in the gradebook", "委托给老师")),
    ("moodle", "no_scope", ("Moodle", "IMS LTI Assignment and Grade Services")),
    ("canvas", "not_allowed", ("Canvas", "External Tool")),
    ("Canvas", "no_service", ("Canvas", "LTI Advantage Services")),
    ("openedx", "not_allowed", ("Studio", "Scored", "Programmatic")),
    ("Open edX", "no_service", ("Studio", "Programmatic")),
    ("BlackboardLearn", "no_service", ("Blackboard", "Allow grade service access")),
    ("desire2learn", "no_scope", ("Brightspace", "Assignment and Grade Services")),
    ("chaoxing", "not_allowed", ("学习通", "超星服务人员", "lineitem.readonly")),
    ("", "not_allowed", ("请在平台的活动设置里允许成绩",)),
    ("unheard-of", "no_scope", ("请在平台的工具设置里允许成绩",)),
    ("blackboardlearn", "not_allowed", ("请在平台的活动设置里允许成绩",)),
    ("sakai", "gone", ("重新保存这个活动并允许成绩",)),
]


@pytest.mark.parametrize(("family", "cause", "texts"), SAID)
def test_banner_says_what_to_tick_in_this_lms_on_both_pages(
    school: School, home: Activity, lack: Lack, family: str, cause: str, texts: tuple[str, ...]
) -> None:
    task = lack("Sources", cause, family)
    client = school.client(school.instructor)
    for path in (f"/home/{home.id}", f"/scores/{home.id}", f"/scores/{task}"):
        page = client.get(path).text
        assert "「Sources」：" in page, path
        for text in texts:
            assert text in page, (path, text)
        assert "打开一次" in page


def test_every_cause_of_every_lms_has_words_of_its_own_or_the_general_ones() -> None:
    for family in (*ACTIONS, ""):
        for cause in COLUMNS:
            assert isinstance(words.column_words(cause, family), Words)
    for family, actions in ACTIONS.items():
        assert set(actions) <= set(COLUMNS), family


def test_what_lacks_a_column_for_the_same_cause_is_one_notice_and_the_rest_is_counted(
    school: School, home: Activity, lack: Lack
) -> None:
    for number in range(5):
        lack(f"T{number}")
    lack("Other", "gone")
    page = school.client(school.instructor).get(f"/home/{home.id}").text
    assert "「T0」「T1」「T2」等另外 2 项：" in page
    assert page.count('class="notice') == 2


def test_banner_asks_for_somebody_only_where_scores_wait(
    school: School, home: Activity, lack: Lack, reach: Recorder
) -> None:
    task = lack("Sources")
    client = school.client(school.instructor)
    page = client.get(f"/home/{home.id}").text
    assert "不需要在平台上记成绩的话，可以不处理。" in page
    assert "notice--soon" not in page
    reach(task, school.member, "5")
    page = client.get(f"/home/{home.id}").text
    assert "有 1 个成绩在等。" in page
    assert "notice--soon" in page


def test_column_that_we_make_with_the_first_score_is_not_missing_until_then(
    school: School, home: Activity, lack: Lack, reach: Recorder
) -> None:
    task = lack("Sources", scopes=(SCOPE_LINE_ITEM,))
    with school.database.reading() as session:
        assert queries.missing(session, home.id) == []
    reach(task, school.member, "5")
    with school.database.reading() as session:
        assert [each.waiting for each in queries.missing(session, home.id)] == [1]
    lack("Of Moodle", family="moodle", scopes=(SCOPE_LINE_ITEM,))
    with school.database.reading() as session:
        assert [each.activity for each in queries.missing(session, home.id)] == ["Sources", "Of Moodle"]


def test_members_see_no_banner_and_usable_columns_none(school: School, home: Activity, lack: Lack) -> None:
    lack("Sources")
    assert "成绩列" not in re.sub(r"<[^>]+>", "", school.client(school.member).get(f"/home/{home.id}").text)
    other = school.activity("quiz", "Ready")
    school.placement(other)
    with school.database.reading() as session:
        assert notices.missing(queries.missing(session, other.id)) == []
