"""Who is offered a time that came free: as the organisation's terms and ranking say."""

from datetime import datetime, time, timedelta

import pytest

from helsami_sdk.answers import QuietHours, WaitlistTerms


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
