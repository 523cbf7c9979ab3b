"""Makes the test process what every HelsaMi process is: cooperative from the first import on. Gives every test the harness's fixtures."""

import prometheus_client  # noqa: F401  (before eventlet patches: its locks must be native, or a scrape from a native thread can deadlock)
import eventlet

eventlet.monkey_patch()

pytest_plugins = ["harness.plugin"]
