"""The landing of a verified launch: state used, course, member, enrolment, session, link and column, in at most 9 statements.

Everything stands in one writing transaction of SQLAlchemy Core; each statement is an upsert that says back what the next
one needs, and is built once per process. A column that has just appeared costs one more (`requeue`). Only a link that
shows nothing yet and says where it was copied from costs more: until it is bound, and once the copy itself (`adoption`).
"""

from lti_tool.launch.services.landing.arrival import Arrival, Landed, StateNotUsable
from lti_tool.launch.services.landing.columns import column_of
from lti_tool.launch.services.landing.land import land
from lti_tool.launch.services.landing.links import bind

__all__ = ["Arrival", "Landed", "StateNotUsable", "bind", "column_of", "land"]
