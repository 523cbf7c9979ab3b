"""What care plans say is to be done, in the calendar: when, for whom, and never without a bound (R38)."""

from dataclasses import replace
from datetime import date

import icalendar
import orjson
import pytest

from helsami_appointments.calendar import planned, plans
from helsami_kernel.testing import system_token
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

WINDOW = {"from": "2026-03-01T00:00:00Z", "to": "2026-05-01T00:00:00Z"}
SECRET = "ab" * 32
BOTH = {"start": "2026-03-05", "end": "2026-03-19"}


def activity(title="Gå en tur", status="scheduled", **detail):
    return {"detail": {"kind": "Task", "status": status, "description": title, **detail}}


def repeat(**parts):
    daily = {"boundsPeriod": BOTH, "frequency": 1, "period": "1", "periodUnit": "d"}
    return {"scheduledTiming": {"repeat": daily | parts}}


@pytest.fixture
def plan(journal):
    def send(*activities, key="p1", status="active", citizen="c1", **more):
        body = {
            "status": status,
            "intent": "plan",
            "title": "Etter hofteoperasjon",
            "created": "2026-02-20",
            "activity": list(activities),
            **more,
        }
        return journal.send("CarePlan", key, body, citizen)

    return send


@pytest.fixture
def listed(appointments, citizen):
    def read(access=None, **window):
        return orjson.loads(appointments.calendar(WINDOW | window, access or citizen()))

    return read


@pytest.fixture
def starts(listed):
    return lambda: [item["starts"] for item in listed()["items"]]


def test_what_a_plan_says_is_to_be_done_stands_in_the_calendar(plan, listed):
    once = {"scheduledPeriod": {"start": "2026-03-05T12:00:00+01:00", "end": "2026-03-05T13:00:00+01:00"}}
    sent = activity(location={"display": "Frisklivssentralen"}, **once)

    assert plan(sent) == {"outcome": "stored"}
    assert plan(sent) == {"outcome": "unchanged"}

    (item,) = listed()["items"]
    item.pop("id")
    assert item == {
        "type": "plan",
        "organisation": "trondheim",
        "title": "Gå en tur",
        "place": "Frisklivssentralen",
        "plan": "Etter hofteoperasjon",
        "status": "scheduled",
        "all_day": False,
        "starts": "2026-03-05T12:00+01:00",
        "ends": "2026-03-05T13:00+01:00",
        "starts_at": "2026-03-05T11:00:00Z",
        "ends_at": "2026-03-05T12:00:00Z",
        "recurring": False,
    }
    assert listed()["absences"] == []


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        ({"scheduledPeriod": {"start": "2026-03-05"}}, ["2026-03-05"]),
        ({"scheduledPeriod": {"start": "2026-03-05T07:00:00Z"}}, ["2026-03-05T08:00+01:00"]),
        ({"scheduledTiming": {"event": ["2026-03-06", "2026-03-05"]}}, ["2026-03-05", "2026-03-06"]),
        (repeat(boundsPeriod={"start": "2026-03-05", "end": "2026-03-07"}), ["2026-03-05", "2026-03-06", "2026-03-07"]),
        (repeat(period="7", count=2), ["2026-03-05", "2026-03-12"]),
        (
            repeat(frequency=2, timeOfDay=["08:00:00", "20:00:00"], count=1),
            ["2026-03-05T08:00+01:00", "2026-03-05T20:00+01:00"],
        ),
        (
            repeat(frequency=2, periodUnit="wk", dayOfWeek=["fri", "mon"], timeOfDay=["09:00:00"]),
            [f"2026-03-{day}T09:00+01:00" for day in ("06", "09", "13", "16")],
        ),
        (repeat(periodUnit="mo", count=2), ["2026-03-05", "2026-04-05"]),
    ],
)
def test_times_of_a_plan_are_read_as_days_times_and_rules(plan, starts, timing, expected):
    assert plan(activity(**timing)) == {"outcome": "stored"}

    assert starts() == expected


@pytest.mark.parametrize(
    ("timing", "outcome", "code"),
    [
        (repeat(count=1_000_000), "refused", "too-many-occurrences"),
        (repeat(boundsPeriod={"start": "2026-03-05", "end": "2126-03-05"}), "refused", "too-many-occurrences"),
        (repeat(periodUnit="s"), "not supported", "timing"),
        (repeat(frequency=1_000_000), "not supported", "timing"),
        (repeat(frequency=3, periodUnit="wk"), "not supported", "timing"),
        (repeat(when=["ACM"]), "not supported", "timing"),
        (repeat(boundsPeriod={}), "refused", "undated"),
        (repeat(period="1.5"), "refused", "timing"),
        (repeat(period="0"), "refused", "timing"),
        ({"scheduledPeriod": {"start": "2026-03"}}, "refused", "no-time"),
        ({"scheduledPeriod": {"start": "2026-03-05", "end": "2029-03-05"}}, "refused", "too-long"),
        ({"scheduledString": "av og til"}, "not supported", "undated"),
        ({"scheduledTiming": {"event": ["2026-03-05"] * 1000}}, "refused", "too-many-actions"),
    ],
)
def test_what_has_no_time_or_too_many_is_not_taken_and_says_where(plan, listed, timing, outcome, code):
    told = plan(activity(**timing))

    assert (told["outcome"], told["code"]) == (outcome, code)
    assert told["path"].startswith("CarePlan.activity")
    assert listed()["items"] == []


def test_a_rule_without_an_end_has_the_calendars_own(plan, listed):
    assert plan(activity(**repeat(boundsPeriod={"start": "2026-03-05"})))["outcome"] == "stored"

    assert len(listed()["items"]) == 58
    assert listed(**{"from": "2029-03-01T00:00:00Z", "to": "2029-05-01T00:00:00Z"})["items"] == []


