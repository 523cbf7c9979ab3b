"""
Makes the process cooperative, by being imported: eventlet's patch of the standard library, at the one right moment.

What must stay native comes before it: `prometheus_client` and the ops port, whose locks a native thread takes. Nameko,
kombu and SQLAlchemy come after it: they take `sleep` and `RLock` by name when they are imported (architecture,
section 4).
"""

import gc
import warnings

# What is imported stays, and what a request makes goes with its last reference: at Python's own thresholds a tenth of
# the time goes into looking for more.
gc.set_threshold(20_000, 20, 50)

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402
import prometheus_client  # noqa: E402, F401

from helsami_kernel import ops  # noqa: E402, F401

eventlet.monkey_patch()
