"""The health calendar: own events, when they take place, and one list of them and appointments."""

from datetime import date, timedelta

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refusal, Refused, to_wire
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

WALK = {"title": "Gåtur", "starts": "2026-03-05T12:00", "ends": "2026-03-05T13:00"}
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
WINDOW = {"from": "2026-03-01T00:00:00Z", "to": "2027-02-28T00:00:00Z"}


@pytest.fixture
def listed(appointments, citizen):
    def answer(since="2026-03-01T00:00:00Z", to="2027-02-28T00:00:00Z", token=None):
        return orjson.loads(appointments.calendar({"from": since, "to": to}, token or citizen()))

    return answer


@pytest.fixture
def starts(listed):
    return lambda *window: [item["starts_at"] for item in listed(*window)["items"]]


def test_what_a_citizen_writes_they_read_again_change_and_remove(appointments, citizen, listed):
    added = appointments.add_event({**WALK, "place": "Byåsen", "notes": "Med\nstaver"}, citizen())

    assert appointments.events({}, citizen())["events"] == [added]
    assert added["starts_at"] == "2026-03-05T11:00:00Z"
    assert added["starts"] == "2026-03-05T12:00+01:00"
    (item,) = listed()["items"]
    assert item == {
        "type": "event",
        **{name: added[name] for name in ("id", "title", "place", "notes", "all_day")},
        **{name: added[name] for name in ("starts", "ends", "starts_at", "ends_at")},
        "recurring": False,
    }

    changed = appointments.change_event({**WALK, "event": added["id"], "title": "Skitur"}, citizen())
    assert (changed["id"], changed["title"], changed["place"]) == (added["id"], "Skitur", "")
    assert appointments.remove_event({"event": added["id"]}, citizen()) == {"event": added["id"]}
    assert listed() == {**listed(), "items": [], "absences": [{"code": "none_recorded"}]}


def test_somebody_elses_event_and_a_missing_one_look_the_same(appointments, citizen):
    mine = appointments.add_event(WALK, citizen())
    answers = set()
    for named in (mine["id"], MISSING, "nonsense\x00", "x" * 500):
        for command, wish in (("change_event", WALK), ("remove_event", {})):
            with pytest.raises(NotFound) as refusal:
                getattr(appointments, command)({**wish, "event": named}, citizen("c2"))
            answers.add(orjson.dumps(to_wire(refusal.value)))

    assert len(answers) == 1
    assert appointments.events({}, citizen("c2"))["events"] == []
    assert appointments.events({}, citizen())["events"] == [mine]


def test_the_same_key_writes_changes_and_removes_once(appointments, citizen):
    added = appointments.add_event(WALK, citizen(idempotency_key="k1"))
    assert appointments.add_event(WALK, citizen(idempotency_key="k1")) == added
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        appointments.remove_event({"event": added["id"]}, citizen(idempotency_key="k1"))
    for _ in range(2):
        appointments.remove_event({"event": added["id"]}, citizen(idempotency_key="k2"))

    assert appointments.events({}, citizen())["events"] == []


def test_a_representative_sees_appointments_alone_and_is_told_so(appointments, citizen, journal, listed):
    appointments.add_event(WALK, citizen())
    journal.appointment("a1", hours=8)
    parent = citizen(actor="c9", basis="grant")

    answer = listed(token=parent)

    assert [item["type"] for item in answer["items"]] == ["appointment"]
    assert {"code": "not_permitted"} in answer["absences"]
    for command, wish in (("add_event", WALK), ("change_event", {**WALK, "event": MISSING}), ("events", {})):
        with pytest.raises(Forbidden, match="not-for-representatives"):
            getattr(appointments, command)(wish, parent)


def test_appointments_and_events_come_in_one_order_of_time(appointments, citizen, journal, listed):
    journal.appointment("a1", hours=76)  # 5 March, 13:00 in Oslo
    appointments.add_event({**WALK, "rule": "FREQ=DAILY;COUNT=2"}, citizen())

    items = listed()["items"]

    assert [(item["type"], item["starts_at"]) for item in items] == [
        ("event", "2026-03-05T11:00:00Z"),
        ("appointment", "2026-03-05T12:00:00Z"),
        ("event", "2026-03-06T11:00:00Z"),
    ]
    assert items[1]["status"] == "booked"


def test_what_rules_hide_and_what_is_from_before_go_live_is_not_in_the_calendar(appointments, journal, listed):
    journal.appointment("a1", hours=8)
    appointments.rules = organisations_of(rules_of(restrict_sharing=Restriction.withhold("home-care-hidden")))
    hidden = listed()
    assert hidden["items"] == []
    assert hidden["absences"] == [{"code": "hidden_by_rule", "kind": "home-care-hidden"}]

    later = date(2026, 4, 1)
    manifest = manifest_of("trondheim", go_live={"appointments": later})
    appointments.rules = organisations_of(rules_of(manifest=manifest))
    before = listed()
    assert before["items"] == []
    assert before["absences"] == [{"code": "before_go_live", "organisation": "trondheim", "date": "2026-04-01"}]


