"""What becomes of an offer: taken, too late, declined, expired, withdrawn; and who is offered the time next."""

from datetime import timedelta

import orjson

from helsami_sdk.answers import WaitlistTerms

DAY = timedelta(days=1)
MOMENT = timedelta(milliseconds=1)


def test_golden_scenario_1_two_citizens_accept_the_same_offer_and_one_comes_too_late(
    region, waits, freed, due, citizen, clock, seen
):
    waits("c1", 10)
    waits("c2", 11)
    freed(5)
    before = seen.items("c2")
    (first,), (second,) = seen.own("c1"), seen.own("c2")
    assert (first["state"], first["slot"]["id"]) == ("open", second["slot"]["id"])

    accepted = region.accept_offer({"offer": first["id"]}, citizen("c1"))

    assert (accepted["starts_at"], accepted["status"]) == (seen.starts(5), "booked")
    assert seen.items("c1") == [accepted]
    assert seen.code_of(region.accept_offer, {"offer": second["id"]}, citizen("c2")) == "offer-too-late"
    assert seen.items("c2") == before
    assert seen.waiting() == ["c2"]
    assert seen.offers() == {("c1", "accepted"): 1, ("c2", "too_late"): 1}
    assert seen.told() == {
        ("offer_made", "c1", None): 1,
        ("offer_made", "c2", None): 1,
        ("offer_ended", "c1", "accepted"): 1,
        ("offer_ended", "c2", "too_late"): 1,
    }
    clock.move(MOMENT)
    due()
    assert [offer["state"] for offer in seen.own("c2")] == ["open", "too_late"], (
        "the winner's old time is earlier as well"
    )


def test_golden_scenario_2_an_accepted_offer_frees_the_old_slot_for_the_next_wave_and_the_chain_ends(
    region, waits, freed, due, citizen, seen
):
    for number in range(1, 6):
        waits(f"c{number}", 10 + number)
    slot = freed(5)
    chain = [slot]
    for _ in range(20):
        held = [(each, offer) for each in ("c1", "c2", "c3", "c4", "c5") for offer in seen.own(each)]
        taken = next(((who, one) for who, one in held if one["state"] == "open"), None)
        if taken is None:
            break
        who, one = taken
        region.accept_offer({"offer": one["id"]}, citizen(who))
        chain.append(one["slot"]["id"])
        due()

    assert len(chain) == 6, "each of the five moved once"
    assert [seen.items(f"c{number}")[0]["starts_at"] for number in range(1, 6)] == [
        seen.starts(5), seen.starts(11), seen.starts(12), seen.starts(13), seen.starts(14),
    ]  # fmt: skip
    assert seen.waiting() == []
    assert due() == 0


def test_golden_scenario_3_an_offer_is_withdrawn_when_its_original_is_off(region, waits, freed, citizen, due, seen):
    original = waits("c1", 10)
    freed(5)

    region.cancel({"appointment": original}, citizen("c1"))

    (offer,) = seen.own("c1")
    assert offer["state"] == "withdrawn"
    assert seen.waiting() == []
    assert seen.told()["offer_ended", "c1", "withdrawn"] == 1
    assert seen.code_of(region.accept_offer, {"offer": offer["id"]}, citizen("c1")) == "offer-withdrawn"
    due()
    assert seen.offers() == {("c1", "withdrawn"): 1}


def test_an_offer_is_withdrawn_when_the_original_moves_and_one_waits_on_with_the_new_time(
    region, waits, freed, citizen, journal, due, seen
):
    original = waits("c1", 10)
    freed(5)
    earlier = journal.slot("mine", hours=24 * 4, schedule="s2")

    region.move({"appointment": original, "slot": earlier}, citizen("c1"))
    due()

    assert [offer["state"] for offer in seen.own("c1")] == ["withdrawn"]
    assert seen.waiting() == ["c1"]
    freed(6)
    assert len(seen.own("c1")) == 1, "it is not earlier than the new time"
    freed(3)
    assert [offer["state"] for offer in seen.own("c1")] == ["open", "withdrawn"]


def test_what_the_record_system_changes_withdraws_and_what_it_repeats_does_not(region, journal, citizen, freed, seen):
    sent = {"key": "a1", "citizen": "c1", "hours": 240, "serviceType": [{"text": "Legetime", "coding": [
        {"system": "urn:helsami:service", "code": "consultation"}]}]}  # fmt: skip
    journal.appointment(**sent)
    (item,) = orjson.loads(region.page({}, citizen("c1")))["items"]
    region.join_waitlist({"appointment": item["id"]}, citizen("c1"))
    freed(5)
    assert [offer["state"] for offer in seen.own("c1")] == ["open"]

    journal.appointment(**sent)
    journal.appointment(**sent, description="the same, in other words")
    assert [offer["state"] for offer in seen.own("c1")] == ["open"]
    journal.appointment(**{**sent, "hours": 250})
    assert [offer["state"] for offer in seen.own("c1")] == ["withdrawn"]
    assert seen.waiting() == ["c1"]
    journal.appointment(**{**sent, "hours": 250, "status": "cancelled"})
    assert seen.waiting() == []


