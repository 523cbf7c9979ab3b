"""Appointments and care that a record system hides from parents, or from the young person (9603; K23)."""

from dataclasses import replace
from datetime import date, timedelta

import orjson
import pytest

from helsami_kernel.errors import NotFound
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

YOUTH = {"age_band": "12-15"}
PARENT = {"age_band": "0-11", "actor": "c9", "basis": "parental"}
ON_BEHALF = {"actor": "c9", "basis": "grant"}
READERS = {"adult": {}, "youth": YOUTH, "parent": PARENT}
EVERYBODY = [*READERS]
FROM_PARENTS, FROM_YOUTH, FROM_NOBODY = "NORN_FORANS", "NORN_UNGDOM", "N"
SECRET = "ab" * 32
WINDOW = {"from": "2026-03-01T00:00:00Z", "to": "2026-05-01T00:00:00Z"}
STORED = {"outcome": "stored"}


def labels(*codes):
    found = [{"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": code} for code in codes]
    return {"meta": {"security": found}}


@pytest.fixture
def access(citizen):
    """The token of one of READERS, who may read records too."""
    scopes = frozenset({"appointments:read", "appointments:act", "records:read"})
    return lambda reader, **claims: replace(citizen("c1", **{**READERS[reader], **claims}), scopes=scopes)


@pytest.fixture
def sections(appointments):
    """What is shown in each list, by its name."""

    def read(token):
        answers = {
            "page": appointments.page({}, token),
            "home": appointments.for_home({}, token),
            "stays": appointments.stays({}, token),
            "referrals": appointments.referrals({}, token),
            "calendar": appointments.calendar(WINDOW, token),
        }
        return {name: orjson.loads(answer) for name, answer in answers.items()}

    return read


@pytest.fixture
def shown_to(sections, access):
    """To whom a list shows anything at all."""
    return lambda name: [reader for reader in READERS if sections(access(reader))[name]["items"]]


@pytest.fixture
def send(journal, clock):
    """Send one thing of a kind, with these codes."""

    def sent(kind, *codes):
        label = labels(*codes)
        soon = (clock() + timedelta(days=3)).isoformat()
        if kind == "appointments":
            return journal.appointment("a1", hours=72, **label)
        bodies = {
            "stays": ("Encounter", {"status": "planned", "class": {"code": "IMP"}, "period": {"start": soon}}),
            "referrals": (
                "ServiceRequest",
                {"status": "active", "intent": "order", "code": {"text": "Kne"}, "authoredOn": "2026-03-01"},
            ),
            "plans": (
                "CarePlan",
                {
                    "status": "active",
                    "intent": "plan",
                    "created": "2026-02-20",
                    "activity": [
                        {
                            "detail": {
                                "status": "scheduled",
                                "description": "Gå en tur",
                                "scheduledTiming": {"event": [soon]},
                            }
                        }
                    ],
                },
            ),
        }
        resource, body = bodies[kind]
        return journal.send(resource, "k1", {**body, **label}, "c1")

    return sent


WHERE = {"appointments": ["page", "home", "calendar"], "stays": ["stays"], "referrals": ["referrals"]}
WHERE |= {"plans": ["calendar"]}


@pytest.mark.parametrize("kind", WHERE)
def test_each_kind_of_item_is_shown_to_those_from_whom_it_is_not_hidden(send, shown_to, kind):
    found = []
    for codes in ((), (FROM_PARENTS,), (FROM_YOUTH,), (FROM_NOBODY,)):
        assert send(kind, *codes) == STORED
        found.append([shown_to(where) for where in WHERE[kind]])

    wanted = [EVERYBODY, ["adult", "youth"], ["adult", "parent"], EVERYBODY]
    assert found == [[readers] * len(WHERE[kind]) for readers in wanted]


