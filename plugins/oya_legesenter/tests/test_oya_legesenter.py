"""What Øya legesenter decides, under Trondheim, asked the way a service asks."""

from datetime import UTC, date, datetime, timedelta

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


@pytest.fixture(scope="module")
def oya() -> Rules:
    """Øya legesenter as it is installed."""
    return load_organisations()["oya_legesenter"]


def booking(visit_type: str, action: str = "book", *, hours: int = 72, age_band: str = "16+") -> BookingQuestion:
    """Ask about a visit so many hours from now."""
    return BookingQuestion(action, visit_type, NOW + timedelta(hours=hours), NOW, age_band=age_band)


@pytest.mark.parametrize("action", ["book", "change", "cancel", "video"])
def test_a_consultation_is_direct_until_a_day_ahead(oya: Rules, action: str) -> None:
    assert oya.decide_booking(booking("consultation", action, hours=25)).tier is Tier.DIRECT
    assert oya.decide_booking(booking("consultation", action, hours=24)).reason == "too-late"


def test_an_annual_check_is_asked_for_and_moved_directly(oya: Rules) -> None:
    assert oya.decide_booking(booking("annual-check")).tier is Tier.REQUEST
    assert oya.decide_booking(booking("annual-check", "cancel")).tier is Tier.DIRECT


def test_video_for_a_small_child_is_agreed_by_phone(oya: Rules) -> None:
    decision = oya.decide_booking(booking("video-consultation", age_band="0-11"))

    assert (decision.tier, decision.reason) == (Tier.PHONE, "small-children-in-person")
    assert oya.decide_booking(booking("video-consultation", age_band="12-15")).tier is Tier.DIRECT


def test_only_times_that_can_still_be_booked_are_offered(oya: Rules) -> None:
    slots = tuple(
        SlotChoice(f"{visit_type} {hours}", NOW + timedelta(hours=hours), visit_type)
        for visit_type in ("consultation", "blood-test", "annual-check")
        for hours in (6, 18, 48)
    )

    offered = oya.restrict_slots(SlotsQuestion(slots, NOW))

    assert offered == {"consultation 48", "blood-test 18", "blood-test 48"}


def test_common_blood_tests_show_at_once_and_others_after_a_week(oya: Rules) -> None:
    assert oya.classify_result(ResultQuestion("57698-3", category="LAB")).release is Release.AUTO
    assert oya.classify_result(ResultQuestion("2857-1", category="laboratory")).review_days == 7


def test_trondheim_narrows_results_from_a_nursing_home(oya: Rules) -> None:
    lipids = ResultQuestion("57698-3", category="LAB", setting="nursing-home")

    assert oya.classify_result(lipids).release is Release.MANUAL


def test_a_home_care_visit_is_hidden_for_trondheims_reason(oya: Rules) -> None:
    assert oya.restrict_sharing(SharingQuestion("visit", "home", "home-care-visit")).reason == "home-care-visit"


def test_history_starts_when_the_office_went_live(oya: Rules) -> None:
    assert oya.history_starts("results") == date(2025, 9, 1)
    assert oya.history_starts("vaccines") is None


def test_a_freed_consultation_is_offered_to_those_who_wait(oya: Rules) -> None:
    terms = oya.choose_waitlist_terms(WaitlistQuestion("consultation", NOW + timedelta(days=2), NOW))

    assert (terms.enabled, terms.offer_life) == (True, timedelta(hours=4))


def test_an_annual_check_begins_with_questions(oya: Rules) -> None:
    check_in = oya.choose_check_in(CheckInQuestion("annual-check", NOW, NOW, frozenset({"health-questions"})))

    assert (check_in.opens, check_in.forms) == (timedelta(days=7), ("health-questions",))
    assert oya.choose_form_window(FormQuestion("health-questions")).shown_days == 90


def test_the_laboratory_can_be_written_to_and_not_answered(oya: Rules) -> None:
    units = (Recipient("l", "unit", "laboratory"), Recipient("d", "unit", "doctors"))
    people = (*units, Recipient("e", "employee", "doctors"))

    reachable = {one.id: one.may_reply for one in oya.list_recipients(RecipientsQuestion(people, NOW)).reachable}

    assert reachable == {"l": False, "d": True}


def test_the_doctors_open_what_the_laboratory_has_not(oya: Rules) -> None:
    inboxes = frozenset({"laboratory", "doctors", "duty"})

    assert oya.route_message(MessageQuestion("laboratory", inboxes, NOW)).inboxes == ("laboratory", "doctors", "duty")
    queues = frozenset({"doctors", "mail-reception"})
    assert oya.route_case(CaseQuestion("correction", queues, NOW)).queue == "doctors"


def test_the_forms_that_may_be_asked_for_before_a_visit_are_its_own_and_the_municipalitys(oya: Rules) -> None:
    assert oya.forms == {"health-questions", "child-development"}
