"""The sample quiz of `dangke seed`: five questions, one of each kind, in both languages, about reading sources."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from lti_tool.core.web import Runtime
from lti_tool.ledger import services as ledger
from lti_tool.ledger.models import Activity
from lti_tool.questions.model import Blank, FillIn, Multiple, Numeric, Option, Question, Single, TrueFalse
from quizzes.bank import services as bank
from quizzes.bank.services import Written
from quizzes.papers import services as papers
from quizzes.papers.rules import Item, Settings

TITLE: Final = "小测：怎样阅读原始材料\u00a0· Quiz: reading sources"
QUESTIONS: Final[tuple[Question, ...]] = (
    Single(
        "拿到一封没有写年份的信，最先应当核对的是什么？\n\nA letter bears no year. What do you check first?",
        (
            Option("a", "信里提到的事件与已知年表 · events it mentions, against a known chronology", is_correct=True),
            Option("b", "信纸的颜色 · the colour of the paper"),
            Option("c", "字数的多少 · how long it is"),
            Option("d", "信封是否完整 · whether the envelope is whole"),
        ),
        "事件可以和已知的年表对照，纸的颜色和长短都不能说明年份。\n\nEvents can be held against a chronology; colour and length say nothing about the year.",
    ),
    Multiple(
        "会议记录里通常能找到哪些内容？\n\nWhat do you usually find in the minutes of a meeting?",
        (
            Option("a", "参加的人 · who was there", is_correct=True),
            Option("b", "作出的决定 · what was decided", is_correct=True),
            Option("c", "每个人没说出口的想法 · what nobody said aloud"),
            Option("d", "开会的时间和地点 · when and where", is_correct=True),
        ),
        explanation="记录只写下说出来、记下来的事。\n\nMinutes hold only what was said and written down.",
    ),
    TrueFalse(
        "转述一件事的文章，和亲历者当天的日记，可靠程度一样。\n\nAn article that retells an event is as reliable as the diary of somebody who was there.",
        answer=False,
        explanation="先分清材料是谁、在什么时候写的。\n\nAsk first who wrote it, and when.",
    ),
    FillIn(
        "读一份材料，先看[[1]]，再看作者。 · Look at the [[2]] of a source first, then at its author.",
        (Blank(("日期", "时间", "时候")), Blank(("date", "time"))),
        explanation="日期告诉你材料离事情有多近。\n\nThe date says how near to the event it was written.",
    ),
    Numeric(
        "一份材料有 12 页，每页大约读 5 分钟，一共要多少分钟？\n\nA source has 12 pages of about 5 minutes each. How many minutes in all?",
        Decimal(60),
        Decimal(5),
        "",
        "12 × 5 = 60。",
    ),
)
SETTINGS: Final = Settings(
    time_limit_seconds=600,
    attempts_allowed=2,
    pass_percent=60,
)


def prepare(runtime: Runtime) -> Callable[..., Activity]:
    """Render the questions, outside any transaction; returns `sample(session, context_id=, parent_id=, now=)`."""
    written = [bank.written(question, runtime.renderer) for question in QUESTIONS]

    def sample(session: Session, *, context_id: int, now: datetime, parent_id: int | None = None) -> Activity:
        return sample_quiz(session, context_id=context_id, now=now, written=written, parent_id=parent_id)

    return sample


def sample_quiz(
    session: Session, *, context_id: int, now: datetime, written: list[Written], parent_id: int | None = None
) -> Activity:
    """The sample quiz as a published activity: 10 minutes, two attempts, the best counts. Flushed."""
    items = [
        Item(bank.add(session, context_id=context_id, what=each, author_id=None, now=now).id, Decimal(2))
        for each in written
    ]
    activity = papers.create(
        session,
        context_id=context_id,
        title=TITLE,
        now=now,
        author_id=None,
        items=items,
        settings=SETTINGS,
        parent_id=parent_id,
    )
    ledger.publish(session, activity)
    return activity