@pytest.mark.parametrize("kind", WHERE)
def test_the_lists_of_whom_it_is_hidden_from_are_what_they_would_be_without_it(send, sections, access, kind):
    before = sections(access("parent")), sections(access("youth"))
    send(kind, FROM_PARENTS, FROM_YOUTH)

    assert (sections(access("parent")), sections(access("youth"))) == before


def test_what_is_hidden_and_from_before_its_organisation_joined_is_explained_to_nobody(
    appointments, sections, access, journal
):
    since = manifest_of(everything_since=date(2026, 3, 1))
    appointments.rules = organisations_of(rules_of(manifest=since))
    journal.appointment("new", hours=24)
    before = sections(access("youth"))
    journal.appointment("a1", hours=-72, status="fulfilled", **labels(FROM_YOUTH))

    assert sections(access("youth")) == before
    assert sections(access("adult"))["calendar"]["absences"][0]["code"] == "before_go_live"


@pytest.mark.parametrize("kind", WHERE)
def test_a_code_that_cannot_be_kept_to_shows_an_item_to_nobody(send, shown_to, kind):
    send(kind)

    outcome = send(kind, "SPERRET")

    assert (outcome["outcome"], outcome["code"]) == ("not supported", "access-limited")
    assert outcome["expected"] == "of 9603 one of N, NORN_FORANS, NORN_UNGDOM"
    assert shown_to(WHERE[kind][0]) == []


@pytest.fixture
def hidden(journal, sections, access):
    """Hide an appointment from parents, and name it."""

    def hide(key="a1", hours=72, **more):
        journal.appointment(key, hours=hours, **labels(FROM_PARENTS), **more)
        return sections(access("youth"))["page"]["items"][-1]["id"]

    return hide


@pytest.mark.parametrize("method", ["show", "video", "join_video", "cancel", "check_in", "arrive", "join_waitlist"])
def test_a_hidden_appointment_is_as_one_that_never_was(appointments, access, hidden, method):
    def refusal(named):
        confirmed = {"contact_confirmed": True, "forms": []} if method == "check_in" else {}
        with pytest.raises(NotFound) as error:
            getattr(appointments, method)({"appointment": named, **confirmed}, access("parent"))
        return error.value.code

    assert refusal(hidden()) == refusal("5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55") == "appointment-not-found"


def test_a_calendar_link_of_the_young_person_tells_nothing_of_what_is_hidden_from_them(appointments, access, journal):
    appointments.open_calendar_link({"link": SECRET, "details": True}, access("youth"))
    empty = appointments.feed({"link": SECRET}, access("youth"))
    journal.appointment("a1", hours=72, **labels(FROM_YOUTH))

    assert appointments.feed({"link": SECRET}, access("youth")) == empty
    assert b"VEVENT" in appointments.feed({"link": SECRET}, access("adult"))


def test_a_hidden_task_is_missing_from_an_appointment_that_is_not(appointments, access, journal, sections):
    journal.appointment("a1", hours=72)
    body = {"status": "requested", "focus": {"reference": "Appointment/a1"}, "description": "Ta med medisinlisten."}
    journal.send("Task", "t1", {**body, **labels(FROM_PARENTS)}, "c1")
    its = sections(access("youth"))["page"]["items"][0]["id"]
    (task,) = appointments.show({"appointment": its}, access("youth"))["tasks"]

    assert appointments.show({"appointment": its}, access("parent"))["tasks"] == []
    with pytest.raises(NotFound, match="task-not-found"):
        appointments.mark_task({"appointment": its, "task": task["id"], "done": True}, access("parent"))
    assert appointments.mark_task({"appointment": its, "task": task["id"], "done": True}, access("youth"))["done"]


def test_a_hidden_referral_is_missing_from_the_appointment_that_it_led_to(
    appointments, access, journal, sections, send
):
    send("referrals", FROM_PARENTS)
    journal.appointment("a1", hours=72, basedOn=[{"reference": "ServiceRequest/k1"}])
    its = sections(access("youth"))["page"]["items"][0]["id"]
    referral = appointments.show({"appointment": its}, access("youth"))["referral"]

    assert appointments.show({"appointment": its}, access("parent"))["referral"] is None
    with pytest.raises(NotFound, match="referral-not-found"):
        appointments.referral({"referral": referral}, access("parent"))