def test_a_changed_plan_is_shown_as_it_is_now_and_a_revoked_one_no_longer(plan, listed):
    first, second = ({"scheduledPeriod": {"start": day}} for day in ("2026-03-05", "2026-03-06"))
    plan(activity("Veie seg", **first), activity("Ringe", **second))

    assert plan(activity("Måle blodtrykk", **first), activity("Ringe", "cancelled", **second))["outcome"] == "stored"
    assert [item["title"] for item in listed()["items"]] == ["Måle blodtrykk"]

    assert plan(status="draft")["outcome"] == "not supported"
    assert listed()["items"] == []
    plan(activity(**first))
    assert plan(status="revoked")["outcome"] == "stored"
    assert plan(status="revoked")["outcome"] == "unchanged"
    assert listed()["items"] == []
    assert plan(activity(**first), citizen=None)["code"] == "no-citizen"


def test_all_plans_of_a_citizen_have_a_bound_and_one_that_is_sent_again_does_not_count_twice(plan, monkeypatch):
    monkeypatch.setattr(plans, "MOST_KEPT", 3)
    two = [activity(scheduledPeriod={"start": "2026-03-05"})] * 2

    assert plan(*two)["outcome"] == "stored"
    assert plan(*two, activity(scheduledPeriod={"start": "2026-03-06"}))["outcome"] == "stored"
    assert plan(*two, key="p2")["code"] == "too-many-actions"
    assert planned.MOST_ACTIONS < 1000


def test_the_bound_holds_for_the_plans_of_one_delivery_together(appointments, listed, monkeypatch):
    monkeypatch.setattr(plans, "MOST_KEPT", 3)
    body = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "created": "2026-02-20"}
    body["activity"] = [activity(scheduledPeriod={"start": "2026-03-05"})] * 2
    entries = [{"index": place, "type": "CarePlan", "key": f"p{place}", "resource": body} for place in range(2)]

    answer = appointments.receive({"citizen": "c1", "entries": entries}, system_token("trondheim"))

    assert [outcome.get("code") for outcome in answer["outcomes"]] == [None, "too-many-actions"]
    assert len(listed()["items"]) == 2


def test_two_plans_of_one_organisation_stand_side_by_side(plan, listed):
    for key in ("p1", "p2", "p1"):
        plan(activity(key, scheduledPeriod={"start": "2026-03-05"}), key=key)
    plan(key="p1", status="revoked")

    assert [item["title"] for item in listed()["items"]] == ["p2"]


def test_rules_go_live_and_other_citizens(plan, listed, appointments, citizen):
    plan(activity(scheduledPeriod={"start": "2026-03-05"}))
    assert listed(citizen("c2"))["items"] == []

    appointments.rules = organisations_of(rules_of(restrict_sharing=Restriction.withhold("hidden-by-policy")))
    assert listed()["items"] == []
    assert listed()["absences"] == [{"code": "hidden_by_rule", "kind": "hidden-by-policy"}]
    floor = {"documents": date(2026, 4, 1)}
    appointments.rules = organisations_of(rules_of(manifest=manifest_of("trondheim", go_live=floor)))
    assert listed()["absences"] == [{"code": "before_go_live", "organisation": "trondheim", "date": "2026-04-01"}]


def test_a_representative_needs_the_record_as_well_and_a_protected_citizen_has_no_place(plan, listed, citizen):
    plan(activity(scheduledPeriod={"start": "2026-03-05"}, location={"display": "Frisklivssentralen"}))

    answer = listed(citizen(actor="c9", basis="grant"))
    assert answer["items"] == []
    assert {"code": "not_permitted"} in answer["absences"]
    (item,) = listed(citizen(protected=True))["items"]
    assert item["place"] is None


def test_what_is_hidden_of_a_plan_hides_all_of_it_whatever_it_says_when_it_comes_again(
    plan, appointments, listed, citizen
):
    first, second = ({"scheduledPeriod": {"start": day}} for day in ("2026-03-05", "2026-03-06"))
    plan(activity("Veie seg", **first), activity("Ringe", **second))
    plan(activity("Gå", **first), key="p2")
    wanted = next(item["id"] for item in listed()["items"] if item["title"] == "Ringe")
    found = appointments.item({"kind": "plan", "item": wanted}, replace(citizen(), scopes={"consents:act"}))
    hidden = frozenset({found["item"], found["also"]})
    scopes = frozenset({"appointments:read", "records:read"})
    deputy = replace(citizen(), actor="c9", basis="grant", scopes=scopes, hidden=hidden)

    def titles():
        return [item["title"] for item in listed(deputy)["items"]]

    assert titles() == ["Gå"]
    plan(activity("Veie seg", "cancelled", **first), activity("Ringe", **second))
    assert titles() == ["Gå"]
    plan(status="revoked")
    plan(activity("Trene", **first), activity("Veie seg", **first), activity("Ringe", **second))
    assert titles() == ["Gå"]
    assert {item["title"] for item in listed()["items"]} == {"Gå", "Trene", "Veie seg", "Ringe"}


@pytest.mark.parametrize(("details", "summary"), [(False, "Gjøremål i helsekalenderen"), (True, "Gå en tur")])
def test_another_calendar_has_general_words_unless_the_citizen_chooses_more(
    plan, appointments, citizen, details, summary
):
    plan(activity(**repeat(timeOfDay=["08:00:00"])))
    appointments.open_calendar_link({"link": SECRET, "details": details}, citizen())

    feed = appointments.feed({"link": SECRET}, citizen())

    (event,) = icalendar.Calendar.from_ical(feed).walk("VEVENT")
    assert str(event["summary"]) == summary
    assert event["rrule"]["FREQ"] == ["DAILY"]
    assert details or b"Etter hofte" not in feed
