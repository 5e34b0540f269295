"""The persons of every permission test: member, instructor, member of another course, member of another tenant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_tool.core.web import Runtime
from lti_tool.identity import csrf, current
from lti_tool.identity.actor import Carrier, Role
from lti_tool.identity.models import Context, Deployment, Enrolment, EnrolmentSource, Member, Registration, Tenant
from lti_tool.identity.sessions import NewGrant, open_session
from lti_tool.ledger import services
from lti_tool.ledger.copying import Copying
from lti_tool.ledger.models import (
    Activity,
    ActivityStatus,
    LineItem,
    LineItemSource,
    LineItemState,
    Placement,
    Result,
    ScorePost,
)

ORIGIN = "http://127.0.0.1"
LMS = "https://lms.example"


@dataclass(frozen=True)
class Person:
    """A member in one context with one role."""

    member_id: int
    context_id: int
    role: Role
    name: str
    sub: str


class SignedInClient(FlaskClient):
    """A browser that has launched: has its cookie, knows its CSRF token, sends our Origin."""

    csrf: str = ""

    def post_form(self, url: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """POST a form as one of our own pages would."""
        form = {csrf.FIELD: self.csrf, **(data or {})}
        headers = {"Origin": ORIGIN, **options.pop("headers", {})}
        return self.post(url, data=form, headers=headers, **options)

    def post_json(self, url: str, body: object, **options: Any) -> TestResponse:
        """POST JSON as one of our own modules would."""
        headers = {
            "Origin": ORIGIN,
            csrf.HEADER: self.csrf,
            "Accept": "application/json",
            **options.pop("headers", {}),
        }
        return self.post(url, json=body, headers=headers, **options)


class School:
    """One tenant with two courses and a second tenant, in the database of `app`."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.runtime: Runtime = app.extensions["dangke"]
        self.database = self.runtime.database
        with self.database.writing() as session:
            self.context_id, self.registration_id, self.deployment_id = self._course(session, "first", "c:course-1")
            other = Context(
                deployment_id=self.deployment_id,
                tenant_id=session.get_one(Registration, self.registration_id).tenant_id,
                context_key="c:course-2",
                title="Second course",
                created_at=self.now,
            )
            session.add(other)
            session.flush()
            self.other_context_id = other.id
            self.foreign_context_id, foreign_registration, _ = self._course(session, "second", "c:course-1")
            self.instructor = self._person(session, self.context_id, "3", "王敏", Role.instructor)
            self.assistant = self._person(session, self.context_id, "9", "周平", Role.assistant)
            self.member = self._person(session, self.context_id, "4", "李小明", Role.member)
            self.member2 = self._person(session, self.context_id, "5", "张丽", Role.member)
            self.other_course_member = self._person(session, self.other_context_id, "6", "赵强", Role.member)
            self.other_course_instructor = self._person(session, self.other_context_id, "7", "孙静", Role.instructor)
            self.other_tenant_member = self._person(
                session, self.foreign_context_id, "4", "陈晨", Role.member, foreign_registration
            )
            self.other_tenant_instructor = self._person(
                session, self.foreign_context_id, "3", "林岚", Role.instructor, foreign_registration
            )

    @property
    def now(self) -> datetime:
        """What the test's clock says."""
        return self.runtime.clock.now()

    @property
    def strangers(self) -> tuple[Person, ...]:
        """Those to whom nothing of the first course exists."""
        return (
            self.other_course_member,
            self.other_course_instructor,
            self.other_tenant_member,
            self.other_tenant_instructor,
        )

    def _course(self, session: Any, name: str, context_key: str) -> tuple[int, int, int]:
        tenant = Tenant(name=name)
        session.add(tenant)
        session.flush()
        registration = Registration(
            tenant_id=tenant.id,
            name=name,
            issuer=LMS,
            client_id=f"client-{name}",
            auth_url=f"{LMS}/auth",
            token_url=f"{LMS}/token",
            jwks_url=f"{LMS}/jwks",
            frame_origins=[LMS],
            created_at=self.now,
        )
        session.add(registration)
        session.flush()
        deployment = Deployment(registration_id=registration.id, tenant_id=tenant.id, deployment_id="1")
        session.add(deployment)
        session.flush()
        context = Context(
            deployment_id=deployment.id,
            tenant_id=tenant.id,
            context_key=context_key,
            title="First course",
            created_at=self.now,
        )
        session.add(context)
        session.flush()
        return context.id, registration.id, deployment.id

    def _person(
        self, session: Any, context_id: int, sub: str, name: str, role: Role, registration_id: int | None = None
    ) -> Person:
        registration = session.get_one(Registration, registration_id or self.registration_id)
        member = Member(
            registration_id=registration.id, tenant_id=registration.tenant_id, sub=sub, name=name, created_at=self.now
        )
        session.add(member)
        session.flush()
        session.add(
            Enrolment(
                context_id=context_id,
                member_id=member.id,
                role=role,
                source=EnrolmentSource.launch,
                gradable=role is Role.member,
                last_launch_at=self.now,
            )
        )
        session.flush()
        return Person(member.id, context_id, role, name, sub)

    def new_member(self, name: str, role: Role = Role.member) -> Person:
        """One more person in the first course."""
        with self.database.writing() as session:
            return self._person(session, self.context_id, f"sub-{name}", name, role)

    def client(
        self, person: Person | None, *, preview: bool = False, carrier: Carrier = Carrier.cookie
    ) -> SignedInClient:
        """A browser of `person` after a launch of his course; None: a browser that never launched."""
        client = SignedInClient(self.app, self.app.response_class, use_cookies=True)
        if person is None:
            return client
        grant = NewGrant(
            context_id=person.context_id,
            member_id=person.member_id,
            role=person.role,
            gradable=person.role is Role.member,
            preview=preview,
            document_target="iframe",
            locale="zh-CN",
        )
        with self.database.writing_core() as connection:
            token, session_id = open_session(connection, grant=grant, carrier=carrier, now=self.now)
        if carrier is Carrier.bearer:
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        else:
            client.set_cookie(current.COOKIE, token)
        with self.app.app_context():
            client.csrf = csrf.issue(session_id, person.member_id)
        return client

    def activity(
        self, kind: str = "lesson", title: str = "Lesson", *, status: str = "published", **fields: Any
    ) -> Activity:
        """An activity of the first course (or of `context_id`)."""
        with self.database.writing() as session:
            activity = services.create_activity(
                session,
                context_id=fields.pop("context_id", self.context_id),
                kind=kind,
                title=title,
                now=self.now,
                criteria=fields.pop("criteria", []),
                **fields,
            )
            activity.status = ActivityStatus(status)
        return activity

    def copy(self, activity: Activity) -> Activity:
        """The copy of an activity of the first course in the second, whose instructor and member are others."""
        with self.database.writing_core() as connection:
            copying = Copying(
                connection, self.runtime.kinds, self.other_context_id, self.other_course_instructor.member_id, self.now
            )
            if not copying.once([activity.context_id], ""):
                copying.late([activity.context_id], [activity.lineage])
        with self.database.reading() as session:
            found: Activity = session.scalars(
                select(Activity).where(Activity.context_id == self.other_context_id, Activity.origin_id == activity.id)
            ).one()
        return found

    def placement(self, activity: Activity, *, column: bool = True, resource_link_id: str = "") -> int:
        """A resource link that shows `activity`, with or without a column; returns the line item's id."""
        with self.database.writing() as session:
            placement = Placement(
                context_id=activity.context_id,
                resource_link_id=resource_link_id or f"link-{activity.id}",
                activity_id=activity.id,
                lineitems_url=f"{LMS}/lineitems",
                created_at=self.now,
            )
            session.add(placement)
            session.flush()
            item = LineItem(
                placement_id=placement.id,
                activity_id=activity.id,
                maximum=activity.maximum,
                url=f"{LMS}/lineitems/{placement.id}" if column else None,
                state=LineItemState.ready if column else LineItemState.none,
                source=LineItemSource.claimed if column else None,
            )
            session.add(item)
            session.flush()
            return item.id

    def result(self, activity_id: int, person: Person) -> Result | None:
        """The stored result of a person."""
        with self.database.reading() as session:
            found: Result | None = session.scalar(
                select(Result).where(Result.activity_id == activity_id, Result.member_id == person.member_id)
            )
        return found

    def post(self, line_item_id: int, person: Person) -> ScorePost | None:
        """The score post of a person in a column."""
        with self.database.reading() as session:
            found: ScorePost | None = session.scalar(
                select(ScorePost).where(ScorePost.line_item_id == line_item_id, ScorePost.member_id == person.member_id)
            )
        return found
