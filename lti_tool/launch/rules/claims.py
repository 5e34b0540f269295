"""The claims of a verified id_token as frozen values: what LTI requires is there, the rest is cleaned or ignored."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from lti_tool.core.text import clean_claim
from lti_tool.identity.rules.names import given_name
from lti_tool.launch.refused import Refused
from lti_tool.launch.rules.custom import Custom, read_custom
from lti_tool.launch.rules.dates import LinkDates, link_dates
from lti_tool.launch.rules.roles import read_roles
from lti_tool.launch.rules.urls import http_url

CLAIM: Final = "https://purl.imsglobal.org/spec/lti/claim/"
ENDPOINT: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ROSTER: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GROUPS: Final = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
GROUPS_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
SETTINGS: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
SCORE_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
RESOURCE_LINK, DEEP_LINKING = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
SUBMISSION_REVIEW: Final = "LtiSubmissionReviewRequest"
DATA_PRIVACY: Final = "DataPrivacyLaunchRequest"
MESSAGES: Final = frozenset({RESOURCE_LINK, DEEP_LINKING, SUBMISSION_REVIEW, DATA_PRIVACY})
MOST_MENTORED = 200
LONGEST_ID = 255
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TARGETS = frozenset({"iframe", "frame", "window"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The AGS claim. `line_item` None: not there; '': the LMS says that the column is gone."""

    line_item: str | None = None
    line_items: str = ""
    scopes: tuple[str, ...] = ()

    @property
    def may_score(self) -> bool:
        return SCORE_SCOPE in self.scopes


@dataclass(frozen=True, slots=True)
class DeepLinking:
    """The settings of a deep linking request (Deep Linking 2.0, 4.4.1)."""

    return_url: str
    accept_types: tuple[str, ...]
    targets: tuple[str, ...]
    accepts_line_item: bool
    accepts_multiple: bool
    is_auto_created: bool
    """Whether the LMS makes the links at once; else it may show its own form first."""
    data: Any
    """Any JSON value; None where there is none."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a launch says, cleaned."""

    message_type: str
    deployment_id: str
    target_link_uri: str
    sub: str
    name: str
    roles: tuple[str, ...]
    context_key: str
    context_title: str
    context_label: str
    context_kind: str
    """CourseSection, CourseOffering, CourseTemplate, Group or whatever the LMS says; '' if it says nothing (CT-09)."""
    resource_link_id: str
    resource_title: str
    return_url: str
    locale: str
    document_target: str
    custom: Custom
    endpoint: Endpoint
    deep_linking: DeepLinking | None
    dates: LinkDates
    for_user: str | None
    """Of a submission review: the `sub` of the person whose work is looked at; of a data privacy launch, whose data."""
    platform_guid: str
    """Which installation of the LMS this is (Core 5.4.2); '' if it does not say."""
    mentored: tuple[str, ...]
    """`sub` of those whom the person may see as a mentor (Core 5.4.3), at most the first 200."""
    memberships_url: str
    """Where the course's roster is (NRPS 2.0, 3.6.1.1); '' if it has none."""
    groups_url: str
    """Where its groups are (Course Groups Service 1.0); '' if there is no such service for us."""
    group_sets_url: str
    """Where the sets of its groups are; '' if there are none."""


def read_claims(claims: dict[str, Any], *, needs_https: bool) -> Claims:
    """Read the claims of a token whose signature is verified. Raises Refused (see the case list, TK-19 to TK-32)."""
    message_type = _message_type(claims)
    is_deep_linking, is_review = message_type == DEEP_LINKING, message_type == SUBMISSION_REVIEW
    if claims.get(CLAIM + "version") != "1.3.0":
        raise Refused("version")
    deployment_id = _id(claims.get(CLAIM + "deployment_id"), "deployment_id")
    if not (deployment_id.isascii() and deployment_id.isprintable()):
        raise Refused("deployment_id")
    target = claims.get(CLAIM + "target_link_uri")
    if not isinstance(target, str) or not target:
        raise Refused("target_claim")
    # A column need not belong to a link, so a review may come without one (Submission Review 1.0).
    is_privacy = message_type == DATA_PRIVACY
    if is_privacy and not {CLAIM + "resource_link", CLAIM + "context"}.isdisjoint(claims):
        raise Refused("privacy_of_no_course")
    has_link = not is_deep_linking and not is_privacy
    if is_review and claims.get(CLAIM + "resource_link") is None:
        has_link = False
    link_id, link_title = _resource_link(claims) if has_link else ("", "")
    endpoint = _endpoint(claims.get(ENDPOINT))
    if is_review and not endpoint.line_item:
        raise Refused("review_column")
    key, title, label = ("", "", "") if is_privacy else _context(claims, link_id)
    document_target = _dict(claims.get(CLAIM + "launch_presentation")).get("document_target")
    return_url, locale = way_back(claims)
    return Claims(
        message_type=message_type,
        deployment_id=deployment_id,
        target_link_uri=target,
        roles=read_roles(claims.get(CLAIM + "roles"), is_required=not is_deep_linking),
        sub=_sub(claims),
        name=given_name(claims),
        context_key=key,
        context_title=title,
        context_label=label,
        context_kind=_context_kind(claims.get(CLAIM + "context")),
        resource_link_id=link_id,
        resource_title=link_title,
        return_url=return_url,
        locale=locale,
        document_target=document_target if isinstance(document_target, str) and document_target in _TARGETS else "",
        custom=read_custom(claims.get(CLAIM + "custom")),
        endpoint=endpoint,
        deep_linking=_deep_linking(claims.get(SETTINGS), needs_https=needs_https) if is_deep_linking else None,
        dates=link_dates(claims.get(CLAIM + "custom")),
        for_user=_id(_dict(claims.get(CLAIM + "for_user")).get("user_id"), "for_user")
        if is_review or is_privacy
        else None,
        platform_guid=clean_claim(_dict(claims.get(CLAIM + "tool_platform")).get("guid"), 255),
        mentored=_mentored(claims.get(CLAIM + "role_scope_mentor")),
        memberships_url=_memberships_url(claims.get(ROSTER)),
        groups_url=_groups_url(claims.get(GROUPS), "context_groups_url"),
        group_sets_url=_groups_url(claims.get(GROUPS), "context_group_sets_url"),
    )


