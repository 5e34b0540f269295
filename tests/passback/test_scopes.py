"""What a token may do less than we asked for (TO-05)."""

import json

import pytest

from lti_tool.core import logs
from lti_tool.core.database import Database
from lti_tool.ledger.models import LineItem, LineItemState
from lti_tool.ledger.rules import PostState
from lti_tool.lms.connector import SCOPE_LINE_ITEM
from lti_tool.passback.drain import Drain
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook
from tests.school import School


def test_TO_05_token_with_fewer_scopes_switches_passback_off_and_is_told(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Moodle gives what it allows and says so; nothing breaks, and the score waits for somebody to allow more."""
    logs.configure("INFO")
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.token_body = {"scope": SCOPE_LINE_ITEM}
    reach(activity.id, school.member, "5")
    drain.run()
    post = school.post(column, school.member)
    assert post is not None
    assert (post.state, post.cause) == (PostState.waiting_for_column, "no_scope")
    assert gradebook.scores == []
    with database.reading() as session:
        assert session.get_one(LineItem, column).state is LineItemState.forbidden
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "no_scope" in line]
    assert [line["event"] for line in lines] == ["score_not_accepted"]
