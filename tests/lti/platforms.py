"""What LMSs send where they differ from the plain reading, as examples for launches.

None was tried on a real one here. Sources: the table "What real platforms send" of the case list (read in the LMSs' own
code and documentation in 2026), and where named the vendor's page with a sample.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lti_tool.identity.actor import Role

M = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"
CANVAS_SCHOOLS = "https://canvas.instructure.com"


@dataclass(frozen=True)
class Sample:
    """One launch. `claims` replace those of the demo LMS by their short names; None takes one away."""

    name: str
    source: str
    issuer: str
    client_id: str
    deployment_id: str
    claims: Mapping[str, Any]
    role: Role
    person: str
    """The name that our pages show; where the LMS sends none, how the one that we make begins."""
    method: str = "POST"
    login: Mapping[str, str] = field(default_factory=dict)
    launch: Mapping[str, str] = field(default_factory=dict)
    lifetime: int = 3600


CANVAS = Sample(
    name="Canvas",
    source="Case list; a sample id_token: https://gist.github.com/westonkd/893d18f8a1bb36cb79d0a24324475fe6",
    issuer=CANVAS_SCHOOLS,
    client_id="170000000000559",
    deployment_id="189:7f956bcc8f67cd076ae464862ce83596a1bb3293",
    method="POST",
    login={
        "lti_message_hint": "eyJhbGciOiJIUzI1NiJ9." + "x" * 900 + ".sig",
        "deployment_id": "189:7f956bcc8f67cd076ae464862ce83596a1bb3293",
        "canvas_region": "us-east-1",
        "canvas_environment": "prod",
        "lti_storage_target": "post_message_forwarding",
    },
    launch={"lti_storage_target": "post_message_forwarding"},
    claims={
        "sub": "82c59950-9ec3-4ae9-ad32-208c158143e0",
        "azp": "170000000000559",
        "name": "李小明",
        "picture": "https://school.instructure.com/images/thumbnails/1",
        "locale": "zh-Hans",
        "roles": [f"{INSTITUTION}#Instructor", f"{INSTITUTION}#Student", f"{M}#Learner", f"{SYSTEM}#User"],
        "resource_link": {"id": "7f956bcc8f67cd076ae464862ce83596a1bb3293", "title": None, "description": None,
                          "validation_context": None, "errors": {"errors": {}}},
        "context": {"id": "4dde05e8ca1973bcca9bffc13e1548820eee93a3", "label": "RM", "title": "入门课",
                    "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
                    "validation_context": None, "errors": {"errors": {}}},
        "custom": {"canvas_course_id": 4711, "is_root_admin": False, "sections": None, "activity": "f" * 32},
        "lti1p1": {"user_id": "e7b3c1", "validation_context": None},
        "https://purl.imsglobal.org/spec/lti/claim/lti11_legacy_user_id": "e7b3c1",
        "https://www.instructure.com/placement": "assignment_selection",
        "errors": {"errors": {}},
    },
    role=Role.member,
    person="李小明",
)  # fmt: skip

OPEN_EDX = Sample(
    name="Open edX",
    source="Case list (observed on xblock-lti-consumer 11.4.4); its lti_consumer/lti_1p3/constants.py",
    issuer="https://courses.school.example",
    client_id="4a5ce4d1-3a6e-4a9e-8f0a-2f6a3c1e9d11",
    deployment_id="1",
    login={"lti_message_hint": "block-v1:Org+RM+2026+type@lti_consumer+block@5f7e"},
    claims={
        "sub": "0d8c1a5e-3e0f-4a3c-9a8b-6f1c2d3e4f50",
        "azp": "4a5ce4d1-3a6e-4a9e-8f0a-2f6a3c1e9d11",
        "name": None, "given_name": None, "family_name": None, "email": None,
        "roles": [f"{INSTITUTION}#Student", f"{M}#Learner", f"{INSTITUTION}#None", f"{SYSTEM}#None"],
        "resource_link": {"id": "block-v1:Org+RM+2026+type@lti_consumer+block@5f7e"},
        "context": {"id": "course-v1:Org+RM+2026", "title": "入门课 - Org", "label": "course-v1:Org+RM+2026",
                    "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"]},
        "custom": None,
        "launch_presentation": {"document_target": "iframe",
                                "return_url": "https://courses.school.example/courses/x/jump_to_id/5f7e"},
        "tool_platform": {"guid": "courses.school.example", "name": "School", "product_family_code": "Open edX"},
    },
    role=Role.member,
    person="成员 ",
)  # fmt: skip

BLACKBOARD = Sample(
    name="Blackboard",
    source="Case list; a sample id_token: https://docs.anthology.com/docs/blackboard/lti/1.3/core/jwt-contents",
    issuer="https://blackboard.com",
    client_id="f1561daa-1b21-4693-ba90-6c55f1a0eb38",
    deployment_id="86e8b331-a6cd-486c-b006-9893c749e242",
    method="GET",
    login={"lti_message_hint": "y" * 2000, "lti_storage_target": "lti_storage_frame"},
    claims={
        "sub": "561ac4762b5142a0b1d3ed1aa40789c1",
        "locale": "zh-CN",
        "name": "李小明",
        "roles": [f"{INSTITUTION}#Staff", f"{M}#Instructor"],
        "resource_link": {"id": "_41_1", "title": "第一讲"},
        "context": {"id": "94cb2df1b3f24c2aa1e2b9d5c5e3a1f0", "label": "RM", "title": "入门课",
                    "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"]},
        "custom": {},
        "lis": {"person_sourcedid": "xiaoming", "course_section_sourcedid": "RM"},
        "tool_platform": {"name": "School", "description": "School", "guid": "83656022865f4f47a898b986399a01a8",
                          "product_family_code": "BlackboardLearn", "version": "3900.93.0-rel.59+7d3",
                          "url": "https://learn.school.example/"},
        "launch_presentation": {"document_target": "window", "locale": "zh-CN",
                                "return_url": "https://learn.school.example/webapps/blackboard/execute/blti/launchReturn"},
    },
    role=Role.instructor,
    person="李小明",
)  # fmt: skip

BRIGHTSPACE = Sample(
    name="Brightspace",
    source="Case list (history variables, `sub`); the claim of its own is shortened",
    issuer="https://school.brightspace.com",
    client_id="2b1f6f0e-8d2c-4a53-9a0b-0c8d1f5b7a66",
    deployment_id="bd2c7c6a-8d56-4c5e-8a5e-2a6d0f1c9e77",
    login={"lti_message_hint": "6789"},
    claims={
        "sub": "8f3c5d11-0f6c-4c9e-9a60-7a1d1c6f3b22_1234",
        "name": "李小明",
        "roles": [f"{M}#Learner", f"{INSTITUTION}#Student"],
        "resource_link": {"id": "school-6789", "title": "第一讲", "description": ""},
        "context": {"id": "6606", "label": "RM", "title": "入门课",
                    "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"]},
        "custom": {"context_id_history": "", "resource_link_id_history": "$ResourceLink.id.history"},
        "launch_presentation": {"locale": "zh-CN", "document_target": "iframe"},
        "http://www.brightspace.com": {"tenant_id": "0a1b2c3d", "org_defined_id": "20260001", "user_id": 1234,
                                       "username": "xiaoming", "Context.id.history": ""},
        "tool_platform": {"guid": "0a1b2c3d", "product_family_code": "desire2learn"},
    },
    role=Role.member,
    person="李小明",
)  # fmt: skip

SAKAI = Sample(
    name="Sakai",
    source="Case list (RO-19, both histories among its variables)",
    issuer="https://sakai.school.example",
    client_id="6f1c8b4e-7d1a-4e5b-9c3d-0a2b4c6d8e0f",
    deployment_id="1",
    claims={
        "sub": "admin-7",
        "name": None, "given_name": "小明", "family_name": "李",
        "roles": ["Instructor", f"{M}#Instructor"],
        "resource_link": {"id": "content:7", "title": "第一讲"},
        "context": {"id": "site-1", "label": "RM", "title": "入门课", "type": ["CourseSection"]},
        "custom": {"context_id_history": "site-0", "resource_link_id_history": ""},
        "tool_platform": {"guid": "sakai", "product_family_code": "sakai", "version": "23.4"},
    },
    role=Role.instructor,
    person="李小明",
)  # fmt: skip

MOODLE_ADMIN = Sample(
    name="Moodle, its administrator",
    source="Observed on Moodle 4.5.6; all other claims are those of the demo LMS's moodle profile",
    issuer="https://moodle.school.example",
    client_id="zvDG6kWkyjyF6gd",
    deployment_id="1",
    login={"lti_message_hint": '{"cmid":8,"launchid":"ltilaunch1_358866552"}'},
    claims={
        "sub": "2",
        "name": "老师 王",
        "roles": [f"{INSTITUTION}#Administrator", f"{M}#Instructor", f"{SYSTEM}#Administrator"],
        "resource_link": {"id": "3", "title": "计分活动", "description": ""},
        "context": {"id": "2", "label": "RM", "title": "入门课", "type": ["CourseSection"]},
        "custom": {"context_id_history": "", "link_setting_url": "https://moodle.school.example/links/{link_id}/custom"},
        "launch_presentation": {"locale": "zh_cn", "document_target": "iframe"},
    },
    role=Role.instructor,
    person="老师 王",
    lifetime=60,
)  # fmt: skip

SAMPLES = (MOODLE_ADMIN, CANVAS, OPEN_EDX, BLACKBOARD, BRIGHTSPACE, SAKAI)
