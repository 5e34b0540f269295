"""Counters of several processes: prometheus_client decides at its import whether they are shared through files.

So this module must be imported before anything that imports prometheus_client; it does nothing unless /metrics is on.
"""

import os
import tempfile

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

if os.environ.get("DANGKE_METRICS_PORT", "0") != "0" and VARIABLE not in os.environ:
    # Counters begin at nought with each start, as Prometheus expects of a restarted process.
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix="dangke-metrics-")
