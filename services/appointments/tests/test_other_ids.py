"""What was booked here has another id elsewhere once its record system knows of it: so that it can be hidden there."""


def test_that_others_know_a_booking_by_another_id_is_told_once_it_is_confirmed(
    journal, appointments, citizen, told
):
    journal.schedule()
    slot = journal.slot("t1", hours=48)
    booked = appointments.book({"slot": slot}, citizen())
    for _ in range(2):
        journal.appointment("a1", hours=48, slot=[{"reference": "Slot/t1"}])
    journal.appointment("a2", hours=96)

    known_as = appointments.show({"appointment": booked["id"]}, citizen())["known_as"]
    named = [data for kind, _, data in told() if kind == "appointment_named"]
    assert named == [{"appointment": booked["id"], "known_as": known_as}]
    item = appointments.item({"kind": "appointment", "item": booked["id"]}, citizen())
    assert item["also"] == known_as
