"""
Makes the process cooperative, by being imported: eventlet's patch of the standard library, at the one right moment.

What must stay native comes before it: `prometheus_client` and the ops port, whose locks a native thread takes. Nameko,
kombu and SQLAlchemy come after it: they take `sleep` and `RLock` by name when they are imported (architecture,
section 4).
"""

import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402
import prometheus_client  # noqa: E402, F401

from helsami_kernel import ops  # noqa: E402, F401

eventlet.monkey_patch()
