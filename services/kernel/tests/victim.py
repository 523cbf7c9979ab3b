"""A service that an event kills, for the test that a broker gives up such an event by itself."""

import os

import eventlet
import prometheus_client  # noqa: F401  before eventlet patches

eventlet.monkey_patch()

from helsami_kernel import Store, handles  # noqa: E402
from helsami_kernel.config import Settings  # noqa: E402
from helsami_kernel.container import ServiceRunner  # noqa: E402


class Reader:
    """Dies of its only event."""

    name = "reader"
    store = Store()

    @handles("letter_written", source="writer")
    def keep_letter(self, event):
        """Die."""
        os._exit(9)


runner = ServiceRunner(Settings.read(os.environ), [Reader])
runner.start()
runner.wait()
