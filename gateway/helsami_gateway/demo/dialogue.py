"""What one person has written to their physiotherapist, and been answered: as both sides would do it, at the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from helsami_gateway.demo.fhir import DEMO, Json
from helsami_gateway.demo.organisations import TRONDHEIM

Ask = Callable[[str, str, Json | None], Any]
"""Verb, path and body to the answer."""


@dataclass(frozen=True)
class Dialogue:
    """A question to a clinician of an organisation (by key), and what they answer."""

    clinician: str
    subject: str
    question: str
    answer: str


DIALOGUE: Final = Dialogue(
    "physiotherapist-1",
    "Øvelsene hjemme",
    "Kan jeg gjøre knebøyene hver dag, eller bør kneet få hvile imellom?",
    "Ta dem annenhver dag i begynnelsen. Skriv gjerne om det gjør vondt etterpå.",
)


def hold(dialogue: Dialogue, citizen: Ask, staff: Ask) -> None:
    """Let a citizen write and staff answer, who let them write again."""
    name = TRONDHEIM.clinician(dialogue.clinician).name
    known = citizen("GET", "/api/v1/messages/recipients", None)["recipients"]
    recipient = next(one["id"] for one in known if one["name"] == name)
    wish = {"recipient": recipient, "subject": dialogue.subject, "text": dialogue.question}
    citizen("POST", "/api/v1/messages", wish)
    here = {"employee": f"{DEMO}|{TRONDHEIM.id}.{dialogue.clinician}"}
    (lies,) = staff("POST", "/staff/v1/messages/search", here)["messages"]
    staff("POST", f"/staff/v1/messages/{lies['message']}/open", {})
    answer = {"text": dialogue.answer, "may_reply": True, **here}
    staff("POST", f"/staff/v1/messages/{lies['message']}/answer", answer)