def test_an_appointment_entered_in_error_is_waited_for_no_longer(region, journal, citizen, seen):
    journal.appointment("a1", hours=240)
    (item,) = orjson.loads(region.page({}, citizen()))["items"]
    region.join_waitlist({"appointment": item["id"]}, citizen())
    assert seen.waiting() == ["c1"]

    journal.appointment("a1", hours=240, status="entered-in-error")

    assert seen.waiting() == []


def test_declining_changes_nothing_else_and_the_next_is_offered_the_time(region, waits, freed, due, citizen, seen):
    region.rules = region.answering(choose_waitlist_terms=WaitlistTerms(enabled=True, batch=1, quiet=None))
    waits("c1", 10)
    waits("c2", 11)
    slot = freed(5)
    before = seen.items("c1")
    (offer,) = seen.own("c1")
    assert seen.own("c2") == []

    declined = region.decline_offer({"offer": offer["id"]}, citizen("c1"))
    assert region.decline_offer({"offer": offer["id"]}, citizen("c1")) == declined
    due()

    assert declined == {"id": offer["id"], "state": "declined"}
    assert seen.items("c1") == before
    assert seen.waiting() == ["c1", "c2"]
    assert seen.code_of(region.accept_offer, {"offer": offer["id"]}, citizen("c1")) == "offer-declined"
    assert [(one["state"], one["slot"]["id"]) for one in seen.own("c2")] == [("open", slot)]


def test_silence_expires_and_the_next_wave_follows_until_nobody_is_left(
    region, waits, freed, due, citizen, clock, seen
):
    for number in range(1, 6):
        waits(f"c{number}", 20 + number)
    freed(15)
    waves = []
    for _ in range(4):
        waves.append(sorted(who for who, state in seen.offers() if state == "open"))
        clock.move(DAY - timedelta(seconds=1))
        assert due() == 0
        clock.move(timedelta(seconds=1))
        late = next((seen.own(who)[0] for who in waves[-1]), None)
        if late is not None:
            assert late["state"] == "expired", "at its moment, whether or not anybody has written it down"
            assert seen.code_of(region.accept_offer, {"offer": late["id"]}, citizen(waves[-1][0])) == "offer-expired"
        due()

    assert waves == [["c1", "c2"], ["c3", "c4"], ["c5"], []]
    assert seen.told()["offer_ended", "c1", "expired"] == 1
    assert seen.offers() == {(f"c{number}", "expired"): 1 for number in range(1, 6)}


def test_a_time_that_somebody_books_meanwhile_is_too_late_for_all_who_were_offered_it(
    region, waits, freed, citizen, seen
):
    waits("c1", 10)
    slot = freed(5)

    region.book({"slot": slot}, citizen("c9"))

    (offer,) = seen.own("c1")
    assert offer["state"] == "too_late"
    assert seen.told()["offer_ended", "c1", "too_late"] == 1
    assert seen.waiting() == ["c1"]


def test_a_time_that_its_organisation_takes_back_is_withdrawn_and_offered_again_when_it_is_free_again(
    region, waits, freed, journal, due, seen
):
    waits("c1", 10)
    freed(5)

    journal.slot("free-5", hours=24 * 5, status="busy")
    assert [offer["state"] for offer in seen.own("c1")] == ["withdrawn"]
    due()
    freed(5)
    assert [offer["state"] for offer in seen.own("c1")] == ["open", "withdrawn"]


def test_a_cancelled_time_is_offered_to_who_waits_for_an_earlier_one_alone(region, waits, citizen, due, seen):
    waits("c1", 10)
    waits("c2", 4)
    given_up = waits("c3", 5)

    region.cancel({"appointment": given_up}, citizen("c3"))
    due()

    assert [offer["appointment"] for offer in seen.own("c1")] != []
    assert seen.own("c2") == seen.own("c3") == []


def test_a_time_that_somebody_held_is_offered_when_the_hold_is_over(region, waits, journal, citizen, clock, due, seen):
    waits("c1", 9)
    region.hold({"slot": journal.slot("held", hours=24 * 5)}, citizen("c2"))
    due()
    assert seen.own("c1") == []

    clock.move(timedelta(minutes=5))
    due()

    assert len(seen.own("c1")) == 1
