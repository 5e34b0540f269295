"""300 members who open a copied course at the same moment, each through another link: one copy (CT-05)."""

import json
import subprocess
import sys
from typing import Any

from sqlalchemy import func, select

from lti_tool.identity.models import Enrolment
from lti_tool.ledger.models import Activity, AuditEvent, LineItem, Placement
from tests.lti.arriving import arrive
from tests.lti.copying import TASKS, Source, ages

MEMBERS = 300


def crowd(source: Source) -> list[tuple[str, str, Any]]:
    """Who opens which link; neighbours open different ones."""
    return [
        (f"member-{number}", f"copy-{task}", source.custom(task))
        for number in range(MEMBERS)
        for task in [TASKS[(number * 7 + number // 4) % len(TASKS)]]
    ]


def check(source: Source, members: list[tuple[str, str, Any]], reached: list[int | None]) -> None:
    """One copy; everybody came to its activity of their own link."""
    lms = source.lms
    copied = lms.outline("copy")
    assert [each.kind for each in copied.values()] == ["outline", "lesson", "quiz", "forum"]
    by_origin = {each.origin_id: each.id for each in copied.values()}
    links = {f"copy-{task}": by_origin[source.tasks[task].id] for task in TASKS}
    assert reached == [links[link] for _, link, _ in members]
    course = lms.context_id("copy")
    assert lms.count(Enrolment, Enrolment.context_id == course) == MEMBERS
    assert lms.count(Placement, Placement.context_id == course) == len(TASKS)
    assert lms.count(AuditEvent, AuditEvent.action == "copied_from") == 1
    assert ages(lms.database) == [(course, lms.context_id("course-1"), True)]
    with lms.database.reading() as session:
        uses = session.execute(select(Activity.id, func.count(LineItem.id)).join(LineItem).group_by(Activity.id)).all()
    assert {row[1] for row in uses} == {1}


def test_CT_05_threads(source: Source) -> None:
    members = crowd(source)
    check(source, members, arrive(source.lms, "copy", members))


def test_CT_05_processes(source: Source, database_url: str) -> None:
    members, lms = crowd(source), source.lms
    plan = {
        "now": lms.now.isoformat(), "registration": lms.known.id, "deployment": lms.deployment.id,
        "tenant": lms.deployment.tenant_id, "course": "copy",
    }  # fmt: skip
    programs = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.lti.arriving",
                database_url,
                json.dumps(plan | {"members": members[part::3]}),
            ],
            stdout=subprocess.PIPE,
        )
        for part in range(3)
    ]
    reached: list[int | None] = [None] * MEMBERS
    for part, program in enumerate(programs):
        out, _ = program.communicate(timeout=120)
        assert program.returncode == 0
        reached[part::3] = json.loads(out)
    check(source, members, reached)
