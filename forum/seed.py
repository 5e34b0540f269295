"""The sample discussion: neutral, bilingual, our own words."""

from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from forum.threads.services import create_forum
from lti_tool.core.web import Runtime
from lti_tool.ledger.models import Activity
from lti_tool.ledger.services import publish

TITLE = "讨论　我读到的一份材料\u00a0· A source I read"
TASK = """\
选一份你最近读到的材料，写清楚三点：**是谁写的**、**写给谁看**、**你凭什么相信它**。然后回复两位同学，各问一个问题。

Choose something you have read lately and say three things about it: *who wrote it*, *for whom*, and *why you trust it*.
Then reply to two others with a question each.
"""


class Sow(Protocol):
    """Lays a prepared sample into a course."""

    def __call__(self, session: Session, *, context_id: int, parent_id: int, now: datetime) -> Activity: ...


def prepare(runtime: Runtime) -> Sow:
    """Render the sample outside of transactions; the answer lays it into a course."""
    html = runtime.renderer.render(TASK)

    def sow(session: Session, *, context_id: int, parent_id: int, now: datetime) -> Activity:
        activity = create_forum(
            session,
            context_id=context_id,
            title=TITLE,
            source=TASK,
            html=html,
            threads=1,
            replies=2,
            now=now,
            parent_id=parent_id,
        )
        publish(session, activity)
        return activity

    return sow
