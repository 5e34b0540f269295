"""Demo registrations: anybody may sign in with one, so they stand in a demo only (house rule 11)."""

from sqlalchemy import inspect, select

from lti_tool.core.config import Env
from lti_tool.core.database import Database
from lti_tool.identity.models import Registration


def may_hold(env: Env) -> bool:
    """Whether an installation of this kind may hold a demo registration."""
    return env in {Env.demo, Env.test}


def misplaced(database: Database, env: Env) -> str | None:
    """The issuer of a demo registration that stands outside a demo; None where all is well or nothing is migrated yet."""
    if may_hold(env) or not inspect(database.engine).has_table(Registration.__tablename__):
        return None
    with database.reading_core() as connection:
        return connection.scalar(select(Registration.issuer).where(Registration.is_demo).limit(1))
