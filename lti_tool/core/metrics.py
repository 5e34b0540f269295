"""Counters of this process, as /metrics shows them. Labels come from fixed lists, never from what people or LMSs send."""

from prometheus_client import CollectorRegistry, Counter

REGISTRY = CollectorRegistry()

LAUNCHES = Counter("dangke_launches", "Launches that opened a session.", ["message"], registry=REGISTRY)
LAUNCH_FAILURES = Counter("dangke_launch_failures", "Refused logins and launches.", ["reason"], registry=REGISTRY)
REGISTRATIONS = Counter("dangke_registrations", "Dynamic registrations by outcome.", ["outcome"], registry=REGISTRY)
