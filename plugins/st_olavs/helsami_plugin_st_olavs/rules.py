"""What St. Olavs' policy.toml cannot say."""

from helsami_sdk import BookingDecision, BookingQuestion, hookimpl


@hookimpl
def decide_booking(question: BookingQuestion) -> BookingDecision | None:
    """In mental health care nobody but the person, or a parent, acts in writing: others phone."""
    if question.unit == "mental-health" and question.actor not in {"self", "parental"}:
        return BookingDecision.phone(reason="only-the-person")
    return None
