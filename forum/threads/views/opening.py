"""What every page of discussions begins with: the object, the acting grant, whether it may be written there."""

from datetime import datetime

from flask import Blueprint
from sqlalchemy.orm import Session

from forum.threads import services
from forum.threads.models import Post, Thread
from lti_tool.core.errors import Conflict, NotFound, Previewing
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.actor import Actor, Can
from lti_tool.ledger.access import NOWHERE, open_activity
from lti_tool.ledger.availability import Phase, Window
from lti_tool.ledger.models import Activity, ActivityStatus
from lti_tool.ledger.windows import window_of

blueprint = Blueprint("forum_threads", __name__, template_folder="../../templates")


def open_thread(session: Session, thread_id: int, can: Can = Can.learn) -> tuple[Actor, Activity, Thread]:
    """The thread with its activity and the acting grant. Raises NotFound, also for what is not yours."""
    thread = session.get(Thread, thread_id)
    actor, activity = open_activity(session, thread.activity_id if thread else NOWHERE, can, kind=services.KIND)
    if thread is None:
        raise NotFound
    return actor, activity, thread


def open_post(session: Session, post_id: int, can: Can = Can.learn) -> tuple[Actor, Activity, Thread, Post]:
    """The post with everything above it. Raises NotFound."""
    post = session.get(Post, post_id)
    actor, activity, thread = open_thread(session, post.thread_id if post else NOWHERE, can)
    if post is None or (post.is_hidden and not actor.can(Can.author)):
        raise NotFound
    return actor, activity, thread, post


def is_writable(actor: Actor, activity: Activity, window: Window, now: datetime) -> bool:
    """Whether this person may write there now. Staff may also write before it opens."""
    if activity.status is not ActivityStatus.published or actor.preview:
        return False
    return actor.can(Can.author) or (actor.is_recorded and window.phase(now) in {Phase.open, Phase.late})


def check_writable(session: Session, actor: Actor, activity: Activity, now: datetime) -> None:
    """Raises Conflict where nothing may be written any more, or not yet; Previewing in the view as a member."""
    check_trace(actor)
    if not is_writable(actor, activity, window_of(session, activity, actor.member_id), now):
        raise Conflict(_l("This discussion is closed."), action=_l("You can read it, but not write any more."))


def check_trace(actor: Actor) -> None:
    """Raises Previewing if the person only looks on: what members write here stays."""
    if actor.preview:
        raise Previewing(action=_l("What is written here stays, so you cannot write now. End the view first."))
