"""Deep linking without a screen: a teacher takes an activity of the tool into a course of the LMS."""

from tests.flows.campus import Campus
from tests.flows.visitor import Visitor
from tests.lms_client import form_of
from tests.lms_transport import Reply


def add_link(campus: Campus, teacher: Visitor, activity: int, course: str = "course-1") -> Reply:
    """Choose an activity and hand the answer to the LMS; the LMS's answer to it."""
    teacher.launch(course=course)
    answer = teacher.send(teacher.address.replace("choose", "chosen"), activity_id=str(activity))
    action, values = form_of(answer.text)
    assert action is not None, answer.text[:500]
    origin = {"Origin": teacher.tool_url}
    return campus.lms.browser(teacher.person).request("POST", action, form={"JWT": values["JWT"]}, headers=origin)
