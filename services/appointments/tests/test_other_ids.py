"""What was booked here has another id elsewhere once its record system knows of it: so that it can be hidden there."""

from helsami_kernel.items import item_id


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


def test_the_gateway_is_told_of_it_with_each_delivery_that_names_it(journal, appointments, citizen):
    journal.schedule()
    slot = journal.slot("t1", hours=48)
    booked = appointments.book({"slot": slot}, citizen())
    named = []
    for key in ("a1", "a2", "a1"):
        journal.appointment(key, hours=48 if key == "a1" else 96)
        named.append(journal.named)

    pair = {"appointment": booked["id"], "known_as": item_id("c1", "trondheim", "Appointment|a1")}
    assert named == [[pair], [], [pair]]


def test_the_gateway_is_told_which_visits_came_of_which_appointments(journal):
    def visit(key, *appointments):
        named = [{"reference": f"Appointment/{each}"} for each in appointments]
        journal.send("Encounter", key, {"status": "finished", "appointment": named}, "c1")
        return [(pair["appointment"], pair["known_as"]) for pair in journal.named]

    def ids(*names):
        return tuple(item_id("c1", "trondheim", name) for name in names)

    assert visit("v1", "a1") == [ids("Appointment|a1", "Encounter|v1")]
    both = [ids("Appointment|a1", "Encounter|v2"), ids("Appointment|a2", "Encounter|v2")]
    assert visit("v2", "a1", "a2") == sorted(both)
    assert visit("v3") == []


def test_the_gateway_is_told_which_visits_are_parts_of_which(journal):
    def part(key, *appointments, of):
        visit = {"status": "finished", "partOf": {"reference": f"Encounter/{of}"}}
        named = {"appointment": [{"reference": f"Appointment/{each}"} for each in appointments]} if appointments else {}
        journal.send("Encounter", key, visit | named, "c1")
        return sorted((pair["appointment"], pair["known_as"]) for pair in journal.named)

    def ids(*names):
        return tuple(item_id("c1", "trondheim", name) for name in names)

    assert part("v2", of="v1") == [ids("Encounter|v1", "Encounter|v2")]
    both = [ids("Encounter|v2", "Encounter|v3"), ids("Appointment|a1", "Encounter|v3")]
    assert part("v3", "a1", of="v2") == sorted(both)
    assert part("v4", of="v4") == []
