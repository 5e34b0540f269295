"""`dangke seed`: the neutral bilingual sample course, and the registration of the demo LMS."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

import courses.seed
import forum.seed
import quizzes.seed
from courses.outline.services import ensure_home
from lti_tool.app import build_runtime
from lti_tool.cli import opening
from lti_tool.cli.acting import noted, subject
from lti_tool.core.i18n import DEFAULT_ZONE
from lti_tool.core.i18n.language import zone_named
from lti_tool.core.web import Runtime
from lti_tool.identity.demo import may_hold
from lti_tool.identity.models import Context, Deployment
from lti_tool.launch.registrations import RegistrationForm, register
from lti_tool.launch.rules.custom import HISTORY
from lti_tool.ledger.models import Activity

CLIENT_ID, DEPLOYMENT_ID = "dangke-demo", "1"
COURSES = (("course-1", "DK-1", "学习方法入门 · Learning to learn"), ("course-2", "DK-2", "资料阅读 · Reading sources"))
GROUPS = ("第一党小组 · Study group 1", "第二党小组 · Study group 2")
"""Of the first course, so that the groups' page has something to show; the demo LMS divides its learners among them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a sample stands on the course home, and when it is due (at 18:00 of the default zone)."""

    section: str
    days: int
    is_required: bool = True

    def apply(self, activity: Activity, now: datetime) -> None:
        """Give the sample its place and dates, `days` after `now`."""
        day = now.astimezone(zone_named(DEFAULT_ZONE)) + timedelta(days=self.days)
        activity.section = self.section
        activity.due_at = day.replace(hour=18, minute=0, second=0, microsecond=0).astimezone(UTC)
        activity.is_required = self.is_required


PLANS = (
    Plan("第一单元 · Unit 1", 5),
    Plan("第一单元 · Unit 1", 12),
    Plan("第二单元 · Unit 2", 20, is_required=False),
)


@click.command()
@click.option("--lms-url", default="http://localhost:9080", show_default=True, help="Origin of the demo LMS.")
@click.option("--out", type=click.Path(path_type=Path), help="Write what the demo LMS must know to this file (JSON).")
def seed(lms_url: str, out: Path | None) -> None:
    """Put the sample course and the demo LMS's registration into the database; again: only what is missing."""
    settings = opening.settings()
    if not may_hold(settings.env):
        raise opening.Fault("The demo LMS may only be registered with DANGKE_ENV=demo.")
    runtime = build_runtime(settings)
    try:
        opening.check_database(runtime.database)
        description = sow(runtime, lms_url.rstrip("/"))
    finally:
        runtime.renderer.close()
        runtime.database.dispose()
    if out is not None:
        try:
            out.write_text(json.dumps(description, ensure_ascii=False, indent=2), encoding="utf-8")
        except OSError as error:
            raise opening.Fault(f"{out} cannot be written: {error.strerror}.") from None
    click.echo("The sample course is in the database.")


def sow(runtime: Runtime, lms_url: str) -> dict[str, Any]:
    """Seed what is missing; returns the description for the demo LMS: client, addresses, courses with their links."""
    samples = [courses.seed.prepare(runtime), quizzes.seed.prepare(runtime), forum.seed.prepare(runtime)]
    now = runtime.clock.now()
    with runtime.database.writing() as session:
        registration = register(session, _registration(lms_url), now)
        registration.is_demo = True
        deployment = session.scalars(
            select(Deployment).filter_by(registration_id=registration.id, deployment_id=DEPLOYMENT_ID)
        ).one()
        noted(session, "seeded", now, subject(registration))
        described: list[dict[str, Any]] = []
        for context_id, label, title in COURSES:
            context = _context(session, deployment, context_id, label, title, now)
            activities = _activities(session, context)
            if not activities:
                home = ensure_home(session, context.id, now, title)
                for sample, plan in zip(samples, PLANS, strict=True):
                    plan.apply(sample(session, context_id=context.id, parent_id=home.id, now=now), now)
                activities = _activities(session, context)
            course = _course(context_id, label, title, activities, runtime.settings.public_url)
            described.append(course if described else course | {"groups": _groups(context_id)})
    return _description(runtime.settings.public_url, described)


def _registration(lms_url: str) -> RegistrationForm:
    return RegistrationForm(
        tenant="Demo",
        name="Demo LMS",
        issuer=lms_url,
        client_id=CLIENT_ID,
        auth_url=f"{lms_url}/auth",
        token_url=f"{lms_url}/token",
        jwks_url=f"{lms_url}/jwks",
        deployment_ids=(DEPLOYMENT_ID,),
        frame_origins=(lms_url,),
        is_demo=True,
        family="dangke-demo",
    )


def _context(session: Session, deployment: Deployment, context_id: str, label: str, title: str, now: Any) -> Context:
    key = f"c:{context_id}"
    found = session.scalar(select(Context).where(Context.deployment_id == deployment.id, Context.context_key == key))
    if found is None:
        found = Context(
            deployment_id=deployment.id,
            tenant_id=deployment.tenant_id,
            context_key=key,
            title=title,
            label=label,
            created_at=now,
        )
        session.add(found)
        session.flush()
    return found


def _activities(session: Session, context: Context) -> list[Activity]:
    return list(session.scalars(select(Activity).where(Activity.context_id == context.id).order_by(Activity.position)))


def _course(context_id: str, label: str, title: str, activities: list[Activity], tool: str) -> dict[str, Any]:
    links: list[dict[str, Any]] = [
        {
            "resource_link_id": f"{context_id}-{activity.kind}-{number}",
            "title": activity.title,
            "url": f"{tool}/lti/launch",
            "custom": {"activity": activity.token, **HISTORY},
            "graded": True,
            "maximum": activity.maximum,
        }
        for number, activity in enumerate(activities, 1)
    ]
    links.append(
        {
            "resource_link_id": f"{context_id}-unset",
            "title": "还没有设置的链接 · A link that shows nothing yet",
            "url": f"{tool}/lti/launch",
            "custom": dict(HISTORY),
            "graded": True,
            "maximum": 100,
        }
    )
    return {"context_id": context_id, "label": label, "title": title, "links": links}


def _groups(context_id: str) -> list[dict[str, str]]:
    return [{"id": f"{context_id}-group-{number}", "name": name} for number, name in enumerate(GROUPS, 1)]


def _description(tool: str, described: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "client_id": CLIENT_ID,
        "deployment_id": DEPLOYMENT_ID,
        "login_url": f"{tool}/lti/login",
        "launch_url": f"{tool}/lti/launch",
        "deep_link_url": f"{tool}/lti/launch",
        "jwks_url": f"{tool}/lti/jwks.json",
        "redirect_uris": [f"{tool}/lti/launch"],
        "courses": described,
    }
