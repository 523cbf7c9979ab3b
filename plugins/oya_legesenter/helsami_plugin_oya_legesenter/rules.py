"""What Øya legesenter's policy.toml cannot say."""

from helsami_sdk import BookingDecision, BookingQuestion, hookimpl


@hookimpl
def decide_booking(question: BookingQuestion) -> BookingDecision | None:
    """A small child is seen in the office; a video consultation for one is agreed by phone."""
    by_video = question.action == "video" or question.visit_type == "video-consultation"
    if by_video and question.age_band == "0-11":
        return BookingDecision.phone(reason="small-children-in-person")
    return None
