"""The outbox as /metrics shows it. Read from the database when asked, so that any process can answer."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text

from lti_tool.core.clock import Clock
from lti_tool.core.database import Database
from lti_tool.ledger.models import ScoreEvent, ScorePost


class OutboxCollector(Collector):
    """Depth and oldest age of what is still to be sent, and score posts by outcome."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def describe(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Names only: registering must not ask the database."""
        yield GaugeMetricFamily("dangke_outbox_depth", "Scores that the LMSs must still be told.")
        yield GaugeMetricFamily("dangke_outbox_oldest_seconds", "How long the oldest of them has been due.")
        yield CounterMetricFamily("dangke_score_posts", "Scores that were sent, by outcome.", labels=["outcome"])

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Two statements."""
        now = self._clock.now()
        with self._database.reading_core() as connection:
            depth, oldest = connection.execute(
                select(func.count(), func.min(ScorePost.due_at)).where(text("state IN ('waiting', 'sending')"))
            ).one()
            outcomes = connection.execute(select(ScoreEvent.event, func.count()).group_by(ScoreEvent.event)).all()
        age = max((now - oldest).total_seconds(), 0.0) if depth else 0.0
        yield GaugeMetricFamily("dangke_outbox_depth", "Scores that the LMSs must still be told.", value=depth)
        yield GaugeMetricFamily("dangke_outbox_oldest_seconds", "How long the oldest has been due.", value=age)
        posts = CounterMetricFamily("dangke_score_posts", "Scores that were sent, by outcome.", labels=["outcome"])
        for event, count in outcomes:
            posts.add_metric([event], count)
        yield posts
