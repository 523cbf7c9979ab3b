"""Who is offered a time that came free: as the organisation's terms and ranking say."""

import uuid
from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from helsami_appointments.models import WAITING
from helsami_appointments.waitlist import matching, offering
from helsami_sdk.answers import QuietHours, WaitlistTerms

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("hours", [23.99, 24.01])
def test_no_offer_is_made_for_a_time_that_is_too_near(region, waits, journal, due, hours, seen):
    waits("c1", 10)

    journal.slot("near", hours=hours)
    due()

    assert len(seen.own("c1")) == (hours > 24)


@pytest.mark.parametrize(
    ("match", "offered"), [({"visit-type"}, 1), ({"visit-type", "clinician"}, 0), ({"visit-type", "unit", "place"}, 1)]
)
def test_what_must_be_alike_is_as_the_organisation_says(region, waits, freed, match, offered, seen):
    terms = WaitlistTerms(enabled=True, quiet=None, match=frozenset(match))
    region.rules = region.answering(choose_waitlist_terms=terms)
    waits("c1", 10)
    freed(5)

    assert len(seen.own("c1")) == offered


def test_the_organisation_ranks_those_who_wait_and_does_not_know_who_they_are(region, waits, freed, store, seen):
    asked = []

    def latest_first(question):
        asked.append(question)
        return tuple(reversed(question.by_time_joined))

    once = WaitlistTerms(enabled=True, batch=1, quiet=None)
    region.rules = region.answering(choose_waitlist_terms=once, rank_waitlist=latest_first)
    waits("c1", 10)
    waits("c2", 11)
    freed(5)

    assert (len(seen.own("c1")), len(seen.own("c2"))) in {(0, 1), (1, 0)}
    (question,) = asked
    assert not {"c1", "c2"} & {one.id for one in question.waiting}


def test_what_is_not_offered_to_people_of_that_age_is_not_offered_from_the_waitlist(region, waits, freed, seen):
    def adults(question):
        return question.ids if question.age_band == "16+" else frozenset()

    waits("c1", 10, age_band="12-15")
    waits("c2", 11)
    region.rules = region.answering(restrict_slots=adults)
    freed(5)

    assert seen.own("c1") == []
    assert len(seen.own("c2")) == 1


@pytest.mark.parametrize(
    "night",
    [
        ("2026-03-28T20:00:00Z", "2026-03-29T06:00:00Z"),  # to 08:00 summer time
        ("2026-10-24T19:00:00Z", "2026-10-25T07:00:00Z"),  # to 08:00 winter time
        ("2026-03-28T19:59:00Z", "2026-03-28T19:59:00Z"),
        ("2026-10-24T18:59:00Z", "2026-10-24T18:59:00Z"),
    ],
)
def test_no_offer_is_sent_in_the_quiet_hours_of_either_night_when_the_clocks_change(
    region, waits, journal, due, clock, night, seen
):
    freed_at, offered_at = map(datetime.fromisoformat, night)
    quiet = QuietHours(time(21), time(8))
    region.rules = region.answering(choose_waitlist_terms=WaitlistTerms(enabled=True, quiet=quiet))
    waits("c1", 300)
    clock.move_to(freed_at)
    journal.slot("night", hours=24 * 290)
    due()
    if offered_at > clock():
        clock.move_to(offered_at - timedelta(seconds=1))
        due()
        assert seen.own("c1") == []
    clock.move_to(offered_at)
    due()

    assert [offer["offered_at"] for offer in seen.own("c1")] == [offered_at.isoformat().replace("+00:00", "Z")]


def test_nobody_is_offered_anything_by_an_organisation_that_is_paused_and_no_offer_of_it_is_taken(
    region, waits, freed, citizen, seen
):
    waits("c1", 10)
    freed(5)
    (offer,) = seen.own("c1")
    before = seen.items("c1")
    region.rules["trondheim"].enter("paused")

    assert seen.code_of(region.accept_offer, {"offer": offer["id"]}, citizen("c1")) in {
        "offer-not-found",
        "organisation-paused",
    }
    freed(6)
    region.rules["trondheim"].enter("live")
    assert seen.items("c1") == before
    assert len(seen.own("c1")) == 1