def test_a_citizen_at_a_protected_address_has_no_place_in_the_calendar(appointments, citizen, journal, listed):
    journal.schedule()
    appointments.book({"slot": journal.slot("t1")}, citizen())

    assert [item["place"] for item in listed()["items"]] == ["Legekontoret"]
    (item,) = listed(token=citizen(protected=True))["items"]
    assert (item["place"], item["unit"]) == (None, None)


def test_an_event_recurs_by_the_wall_clock_over_both_nights_that_change_it(appointments, citizen, starts):
    spring = {**WALK, "starts": "2026-03-28T08:00", "ends": "2026-03-28T09:00", "rule": "FREQ=DAILY;COUNT=2"}
    autumn = {**WALK, "starts": "2026-10-24T08:00", "ends": "2026-10-24T09:00", "rule": "FREQ=DAILY;COUNT=2"}
    for wish in (spring, autumn):
        appointments.add_event(wish, citizen())

    assert starts() == [
        "2026-03-28T07:00:00Z",
        "2026-03-29T06:00:00Z",
        "2026-10-24T06:00:00Z",
        "2026-10-25T07:00:00Z",
    ]


def test_whole_days_are_as_long_as_the_day_is(appointments, citizen, listed):
    days = {"starts": "2026-03-28", "ends": "2026-03-28", "rule": "FREQ=DAILY;COUNT=2"}
    appointments.add_event({"title": "Fri", **days}, citizen())

    first, second = listed()["items"]

    assert (first["starts"], first["ends"]) == ("2026-03-28", "2026-03-28")
    assert (second["starts"], second["ends"]) == ("2026-03-29", "2026-03-29")
    assert (second["starts_at"], second["ends_at"]) == ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")


def test_an_hour_that_the_clocks_skip_is_refused_and_left_out_of_what_recurs(appointments, citizen, starts):
    skipped = {"starts": "2026-03-29T02:30", "ends": "2026-03-29T03:30"}
    with pytest.raises(Refused, match="no-such-local-time"):
        appointments.add_event({**WALK, **skipped}, citizen())

    daily = {"starts": "2026-03-28T02:30", "ends": "2026-03-28T02:45", "rule": "FREQ=DAILY;COUNT=2"}
    appointments.add_event({**WALK, **daily}, citizen())

    assert starts() == ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"]


def test_an_hour_that_comes_twice_is_its_first_unless_an_offset_says_which(appointments, citizen, starts):
    for begins in ("2026-10-25T02:30", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"):
        appointments.add_event({**WALK, "starts": begins, "ends": "2026-10-25T04:00"}, citizen())

    assert starts() == ["2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]


@pytest.mark.parametrize(
    ("rule", "times"),
    [
        ("FREQ=WEEKLY;BYDAY=TH,MO;COUNT=3", ["05", "09", "12"]),
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20260319", ["05", "19"]),
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20260319T110000Z", ["05", "19"]),
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=20260319T105959Z", ["05"]),
        ("FREQ=MONTHLY;BYDAY=1TH;COUNT=2", ["05", "02"]),
        ("FREQ=MONTHLY;BYMONTHDAY=5;COUNT=2", ["05", "05"]),
    ],
)
def test_a_rule_says_on_which_days(appointments, citizen, starts, rule, times):
    appointments.add_event({**WALK, "rule": rule}, citizen())

    assert [start[8:10] for start in starts()] == times


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;COUNT=1000000",
        "FREQ=DAILY;UNTIL=20991231",
        "FREQ=DAILY;UNTIL=20300101",
        "FREQ=YEARLY;COUNT=100",
    ],
)
def test_a_rule_with_a_million_occurrences_is_refused(appointments, citizen, rule):
    with pytest.raises(Refused, match="too-many-occurrences") as refusal:
        appointments.add_event({**WALK, "rule": rule}, citizen())

    assert to_wire(refusal.value)["problems"][0]["field"] == "rule"


def test_a_rule_without_an_end_has_one_that_it_tells(appointments, citizen):
    daily = appointments.add_event({**WALK, "rule": "FREQ=DAILY"}, citizen())
    yearly = appointments.add_event({**WALK, "rule": "FREQ=YEARLY"}, citizen())

    assert daily["last_at"][:10] == (date(2026, 3, 5) + timedelta(days=999)).isoformat()
    assert yearly["last_at"][:4] == "2036"


