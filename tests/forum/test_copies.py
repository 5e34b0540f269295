"""Discussions of a copied course: the task goes along, what anybody wrote does not."""

from sqlalchemy import func, select

from forum.threads.models import ForumUse, Post, Thread
from lti_tool.ledger.models import Activity
from tests.forum.test_threads import forum, start
from tests.school import School

__all__ = ["forum"]


def test_task_is_copied_and_no_post(forum: Activity, school: School) -> None:
    start(school, forum, school.member, "WRITTEN IN THE SOURCE")
    copied = school.copy(forum)
    with school.database.reading() as session:
        use = session.get_one(ForumUse, copied.id)
        assert (use.source, use.html) == ("Say what you read.", "<p>Say what you read.</p>")
        threads = session.scalars(select(Thread.activity_id)).all()
        posts = session.scalar(select(func.count()).select_from(Post))
    assert threads == [forum.id]
    assert posts == 1
    assert copied.criteria == forum.criteria
    page = school.client(school.other_course_member).get(f"/forum/{copied.id}")
    assert page.status_code == 200
    assert "Say what you read." in page.text
    assert "WRITTEN IN THE SOURCE" not in page.text
    assert school.client(school.other_course_member).get(f"/forum/{forum.id}").status_code == 404


def test_each_has_its_own_task_from_then_on(forum: Activity, school: School) -> None:
    copied = school.copy(forum)
    for activity, words in ((copied, "of the copy"), (forum, "of the source")):
        with school.database.writing() as session:
            session.get_one(ForumUse, activity.id).source = words
    with school.database.reading() as session:
        assert [session.get_one(ForumUse, each.id).source for each in (forum, copied)] == [
            "of the source",
            "of the copy",
        ]
    start(school, copied, school.other_course_member)
    assert school.result(forum.id, school.other_course_member) is None
