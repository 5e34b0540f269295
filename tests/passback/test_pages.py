"""The page of an activity's scores when there are more than fit on one, and when it is narrowed to a group."""

import re
from urllib.parse import unquote

import pytest

from lti_tool.identity.models import Group, GroupMember
from lti_tool.identity.rules.groups import GroupSource
from lti_tool.ledger.models import Activity, LineItem, Placement, ScorePost
from lti_tool.ledger.rules import PostState
from tests.passback.crowd import come
from tests.school import School

ROWS = re.compile(r'<a href="/scores/\d+/of/\d+">([^<]+)</a>')
PAGER = re.compile(r'<nav class="pager".*?</nav>', re.DOTALL)


@pytest.fixture
def task(school: School) -> Activity:
    return school.activity("quiz", "Sources")


@pytest.fixture
def column(school: School, task: Activity) -> int:
    return school.placement(task)


def group(school: School, name: str, members: list[int]) -> int:
    with school.database.writing() as session:
        made = Group(context_id=school.context_id, name=name, source=GroupSource.hand, external_id=name)
        session.add(made)
        session.flush()
        session.add_all(GroupMember(group_id=made.id, member_id=member) for member in members)
        return made.id


def links(page: str) -> dict[str, str]:
    """The ways to other pages, by their words."""
    found = PAGER.search(page)
    return (
        {}
        if found is None
        else {
            words: unquote(address).replace("&amp;", "&")
            for address, words in re.findall(r'<a href="([^"]+)">([^<]+)</a>', found.group())
        }
    )


def test_every_row_stands_on_exactly_one_page_when_there_are_more_than_200(
    school: School, task: Activity, column: int
) -> None:
    names = [f"学员{number:03}" for number in range(405)]
    come(school, task, column, names, PostState.sent)
    client = school.client(school.instructor)
    seen: list[str] = []
    extents = []
    page, address = "", f"/scores/{task.id}?show=all"
    while address:
        page = client.get(address).text
        seen += ROWS.findall(page)
        extents += re.findall(r"第 \d+–\d+ 条，共 \d+ 条", page)
        address = links(page).get("下一页", "")
    assert seen == names
    assert extents == ["第 1–200 条，共 405 条", "第 201–400 条，共 405 条", "第 401–405 条，共 405 条"]
    assert links(page) == {"上一页": f"/scores/{task.id}?show=all&after=200"}
    before = client.get(f"/scores/{task.id}?show=all&after=200").text
    assert links(before)["上一页"] == f"/scores/{task.id}?show=all"


def test_one_page_has_no_ways_to_others_and_no_count(school: School, task: Activity, column: int) -> None:
    come(school, task, column, [f"学员{number:03}" for number in range(200)], PostState.sent)
    page = school.client(school.instructor).get(f"/scores/{task.id}?show=all").text
    assert len(ROWS.findall(page)) == 200
    assert links(page) == {}
    assert 'id="extent"' not in page


def test_pages_keep_the_filter_and_the_group(school: School, task: Activity, column: int) -> None:
    refused = come(school, task, column, [f"退{number:03}" for number in range(203)], PostState.refused)
    come(school, task, column, [f"到{number:03}" for number in range(210)], PostState.sent)
    ours = group(school, "第一党小组", refused[1:202])
    client = school.client(school.instructor)
    first = client.get(f"/scores/{task.id}?show=refused&group={ours}").text
    assert "第 1–200 条，共 201 条" in first
    second = client.get(links(first)["下一页"]).text
    assert ROWS.findall(second) == ["退201"]
    assert links(second) == {"上一页": f"/scores/{task.id}?show=refused&group={ours}"}


def test_group_narrows_the_rows_and_all_counts_to_its_people(school: School, task: Activity, column: int) -> None:
    sent = come(school, task, column, ["程诚", "丁一", "方圆"], PostState.sent)
    refused = come(school, task, column, ["高远", "何平"], PostState.refused)
    ours = group(school, "第一党小组", [sent[1], refused[0], school.member.member_id])
    theirs = group(school, "第二党小组", [sent[0]])
    client = school.client(school.instructor)
    page = client.get(f"/scores/{task.id}?show=all&group={ours}").text
    assert ROWS.findall(page) == ["高远", "丁一"]
    assert [text for text in ("全部 2", "需要看 1") if text not in page] == []
    assert ROWS.findall(client.get(f"/scores/{task.id}?show=refused&group={ours}").text) == ["高远"]
    assert ROWS.findall(client.get(f"/scores/{task.id}?show=all&group={theirs}").text) == ["程诚"]
    assert ROWS.findall(client.get(f"/scores/{task.id}?show=refused&group={theirs}").text) == []
    everybody = ["高远", "何平", "程诚", "丁一", "方圆"]
    assert sorted(ROWS.findall(client.get(f"/scores/{task.id}?show=all").text)) == sorted(everybody)
    assert sorted(ROWS.findall(client.get(f"/scores/{task.id}?show=all&group=999").text)) == sorted(everybody)


def test_rows_and_own_scores_name_their_column_when_the_task_has_several(
    school: School, task: Activity, column: int
) -> None:
    staff, member = school.client(school.instructor), school.client(school.member)
    addresses = {f"/scores/{task.id}?show=all": staff, f"/scores/{task.id}/mine": member}
    second = school.placement(task, resource_link_id="again")

    def told(item: int, title: str) -> None:
        with school.database.writing() as session:
            session.get_one(Placement, session.get_one(LineItem, item).placement_id).title = title
            member_id = school.member.member_id
            session.add(ScorePost(line_item_id=item, member_id=member_id, state=PostState.sent, due_at=school.now))

    told(column, "第一讲")
    assert "成绩列「" not in member.get(f"/scores/{task.id}/mine").text
    told(second, "第一讲补测")
    for address, client in addresses.items():
        assert re.findall("成绩列「(.+?)」", client.get(address).text) == ["第一讲", "第一讲补测"]


def test_page_behind_the_last_is_the_last(school: School, task: Activity, column: int) -> None:
    """Whoever sends the only row of the last page again comes back to rows, not to an empty list."""
    come(school, task, column, [f"退{number:03}" for number in range(201)], PostState.refused)
    client = school.client(school.instructor)
    last = client.get(f"/scores/{task.id}?show=refused&after=200").text
    send = re.search(rf'action="(/scores/{task.id}/send/\d+[^"]*)"', last)
    assert send is not None
    answer = client.post_form(send.group(1).replace("&amp;", "&"))
    assert answer.headers["Location"] == f"/scores/{task.id}?show=refused&after=200"
    page = client.get(answer.headers["Location"]).text
    assert len(ROWS.findall(page)) == 200
    for odd in ("x", "-1", "9" * 30, "²"):
        assert len(ROWS.findall(client.get(f"/scores/{task.id}?show=refused&after={odd}").text)) == 200
