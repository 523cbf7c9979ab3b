"""Makes the test process what every HelsaMi process is, cooperative, and gives every test the harness's fixtures."""

import eventlet
import prometheus_client  # noqa: F401  (before the patch: its locks must be native, or a native thread's scrape can deadlock)

eventlet.monkey_patch()

from hypothesis import settings  # noqa: E402

# The same examples each time: a run says what a change did.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

pytest_plugins = ["harness.plugin", "harness.shares"]
