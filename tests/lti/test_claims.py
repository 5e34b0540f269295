"""What is read of a verified token's claims, value by value, at the edges of each rule (no launch, no database)."""

from typing import Any

import pytest

from lti_tool.launch.refused import Refused
from lti_tool.launch.rules.claims import Claims, DeepLinking, Endpoint, read_claims

pytestmark = pytest.mark.once

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
CGS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
MAY_READ_GROUPS = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
ADDRESS = "https://lms.example/"
GOOD: dict[str, Any] = {
    "sub": "4", CLAIM + "message_type": "LtiResourceLinkRequest", CLAIM + "version": "1.3.0",
    CLAIM + "deployment_id": "1", CLAIM + "target_link_uri": "https://tool/lti/launch",
    CLAIM + "resource_link": {"id": "3"}, CLAIM + "roles": [],
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "deep_link_return_url": "https://lms.example/back", "accept_types": ["ltiResourceLink"],
    "accept_presentation_document_targets": ["iframe"],
}  # fmt: skip


def read(*, needs_https: Any = True, **changes: Any) -> Claims:
    """The claims with changes, by the last part of their names; None takes one away."""
    claims = GOOD | {
        CLAIM + name if "/" not in name and name != "sub" else name: value for name, value in changes.items()
    }
    return read_claims({name: value for name, value in claims.items() if value is not None}, needs_https=needs_https)


def refused(**changes: Any) -> str:
    """Why these are refused."""
    with pytest.raises(Refused) as caught:
        read(**changes)
    return caught.value.reason


def long_url(length: int) -> str:
    return ADDRESS + "x" * (length - len(ADDRESS))


def deep_linking(needs_https: Any = True, **changes: Any) -> DeepLinking:
    settings = {name: value for name, value in (SETTINGS | changes).items() if value is not None}
    found = read(message_type="LtiDeepLinkingRequest", context={"id": "c"}, needs_https=needs_https, **{DL: settings})
    assert found.deep_linking is not None
    return found.deep_linking


def deep_linking_refused(**changes: Any) -> str:
    with pytest.raises(Refused) as caught:
        deep_linking(**changes)
    return caught.value.reason


@pytest.mark.parametrize("value", ["a\x01b", "a\nb", "部署", "x" * 256, "", None, 5])
def test_TK_19_deployment_id_of_odd_characters_or_length(value: Any) -> None:
    assert refused(deployment_id=value) == "deployment_id"


def test_TK_19_longest_deployment_id_is_kept() -> None:
    assert read(deployment_id="x" * 255).deployment_id == "x" * 255


@pytest.mark.parametrize("value", [None, "", 5, []])
def test_TK_22_and_23_what_is_no_text_is_refused_by_name(value: Any) -> None:
    assert refused(message_type=value) == "message_type"
    assert refused(target_link_uri=value) == "target_claim"


def test_CT_01_without_a_context_the_link_is_the_course() -> None:
    found = read()
    assert (found.context_key, found.context_title, found.context_label, found.context_kind) == ("l:3", "", "", "")


def test_CT_10_titles_are_cut_to_their_columns() -> None:
    found = read(
        resource_link={"id": "3", "title": "t" * 201}, context={"id": "c", "title": "c" * 201, "label": "l" * 201}
    )
    assert (found.resource_title, found.context_title, found.context_label) == ("t" * 200, "c" * 200, "l" * 200)
    assert found.context_key == "c:c"


def test_CT_09_kind_of_a_course_is_the_last_part_of_its_first_type() -> None:
    kinds = [5, "http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection", "Group"]
    assert read(context={"id": "c", "type": kinds}).context_kind == "CourseSection"
    assert read(context={"id": "c", "type": ["x/" + "k" * 61]}).context_kind == "k" * 60
    assert read(context={"id": "c", "type": "Group"}).context_kind == ""


def test_CT_11_installation_is_cut_to_its_column() -> None:
    assert read(tool_platform={"guid": "g" * 256}).platform_guid == "g" * 255


def test_LP_01_and_02_language_is_cut_and_odd_targets_are_nothing() -> None:
    assert read(launch_presentation={"locale": "x" * 36}).locale == "x" * 35
    for target, read_as in (
        ("iframe", "iframe"),
        ("window", "window"),
        ("frame", "frame"),
        (["iframe"], ""),
        ("x", ""),
    ):
        assert read(launch_presentation={"document_target": target}).document_target == read_as


