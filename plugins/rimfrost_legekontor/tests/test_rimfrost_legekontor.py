"""What an independent GP office decides, asked the way a service asks."""

from datetime import UTC, datetime, timedelta

import pytest

from helsami_sdk import (
    BookingQuestion,
    CaseQuestion,
    CheckInQuestion,
    FormQuestion,
    MessageQuestion,
    Recipient,
    RecipientsQuestion,
    Release,
    ResultQuestion,
    SharingQuestion,
    SlotChoice,
    SlotsQuestion,
    Tier,
    WaitlistQuestion,
)
from helsami_sdk.organisations import load_organisations
from helsami_sdk.rules import Rules

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
THEN = NOW + timedelta(days=3)


@pytest.fixture(scope="module")
def rimfrost() -> Rules:
    """The office as it is installed."""
    return load_organisations()["rimfrost_legekontor"]


def booking(visit_type: str, action: str = "book", *, hours: int = 72) -> BookingQuestion:
    """Ask about a visit so many hours from now."""
    return BookingQuestion(action, visit_type, NOW + timedelta(hours=hours), NOW)


def test_it_answers_to_nobody(rimfrost: Rules) -> None:
    assert rimfrost.manifest.parent is None


@pytest.mark.parametrize(
    ("question", "tier"),
    [
        (booking("consultation", hours=5), Tier.DIRECT),
        (booking("consultation", hours=4), Tier.PHONE),
        (booking("consultation", "video"), Tier.REQUEST),
        (booking("driving-licence-check"), Tier.REQUEST),
        (booking("minor-surgery"), Tier.PHONE),
    ],
)
def test_a_time_is_booked_until_four_hours_ahead(rimfrost: Rules, question: BookingQuestion, tier: Tier) -> None:
    assert rimfrost.decide_booking(question).tier is tier


def test_a_time_more_than_two_months_ahead_is_asked_for(rimfrost: Rules) -> None:
    decision = rimfrost.decide_booking(booking("consultation", hours=24 * 61))

    assert (decision.tier, decision.reason) == (Tier.REQUEST, "rimfrost-legekontor-far-ahead")
    assert set(rimfrost.manifest.words[decision.reason]) == {"nb", "nn", "en"}
    assert rimfrost.decide_booking(booking("consultation", hours=24 * 60)).tier is Tier.DIRECT
    assert rimfrost.decide_booking(booking("consultation", "cancel", hours=24 * 61)).tier is Tier.DIRECT


def test_a_cancelled_time_is_offered_on_short_notice_but_not_at_night(rimfrost: Rules) -> None:
    terms = rimfrost.choose_waitlist_terms(WaitlistQuestion("consultation", THEN, NOW))

    assert (terms.batch, terms.least_lead_time) == (10, timedelta(hours=6))
    assert terms.quiet is not None
    assert terms.quiet.since.hour == 20


def test_everything_written_comes_to_the_front_desk(rimfrost: Rules) -> None:
    people = (Recipient("d", "unit", "doctors"), Recipient("f", "unit", "front-desk"), Recipient("s", "user-support"))
    inboxes = frozenset({"doctors", "front-desk", "duty"})

    assert rimfrost.list_recipients(RecipientsQuestion(people, NOW)).ids == {"f", "s"}
    assert rimfrost.route_message(MessageQuestion("doctors", inboxes, NOW)).inboxes == ("front-desk", "doctors", "duty")
    case = CaseQuestion("correction", frozenset({"front-desk", "mail-reception"}), NOW)
    assert rimfrost.route_case(case).queue == "front-desk"


def test_a_check_begins_with_a_health_declaration_that_is_shown_for_a_month(rimfrost: Rules) -> None:
    question = CheckInQuestion("annual-check", THEN, NOW, frozenset({"health-declaration"}))

    assert rimfrost.choose_check_in(question).forms == ("health-declaration",)
    assert rimfrost.choose_form_window(FormQuestion("health-declaration")).shown_days == 30


@pytest.mark.parametrize(
    ("category", "release"),
    [("vital-signs", Release.AUTO), ("LAB", Release.REVIEW), ("RAD", Release.MANUAL), ("survey", Release.MANUAL)],
)
def test_a_result_is_shown_by_its_kind(rimfrost: Rules, category: str, release: Release) -> None:
    assert rimfrost.classify_result(ResultQuestion("any", category=category)).release is release


def test_sharing_is_the_regions(rimfrost: Rules) -> None:
    assert rimfrost.restrict_sharing(SharingQuestion("visit", "home", "home-care-visit")).reason == "home-care-hidden"
    assert not rimfrost.restrict_sharing(SharingQuestion("note")).withheld


def test_times_are_offered_until_four_hours_ahead(rimfrost: Rules) -> None:
    times = tuple(SlotChoice(f"{hours}", NOW + timedelta(hours=hours), "consultation") for hours in (3, 4, 5))

    assert rimfrost.restrict_slots(SlotsQuestion(times, NOW)) == {"5"}
