"""Counters of several processes: prometheus_client decides at its import whether they are shared through files.

So this module must be imported before anything that imports prometheus_client; it does nothing unless /metrics is on.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

if os.environ.get("DANGKE_METRICS_PORT", "0") != "0" and VARIABLE not in os.environ:
    # Counters begin at nought with each start, as Prometheus expects of a restarted process. In memory where there is such
    # a place: these files are mapped, and a write to a mapped page of a full disk ends the process.
    _MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of random name is made in it
    _folder = tempfile.mkdtemp(prefix="dangke-metrics-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None)
    _owner = os.getpid()
    os.environ[VARIABLE] = _folder

    @atexit.register
    def _forget() -> None:
        """Forked children share the folder; only the process that made it takes it away."""
        if os.getpid() == _owner:
            shutil.rmtree(_folder, ignore_errors=True)