def test_AG_03_endpoint_is_read_and_what_is_odd_counts_as_absent() -> None:
    assert read().endpoint == Endpoint(None, "", ())
    full = {"lineitem": long_url(1000), "lineitems": long_url(1000), "scope": [SCORE, 5, "s" * 201]}
    assert read(**{AGS: full}).endpoint == Endpoint(long_url(1000), long_url(1000), (SCORE, "s" * 200))
    odd = {"lineitem": long_url(1001), "lineitems": long_url(1001), "scope": "x"}
    assert read(**{AGS: odd}).endpoint == Endpoint(None, "", ())
    assert read(**{AGS: {"lineitem": ""}}).endpoint.line_item == ""
    assert read(**{AGS: {"lineitem": "javascript:1"}}).endpoint.line_item is None
    assert len(read(**{AGS: {"scope": ["x"] * 30}}).endpoint.scopes) == 20


def test_AG_01_scores_may_be_sent_where_the_scope_is_given() -> None:
    assert read(**{AGS: {"scope": ["other", SCORE]}}).endpoint.may_score is True
    assert read(**{AGS: {"scope": [SCORE + ".readonly"]}}).endpoint.may_score is False


@pytest.mark.parametrize(
    ("claim", "address"),
    [
        ({"context_memberships_url": long_url(1000)}, long_url(1000)),
        ({"context_memberships_url": long_url(1001)}, ""),
        ({"context_memberships_url": ADDRESS, "service_versions": ["1.0", "2.0"]}, ADDRESS),
        ({"context_memberships_url": ADDRESS, "service_versions": ["1.0"]}, ""),
        ({"context_memberships_url": ADDRESS, "service_versions": []}, ADDRESS),
        ({"context_memberships_url": ADDRESS, "service_versions": "1.0"}, ADDRESS),
        ({"context_memberships_url": 5}, ""),
        ([], ""),
    ],
)
def test_NR_01_roster_is_where_the_claim_says(claim: Any, address: str) -> None:
    assert read(**{NRPS: claim}).memberships_url == address


@pytest.mark.parametrize(
    ("claim", "address"),
    [
        ({"scope": ["x", MAY_READ_GROUPS], "context_groups_url": long_url(1000)}, long_url(1000)),
        ({"scope": [MAY_READ_GROUPS], "context_groups_url": long_url(1001)}, ""),
        ({"scope": ["x"], "context_groups_url": ADDRESS}, ""),
        ({"context_groups_url": ADDRESS}, ""),
        ({"scope": [MAY_READ_GROUPS]}, ""),
        (5, ""),
    ],
)
def test_CG_01_groups_are_read_only_where_the_scope_is_given(claim: Any, address: str) -> None:
    assert read(**{CGS: claim}).groups_url == address


@pytest.mark.parametrize(
    ("claim", "address"),
    [
        ({"scope": [MAY_READ_GROUPS], "context_group_sets_url": ADDRESS}, ADDRESS),
        ({"scope": [MAY_READ_GROUPS], "context_group_sets_url": long_url(1001)}, ""),
        ({"scope": [MAY_READ_GROUPS], "context_group_sets_url": "ftp://x"}, ""),
        ({"scope": ["x"], "context_group_sets_url": ADDRESS}, ""),
        ({"scope": [MAY_READ_GROUPS], "context_groups_url": ADDRESS}, ""),
    ],
)
def test_CG_01_sets_of_groups_are_read_only_where_the_scope_is_given(claim: Any, address: str) -> None:
    assert read(**{CGS: claim}).group_sets_url == address


def test_RO_16_those_whom_a_mentor_may_see_are_ids_once_each_and_two_hundred_at_most() -> None:
    named = ["a", 5, "", "x" * 255, "x" * 256, "a", "b\x00", "\ud800", None]
    assert read(role_scope_mentor=named).mentored == ("a", "x" * 255)
    assert len(read(role_scope_mentor=[str(number) for number in range(300)]).mentored) == 200
    assert read(role_scope_mentor="abc").mentored == read().mentored == ()


REVIEW: dict[str, Any] = {
    "message_type": "LtiSubmissionReviewRequest", "context": {"id": "c"}, "for_user": {"user_id": "9"},
    AGS: {"lineitem": "https://lms.example/1"},
}  # fmt: skip


