"""What nobody has opened in time, for whoever keeps HelsaMi running; of nobody, and of no organisation."""

from typing import Final

from prometheus_client import Gauge

UNOPENED: Final = Gauge(
    "helsami_messages_unopened",
    "Messages that nobody has opened within their working hours, by where they lie; from duty they move no further.",
    ["stop"],
)
UNANSWERED: Final = Gauge(
    "helsami_messages_unanswered",
    "Messages written ten working days ago or earlier that nobody has answered or closed, by whether they are opened.",
    ["state"],
)
