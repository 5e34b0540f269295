"""What the facts mean: findings for `dangke doctor`, each with what to do. Pure."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from lti_tool.cli.health.facts import Facts, Jobs, Lms
from lti_tool.cli.health.finding import Finding
from lti_tool.core.beats import Health, counts
from lti_tool.ledger.rules import PostState

OVERDUE = timedelta(minutes=15)
"""Scores and jobs that have been due for so long are not on their way."""
BREAKER_AFTER = 5
LITTLE_ROOM, NO_ROOM = 2_000_000_000, 200_000_000
"""Bytes."""
MANY_REFUSALS = 20
OLD_ROSTER = timedelta(days=3)
"""Every list of a course in use is read each night."""


def judged(facts: Facts, room: Mapping[str, tuple[int, int]]) -> Iterator[Finding]:
    """All findings that follow from the facts."""
    yield _workers(facts)
    for lms in facts.lmss:
        if lms.is_active:
            yield from _lms(lms, facts)
    yield from (_job(job, facts) for job in facts.jobs if job.failing or _is_late(job, facts))
    if facts.strangers > MANY_REFUSALS:
        words = (
            f"{facts.strangers} of unknown LMSs were refused in the last hour. The console's page of refusals says why."
        )
        yield Finding("launches", True, words, is_hint=True)
    yield Finding("database size", True, f"{facts.database_bytes / 1e6:.0f} MB")
    yield from (_room(place, free) for place, (free, _total) in room.items())


def _workers(facts: Facts) -> Finding:
    found = counts(facts.workers)
    if stuck := [each for each in facts.workers if each.health is Health.stuck]:
        loops = ", ".join(sorted({loop for each in stuck for loop in each.stuck}))
        return Finding("worker", False, f"{len(stuck)} hang in: {loops}. Restart them (`systemctl restart`).")
    if found[Health.alive]:
        silent = found[Health.silent]
        words = f"{found[Health.alive]} at work" + (
            f"; {silent} ended without a farewell in the last hour" if silent else ""
        )
        return Finding("worker", True, words, is_hint=bool(silent))
    waits = sum(lms.depth for lms in facts.lmss)
    if waits or found[Health.silent]:
        words = f"none is at work, and {waits} scores wait. Start `dangke serve` or `dangke worker`; its log says why it ended."
        return Finding("worker", False, words)
    return Finding("worker", True, "none is at work. Start `dangke serve` or `dangke worker`.", is_hint=True)


def _lms(lms: Lms, facts: Facts) -> Iterator[Finding]:
    subject = f"LMS {lms.id}"
    waited = lms.waited(facts.at)
    if lms.breaker_failures >= BREAKER_AFTER:
        words = f"does not take scores; {lms.depth} wait and are tried again by themselves. Run: dangke doctor --registration {lms.id}"
        yield Finding(subject, False, words)
    elif lms.failing:
        words = f"{lms.failing} scores have failed for hours and are tried again. The pages of their activities' scores say why."
        yield Finding(subject, False, words)
    elif waited > OVERDUE.total_seconds():
        words = f"{lms.depth} scores wait, the oldest for {waited / 60:.0f} minutes. See whether a worker runs and what its log says."
        yield Finding(subject, False, words)
    else:
        yield Finding(subject, True, f"{lms.depth} scores on their way")
    hints = {
        PostState.waiting_for_column: "scores wait for a column that the LMS does not have yet; their teachers see which box to tick",
        PostState.refused: "scores were refused by the LMS; the page of the activity's scores says why",
        PostState.differs: "scores differ in the gradebook; the page of the activity's scores offers to send them again",
    }
    for state, words in hints.items():
        if times := lms.scores.get(state, 0):
            yield Finding(subject, True, f"{times} {words}", is_hint=True)
    yield from _rosters(lms)
    if lms.refusals > MANY_REFUSALS:
        yield Finding(
            subject, True, f"{lms.refusals} launches were refused in the last hour; the console says why", is_hint=True
        )


def _rosters(lms: Lms) -> Iterator[Finding]:
    """Lists of members that are old or refused: nobody is hidden or let in by them, so these are hints."""
    found = lms.rosters
    if found is None:
        return
    where = f"`dangke roster list --registration {lms.id}` shows them"
    if found.failed:
        words = f"{found.failed} of {found.courses} lists of members could not be read the last time; {where}"
        yield Finding(f"LMS {lms.id}", True, words, is_hint=True)
    if found.oldest is not None and found.oldest > OLD_ROSTER:
        words = f"a list of members is {found.oldest.days} days old; {where}, `dangke roster read` reads them now"
        yield Finding(f"LMS {lms.id}", True, words, is_hint=True)


def _is_late(job: Jobs, facts: Facts) -> bool:
    return job.oldest_due is not None and facts.at - job.oldest_due > OVERDUE


def _job(job: Jobs, facts: Facts) -> Finding:
    if _is_late(job, facts):
        return Finding(
            f"job {job.name}", False, f"{job.due} are due for more than 15 minutes. See whether a worker runs."
        )
    words = f"{job.failing} failed and are tried again ({job.cause}). The worker's log says more."
    return Finding(f"job {job.name}", True, words, is_hint=True)


def _room(place: str, free: int) -> Finding:
    words = f"{free / 1e9:.1f} GB free"
    if free < NO_ROOM:
        return Finding(f"disk of {place}", False, f"{words}. Soon nothing can be saved: make room or enlarge it.")
    return Finding(f"disk of {place}", True, words, is_hint=free < LITTLE_ROOM)
