"""How offers have ended, for whoever keeps HelsaMi running; of nobody in particular, and of no organisation."""

from typing import Final

from prometheus_client import Counter

OFFERS_ENDED: Final = Counter(
    "helsami_waitlist_offers_ended_total",
    "Offers from the waitlist by how they ended; digital is yes for who answers here, no for who is asked by staff.",
    ["state", "age_band", "digital"],
)
