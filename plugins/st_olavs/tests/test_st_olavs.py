"""What St. Olavs decides, asked the way a service asks."""

from datetime import UTC, date, datetime, timedelta

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


@pytest.fixture(scope="module")
def st_olavs() -> Rules:
    """St. Olavs as it is installed."""
    return load_organisations()["st_olavs"]


def booking(visit_type: str, action: str, unit: str = "", *, hours: int = 96, actor: str = "self") -> BookingQuestion:
    """Ask about a visit so many hours from now."""
    return BookingQuestion(action, visit_type, NOW + timedelta(hours=hours), NOW, unit, actor)


@pytest.mark.parametrize(
    ("question", "tier"),
    [
        (booking("blood-test", "book", hours=13), Tier.DIRECT),
        (booking("blood-test", "book", hours=12), Tier.PHONE),
        (booking("follow-up", "change", "orthopaedics"), Tier.DIRECT),
        (booking("follow-up", "change", "genetics"), Tier.REQUEST),
        (booking("follow-up", "book", "orthopaedics"), Tier.REQUEST),
        (booking("consultation", "cancel", hours=72), Tier.PHONE),
        (booking("operation", "cancel"), Tier.PHONE),
        (booking("follow-up", "change", "mental-health"), Tier.REQUEST),
        (booking("follow-up", "change", "mental-health", actor="grant"), Tier.PHONE),
    ],
)
def test_each_department_says_how_it_is_reached(st_olavs: Rules, question: BookingQuestion, tier: Tier) -> None:
    assert st_olavs.decide_booking(question).tier is tier


def test_the_number_is_the_departments_own(st_olavs: Rules) -> None:
    assert st_olavs.decide_booking(booking("operation", "change", "orthopaedics")).telephone == "+47 00 00 00 33"


@pytest.mark.parametrize(
    ("question", "release"),
    [
        (ResultQuestion("57698-3", category="LAB", setting="outpatient"), Release.AUTO),
        (ResultQuestion("4548-4", category="laboratory"), Release.AUTO),
        (ResultQuestion("8302-2", category="vital-signs"), Release.AUTO),
        (ResultQuestion("4548-4", category="laboratory", setting="inpatient"), Release.MANUAL),
        (ResultQuestion("4548-4", category="laboratory", setting="nursing-home"), Release.MANUAL),
        (ResultQuestion("8302-2", category="vital-signs", setting="nursing-home"), Release.MANUAL),
        (ResultQuestion("72106-8", category="survey"), Release.MANUAL),
        (ResultQuestion("51969-4", category="laboratory"), Release.BLOCKED),
        (ResultQuestion("4548-4", category="GE"), Release.BLOCKED),
        (ResultQuestion("4548-4", category="laboratory", concerns_several=True), Release.BLOCKED),
    ],
)
def test_a_result_is_classed_by_type_and_setting(st_olavs: Rules, question: ResultQuestion, release: Release) -> None:
    assert st_olavs.classify_result(question).release is release


@pytest.mark.parametrize("question", [ResultQuestion("11526-1"), ResultQuestion("2857-1", category="laboratory")])
def test_pathology_and_rare_tests_wait_two_weeks_for_a_clinician(st_olavs: Rules, question: ResultQuestion) -> None:
    assert st_olavs.classify_result(question).review_days == 14


def test_a_young_persons_notes_are_not_shown_to_parents(st_olavs: Rules) -> None:
    assert st_olavs.restrict_sharing(SharingQuestion("note", reader="parental", age_band="12-15")).withheld
    assert not st_olavs.restrict_sharing(SharingQuestion("note", reader="parental", age_band="0-11")).withheld
    assert not st_olavs.restrict_sharing(SharingQuestion("note", age_band="12-15")).withheld


def test_history_starts_when_the_hospital_went_live(st_olavs: Rules) -> None:
    assert st_olavs.history_starts("visits") == date(2025, 3, 1)
    assert st_olavs.history_starts("vaccines") is None


def test_in_orthopaedics_one_waits_for_ones_own_surgeon(st_olavs: Rules) -> None:
    def match(visit_type: str, unit: str) -> frozenset[str]:
        return st_olavs.choose_waitlist_terms(WaitlistQuestion(visit_type, NOW, NOW, unit)).match

    assert "clinician" in match("follow-up", "orthopaedics")
    assert match("consultation", "genetics") == {"visit-type", "unit"}


def test_the_urgent_are_offered_a_time_first(st_olavs: Rules) -> None:
    start = NOW + timedelta(days=90)
    waiting = (Waiting("long", NOW - timedelta(days=9), start), Waiting("urgent", NOW, start, "urgent"))

    assert st_olavs.rank_waitlist(RankingQuestion(waiting, "operation", start, NOW)) == ("urgent", "long")


def test_departments_ask_for_what_they_need_before_a_visit(st_olavs: Rules) -> None:
    forms = frozenset({"joints-and-pain", "pregnancy"})

    def asked(unit: str) -> tuple[str, ...]:
        return st_olavs.choose_check_in(CheckInQuestion("follow-up", NOW, NOW, forms, unit)).forms

    assert (asked("orthopaedics"), asked("maternity"), asked("genetics")) == (("joints-and-pain",), ("pregnancy",), ())
    assert st_olavs.choose_form_window(FormQuestion("joints-and-pain")).shown_days == 365


def test_some_departments_are_written_to_and_genetics_is_phoned(st_olavs: Rules) -> None:
    people = tuple(Recipient(unit, "unit", unit) for unit in ("orthopaedics", "maternity", "genetics", "mental-health"))

    def ids(actor: str) -> frozenset[str]:
        return st_olavs.list_recipients(RecipientsQuestion(people, NOW, actor)).ids

    assert ids("self") == {"orthopaedics", "maternity", "mental-health"}
    assert ids("grant") == {"orthopaedics", "maternity"}


def test_a_message_in_mental_health_care_goes_to_whom_it_was_written_to(st_olavs: Rules) -> None:
    question = MessageQuestion("mental-health", frozenset({"mental-health", "duty"}), NOW, employee="e")

    route = st_olavs.route_message(question)

    assert (route.stops[0].employee, route.inboxes) == ("e", ("mental-health", "duty"))


def test_cases_about_the_record_are_answered_within_thirty_days(st_olavs: Rules) -> None:
    route = st_olavs.route_case(CaseQuestion("shielding", frozenset({"genetics", "mail-reception"}), NOW))

    assert (route.queue, route.answer_days) == ("mail-reception", 30)


def test_a_summons_goes_channel_by_channel_and_by_post_at_last(st_olavs: Rules) -> None:
    channels = frozenset({"portal", "helsenorge", "digipost", "post"})

    plan = st_olavs.plan_delivery(DeliveryQuestion("summons", decision=False, channels=channels))

    assert [sorted(step.channels) for step in plan.steps] == [["helsenorge", "portal"], ["digipost"], ["post"]]


def test_only_blood_tests_have_free_times(st_olavs: Rules) -> None:
    start = NOW + timedelta(days=9)
    times = tuple(SlotChoice(visit_type, start, visit_type) for visit_type in ("blood-test", "x-ray", "operation"))

    assert st_olavs.restrict_slots(SlotsQuestion(times, NOW)) == {"blood-test"}
