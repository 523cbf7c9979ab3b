"""Events become notices in the name of whom they concern, and are read as a section."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from helsami_kernel.bus import EVENTS
from helsami_kernel.config import Settings
from helsami_kernel.container import ServiceRunner
from helsami_kernel.database import Event, Reads
from helsami_kernel.errors import Malformed
from helsami_kernel.events import event_message
from helsami_kernel.keys import KeyFolder
from helsami_kernel.migrations import upgrade
from helsami_kernel.origins import Origin, Origins
from helsami_kernel.parking import parking_queue
from helsami_kernel.testing import until
from helsami_notifications.service import NotificationsService
from helsami_notifications.storage import EVERY_NOTICE

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ORIGINS = Origins(bytes(32))


def event(data, subject="c1", event_id="e1", at=AT, **more):
    """News of an item of an organisation that keeps nothing from anybody."""
    item = str(next(iter(data.values())))
    category = {"appointment": "appointments", "result": "results"}.get(next(iter(data)), "visits")
    data = {**data, "origin": ORIGINS.seal(subject or "", Origin(item, "open", category, AT, "visit"))}
    return Event(type="slot_booked", subject=subject, data=data, id=event_id, time=at, **more)


@pytest.fixture
def page(notifications, citizen):
    def read(token=None, **query):
        return orjson.loads(notifications.page(query, token or citizen()))

    return read


@pytest.fixture
def everything(notifications):
    """One notice of each kind."""
    notifications.tell_of_booking(event({"appointment": "a1"}, event_id="e1"))
    notifications.tell_of_result(event({"result": "r1"}, event_id="e2", at=AT + timedelta(hours=1)))
    notifications.tell_of_summary(event({"visit": "v1"}, event_id="e3", at=AT + timedelta(hours=2)))


def abouts(answer):
    return [(item["message"], item["about"]["type"], item["about"]["id"]) for item in answer["items"]]


def test_a_booking_is_confirmed_with_its_id_and_nothing_else(notifications, page):
    notifications.tell_of_booking(event({"appointment": "a1", "place": "Legekontoret", "kind": "Nyresvikt"}))

    answer = page()

    assert answer["items"] == [
        {
            "id": answer["items"][0]["id"],
            "organisation": "helsami",
            "at": "2026-03-01T09:00:00Z",
            "message": "notice.slot-booked",
            "about": {"type": "appointment", "id": "a1"},
        }
    ]
    assert answer["absences"] == []


def test_news_is_read_newest_first_and_by_its_citizen_alone(everything, notifications, page, citizen):
    assert abouts(page()) == [
        ("notice.summary-published", "visit", "v1"),
        ("notice.result-released", "result", "r1"),
        ("notice.slot-booked", "appointment", "a1"),
    ]
    assert abouts(page(limit=1)) == [("notice.summary-published", "visit", "v1")]
    assert abouts(page(limit=1, cursor=page(limit=1)["next"])) == [("notice.result-released", "result", "r1")]
    assert page(citizen("c2"))["items"] == []
    assert abouts(orjson.loads(notifications.for_home({"limit": 10}, citizen()))) == abouts(page())


def test_home_shows_the_newest_five(notifications, citizen):
    for number in range(7):
        told = event({"appointment": f"a{number}"}, event_id=f"e{number}", at=AT + timedelta(hours=number))
        notifications.tell_of_booking(told)

    section = orjson.loads(notifications.for_home({}, citizen()))

    assert [item["about"]["id"] for item in section["items"]] == ["a6", "a5", "a4", "a3", "a2"]


@pytest.mark.parametrize(
    ("scopes", "types"),
    [
        ([], []),
        (["appointments:read"], ["appointment"]),
        (["results:read", "records:read"], ["visit", "result"]),
        (["appointments:read", "results:read", "records:read"], ["visit", "result", "appointment"]),
    ],
)
def test_on_anothers_behalf_there_is_news_only_of_what_may_be_read(everything, page, citizen, scopes, types):
    answer = page(citizen("c1", *scopes, basis="grant", actor="c9"))

    assert [item["about"]["type"] for item in answer["items"]] == types
    assert answer["absences"] == ([] if types else [{"code": "none_recorded"}])


@pytest.mark.parametrize("handler", ["tell_of_booking", "tell_of_result", "tell_of_summary"])
def test_an_event_that_does_not_say_what_it_is_about_tells_nobody(notifications, page, handler):
    with pytest.raises(Malformed):
        getattr(notifications, handler)(event({"else": "x"}))

    assert page()["items"] == []


def test_a_page_in_another_form_is_malformed(page):
    with pytest.raises(Malformed):
        page(limit="3")


@pytest.fixture
def running(tmp_path):
    """The service on a bus of its own, in this process."""
    folder = KeyFolder(tmp_path / "keys")
    folder.make()
    settings = Settings.read({"HELSAMI_BUS": "memory://", "HELSAMI_DATA": str(tmp_path)})
    upgrade("notifications", settings.database_url("notifications"))
    runner = ServiceRunner(settings, [NotificationsService])
    runner.start()
    until(lambda: runner.ready)
    yield runner
    runner.stop(within=5)


@pytest.mark.parametrize(
    ("key", "data", "message"),
    [
        ("appointments.slot_booked", {"appointment": "i1"}, "notice.slot-booked"),
        ("appointments.appointment_scheduled", {"appointment": "i1"}, "notice.appointment-scheduled"),
        ("appointments.appointment_changed", {"appointment": "i1"}, "notice.appointment-changed"),
        ("appointments.appointment_cancelled", {"appointment": "i1"}, "notice.appointment-cancelled"),
        ("appointments.request_answered", {"appointment": "i1"}, "notice.request-answered"),
        ("appointments.request_expired", {"appointment": "i1"}, "notice.request-expired"),
        ("appointments.offer_made", {"offer": "i1"}, "notice.offer-made"),
        ("appointments.offer_ended", {"offer": "i1", "state": "too_late"}, "notice.offer-too-late"),
        ("appointments.offer_ended", {"offer": "i1", "state": "expired"}, "notice.offer-expired"),
        ("appointments.offer_ended", {"offer": "i1", "state": "withdrawn"}, "notice.offer-withdrawn"),
        *(
            (f"consents.grant_{what}", {"grant": "i1", "state": "x"}, f"notice.grant-{what}")
            for what in ("offered", "accepted", "changed", "ended", "expiring")
        ),
        ("consents.representation_ended", {"representation": "i1"}, "notice.representation-ended"),
        ("consents.representative_approved", {"representation": "i1"}, "notice.representative-approved"),
        ("consents.representative_removed", {"representation": "i1"}, "notice.representative-removed"),
        ("consents.capacity_lapsed", {"application": "i1"}, "notice.capacity-lapsed"),
        ("consents.shielding_requested", {"shield": "i1", "state": "awaiting"}, "notice.shielding-requested"),
        ("consents.shielding_decided", {"shield": "i1", "state": "declined"}, "notice.shielding-decided"),
        ("consents.shielding_lifted", {"shield": "i1", "state": "ended"}, "notice.shielding-ended"),
        ("results.result_released", {"result": "i1"}, "notice.result-released"),
        ("records.summary_published", {"visit": "i1"}, "notice.summary-published"),
        *(
            (f"appointments.stay_{what}", {"stay": "i1"}, f"notice.stay-{what}")
            for what in ("planned", "ended", "cancelled")
        ),
        ("appointments.referral_status_changed", {"referral": "i1"}, "notice.referral-status-changed"),
        ("records.letter_issued", {"letter": "i1"}, "notice.letter-issued"),
        ("messages.message_answered", {"thread": "i1"}, "notice.message-answered"),
        ("messages.message_written", {"thread": "i1"}, "notice.message-written"),
    ],
)
def test_an_event_that_comes_twice_over_the_bus_is_told_once(running, citizen, clock, key, data, message):
    source, kind = key.split(".")
    heard = Event(type=kind, subject="c1", data=data, id="e1", time=AT, source=source)
    later = Event(type=kind, subject="c1", data=data, id="e2", time=AT + timedelta(hours=1), source=source)
    for each in (heard, heard, later):
        running.bus.publish_confirmed(event_message(each, None), EVENTS, key)

    def notices():
        reads = Reads(running.containers[0].config["databases"]["notifications"].reading_engine, "c1")
        return orjson.loads(EVERY_NOTICE.finished(reads, {}, citizen(), clock(), 10))["items"]

    until(lambda: len(notices()) >= 2)
    assert [(item["message"], item["at"][:13]) for item in notices()] == [
        (message, "2026-03-01T10"),
        (message, "2026-03-01T09"),
    ]


def test_an_event_that_cannot_be_understood_is_parked(running):
    nonsense = Event(type="slot_booked", subject="c1", data={}, id="e1", time=AT, source="appointments")

    running.bus.publish_confirmed(event_message(nonsense, None), EVENTS, "appointments.slot_booked")

    parked = until(lambda: len(running.bus.queue(parking_queue("notifications").name)))
    assert parked == 1