@pytest.fixture
def queue(region, store):
    """Let so many more people wait for an earlier consultation, each a minute after the one before."""

    def join(count, **of):
        rows = [
            {
                "id": str(uuid.UUID(int=number + 1)),
                "owner": f"p{number}",
                "organisation": "trondheim",
                "appointment": str(uuid.UUID(int=number + 1 + count)),
                "visit_type": "consultation",
                "unit": "doctors",
                "clinician": "",
                "place": "",
                "starts_at": NOW + timedelta(days=30),
                "joined_at": NOW - timedelta(days=9) + timedelta(minutes=number),
                "age_band": "16+",
                "digital": True,
                "priority": "",
                **{name: value(number) for name, value in of.items()},
            }
            for number in range(count)
        ]
        with store.transaction(None) as tx:
            tx.connection.execute(sa.insert(WAITING), rows)

    return join


def test_of_two_thousand_and_five_hundred_the_organisations_first_is_offered_the_time_wherever_they_stand(
    region, queue, freed, seen
):
    def urgent_first(question):
        return tuple(one.id for one in sorted(question.waiting, key=lambda one: (one.priority == "", one.joined_at)))

    region.rules = region.answering(rank_waitlist=urgent_first)
    queue(2500, priority=lambda number: "P1" if number in {2400, 1700} else "")
    freed(5)

    assert seen.offers() == {("p1700", "open"): 1, ("p2400", "open"): 1}


def test_where_nobody_ranks_those_who_came_first_are_offered_the_time_and_nobody_else_is_looked_at(
    region, queue, freed, seen, monkeypatch
):
    asked = []
    region.rules = region.answering()
    decided = region.rules["trondheim"].decided
    monkeypatch.setattr(
        region.rules["trondheim"],
        "decided",
        lambda hook, question: asked.append(hook.name) or decided(hook, question),
    )
    queue(2500)
    freed(5)

    assert seen.offers() == {("p0", "open"): 1, ("p1", "open"): 1}
    assert asked.count("rank_waitlist") == 1


def test_those_to_whom_nothing_is_offered_do_not_stand_in_the_way_of_those_behind_them(region, queue, freed, seen):
    adults = region.answering(restrict_slots=lambda question: question.ids if question.age_band == "16+" else set())
    queue(2500, age_band=lambda number: "16+" if number >= 2100 else "12-15")
    region.rules = adults
    freed(5)

    assert seen.offers() == {("p2100", "open"): 1, ("p2101", "open"): 1}


def test_whoever_stands_too_far_back_for_one_wave_is_reached_by_the_next(
    region, queue, freed, due, clock, seen, monkeypatch
):
    monkeypatch.setattr(offering, "MOST_RANKED", 3)
    monkeypatch.setattr(matching, "MOST_RANKED", 3)
    monkeypatch.setattr(matching, "MOST_LOOKS", 2)
    last_first = {"rank_waitlist": lambda question: tuple(reversed(question.by_time_joined))}
    region.rules = region.answering(**last_first)
    queue(9)
    freed(15)
    waves = []
    while open_now := {who for who, state in seen.offers() if state == "open"}:
        waves.append(sorted(open_now))
        clock.move(timedelta(hours=24))
        due()

    assert waves == [["p4", "p5"], ["p6", "p7"], ["p3", "p8"], ["p1", "p2"], ["p0"]]


def test_a_confirmation_that_does_not_say_again_what_kind_it_is_takes_back_no_offer(waits, journal, freed, seen):
    waits("c1", 10)
    freed(5)

    more = {"clinician": "lege-2", "patientInstruction": "Kom fastende."}
    assert journal.appointment("a1", "c1", hours=240, **more) == {"outcome": "stored"}

    assert seen.offers() == {("c1", "open"): 1}
