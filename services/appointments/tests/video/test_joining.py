"""Coming in: when, by which link, who may, and who learns nothing."""

from dataclasses import replace

import orjson
import pytest
import sqlalchemy as sa

from helsami_appointments.video.providers import LinkOnly
from helsami_kernel.database import KERNEL_TABLES
from helsami_kernel.errors import Malformed, Refused
from helsami_kernel.testing import citizen_token
from helsami_sdk.answers import BookingDecision
from helsami_sdk.testing import organisations_of, rules_of

OPENS, CLOSES = "2026-03-03T07:45:00Z", "2026-03-03T08:50:00Z"
CLOSED_DOOR = {"link": None, "link_expires_at": None, "opens_at": OPENS, "closes_at": CLOSES}


def test_the_door_opens_is_open_and_closes(by_video, door):
    assert door.answer(by_video) == {**CLOSED_DOOR, "state": "not_open"}
    door.at(-15)
    answer = door.answer(by_video)
    assert (answer["state"], answer["link_expires_at"]) == ("open", "2026-03-03T07:50:00Z")
    assert door.inside(answer)["moderator"] is False
    door.at(50)
    assert door.answer(by_video) == {**CLOSED_DOOR, "state": "closed"}


def test_how_it_stands_is_told_without_a_link(appointments, citizen, by_video, shown, door):
    for minutes, state in ((-16, "not_open"), (0, "open"), (50, "closed")):
        door.at(minutes)
        standing = {"state": state, "opens_at": OPENS, "closes_at": CLOSES}
        assert appointments.video({"appointment": by_video}, citizen()) == standing
        assert shown(by_video)["video"] == standing


def test_what_is_in_person_has_no_door(appointments, citizen, booked, shown, door):
    door.at()
    nowhere = {"state": "none", "opens_at": None, "closes_at": None}

    assert appointments.video({"appointment": booked}, citizen()) == nowhere
    assert door.answer(booked) == {**nowhere, "link": None, "link_expires_at": None}
    assert shown(booked)["video"] is None


def test_each_comes_back_by_a_new_link_as_the_same_guest(by_video, door):
    door.at(0)
    first = door.answer(by_video)
    door.at(2)
    second = door.answer(by_video)

    assert first["link"] != second["link"]
    assert door.inside(first) == door.inside(second)


@pytest.mark.parametrize("ended", ["cancelled", "moved", "in person"])
def test_what_is_cancelled_moved_or_in_person_again_leaves_its_room_behind(
    appointments, citizen, journal, by_video, door, ended
):
    door.at(-10)
    before = door.answer(by_video)
    if ended == "cancelled":
        appointments.cancel({"appointment": by_video}, citizen())
        assert door.answer(by_video)["state"] == "closed"
    elif ended == "in person":
        appointments.meet_in_person({"appointment": by_video}, citizen())
        assert door.answer(by_video)["state"] == "none"
    else:
        journal.schedule("s2")
        appointments.move({"appointment": by_video, "slot": journal.slot("t2", 24.05, schedule="s2")}, citizen())
        assert door.inside(door.answer(by_video))["room"] != door.inside(before)["room"]


def test_staff_come_in_as_moderators_into_the_room_of_the_citizen(by_video, door):
    assert door.of_staff(by_video) == {**CLOSED_DOOR, "state": "not_open"}
    door.at()

    staff, other, citizen = (
        door.inside(answer) for answer in (door.of_staff(by_video), door.of_staff(by_video), door.answer(by_video))
    )

    assert staff["room"] == other["room"] == citizen["room"]
    assert [one["moderator"] for one in (staff, other, citizen)] == [True, True, False]
    assert len({one["id"] for one in (staff, other, citizen)}) == 3


def test_an_organisation_that_holds_them_itself_is_linked_to(appointments, by_video, door):
    own = {"trondheim": LinkOnly("https://video.example.org/{room}?guest={guest}")}
    appointments.conferences = replace(appointments.conferences, own=own)
    door.at()

    assert door.answer(by_video)["link"].startswith("https://video.example.org/")


def test_without_anybody_to_hold_it_any_longer_there_is_the_phone(appointments, by_video, door):
    appointments.conferences = replace(appointments.conferences, shared=None)
    door.at()

    with pytest.raises(Refused, match="video-not-set-up") as refused:
        door.answer(by_video)
    assert [one.field for one in refused.value.problems] == ["way", "phone"]


# On behalf of another


def test_whoever_may_act_comes_in_as_somebody_else_and_whom_the_organisation_lets_only_read_does_not(
    appointments, by_video, door
):
    door.at()
    scopes = ["appointments:read", "appointments:act"]
    representative = citizen_token("c1", scopes, actor="c9", basis="grant")
    direct = BookingDecision.direct()
    appointments.rules = organisations_of(rules_of(decide_booking=direct, limit_delegation=frozenset(scopes)))

    for_another = door.inside(appointments.join_video({"appointment": by_video}, representative))

    assert for_another["id"] != door.inside(door.answer(by_video))["id"]
    assert for_another["room"] == door.inside(door.answer(by_video))["room"]
    read = frozenset({"appointments:read"})
    appointments.rules = organisations_of(rules_of(decide_booking=direct, limit_delegation=read))
    assert appointments.video({"appointment": by_video}, representative)["state"] == "open"
    with pytest.raises(Refused, match="not-delegated"):
        appointments.join_video({"appointment": by_video}, representative)


