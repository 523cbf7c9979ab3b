"""Looking for a free time: what is offered, to whom, and page by page."""

import pytest

from helsami_appointments import offers, schemas
from helsami_kernel.errors import Conflict
from helsami_sdk.testing import closed_rules, manifest_of, organisations_of, rules_of

MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"


def test_free_times_are_shown_soonest_first(appointments, citizen, journal):
    journal.schedule()
    later, soon = journal.slot("t1", hours=30), journal.slot("t2", hours=2)

    answer = appointments.slots({}, citizen())

    assert answer == {
        "slots": [
            {
                "id": soon,
                "organisation": "trondheim",
                "visit_type": "consultation",
                "kind": "Legetime",
                "unit": "doctors",
                "place": "Legekontoret",
                "clinician": "Klar Kompass",
                "starts_at": "2026-03-02T10:00:00Z",
                "ends_at": "2026-03-02T10:20:00Z",
            },
            answer["slots"][1],
        ],
        "next": None,
    }
    assert answer["slots"][1]["id"] == later
    assert schemas.Slots().dump(answer) == answer


def test_neither_what_is_over_nor_what_is_busy_is_free(journal, free):
    journal.schedule()
    journal.slot("over", hours=-1)
    journal.slot("this moment", hours=0)
    journal.slot("busy", hours=2, status="busy")
    soon = journal.slot("soon", hours=3)

    assert free() == [soon]
    assert free(**{"from": "2020-01-01T00:00:00Z"}) == [soon]


def test_a_schedule_that_is_not_active_offers_nothing(appointments, citizen, journal, slot, free):
    journal.schedule(active=False)

    assert free() == []
    with pytest.raises(Conflict, match="slot-taken"):
        appointments.book({"slot": slot}, citizen())


def test_free_times_are_found_by_time_organisation_unit_and_visit_type(journal, free):
    journal.schedule("s1")
    journal.schedule("s2", organisation="oya_legesenter")
    here = journal.slot("t1", hours=2)
    there = journal.slot("t2", hours=3, schedule="s2", organisation="oya_legesenter")
    video = [{"coding": [{"system": "urn:helsami:service", "code": "video-consultation"}]}]
    far = journal.slot("t3", hours=40, serviceType=video)

    assert free() == [here, there, far]
    assert free(organisation="oya_legesenter") == [there]
    assert free(unit="doctors") == [here, there, far]
    assert free(unit="laboratory") == []
    assert free(visit_type="video-consultation") == [far]
    assert free(visit_type="consultation") == [here, there]
    assert free(**{"from": "2026-03-02T10:30:00Z", "to": "2026-03-02T12:00:00Z"}) == [there]


def test_each_organisation_offers_what_it_offers_and_a_closed_one_nothing(appointments, journal, free):
    for organisation in ("trondheim", "oya_legesenter", "st_olavs", "unknown"):
        journal.schedule("s1", organisation=organisation)
        journal.slot("t1", hours=2, organisation=organisation)
    second = journal.slot("t2", hours=3)
    journal.slot("t2", hours=3, organisation="oya_legesenter")
    asked = []

    def only_the_last(question):
        asked.append(question)
        return frozenset({question.slots[-1].id})

    appointments.rules = organisations_of(
        rules_of(restrict_slots=only_the_last),
        rules_of(manifest=manifest_of("oya_legesenter"), restrict_slots=lambda _question: {MISSING}),
        closed_rules(manifest=manifest_of("st_olavs")),
    )

    assert free() == [second]
    (question,) = asked
    assert [slot.visit_type for slot in question.slots] == ["consultation", "consultation"]


def test_pages_of_free_times_follow_each_other_past_what_is_not_offered(appointments, citizen, journal, monkeypatch):
    monkeypatch.setattr(offers, "LOOKED_AT_ONCE", 4)
    journal.schedule()
    slots = [journal.slot(f"t{number:02}", hours=1 + number // 2) for number in range(17)]
    offered = [slot for number, slot in enumerate(slots) if number % 3]
    whole = [slot["id"] for slot in appointments.slots({}, citizen())["slots"]]
    appointments.rules = organisations_of(rules_of(restrict_slots=lambda question: frozenset(offered) & question.ids))

    paged, cursor = [], None
    while True:
        answer = appointments.slots({"limit": 3, "cursor": cursor}, citizen())
        paged += [slot["id"] for slot in answer["slots"]]
        cursor = answer["next"]
        if cursor is None:
            break

    assert sorted(whole) == sorted(slots)
    assert paged == [slot for slot in whole if slot in offered]


def test_a_search_that_nobody_answers_ends_early_and_says_where_to_go_on(appointments, citizen, journal, monkeypatch):
    monkeypatch.setattr(offers, "LOOKED_AT_ONCE", 1)
    monkeypatch.setattr(offers, "MOST_LOOKS", 3)
    journal.schedule()
    slots = [journal.slot(f"t{number}", hours=1 + number) for number in range(5)]
    appointments.rules = organisations_of(rules_of(restrict_slots=lambda question: question.ids & {slots[4]}))

    first = appointments.slots({}, citizen())
    second = appointments.slots({"cursor": first["next"]}, citizen())

    assert first["slots"] == []
    assert [slot["id"] for slot in second["slots"]] == [slots[4]]


def test_what_is_over_is_not_even_looked_at(journal, free, monkeypatch):
    monkeypatch.setattr(offers, "LOOKED_AT_ONCE", 1)
    monkeypatch.setattr(offers, "MOST_LOOKS", 3)
    journal.schedule()
    for number in range(1, 6):
        journal.slot(f"over{number}", hours=-number)
    soon = journal.slot("soon", hours=1)

    assert free(**{"from": "2020-01-01T00:00:00Z"}) == [soon]
