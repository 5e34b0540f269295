"""What the causes of a score that did not arrive mean for an instructor: what happened, and who does what."""

from dataclasses import dataclass

from lti_tool.core.i18n import LazyText
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.ledger.rules import KEPT_THERE


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence that says what happened, one that says what to do."""

    happened: LazyText
    action: LazyText


_ITSELF = _l("It is tried again by itself.")
_ADMIN = _l("The administrator of the LMS or of this tool has to mend it; the grades wait here.")

CAUSES = {
    "not_graded": Words(
        _l("The LMS gives this person no grades in this course."),
        _l("See whether the person is still enrolled there as a learner, then send again."),
    ),
    "forbidden": Words(
        _l("The LMS does not allow this tool to write into this column."),
        _l("Allow grades for this activity in the LMS, then send again."),
    ),
    "rejected": Words(
        _l("The LMS did not accept this grade."),
        _l("See whether the column is locked or the attempts are used up there, then send again."),
    ),
    "locked": Words(
        _l("The column or this person's cell is locked in the LMS."),
        _l("Unlock it there, then send again; or leave it, and the LMS's grade stays."),
    ),
    "course_closed": Words(
        _l("The course is not published in the LMS, or it is over."),
        _l("Publish it there or extend its dates, then send again."),
    ),
    "attempts_used": Words(
        _l("The LMS counts every grade as an attempt, and this person has none left there."),
        _l("Allow more attempts for this activity in the LMS, then send again."),
    ),
    "ahead_in_lms": Words(
        _l("The LMS has a grade for this person whose time lies in the future; it takes no other until then."),
        _l("Delete the grade there (a clock was wrong when it was written), then send again."),
    ),
    "inactive": Words(
        _l("This person is not active in the course at the moment."),
        _l("The grade follows by itself when the person is active there again."),
    ),
    "newer_in_lms": Words(
        _l("The LMS has a newer grade for this person, probably entered by hand."),
        _l("If the grade here shall count, send it again; otherwise there is nothing to do."),
    ),
    "superseded": Words(_l("The LMS has a grade of the same time or later."), _ITSELF),
    "foreign_host": Words(_l("The address of the column is not one of the LMS's known addresses."), _ADMIN),
    "lms_busy": Words(_l("The LMS asked us to wait."), _ITSELF),
    "lms_error": Words(_l("The LMS reported an error of its own; a locked column does that as well."), _ITSELF),
    "lms_error_again": Words(
        _l("The LMS reports an error for this grade again and again; mostly the column or the cell is locked."),
        _l("Unlock it there; it is tried again by itself, at least once an hour."),
    ),
    "lms_down": Words(_l("The LMS is not available at the moment."), _ITSELF),
    "lms_silent": Words(_l("The LMS did not answer."), _ITSELF),
    "id_unread": Words(
        _l(
            "The LMS breaks over this person's id: its own are numbers, and this one is not. Others' grades are not concerned."
        ),
        _l(
            "See with which account this person takes the course there; it is tried again by itself, at least once an hour."
        ),
    ),
    "login_page": Words(_l("The LMS answered with a web page, perhaps because of maintenance."), _ITSELF),
    "token_refused": Words(_l("The LMS did not accept our access."), _ADMIN),
    "keys_refused": Words(_l("The LMS does not accept our key."), _ADMIN),
    "keys_unread": Words(
        _l("The LMS gives us no access and shows an error page instead; mostly its server cannot fetch our key."),
        _l("Its administrator must allow this tool's address for outgoing connections; the grades wait here."),
    ),
    "column_gone": Words(
        _l("The column has been deleted in the LMS."),
        _l("Save the activity there again with grades allowed and open it once; all grades follow then."),
    ),
    "no_scope": Words(
        _l("The LMS does not allow this tool to send grades."),
        _l("Allow grades in the settings of the tool there and open the activity once; all grades follow then."),
    ),
    "changed_there": Words(
        _l("The LMS shows another grade than the one that was sent."),
        _l("It is compared once more at night. Keep the grade there, or send this one again."),
    ),
    "teacher_overrode": Words(
        _l("Somebody has put another grade into the LMS, and it stayed there."),
        _l("Keep it; or, if the grade here shall count, take the change back there and send this one again."),
    ),
    "removed_there": Words(
        _l("The LMS had this grade and shows none any more."),
        _l("If it shall stand there, send it again; otherwise keep it as it is there."),
    ),
    "not_taken": Words(
        _l("The LMS said yes to this grade twice and does not show it."),
        _l("See whether the column or the cell is locked there, then send again."),
    ),
    KEPT_THERE: Words(
        _l("The grade in the LMS counts, as a teacher has decided."),
        _l("That holds for later grades too, until this one is sent again."),
    ),
    "score_taken": Words(
        _l("There is no grade here any more; the LMS keeps the one that it was given."),
        _l("If it shall not stand there either, clear it in the LMS's gradebook."),
    ),
    "relinked": Words(
        _l("The link shows something else now, in which this person has no grade yet."),
        _l("The grade that the LMS has stays as it is until there is one."),
    ),
}
"""By ScorePost.cause."""

_SENT_ALL_THE_SAME = _l("Grades are sent all the same, but nobody can tell whether they still stand there.")
READING = {
    "no_results": Words(_l("The LMS does not allow this tool to read grades back."), _SENT_ALL_THE_SAME),
    "not_readable": Words(_l("The LMS's list of grades cannot be read."), _SENT_ALL_THE_SAME),
}
"""By LineItem.read_cause, where CAUSES has no words."""

UNKNOWN = Words(_l("The LMS has not taken this grade yet."), _ITSELF)


def cause_of(code: str) -> Words | None:
    """The words of a cause; None where there is none."""
    return CAUSES.get(code, UNKNOWN) if code else None


def reading_words(cause: str) -> Words:
    """The words for a column whose grades could not be read back."""
    return READING.get(cause) or CAUSES.get(cause) or READING["not_readable"]
