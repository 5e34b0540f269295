"""Names that the operator lets lead into the school's own network while the tool runs."""

import pytest

from lti_tool.core.http import Blocked, Http, Limits, TimedOut


def test_WS_10_hosts_allowed_while_running_are_asked_for_when_a_name_leads_inside() -> None:
    asked: list[str] = []

    def more() -> list[str]:
        asked.append("asked")
        return ["moodle.school.example"]

    inside = Http(more_hosts=more, resolver=lambda _host, _port: ["10.1.2.3"], limits=Limits(connect_seconds=0))
    with pytest.raises(Blocked, match="private_address"):
        inside.get("https://other.school.example/")
    with pytest.raises(TimedOut):
        inside.get("https://moodle.school.example/")
    with pytest.raises(Blocked, match="plain_http"):
        inside.get("http://moodle.school.example/")
    assert asked == ["asked", "asked"]
    outside = Http(more_hosts=more, resolver=lambda _host, _port: ["203.0.114.7"], limits=Limits(connect_seconds=0))
    with pytest.raises(TimedOut):
        outside.get("https://lms.example/")
    assert asked == ["asked", "asked"], "a public address asks nobody"
    metadata = Http(more_hosts=more, resolver=lambda _host, _port: ["169.254.169.254"])
    with pytest.raises(Blocked, match="private_address"):
        metadata.get("https://moodle.school.example/")
