"""Looking for a free time: what is offered, to whom, and page by page."""

import re
from itertools import combinations

import pytest

from helsami_appointments import offers, schemas
from helsami_appointments.slots.search import FAR, FILTERS, clinician_id, free_times
from helsami_appointments.store import Reads, Writes
from helsami_kernel.errors import Conflict, Malformed
from helsami_kernel.reading import Prepared
from helsami_kernel.testing import open_store, system_token
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
                "clinician_id": clinician_id("trondheim", "urn:x|lege-1"),
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


def test_free_times_with_a_clinician_are_found_by_the_id_that_a_free_time_names(journal, appointments, citizen, free):
    journal.schedule("s1", "lege-1")
    journal.schedule("s2", "lege-2")
    journal.schedule("s3", "lege-1", organisation="oya_legesenter")
    with_one, with_other = journal.slot("t1", hours=2), journal.slot("t2", hours=3, schedule="s2")
    elsewhere = journal.slot("t3", hours=4, schedule="s3", organisation="oya_legesenter")
    named = {slot["id"]: slot["clinician_id"] for slot in appointments.slots({}, citizen())["slots"]}

    assert len(set(named.values())) == len(named) == 3
    assert [free(clinician=named[slot]) for slot in (with_one, with_other, elsewhere)] == [
        [with_one],
        [with_other],
        [elsewhere],
    ]
    assert free(clinician=named[with_one], organisation="oya_legesenter") == []
    assert free(clinician=MISSING) == []
    with pytest.raises(Malformed) as refusal:
        free(clinician="Klar Kompass")
    assert [problem.field for problem in refusal.value.problems] == ["clinician"]


def test_a_time_without_a_clinician_has_no_clinicians_id(journal, appointments, citizen):
    journal.schedule(actor=[{"reference": "Location/blood-tests", "display": "Blodprøver"}])
    journal.slot("t1")

    (slot,) = appointments.slots({}, citizen())["slots"]

    assert (slot["clinician"], slot["clinician_id"]) == (None, None)


def test_free_times_are_found_as_their_schedule_is_by_now(journal, free):
    own_type = [{"coding": [{"system": "urn:helsami:service", "code": "vaccination"}]}]
    journal.schedule("s1")
    slot = journal.slot("t1", hours=2)
    with_own_type = journal.slot("t2", hours=3, serviceType=own_type)
    video = [{"coding": [{"system": "urn:helsami:service", "code": "video-consultation"}]}]
    elsewhere = [{"reference": "Location/urn:x|trondheim.laboratory", "display": "Laboratoriet"}]
    journal.schedule("s1", serviceType=video, actor=elsewhere)

    assert free(visit_type="consultation") == []
    assert free(visit_type="video-consultation") == [slot]
    assert free(visit_type="vaccination") == [with_own_type]
    assert (free(unit="laboratory"), free(unit="doctors")) == ([slot, with_own_type], [])
    journal.schedule("s1", active=False)
    assert free() == []
    journal.schedule("s1")
    assert free() == free(unit="doctors") == [slot, with_own_type]


def test_a_time_that_goes_over_to_another_schedule_is_found_as_that_one(journal, free):
    journal.schedule("s1")
    journal.schedule("s2", active=False)
    slot = journal.slot("t1", hours=2)
    journal.slot("t1", hours=2, schedule="s2")

    assert free() == []
    journal.slot("t1", hours=2, schedule="s1")
    assert free() == [slot]


@pytest.fixture
def untouched(new_database, clock):
    """A store on tables of which PostgreSQL knows nothing, so that no test before has a say in its plans."""
    opened = open_store("appointments", new_database("free_times"), Reads, Writes, clock)
    yield opened
    opened._database.close()


def test_an_index_of_free_times_alone_serves_each_search_however_often_it_is_asked(untouched, clock):
    """A plan that was made once knows no value: what it must not leave open is that only free times are looked for."""
    plans = {}
    for number in range(len(FILTERS) + 1):
        for wanted in combinations(FILTERS, number):
            prepared = Prepared.of(free_times(*wanted))
            asked = {"owner": "", "from_at": clock(), "from_id": "", "until": FAR, "limit": 200}
            values = prepared.constants | asked | dict.fromkeys(wanted, "x")
            with untouched._database.engine.connect() as connection:
                for setting in ("enable_seqscan = off", "plan_cache_mode = force_generic_plan"):
                    connection.exec_driver_sql(f"SET LOCAL {setting}")
                connection.exec_driver_sql(prepared.preparation)
                execution = prepared.execution.replace("EXECUTE", "EXPLAIN EXECUTE")
                plan = connection.exec_driver_sql(execution, values).scalars().all()
                plans[wanted] = "\n".join(plan)

    unserved = {
        wanted
        for wanted, plan in plans.items()
        if not re.search(rf"Index.* (using|on) slots_free{'_by' if wanted else ' '}", plan)
    }
    assert unserved == set()


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
    for schedule in ("s0", "s1"):
        journal.schedule(schedule)
    slots = [
        journal.slot(f"t{number:02}", hours=1 + number // 2, schedule=f"s{number % 2}") for number in range(17)
    ]
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


@pytest.mark.parametrize("moment", [{"from": "0001-01-01T00:00:00+14:00"}, {"to": "9999-12-31T23:59:59-14:00"}])
@pytest.mark.parametrize("method", ["slots", "own_slots"])
def test_a_moment_that_utc_has_no_day_for_names_its_field(appointments, citizen, method, moment):
    access = citizen() if method == "slots" else system_token("trondheim", scopes=frozenset({"organisations:manage"}))

    with pytest.raises(Malformed) as refusal:
        getattr(appointments, method)(moment, access)

    assert [problem.field for problem in refusal.value.problems] == [*moment]