# Links of record systems


def virtual(link):
    address = [{"url": "virtualAddress", "valueUrl": link}] if link else []
    service = {"url": "http://helsenorge.no/fhir/StructureDefinition/hn-basis-virtual-service", "extension": address}
    return {"extension": [service]}


DELIVERED = "https://journal.example.org/rom/kanarifugl"


@pytest.fixture
def delivered(appointments, citizen, journal):
    journal.appointment("a1", hours=24, **virtual(DELIVERED))
    return orjson.loads(appointments.page({}, citizen()))["items"][0]["id"]


def test_a_link_of_the_record_system_is_what_citizen_and_staff_come_in_by(
    delivered, shown, door
):
    assert shown(delivered)["setting"] == "virtual"
    assert door.answer(delivered)["link"] is None
    door.at()

    assert door.answer(delivered)["link"] == door.of_staff("a1")["link"] == DELIVERED


def test_what_is_delivered_again_is_unchanged_and_another_link_takes_its_place(journal, delivered, door):
    door.at()
    assert journal.appointment("a1", hours=24, **virtual(DELIVERED))["outcome"] == "unchanged"
    assert door.answer(delivered)["link"] == DELIVERED
    assert journal.appointment("a1", hours=24, **virtual(f"{DELIVERED}-2"))["outcome"] == "stored"
    assert door.answer(delivered)["link"] == f"{DELIVERED}-2"
    assert journal.appointment("a1", hours=24, **virtual(None))["outcome"] == "stored"
    assert door.answer(delivered)["link"].startswith("https://meet.example.org/")


def test_a_late_word_of_its_record_system_brings_no_old_link_back(journal, delivered, door):
    def send(link, minute):
        meta = {"meta": {"lastUpdated": f"2026-03-02T07:{minute}:00Z"}}
        return journal.appointment("a1", hours=24, **virtual(link), **meta)["outcome"]

    door.at()
    assert send(f"{DELIVERED}-2", 40) == "stored"
    assert send(DELIVERED, 30) == "unchanged"
    assert door.answer(delivered)["link"] == f"{DELIVERED}-2"


def test_a_delivered_link_is_for_its_time_alone(appointments, citizen, journal, delivered, door):
    journal.schedule()
    appointments.move({"appointment": delivered, "slot": journal.slot("t2", hours=24.5)}, citizen())
    door.at(20)

    assert door.answer(delivered)["link"].startswith("https://meet.example.org/")


def test_a_delivered_link_that_cannot_be_unsealed_any_longer_is_a_failure_until_it_is_sent_again(
    appointments, journal, delivered, door
):
    rooms = type(appointments.conferences.rooms)(b"1" * 32)
    appointments.conferences = replace(appointments.conferences, rooms=rooms)
    door.at()

    with pytest.raises(Refused, match="video-link-unreadable"):
        door.answer(delivered)
    journal.appointment("a1", hours=24, **virtual(DELIVERED))
    assert door.answer(delivered)["link"] == DELIVERED


def test_a_link_that_nobody_should_click_on_is_refused(journal):
    outcome = journal.appointment("a1", hours=24, **virtual("http://journal.example.org/rom"))

    assert (outcome["outcome"], outcome["code"]) == ("refused", "not-a-link")


def test_nothing_is_kept_of_what_was_entered_in_error(journal, delivered, rows):
    assert rows("videos") == 1
    journal.appointment("a1", status="entered-in-error")

    assert rows("videos") == 0


def test_no_link_and_no_room_is_stored_told_or_logged_in_clear(
    appointments, citizen, journal, by_video, door, store, capsys
):
    journal.appointment("a1", hours=24.5, **virtual(DELIVERED))
    _, delivered = (one["id"] for one in orjson.loads(appointments.page({}, citizen()))["items"])
    door.at(20)
    token = citizen(idempotency_key="k1")
    links = [appointments.join_video({"appointment": one}, token)["link"] for one in (by_video, delivered)]
    secrets = [*links, door.inside({"link": links[0]})["room"], "kanarifugl"]

    with store.transaction(owner="c1") as tx:
        tables = [table.name for table in KERNEL_TABLES.sorted_tables] + ["appointments", "videos", "video_rooms"]
        stored = "".join(
            str(row) for name in tables for row in tx.connection.execute(sa.text(f"SELECT * FROM {name}"))
        )
    lists = [appointments.page({}, token), appointments.for_home({}, token), appointments.calendar({}, token)]
    shown = orjson.dumps([appointments.show({"appointment": one}, token) for one in (by_video, delivered)])
    written = capsys.readouterr()
    for telling in secrets:
        assert telling not in stored
        assert telling.encode() not in b"".join([*lists, shown])
        assert telling not in written.out + written.err


def test_whoever_names_nothing_is_told_what_is_expected(appointments, citizen):
    with pytest.raises(Malformed) as refused:
        appointments.join_video({}, citizen())

    assert refused.value.problems[0].expected == "the id of an appointment"
