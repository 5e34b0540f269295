"""A small but real LTI 1.3 platform: `make demo` starts it, and the tests talk to it.

It imports nothing of the product, has its own SQLite file and runs as its own process:
`python -m lti_tool.demo --port 9080 --data DIR --tool-config FILE`, or in a test `create_lms(...)` and `seed(...)`.
"""

from lti_tool.demo.app import blank_lms, create_lms, furnish, lms_of
from lti_tool.demo.runtime import Clock, Lms
from lti_tool.demo.seed import seed

__all__ = ["Clock", "Lms", "blank_lms", "create_lms", "furnish", "lms_of", "seed"]