@pytest.mark.parametrize(
    "rule",
    [
        "nonsense",
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=3",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=5000",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;COUNT=abc",
        "FREQ=DAILY;COUNT=2;UNTIL=20260401",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=MONTHLY;BYMONTHDAY=99",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=DAILY;UNTIL=2026",
        "FREQ=DAILY;X=1",
        "FREQ=DAILY\nATTENDEE:x",
    ],
)
def test_what_is_no_rule_or_one_that_could_run_for_ever_is_malformed(appointments, citizen, rule):
    with pytest.raises(Malformed):
        appointments.add_event({**WALK, "rule": rule}, citizen())


def test_a_rule_whose_first_time_is_not_the_start_is_refused(appointments, citizen):
    with pytest.raises(Refused, match="rule-does-not-fit"):
        appointments.add_event({**WALK, "rule": "FREQ=WEEKLY;BYDAY=MO"}, citizen())


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"title": "a\x00b"},
        {"title": "a\nb"},
        {"notes": "a\x00b"},
        {"notes": "x" * 2001},
        {"place": "x" * 201},
        {"ends": "2026-03-05T12:00"},
        {"ends": "2026-03-05T11:00"},
        {"ends": "2028-03-05T11:00"},
        {"ends": "2026-03-06"},
        {"starts": "0001-01-01T00:00"},
        {"starts": "9999-12-31T23:00", "ends": "9999-12-31T23:59"},
        {"starts": "not a time"},
        {"more": "1"},
    ],
)
def test_an_event_that_says_nothing_sensible_is_malformed(appointments, citizen, wrong, rows):
    with pytest.raises(Malformed):
        appointments.add_event({**WALK, **wrong}, citizen())

    assert rows("calendar_events") == 0


@pytest.mark.parametrize(
    ("since", "to"),
    [
        ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z"),
        ("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("2026-03-02T00:00:00Z", "2027-03-04T00:00:00Z"),
        ("2026-03-02T00:00:00", "2026-03-04T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z"),
        ("9999-12-31T00:00:00Z", "9999-12-31T12:00:00Z"),
    ],
)
def test_a_window_has_a_beginning_and_an_end_within_a_year(listed, since, to):
    with pytest.raises(Malformed):
        listed(since, to)


def test_a_window_holds_what_lies_in_it_and_not_what_touches_it(appointments, citizen, starts):
    appointments.add_event(WALK, citizen())

    assert starts("2026-03-05T11:59:59Z", "2026-03-06T00:00:00Z") == ["2026-03-05T11:00:00Z"]
    assert starts("2026-03-05T12:00:00Z", "2026-03-06T00:00:00Z") == []
    assert starts("2026-03-04T00:00:00Z", "2026-03-05T11:00:00Z") == []


def test_a_window_with_too_much_in_it_is_refused_with_what_to_do(appointments, citizen, listed):
    for _ in range(3):
        appointments.add_event({**WALK, "rule": "FREQ=DAILY;COUNT=350"}, citizen())

    with pytest.raises(Refused, match="calendar-too-full"):
        listed()
    assert len(listed("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")["items"]) == 81


def test_a_citizen_has_at_most_so_many_events(appointments, citizen, monkeypatch, rows):
    monkeypatch.setattr("helsami_appointments.calendar.storage.MOST_EVENTS", 1)
    appointments.add_event(WALK, citizen())

    with pytest.raises(Refused, match="too-many-events"):
        appointments.add_event(WALK, citizen())
    appointments.add_event(WALK, citizen("c2"))
    assert rows("calendar_events") == 2


def test_fewer_of_them_recur_and_none_begins_to_by_a_change(appointments, citizen, monkeypatch):
    monkeypatch.setattr("helsami_appointments.calendar.storage.MOST_RECURRING", 1)
    daily = appointments.add_event({**WALK, "rule": "FREQ=DAILY"}, citizen())
    once = appointments.add_event(WALK, citizen())

    with pytest.raises(Refused, match="too-many-events"):
        appointments.add_event({**WALK, "rule": "FREQ=DAILY"}, citizen())
    with pytest.raises(Refused, match="too-many-events"):
        appointments.change_event({**WALK, "event": once["id"], "rule": "FREQ=DAILY"}, citizen())

    assert [event["rule"] for event in appointments.events({}, citizen())["events"]].count("") == 1
    appointments.change_event({**WALK, "event": daily["id"], "rule": "FREQ=WEEKLY"}, citizen())


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_database_itself_shows_an_event_to_its_owner_alone(appointments, citizen, store, url):
    appointments.add_event(WALK, citizen())
    every = sa.select(sa.func.count()).select_from(sa.table("calendar_events"))

    for owner, count in (("c1", 1), ("c2", 0), (None, 0)):
        with store.transaction(owner) as tx:
            assert tx.connection.execute(every).scalar_one() == count


def test_nobody_has_no_calendar_of_their_own(appointments, citizen):
    with pytest.raises(Refusal):
        appointments.add_event(WALK, citizen(None))
