"""What staff ask and are answered, by example: a hospital that was paused on a Sunday."""

from typing import Final

STANDING: Final = {
    "id": "st_olavs",
    "names": {"nb": "St. Olavs hospital", "nn": "St. Olavs hospital", "en": "St. Olav's Hospital"},
    "kind": "hospital",
    "parent": None,
    "state": "paused",
    "since": "2026-11-22T09:14:03+00:00",
    "who": "region/5tq2V0oLJxkqTf1c",
    "why": "Result letters name the wrong ward.",
    "problem": None,
}
PAUSE: Final = {"state": "paused", "why": STANDING["why"]}
PAUSED: Final = {
    **STANDING,
    "steps": ["left", "live", "shadow"],
    "history": [
        {key: STANDING[key] for key in ("state", "since", "who", "why")},
        {
            "state": "live",
            "since": "2026-11-02T07:00:00+00:00",
            "who": "region/8Zs1mQ4rWb2uEyXo",
            "why": "Two weeks in the shadow without a surprise.",
        },
    ],
}
