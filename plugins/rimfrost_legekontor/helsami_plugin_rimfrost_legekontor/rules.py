"""What Rimfrost legekontor's policy.toml cannot say."""

from datetime import timedelta

from helsami_sdk import BookingDecision, BookingQuestion, hookimpl

_PLANNED = timedelta(days=60)


@hookimpl
def decide_booking(question: BookingQuestion) -> BookingDecision | None:
    """Times far ahead are arranged by the front desk: the doctors' rota is not made yet."""
    if question.action == "book" and question.starts_at - question.asked_at > _PLANNED:
        return BookingDecision.request(reason="rimfrost-legekontor-far-ahead")
    return None