def test_news_says_from_whom_it_is_hidden_and_nothing_is_told_of_what_the_young_person_may_not_see(send, told):
    for kind in ("appointments", "stays", "referrals"):
        send(kind, FROM_YOUTH)
    silent = {event for event, _, _ in told()}
    for kind in ("appointments", "stays", "referrals"):
        send(kind, FROM_PARENTS)

    news = {event: data["access_limit"] for event, _, data in told() if event != "access_limit_changed"}
    assert silent == {"access_limit_changed"}
    assert news == {"appointment_scheduled": "parents"}  # of the others it was no news any longer
    assert sorted(data["access_limit"] for event, _, data in told() if event == "access_limit_changed") == [
        *["parents"] * 3,
        *["youth"] * 3,
    ]


@pytest.fixture
def slots(journal):
    """Two clinicians' free times: `early` and `late` of the one, `beside` of the other as early as `early`."""
    journal.schedule()
    journal.schedule("s2", "lege-2")
    return {
        "early": journal.slot("early", hours=48),
        "late": journal.slot("late", hours=72),
        "beside": journal.slot("beside", hours=48.1, schedule="s2"),
    }


def test_what_was_moved_here_is_hidden_at_once_and_stays_where_it_was_moved(
    appointments, access, journal, slots, shown_to, sections
):
    mine = appointments.book({"slot": slots["early"]}, access("adult"))["id"]
    named = {"slot": [{"reference": "Slot/early"}]}
    journal.appointment("a1", hours=48, **named)
    appointments.move({"appointment": mine, "slot": slots["late"]}, access("adult"))

    assert journal.appointment("a1", hours=48, **named, **labels(FROM_PARENTS)) == STORED
    assert journal.appointment("a1", hours=48, **named, **labels(FROM_PARENTS)) == {"outcome": "unchanged"}
    assert shown_to("page") == ["adult", "youth"]
    assert sections(access("adult"))["page"]["items"][0]["starts_at"] == "2026-03-05T08:00:00Z"

    assert journal.appointment("a1", hours=48, **named) == STORED
    assert shown_to("page") == EVERYBODY


def outcome(call, *arguments):
    """How a command ends, without the ids that it makes."""
    try:
        answer = call(*arguments)
    except Exception as error:  # noqa: BLE001  whatever it is, it is to be the same
        return type(error).__name__, str(error)
    return answer["status"], answer["starts_at"]


def test_who_books_over_a_hidden_appointment_gets_what_they_would_get_without_it(
    appointments, access, slots, hidden, shown_to
):
    hidden(hours=48, clinician="lege-3")
    parent = access("parent")

    first = outcome(appointments.book, {"slot": slots["early"]}, parent)
    second = outcome(appointments.book, {"slot": slots["beside"]}, parent)

    assert first == ("booked", "2026-03-04T08:00:00Z")
    assert second == ("Conflict", "appointment-overlaps")  # with their own: that is there for them too
    assert shown_to("page") == EVERYBODY


@pytest.mark.parametrize("how", ["shield", "rule"])
def test_whatever_hides_it_from_them_it_gives_way(appointments, access, slots, how):
    mine = appointments.book({"slot": slots["beside"]}, access("adult"))["id"]
    hidden = {"hidden": frozenset({mine})} if how == "shield" else {}
    if how == "rule":
        withheld = lambda asked: Restriction.withhold("own-rule") if asked.reader == "grant" else None  # noqa: E731
        appointments.rules = organisations_of(
            rules_of(restrict_sharing=withheld, decide_booking=appointments.rules["trondheim"].decide_booking)
        )
    reader = access("adult", **ON_BEHALF, **hidden)

    assert outcome(appointments.book, {"slot": slots["early"]}, reader)[0] == "booked"


