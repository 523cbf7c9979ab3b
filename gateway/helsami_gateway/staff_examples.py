"""What staff ask and are answered, by example: a hospital that was paused on a Sunday, and a time it did not give."""

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
EXPLAINED: Final = {
    "decisions": [
        {
            "id": "5d0c6f0e1a2b4c3d8e9f00112233445a",
            "decided_at": "2026-11-22T09:20:41.512000Z",
            "last_at": "2026-11-22T09:20:41.512000Z",
            "times": 1,
            "service": "appointments",
            "hook": "decide_booking",
            "asked": "May this person book, change or cancel directly, by request, or only by phone (R20, R21)?",
            "organisation": "st_olavs",
            "layer": "safe default",
            "version": "0.1.0",
            "outcome": "phone",
            "reason": "organisation-paused",
            "words": {
                "nb": "Dette kan ikke gjøres her for tiden. Ta kontakt på telefon.",
                "nn": "Dette kan ikkje gjerast her for tida. Ta kontakt på telefon.",
                "en": "This cannot be done here for the time being. Please phone.",
            },
            "question_hash": "3b1f0a6c5d9e48727c4e0d1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e",
            "about": "0f8d1f5c-9b1e-5c0e-8a7c-0d7d5f2f6a11",
            "shadow": False,
        }
    ],
    "unavailable": [],
}
