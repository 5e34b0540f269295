"""Counters of this process, as /metrics shows them; what the database knows is read from it (cli.health.collector).

Labels come from fixed lists and our own numbers, never from what people or LMSs send.
"""

from prometheus_client import CollectorRegistry, Counter

REGISTRY = CollectorRegistry()

LAUNCHES = Counter("dangke_launches", "Launches that opened a session.", ["registration", "message"], registry=REGISTRY)
LAUNCH_FAILURES = Counter(
    "dangke_launch_failures", "Refused logins and launches.", ["registration", "reason"], registry=REGISTRY
)
"""The registration is empty where nobody knows which it was."""
REGISTRATIONS = Counter("dangke_registrations", "Dynamic registrations by outcome.", ["outcome"], registry=REGISTRY)
SCORE_ANSWERS = Counter(
    "dangke_score_answers", "What the LMSs answered to scores.", ["registration", "answer"], registry=REGISTRY
)