@pytest.mark.parametrize("reads", ["parent", "adult"])
def test_what_overlaps_a_hidden_appointment_is_as_much_in_the_way_as_without_it(
    appointments, access, slots, journal, reads
):
    mine = appointments.book({"slot": slots["beside"]}, access("adult"))["id"]
    journal.appointment("a1", hours=48.2, clinician="lege-3")  # without a claim on the time, which `mine` has
    kept_from = {"hidden": frozenset({mine}), **(ON_BEHALF if reads == "adult" else {})}

    over = outcome(appointments.book, {"slot": slots["early"]}, access(reads, **kept_from))

    appointments.cancel({"appointment": mine}, access("adult"))
    assert over == ("Conflict", "appointment-overlaps")


def test_what_gave_way_and_is_there_again_is_in_the_way_again(appointments, access, slots, journal):
    mine = appointments.book({"slot": slots["late"]}, access("adult"))["id"]
    journal.schedule("s3", "lege-4")
    over, beside = journal.slot("l1", hours=71.9, schedule="s2"), journal.slot("l2", hours=72.3, schedule="s3")
    appointments.book({"slot": over}, access("parent", hidden=frozenset({mine})))

    assert outcome(appointments.book, {"slot": beside}, access("parent")) == ("Conflict", "appointment-overlaps")


def test_who_moves_over_a_hidden_appointment_gets_what_they_would_get_without_it(appointments, access, slots, hidden):
    hidden(hours=48, clinician="lege-3")
    mine = appointments.book({"slot": slots["late"]}, access("parent"))["id"]

    moved = outcome(appointments.move, {"appointment": mine, "slot": slots["early"]}, access("parent"))

    assert moved == ("booked", "2026-03-04T08:00:00Z")


def test_the_young_person_does_not_feel_either_what_is_hidden_from_them(appointments, access, slots, journal):
    journal.appointment("a1", hours=48, clinician="lege-3", **labels(FROM_YOUTH))

    assert outcome(appointments.book, {"slot": slots["early"]}, access("youth"))[0] == "booked"


def test_who_sees_an_appointment_is_told_that_another_overlaps_it(appointments, access, slots, hidden, journal):
    hidden(hours=48, clinician="lege-3")
    youth = outcome(appointments.book, {"slot": slots["early"]}, access("youth"))
    journal.appointment("a1", hours=48, clinician="lege-3", **labels(FROM_YOUTH))

    assert youth == ("Conflict", "appointment-overlaps")
    assert outcome(appointments.book, {"slot": slots["early"]}, access("parent")) == youth


def test_what_gave_way_keeps_its_clinicians_time_and_its_slot(appointments, access, citizen, slots):
    mine = appointments.book({"slot": slots["beside"]}, access("adult"))["id"]
    appointments.book({"slot": slots["early"]}, access("parent", hidden=frozenset({mine})))

    def take_the_time():
        with appointments.store.transaction("c2") as tx:
            return tx.book(replace(tx.slot(slots["beside"]).book(), slot=slots["late"]))

    assert outcome(appointments.book, {"slot": slots["beside"]}, citizen("c2")) == ("Conflict", "slot-taken")
    assert outcome(take_the_time) == ("Conflict", "slot-taken")


def test_what_gave_way_and_is_moved_takes_its_citizens_time_again(appointments, access, slots, journal):
    mine = appointments.book({"slot": slots["beside"]}, access("adult"))["id"]
    appointments.book({"slot": slots["early"]}, access("parent", hidden=frozenset({mine})))
    journal.schedule("s3", "lege-4")
    later, over = journal.slot("l1", hours=96, schedule="s2"), journal.slot("l2", hours=96, schedule="s3")
    appointments.move({"appointment": mine, "slot": later}, access("adult"))

    assert outcome(appointments.book, {"slot": over}, access("adult")) == ("Conflict", "appointment-overlaps")
