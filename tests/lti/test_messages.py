"""Messages that are no launch of a resource link and no deep linking (case list 2.16)."""

import json

import pytest
from flask.testing import FlaskClient

from lti_tool.core import logs
from lti_tool.launch.views.blueprint import told_id
from tests.lti.world import World


@pytest.mark.parametrize(
    "kind",
    [
        "LtiContextLaunchRequest", "LtiEulaRequest", "LtiAssetProcessorSettingsRequest", "LtiReportReviewRequest",
        "LtiStartProctoring", "LtiEndAssessment", "LtiStartAssessment", "ContentItemSelectionRequest",
        "basic-lti-launch-request", "ltiResourceLinkRequest", "LtiResourceLinkRequest ", "LtiHubMessage",
    ],
)  # fmt: skip
def test_MT_01_other_messages_are_refused_and_never_taken_for_a_launch(
    world: World, browser: FlaskClient, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    answer = world.forge(browser, message_type=kind)
    world.refused(answer, 400, "message_type")
    assert "不支持" in answer.get_data(as_text=True)
    line = next(json.loads(line) for line in capsys.readouterr().err.splitlines() if "launch_refused" in line)
    # What looks like no id at all (the space at its end) is told apart by a hash only.
    told = kind if kind.strip() == kind else told_id(kind)
    assert (line["reason"], line["message_type"]) == ("message_type", told)
    assert world.sessions() == 0
    assert not [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("__Host-dk=")]
