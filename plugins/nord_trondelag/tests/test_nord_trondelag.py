"""What the hospital trust decides, by data alone, asked the way a service asks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from helsami_sdk import (
    BookingQuestion,
    CaseQuestion,
    CheckInQuestion,
    DeliveryQuestion,
    FormQuestion,
    MessageQuestion,
    RankingQuestion,
    Recipient,
    RecipientsQuestion,
    Release,
    ResultQuestion,
    SharingQuestion,
    SlotChoice,
    SlotsQuestion,
    Tier,
    Waiting,
    WaitlistQuestion,
)
from helsami_sdk.organisations import load_organisations
from helsami_sdk.rules import Rules

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
THEN = NOW + timedelta(days=7)
OWN_WORD = "nord-trondelag-mental-health"


@pytest.fixture(scope="module")
def trust() -> Rules:
    """The trust as it is installed."""
    return load_organisations()["nord_trondelag"]


def test_the_trust_is_data_alone() -> None:
    assert not (Path(__file__).parents[1] / "helsami_plugin_nord_trondelag" / "rules.py").exists()


@pytest.mark.parametrize(
    ("visit_type", "action", "unit", "tier"),
    [
        ("consultation", "book", "levanger-outpatients", Tier.PHONE),
        ("consultation", "change", "levanger-outpatients", Tier.REQUEST),
        ("follow-up", "video", "namsos-outpatients", Tier.REQUEST),
        ("x-ray", "cancel", "radiology", Tier.DIRECT),
        ("x-ray", "book", "radiology", Tier.PHONE),
        ("follow-up", "cancel", "mental-health", Tier.REQUEST),
        ("follow-up", "video", "mental-health", Tier.PHONE),
        ("operation", "change", "namsos-outpatients", Tier.PHONE),
    ],
)
def test_nothing_is_booked_without_a_referral(
    trust: Rules, visit_type: str, action: str, unit: str, tier: Tier
) -> None:
    assert trust.decide_booking(BookingQuestion(action, visit_type, THEN, NOW, unit)).tier is tier


def test_the_number_is_the_clinics_own(trust: Rules) -> None:
    question = BookingQuestion("change", "operation", THEN, NOW, "namsos-outpatients")

    assert trust.decide_booking(question).telephone == "+47 00 00 00 53"


def test_an_earlier_time_is_offered_at_the_same_clinic_and_cancer_pathways_first(trust: Rules) -> None:
    terms = trust.choose_waitlist_terms(WaitlistQuestion("x-ray", THEN, NOW))
    waiting = (
        Waiting("first", NOW - timedelta(days=30), THEN + timedelta(days=3)),
        Waiting("late", NOW - timedelta(days=2), THEN + timedelta(days=90)),
        Waiting("pathway", NOW, THEN + timedelta(days=5), "cancer-pathway"),
        Waiting("soon", NOW, THEN + timedelta(days=6), "soon"),
    )

    assert terms.match == {"visit-type", "unit"}
    assert trust.rank_waitlist(RankingQuestion(waiting, "x-ray", THEN, NOW)) == ("pathway", "soon", "late", "first")


def test_what_is_written_in_mental_health_care_is_the_persons_alone(trust: Rules) -> None:
    def ask(reader: str, visit_type: str = "mental-health-consultation", kind: str = "note") -> str:
        return trust.restrict_sharing(SharingQuestion(kind, visit_type=visit_type, reader=reader)).reason

    assert ask("grant") == ask("capacity", kind="document") == OWN_WORD
    assert ask("self") == ask("grant", "follow-up") == ""
    assert set(trust.manifest.words[OWN_WORD]) == {"nb", "nn", "en"}


@pytest.mark.parametrize("kind", ["note", "document", "result"])
def test_from_twelve_on_parents_see_none_of_it(trust: Rules, kind: str) -> None:
    assert trust.restrict_sharing(SharingQuestion(kind, reader="parental", age_band="12-15")).withheld
    assert not trust.restrict_sharing(SharingQuestion(kind, reader="parental", age_band="0-11")).withheld


@pytest.mark.parametrize(
    ("question", "release", "days"),
    [
        (ResultQuestion("8867-4", category="vital-signs"), Release.AUTO, None),
        (ResultQuestion("718-7", category="laboratory"), Release.REVIEW, 7),
        (ResultQuestion("36643-5", category="RAD"), Release.REVIEW, 7),
        (ResultQuestion("11526-1", category="PAT"), Release.MANUAL, None),
        (ResultQuestion("718-7", category="laboratory", setting="emergency"), Release.MANUAL, None),
        (ResultQuestion("81247-9", category="GE"), Release.BLOCKED, None),
    ],
)
def test_a_result_is_classed_by_type_and_setting(
    trust: Rules, question: ResultQuestion, release: Release, days: int | None
) -> None:
    answer = trust.classify_result(question)

    assert (answer.release, answer.review_days) == (release, days)


def test_before_a_birth_there_is_a_form_and_elsewhere_a_button(trust: Rules) -> None:
    forms = frozenset({"pregnancy"})

    assert trust.choose_check_in(CheckInQuestion("follow-up", THEN, NOW, forms, "maternity")).forms == ("pregnancy",)
    assert trust.choose_check_in(CheckInQuestion("x-ray", THEN, NOW, forms, "radiology")).arrival_button
    assert trust.choose_check_in(CheckInQuestion("follow-up", THEN, NOW, forms, "mental-health")).nothing


def test_in_mental_health_care_nobody_writes_for_the_person(trust: Rules) -> None:
    people = (Recipient("e", "employee", "mental-health"), Recipient("s", "user-support"))

    assert trust.list_recipients(RecipientsQuestion(people, NOW)).ids == {"e", "s"}
    assert trust.list_recipients(RecipientsQuestion(people, NOW, "grant")).ids == {"s"}


def test_maternity_opens_within_two_hours_or_the_duty_inbox_does(trust: Rules) -> None:
    route = trust.route_message(MessageQuestion("maternity", frozenset({"maternity", "duty"}), NOW))

    assert route.stops[0].unopened_hours == 2
    assert route.inboxes == ("maternity", "duty")


def test_access_to_the_record_is_answered_within_two_weeks(trust: Rules) -> None:
    assert trust.route_case(CaseQuestion("record-access", frozenset({"mail-reception"}), NOW)).answer_days == 14


def test_a_summons_is_sent_by_post_when_nobody_opens_it_for_three_days(trust: Rules) -> None:
    plan = trust.plan_delivery(DeliveryQuestion("summons", decision=False, channels=frozenset({"portal", "post"})))

    assert [step.channels for step in plan.steps] == [{"portal"}, {"post"}]
    assert plan.last_step_after_days == 3


def test_no_free_time_is_offered_for_what_needs_a_referral(trust: Rules) -> None:
    times = tuple(SlotChoice(visit_type, THEN, visit_type, "radiology") for visit_type in ("consultation", "operation"))

    assert trust.restrict_slots(SlotsQuestion(times, NOW)) == frozenset()


def test_what_was_told_about_a_pregnancy_is_shown_through_it(trust: Rules) -> None:
    assert trust.choose_form_window(FormQuestion("pregnancy")).shown_days == 270
