"""The headers by which the gateway and its clients understand each other."""

from typing import Final

ACT_FOR: Final = "HelsaMi-Act-For"
KEY: Final = "Idempotency-Key"
LONGEST_KEY: Final = 120
# On every answer, problems too: what concerns a person is kept by nobody on the way, and shown in nobody's frame.
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