def way_back(claims: dict[str, Any]) -> tuple[str, str]:
    """(return URL or '', locale or '') of a token whose signature is verified, whatever else is wrong with it."""
    shown = _dict(claims.get(CLAIM + "launch_presentation"))
    return http_url(shown.get("return_url")), clean_claim(shown.get("locale"), 35)


def _message_type(claims: dict[str, Any]) -> str:
    found = claims.get(CLAIM + "message_type")
    if found == "LtiDeepLinkingResponse":
        raise Refused("token_type")
    if not isinstance(found, str) or found not in MESSAGES:
        raise Refused("message_type")
    return found


def _id(value: object, reason: str) -> str:
    """An identifier: 1 to 255 characters, kept exactly as it came."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or _UNSTORABLE.search(value):
        raise Refused(reason)
    return value


def _sub(claims: dict[str, Any]) -> str:
    if claims.get("sub") in (None, ""):
        raise Refused("anonymous")
    return _id(claims["sub"], "sub")


def _resource_link(claims: dict[str, Any]) -> tuple[str, str]:
    link = claims.get(CLAIM + "resource_link")
    if not isinstance(link, dict):
        raise Refused("resource_link")
    return _id(link.get("id"), "resource_link"), clean_claim(link.get("title"), 200)


def _context(claims: dict[str, Any], link_id: str) -> tuple[str, str, str]:
    """(key, title, label); without the claim a resource link is a course of its own (CT-01)."""
    context = claims.get(CLAIM + "context")
    if context is None:
        if not link_id:
            raise Refused("context")
        return f"l:{link_id}", "", ""
    if not isinstance(context, dict):
        raise Refused("context")
    key = _id(context.get("id"), "context")
    return f"c:{key}", clean_claim(context.get("title"), 200), clean_claim(context.get("label"), 200)


def _context_kind(context: object) -> str:
    """The last part of the first type: full and short names mean the same (Core A.1)."""
    types = _dict(context).get("type")
    first = next((each for each in types if isinstance(each, str)), "") if isinstance(types, list) else ""
    return clean_claim(first.rpartition("#")[2].rpartition("/")[2], 60)


def _endpoint(claim: object) -> Endpoint:
    """The AGS claim; whatever is odd in it counts as absent (AG-03)."""
    found = _dict(claim)
    line_item, scopes = found.get("lineitem"), found.get("scope")
    return Endpoint(
        line_item="" if line_item == "" else http_url(line_item, longest=1000) or None,
        line_items=http_url(found.get("lineitems"), longest=1000),
        scopes=tuple(_texts(scopes))[:20],
    )


def _memberships_url(claim: object) -> str:
    """What is odd in it counts as absent; so does a service that speaks other versions only."""
    found = _dict(claim)
    versions = found.get("service_versions")
    if isinstance(versions, list) and versions and "2.0" not in versions:
        return ""
    return http_url(found.get("context_memberships_url"), longest=1000)


def _groups_url(claim: object, name: str) -> str:
    """Only where the scope to read is given: the token endpoint would refuse it else (CG-01)."""
    found = _dict(claim)
    if GROUPS_SCOPE not in _texts(found.get("scope")):
        return ""
    return http_url(found.get(name), longest=1000)


def _mentored(claim: object) -> tuple[str, ...]:
    """What is odd in it counts as absent: it only ever gives, and nobody is harmed by seeing less."""
    listed = claim if isinstance(claim, list) else []
    ids = (each for each in listed if isinstance(each, str) and 0 < len(each) <= LONGEST_ID)
    return tuple(dict.fromkeys(each for each in ids if not _UNSTORABLE.search(each)))[:MOST_MENTORED]


def _deep_linking(claim: object, *, needs_https: bool) -> DeepLinking:
    if not isinstance(claim, dict):
        raise Refused("deep_linking")
    address = http_url(claim.get("deep_link_return_url"))
    if not address or (needs_https and not address.startswith("https:")):
        raise Refused("deep_linking")
    types, targets = claim.get("accept_types"), claim.get("accept_presentation_document_targets")
    if not isinstance(types, list) or not isinstance(targets, list):
        raise Refused("deep_linking")
    data = claim.get("data")
    # "An opaque value" (Deep Linking 2.0, 4.4.1): a text as a rule, but lti1p3platform sends an object.
    text = data if isinstance(data, str) else json.dumps(data)
    if len(text) > 20_000 or _UNSTORABLE.search(text):
        raise Refused("deep_linking")
    return DeepLinking(
        return_url=address,
        accept_types=tuple(_texts(types)),
        targets=tuple(_texts(targets)),
        accepts_line_item=str(claim.get("accept_lineitem", True)).lower() != "false",
        accepts_multiple=str(claim.get("accept_multiple")).lower() == "true",
        is_auto_created=str(claim.get("auto_create")).lower() == "true",
        data=data,
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return [text[:200] for text in value if isinstance(text, str)] if isinstance(value, list) else []
