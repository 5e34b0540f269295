"""The sample lesson of `dangke seed`: how to read a source, in both languages, with an image, a video and a question."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.lessons import services
from courses.lessons.rules import Block, BlockKind, Wanted
from lti_tool.core.web import Runtime
from lti_tool.identity.actor import Actor, Carrier, Role
from lti_tool.identity.models import Context, Deployment, Member
from lti_tool.ledger.models import Activity
from lti_tool.media.services import register
from lti_tool.media.storage import Blob, Storage
from lti_tool.questions import codec
from lti_tool.questions.model import Option, Single

FOLDER: Final = Path(__file__).parent / "data"
TITLE: Final = "怎样阅读原始材料\u00a0· How to read a source"
SECTION: Final = "第一单元 · Unit 1"
STUDY_SECONDS: Final = 60

FIRST: Final = """\
# 一、先看清手里是什么 · What is in your hands

原始材料，是事情发生的当时留下的东西：一封信、一张通知、一页会议记录、一幅照片。它离事情最近，但不会自己开口。读它之前，先问三个问题：这是什么，谁写的，写给谁看的。

> 读材料的人要有两副眼镜：一副看纸上写了什么，一副看纸上没写什么。

A source is what an event left behind while it happened: a letter, a notice, a page of minutes, a photograph. It is near to the event, but it does not speak by itself. Ask three things before you read: what it is, who wrote it, and for whom.

| 材料 · source | 最能说明 · tells best | 留意 · watch for |
|---|---|---|
| 书信 · letter | 写信人当时的想法 · what its writer thought | 收信人是谁 · who was to read it |
| 会议记录 · minutes | 谁参加，定了什么 · who was there, what was decided | 争论往往没有写进去 · disputes are often left out |
| 照片 · photograph | 场面与细节 · scene and detail | 拍摄时间和裁切 · when it was taken, how it was cut |
"""
SECOND: Final = """\
# 二、谁写的，写给谁 · By whom, and for whom

同一件事，写给家人和写给上级，轻重会不同。下面这封信标出了四个落点：先看日期和落款，再读正文。

The same event weighs differently in a letter home and in a report. The drawing marks four places to look at: date and signature first, the text last.
"""
THIRD: Final = """\
# 三、放回当时的日历 · Back into its calendar

把材料的日期写在一张时间线上，再把前后各一个月发生的事写在旁边。很多看不懂的句子，这时就懂了。

Put the date of the source on a time line and write beside it what happened in the month before and after. Many a sentence becomes clear then.
"""
TRANSCRIPT: Final = """\
怎样读一封旧信：一、先看日期和落款；二、再看写给谁；三、最后读正文。

How to read an old letter: look at the date and the signature first, then at whom it was written to, and only then read the text.
"""
QUESTION: Final = Single(
    "哪一处最能说明写信人与收信人相熟？\n\nWhat shows best that writer and reader knew each other well?",
    (
        Option("a", "信纸的尺寸 · the size of the paper"),
        Option("b", "称呼用了小名，落款没有写姓 · a pet name above, no family name below", is_correct=True),
        Option("c", "信里提到了天气 · the weather is mentioned"),
    ),
    "称呼和落款说明两个人的关系。\n\nSalutation and signature tell how two people stand to each other.",
    shuffle=False,
)


@dataclass(frozen=True, slots=True)
class _Files:
    image: Blob
    video: Blob
    captions: Blob


def prepare(runtime: Runtime) -> Callable[..., Activity]:
    """Render the texts and keep the files, outside any transaction; returns `sample(session, context_id=, parent_id=, now=)`."""
    render = runtime.renderer.render
    texts = [
        Block(f"text{number}", BlockKind.text, source=source, html=render(source))
        for number, source in enumerate((FIRST, SECOND, THIRD), 1)
    ]
    question = Block(
        "question1",
        BlockKind.question,
        source=QUESTION.stem,
        html=render(QUESTION.stem),
        transcript=render(QUESTION.explanation),
        question=codec.to_json(QUESTION),
    )
    transcript = render(TRANSCRIPT)
    storage = Storage(runtime.settings.data_dir)
    files = _Files(*(_kept(storage, name) for name in ("letter.png", "reading.mp4", "reading.vtt")))

    def sample(session: Session, *, context_id: int, now: datetime, parent_id: int | None = None) -> Activity:
        author = _author(session, context_id, now)
        image, video, captions = (
            register(session, blob=blob, name=name, actor=author, now=now).reference
            for blob, name in (
                (files.image, "letter.png"),
                (files.video, "reading.mp4"),
                (files.captions, "reading.vtt"),
            )
        )
        blocks = (
            texts[0],
            texts[1],
            Block(
                "image1",
                BlockKind.image,
                reference=image,
                alt="一封旧信的示意图，标出日期、称呼、正文和落款四处 · Drawing of a letter with date, salutation, text and signature marked",
                caption="图 1　读信的四个落点 · Four places to look at",
            ),
            Block(
                "video1",
                BlockKind.video,
                source=TRANSCRIPT,
                transcript=transcript,
                reference=video,
                captions=captions,
                caption="怎样读一封旧信 · How to read an old letter",
            ),
            question,
            texts[2],
        )
        return _lesson(session, context_id, blocks, author=author, parent_id=parent_id, now=now)

    return sample


def _kept(storage: Storage, name: str) -> Blob:
    with (FOLDER / name).open("rb") as file:
        return storage.keep(file)


def _lesson(
    session: Session,
    context_id: int,
    blocks: tuple[Block, ...],
    *,
    author: Actor,
    parent_id: int | None,
    now: datetime,
) -> Activity:
    """The sample lesson as a published activity: all parts read, one minute of study time, the question answered."""
    activity = services.create(
        session, context_id=context_id, title=TITLE, now=now, parent_id=parent_id, section=SECTION
    )
    services.save_draft(session, activity_id=activity.id, blocks=blocks, revision=None, actor=author, now=now)
    wanted = Wanted(blocks=True, seconds=STUDY_SECONDS, question="answered")
    services.set_criteria(session, activity=activity, wanted=wanted, effort_minutes=None, blocks=blocks)
    services.publish(session, activity=activity, actor=author, now=now)
    return activity


def _author(session: Session, context_id: int, now: datetime) -> Actor:
    """Files and versions have an author; the sample's is in no course and can never launch."""
    context = session.get_one(Context, context_id)
    registration_id = session.get_one(Deployment, context.deployment_id).registration_id
    sub = "dangke:sample-author"
    found = session.scalar(select(Member).where(Member.registration_id == registration_id, Member.sub == sub))
    if found is None:
        found = Member(
            registration_id=registration_id,
            tenant_id=context.tenant_id,
            sub=sub,
            name="示例作者 · Sample author",
            created_at=now,
        )
        session.add(found)
        session.flush()
    return Actor(
        session_id=0,
        grant_id=0,
        context_id=context_id,
        member_id=found.id,
        tenant_id=context.tenant_id,
        registration_id=registration_id,
        role=Role.instructor,
        gradable=False,
        preview=False,
        locale="",
        document_target="",
        return_url="",
        resource_link_id="",
        name=found.name,
        carrier=Carrier.cookie,
    )
