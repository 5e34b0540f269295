"""The facts as Prometheus reads them. Any worker can answer; all give the same numbers, so take `max`, not `sum`, over them."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from lti_tool.cli.health import facts
from lti_tool.core import beats
from lti_tool.core.clock import Clock
from lti_tool.core.config import Settings
from lti_tool.core.database import Database
from lti_tool.core.errors import DangkeError
from lti_tool.core.logs import log

BY_LMS = {
    "dangke_outbox_depth": "Scores that the LMS must still be told.",
    "dangke_outbox_oldest_seconds": "How long the oldest of them has been due.",
    "dangke_outbox_failing": "Those of them that have been tried for hours.",
    "dangke_breaker_failures": "Failures in a row; from 5 on the LMS is left alone for a while.",
    "dangke_breaker_open_seconds": "For how long nothing is sent there yet.",
    "dangke_clock_offset_seconds": "The LMS's clock minus ours.",
    "dangke_launch_refusals_last_hour": "Refused logins and launches of the last hour.",
}
GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "dangke_up": ("1 if the database could be read for this answer.", ()),
    **{name: (words, ("registration",)) for name, words in BY_LMS.items()},
    "dangke_scores": ("Scores by how far they are.", ("registration", "state")),
    "dangke_rosters": (
        "Lists of members of courses in use: all, never read to the end, failed the last time.",
        ("registration", "state"),
    ),
    "dangke_roster_oldest_seconds": ("How long ago the oldest of those that were read was read.", ("registration",)),
    "dangke_columns": ("Columns of the LMSs by state.", ("registration", "state")),
    "dangke_jobs_due": ("Jobs that are due.", ("job",)),
    "dangke_jobs_failing": ("Jobs whose last run failed.", ("job",)),
    "dangke_jobs_oldest_seconds": ("How long the oldest of them has been due.", ("job",)),
    "dangke_workers": ("Worker processes of the last hour: alive, stuck, silent.", ("health",)),
    "dangke_worker_loop_age_seconds": ("The longest that a loop of a worker that beats has not come round.", ("loop",)),
    "dangke_database_bytes": ("Size of the database.", ()),
    "dangke_disk_free_bytes": ("Free room.", ("place",)),
}


class FactsCollector(Collector):
    """Reads the facts at each scrape."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings, self._database, self._clock = settings, database, clock

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Names only: registering must not ask the database."""
        yield from _families().values()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """A fixed number of statements. A database that cannot be read is `dangke_up 0`, and no number is made up."""
        families = _families()
        try:
            found = facts.read(self._database, self._clock.now())
        except DangkeError as error:
            log.error("metrics_without_database", code=error.code)
            families["dangke_up"].add_metric([], 0)
            yield families["dangke_up"]
            return
        families["dangke_up"].add_metric([], 1)
        families["dangke_database_bytes"].add_metric([], found.database_bytes)
        for place, (free, _total) in facts.room(self._settings, self._database).items():
            families["dangke_disk_free_bytes"].add_metric([place], free)
        for lms in found.lmss:
            _add_lms(families, lms, found)
        families["dangke_launch_refusals_last_hour"].add_metric([""], found.strangers)
        for job in found.jobs:
            age = max((found.at - job.oldest_due).total_seconds(), 0.0) if job.oldest_due else 0.0
            families["dangke_jobs_due"].add_metric([job.name], job.due)
            families["dangke_jobs_failing"].add_metric([job.name], job.failing)
            families["dangke_jobs_oldest_seconds"].add_metric([job.name], age)
        _add_workers(families, found)
        yield from families.values()


def _families() -> dict[str, GaugeMetricFamily]:
    return {name: GaugeMetricFamily(name, words, labels=labels) for name, (words, labels) in GAUGES.items()}


def _add_lms(families: dict[str, GaugeMetricFamily], lms: facts.Lms, found: facts.Facts) -> None:
    number = [str(lms.id)]
    values = {
        "dangke_outbox_depth": lms.depth,
        "dangke_outbox_oldest_seconds": lms.waited(found.at),
        "dangke_outbox_failing": lms.failing,
        "dangke_breaker_failures": lms.breaker_failures,
        "dangke_breaker_open_seconds": lms.pause(found.at),
        "dangke_clock_offset_seconds": lms.clock_offset_ms / 1000,
        "dangke_launch_refusals_last_hour": lms.refusals,
    }
    for name, value in values.items():
        families[name].add_metric(number, value)
    if lms.rosters is not None:
        for state, times in {
            "all": lms.rosters.courses,
            "never": lms.rosters.never,
            "failed": lms.rosters.failed,
        }.items():
            families["dangke_rosters"].add_metric([*number, state], times)
        if lms.rosters.oldest is not None:
            families["dangke_roster_oldest_seconds"].add_metric(number, lms.rosters.oldest.total_seconds())
    for state, times in lms.scores.items():
        families["dangke_scores"].add_metric([*number, state], times)
    for state, times in lms.columns.items():
        families["dangke_columns"].add_metric([*number, state], times)


def _add_workers(families: dict[str, GaugeMetricFamily], found: facts.Facts) -> None:
    for health, times in beats.counts(found.workers).items():
        families["dangke_workers"].add_metric([health.value], times)
    ages: dict[str, float] = {}
    for worker in found.workers:
        if worker.health is not beats.Health.silent:
            for loop, age in worker.ages.items():
                name = loop.partition("-")[0]
                ages[name] = max(age, ages.get(name, 0.0))
    for name, age in ages.items():
        families["dangke_worker_loop_age_seconds"].add_metric([name], age)
