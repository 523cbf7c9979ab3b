"""What Trondheim's policy.toml cannot say."""

from helsami_sdk import BookingDecision, BookingQuestion, hookimpl


@hookimpl
def decide_booking(question: BookingQuestion) -> BookingDecision | None:
    """A vaccination for someone else is a request, unless a parent books it: staff ask about earlier reactions."""
    if question.visit_type == "vaccination" and question.actor not in {"self", "parental"}:
        return BookingDecision.request(reason="vaccination-for-another")
    return None
