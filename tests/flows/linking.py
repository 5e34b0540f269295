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
    headers = {"Origin": teacher.tool_url}
    form = {"JWT": values["JWT"]}
    reply = campus.lms.browser(teacher.person).request("POST", action, form=form, headers=headers)
    save, _ = form_of(reply.text)
    if save is not None:  # Moodle's form
        assert campus.lms.post(teacher.person, save).status == 303
    return reply
