"""Members who open links of a copied course, in a process of their own: `python -m tests.lti.arriving URL JSON`."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from lti_tool.core.database import Database
from lti_tool.launch.registry import KnownDeployment
from tests.lti.copying import Lms, known_of

AT_ONCE = 8


def arrive(lms: Lms, course: str, members: list[tuple[str, str, Any]]) -> list[int | None]:
    """Launch (person, link, custom) for all, several at once; the activities they came to."""

    def one(who: tuple[str, str, Any]) -> int | None:
        person, link, custom = who
        return lms.launch(person=person, course=course, link=link, custom=custom).activity_id

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, members))


def main() -> None:
    """Writes the activities as JSON."""
    plan = json.loads(sys.argv[2])
    database = Database(sys.argv[1])
    lms = Lms(
        database,
        datetime.fromisoformat(plan["now"]),
        known_of(database, plan["registration"]),
        KnownDeployment(plan["deployment"], plan["tenant"]),
    )
    sys.stdout.write(json.dumps(arrive(lms, plan["course"], [tuple(each) for each in plan["members"]])))


if __name__ == "__main__":
    main()
