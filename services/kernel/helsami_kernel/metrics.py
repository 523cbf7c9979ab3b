"""
Every metric of the kernel; no person, no free text, in a label. Whoever knows a number sets it; `lifetime` the levels.

This module imports nothing but `prometheus_client`, whose locks must be made before eventlet patches: a native thread
that scrapes would otherwise wait on a green lock.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram, Info

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
RULE_SECONDS: Final = (0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.25, 1.0)
EVENT_SECONDS: Final = (0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0)

REQUESTS: Final = Counter(
    "helsami_requests_total",
    "Finished calls of an entrypoint; kind is rpc, view, section, event, obligation, timer, state or http; "
    "outcome: ok or a code.",
    ["service", "entrypoint", "kind", "outcome"],
)
REQUEST_SECONDS: Final = Histogram(
    "helsami_request_seconds",
    "How long an entrypoint took.",
    ["service", "entrypoint", "kind"],
    buckets=SECONDS,
)
WORKERS_RUNNING: Final = Gauge("helsami_workers_running", "Workers that are busy.", ["service"])
WORKERS_MAX: Final = Gauge("helsami_workers_max", "Workers that may be busy at once.", ["service"])
HUB_LAG_SECONDS: Final = Gauge("helsami_hub_lag_seconds", "How late the eventlet hub ran its last beat.")
DATABASE_POOL_IN_USE: Final = Gauge("helsami_database_pool_in_use", "Database connections checked out.", ["service"])
DATABASE_POOL_SIZE: Final = Gauge("helsami_database_pool_size", "Database connections that are kept.", ["service"])
HTTP_BODY_BYTES: Final = Gauge(
    "helsami_http_body_bytes", "Bytes of long request bodies in memory; from 64 MiB on more are refused."
)
BUS_CONNECTED: Final = Gauge("helsami_bus_connected", "1 while the process is connected to its bus.", ["service"])
EVENT_AGE_SECONDS: Final = Histogram(
    "helsami_event_age_seconds",
    "Age of an event when its handler was done with it.",
    ["service", "entrypoint"],
    buckets=EVENT_SECONDS,
)
REDELIVERED: Final = Counter("helsami_redelivered_total", "Messages the broker gave again.", ["service", "entrypoint"])
DUPLICATES_SUPPRESSED: Final = Counter(
    "helsami_duplicates_suppressed_total", "Messages whose effect was already stored.", ["service", "entrypoint"]
)
EXPIRED: Final = Counter(
    "helsami_expired_total", "Calls and questions whose deadline had passed before work began.", ["service", "kind"]
)
DEAD_LETTERED: Final = Counter(
    "helsami_dead_lettered_total", "Messages given up and parked.", ["service", "entrypoint"]
)
OUTBOX_UNSENT: Final = Gauge("helsami_outbox_unsent", "Announced events the broker has not confirmed.", ["service"])
OUTBOX_OLDEST_SECONDS: Final = Gauge("helsami_outbox_oldest_seconds", "Age of the oldest unsent event.", ["service"])
OBLIGATIONS_OVERDUE: Final = Gauge("helsami_obligations_overdue", "Promises past their time.", ["service", "kind"])
RULES_CALLS: Final = Counter(
    "helsami_rules_calls_total", "Questions put to organisations' rules.", ["organisation", "hook", "outcome"]
)
RULES_SECONDS: Final = Histogram(
    "helsami_rules_seconds",
    "How long an organisation's rules took for a question, its parents' among them.",
    ["organisation", "hook"],
    buckets=RULE_SECONDS,
)
RULES_FAILURES: Final = Counter(
    "helsami_rules_failures_total",
    "Questions that rules did not answer; reason is raised, invalid, late, died, too-long, garbled, starting, busy, "
    "refused, quarantined or not-a-question.",
    ["organisation", "hook", "reason"],
)
RULES_QUARANTINED: Final = Gauge(
    "helsami_rules_quarantined", "1 while a hook is left alone, as it failed again and again.", ["organisation", "hook"]
)
RULES_RESTARTS: Final = Counter(
    "helsami_rules_host_restarts_total", "Processes of rules that were replaced.", ["organisation", "reason"]
)
ORGANISATION_STATE: Final = Gauge(
    "helsami_organisation_state", "1 for the state an organisation is in, 0 for the others.", ["organisation", "state"]
)
ORGANISATION_STATES_VERSION: Final = Gauge(
    "helsami_organisation_states_version", "The version of all organisations' states that this process obeys."
)
ORGANISATION_STATES_HEARD: Final = Gauge(
    "helsami_organisation_states_heard_timestamp_seconds", "When this process last heard all organisations' states."
)
DECISIONS_DROPPED: Final = Counter(
    "helsami_decisions_dropped_total",
    "Decisions that were not kept: more came than could be written, or were made again while none could be.",
    ["service"],
)
TOKENS_REFUSED: Final = Counter("helsami_tokens_refused_total", "Access tokens not believed.", ["service", "reason"])
BUILD: Final = Info("helsami_build", "Which build this process runs.")
