"""Makes the test process what every HelsaMi process is, cooperative, and gives every test the harness's fixtures."""

import eventlet
import prometheus_client  # noqa: F401  (before the patch: its locks must be native, or a native thread's scrape can deadlock)

eventlet.monkey_patch()

pytest_plugins = ["harness.plugin"]