def test_SR_01_review_names_a_person_and_a_column_and_needs_no_link() -> None:
    assert read().for_user is None
    found = read(**REVIEW)
    assert (found.for_user, found.resource_link_id) == ("9", "3")
    found = read(**REVIEW, resource_link=None)
    assert (found.for_user, found.resource_link_id, found.resource_title) == ("9", "", "")


def test_SR_03_review_without_person_or_column_is_refused() -> None:
    assert refused(**REVIEW | {"for_user": None}) == "for_user"
    assert refused(**REVIEW | {"for_user": {"id": "9"}}) == "for_user"
    assert refused(**REVIEW | {AGS: None}) == "review_column"
    assert refused(**REVIEW | {AGS: {"lineitem": ""}}) == "review_column"
    assert refused(**REVIEW | {"resource_link": {}}) == "resource_link"


def test_MT_01_only_a_review_may_come_without_a_link() -> None:
    assert refused(resource_link=None) == "resource_link"
    assert refused(message_type="LtiContextLaunchRequest") == "message_type"
    assert refused(message_type="LtiDeepLinkingResponse") == "token_type"


PRIVACY: dict[str, Any] = {
    "message_type": "DataPrivacyLaunchRequest", "resource_link": None, "for_user": {"user_id": "9"}
}  # fmt: skip


def test_ID_12_data_privacy_launch_is_of_no_course() -> None:
    found = read(**PRIVACY)
    assert (found.for_user, found.context_key, found.context_title, found.context_label) == ("9", "", "", "")
    assert (found.resource_link_id, found.resource_title) == ("", "")
    assert refused(**PRIVACY | {"resource_link": {"id": "3"}}) == "privacy_of_no_course"
    assert refused(**PRIVACY, context={"id": "c"}) == "privacy_of_no_course"
    assert refused(**PRIVACY | {"for_user": None}) == "for_user"
    assert refused(**PRIVACY | {"roles": None}) == "roles_malformed"


def test_DL_05_deep_linking_needs_a_course_and_its_settings() -> None:
    message = {"message_type": "LtiDeepLinkingRequest"}
    assert refused(**message, **{DL: SETTINGS}) == "context"
    odd: tuple[Any, ...] = (None, [], "x")
    for settings in odd:
        assert refused(**message, context={"id": "c"}, **{DL: settings}) == "deep_linking"
    found = read(**message, context={"id": "c"}, roles=None, **{DL: SETTINGS})
    assert (found.resource_link_id, found.resource_title, found.roles) == ("", "", ())


def test_DL_08_and_09_settings_are_read() -> None:
    found = deep_linking(accept_types=["link", 5, "x" * 201], data="d")
    assert found == DeepLinking(
        SETTINGS["deep_link_return_url"], ("link", "x" * 200), ("iframe",), True, False, False, "d"
    )
    for value, is_true in ((True, True), ("true", True), ("True", True), (False, False), ("no", False), (None, False)):
        found = deep_linking(accept_multiple=value, auto_create=value)
        assert (found.accepts_multiple, found.is_auto_created) == (is_true, is_true)
    for value, is_true in ((False, False), ("false", False), ("False", False), (True, True), (None, True), ("x", True)):
        assert deep_linking(accept_lineitem=value).accepts_line_item is is_true


@pytest.mark.parametrize("name", ["deep_link_return_url", "accept_types", "accept_presentation_document_targets"])
@pytest.mark.parametrize("value", [None, 5, "javascript:1"])
def test_DL_05_and_07_odd_settings_are_refused(name: str, value: Any) -> None:
    assert deep_linking_refused(**{name: value}) == "deep_linking"


def test_DL_07_answer_goes_by_https_where_we_are_reached_so() -> None:
    plain = "http://lms.example/back"
    assert deep_linking_refused(deep_link_return_url=plain) == "deep_linking"
    assert deep_linking(needs_https=False, deep_link_return_url=plain).return_url == plain


def test_DL_11_and_12_data_of_the_lms_is_kept_whole_up_to_its_limit() -> None:
    assert deep_linking(data="x" * 20_000).data == "x" * 20_000
    assert deep_linking(data={"a": [1]}).data == {"a": [1]}
    assert deep_linking().data is None
    for odd in ("x" * 20_001, "a\x00b", "\ud800", ["x" * 20_000]):
        assert deep_linking_refused(data=odd) == "deep_linking"
