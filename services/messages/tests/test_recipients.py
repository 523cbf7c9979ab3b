"""Whom a citizen may write to."""

from datetime import timedelta

import pytest

from helsami_kernel.errors import NotFound
from helsami_messages.recipients import schemas
from helsami_messages.recipients.pseudonyms import Pseudonyms
from helsami_sdk.answers import Reachable, Recipients

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

SECURITY = "urn:oid:2.16.578.1.12.4.1.1.9603"


def units_alone(asked):
    return Recipients.of(*(Reachable(one.id) for one in asked.recipients if one.kind == "unit"))


@pytest.fixture
def names(messages, citizen):
    """Who may be written to: unit and name."""

    def read(subject="c1", **claims):
        found = messages.recipients({}, citizen(subject, **claims))["recipients"]
        return {(one["unit"], one["name"]) for one in found}

    return read


@pytest.fixture
def everybody():
    return {
        ("physiotherapy", None),
        ("physiotherapy", "Rolig Fjord"),
        ("physiotherapy", "Stødig Granitt"),
    }


def test_the_units_that_treat_a_citizen_and_who_works_there_may_be_written_to(
    messages, citizen, treated, names, everybody
):
    answer = messages.recipients({}, citizen())

    assert names() == everybody
    assert schemas.Recipients().dump(answer) == answer
    assert [one for one in answer["recipients"] if one["name"] == "Rolig Fjord"] == [
        {
            "id": answer["recipients"][1]["id"],
            "kind": "employee",
            "organisation": "trondheim",
            "unit": "physiotherapy",
            "role": "FT",
            "name": "Rolig Fjord",
            "care_team": answer["recipients"][0]["care_team"],
            "may_reply": True,
            "answer_days": 3,
        }
    ]
    assert (answer["absences"], answer["notice"]) == ([], "messages.not-urgent")


def test_nobody_may_be_written_to_without_a_relation_and_that_is_said(messages, citizen, treated):
    answer = messages.recipients({}, citizen("c2"))

    assert (answer["recipients"], answer["absences"]) == ([], [{"code": "none_recorded"}])


def test_the_rules_decide_who_of_them_may_be(messages, citizen, treated, names, decide):
    decide(list_recipients=units_alone)

    assert names() == {("physiotherapy", None)}


def test_whom_one_may_not_write_to_whom_another_may_and_who_is_not_there_are_not_found_alike(
    messages, citizen, recipient, decide
):
    mine = recipient("Rolig Fjord")
    decide(list_recipients=units_alone)
    refusals = []
    for subject, named in (("c1", mine), ("c2", mine), ("c1", "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"), ("c1", "")):
        with pytest.raises(NotFound) as refusal:
            messages.write({"recipient": named, "subject": "Kneet", "text": "Vondt."}, citizen(subject))
        refusals.append((refusal.value.code, refusal.value.problems))

    assert refusals == [("recipient-not-found", ())] * 4


def test_an_organisation_that_is_not_live_has_nobody_who_may_be_written_to(messages, treated, names):
    messages.rules["trondheim"].enter("paused")

    assert names() == set()


@pytest.mark.parametrize(
    "later",
    [{"status": "inactive"}, {"status": "entered-in-error"}, {"status": "proposed"}, {"status": None}],
)
def test_a_team_that_is_none_any_longer_makes_no_recipients(treated, receive, names, care, later):
    assert receive({**care.usual, **later}) == {"outcome": "stored"}

    assert names() == set()


def test_the_same_team_again_is_unchanged(treated, receive, care):
    assert receive(care.usual) == {"outcome": "unchanged"}


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("2026-03-02", timedelta(hours=15)),
        ("2026-03", timedelta(days=29, hours=14)),
        ("2026-03-02T10:00:00Z", timedelta(hours=2)),
    ],
)
def test_a_relation_ends_with_its_period_the_last_day_of_it_included(receive, names, care, clock, end, last):
    receive(care.team(care.member(care.fysio, "Stødig Granitt", period={"end": end})))

    clock.move(last - timedelta(seconds=1))
    assert ("physiotherapy", "Stødig Granitt") in names()
    clock.move(timedelta(seconds=1))
    assert names() == {("physiotherapy", None)}


def test_nobody_may_be_written_to_before_their_team_begins(receive, names, care, clock):
    receive(care.team(care.member(care.fysio, "Stødig Granitt"), period={"start": "2026-03-03"}))
    assert names() == set()

    clock.move(timedelta(days=1))
    assert len(names()) == 2


def test_who_is_in_two_teams_is_one_recipient(treated, receive, names, care, everybody):
    receive(care.team(care.member(care.fysio, "Stødig Granitt")), key="team-2")

    assert names() == everybody


def test_who_works_for_another_unit_of_the_organisation_is_there(receive, names, care):
    behalf = {"reference": "Organization/urn:x|trondheim.home-care"}
    receive(care.team(care.member(care.other, "Rolig Fjord", "SP", onBehalfOf=behalf)))

    assert names() == {("physiotherapy", None), ("home-care", None), ("home-care", "Rolig Fjord")}


def test_patients_relatives_and_whoever_has_no_key_are_nobody_to_write_to(receive, names, care):
    nobody = [
        {"member": {"type": "Patient"}},
        {"member": {"reference": "RelatedPerson/urn:x|7", "display": "Nær Slektning"}},
        {"member": {"display": "Navn Uten Nøkkel"}},
        {"role": []},
    ]
    receive(care.team(*nobody))

    assert names() == {("physiotherapy", None)}


@pytest.mark.parametrize(
    ("resource", "code", "path"),
    [
        ({"managingOrganization": []}, "unknown-unit", "CareTeam.managingOrganization"),
        (
            {"managingOrganization": [{"reference": "Organization/urn:x|trondheim.no-such"}]},
            "unknown-unit",
            "CareTeam.managingOrganization",
        ),
        ({"participant": [{}] * 101}, "too-many", "CareTeam.participant"),
        ({"period": {"end": "yesterday"}}, "no-time", "CareTeam.period.end"),
        ({"meta": {"security": [{"system": SECURITY, "code": "SPERRET"}]}}, "access-limited", "CareTeam.meta.security"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(receive, care, resource, code, path):
    outcome = receive({**care.team(), **resource})

    assert (outcome["code"], outcome["path"]) == (code, path)
    assert outcome["outcome"] in {"refused", "not supported"}


def test_a_name_or_a_role_that_is_too_long_is_refused(receive, care):
    for who in (care.member(care.fysio, "x" * 201), care.member(care.fysio, "Stødig Granitt", "F" * 61)):
        assert receive(care.team(who))["code"] == "too-long"


def test_a_team_that_is_hidden_from_parents_hides_what_is_written_to_it(messages, citizen, receive, names, care, page):
    receive({**care.team(), "meta": {"security": [{"system": SECURITY, "code": "NORN_FORANS"}]}})
    parent, youth = {"actor": "p1", "basis": "parental", "age_band": "0-11"}, {"age_band": "12-15"}

    for hidden_from in (parent, {"actor": "p1", "basis": "grant", "parent": True}):
        assert names(**hidden_from) == set()
    assert names(**youth) == {("physiotherapy", None)}
    (to,) = messages.recipients({}, citizen(**youth))["recipients"]
    messages.write({"recipient": to["id"], "subject": "Kneet", "text": "Vondt."}, citizen(**youth))
    assert page(claims=parent)["items"] == []
    assert len(page(claims=youth)["items"]) == 1


def test_no_id_of_a_recipient_or_an_employee_can_be_computed_by_who_has_not_the_secret(
    messages, citizen, treated, recipient, care
):
    before = {name: recipient(name) for name in (None, "Rolig Fjord", "Stødig Granitt")}
    employee = messages.ids.employee("trondheim", care.fysio)
    messages.ids = Pseudonyms(b"k" * 32)

    assert {name: recipient(name) for name in before}.keys() == before.keys()
    assert {recipient(name) for name in before}.isdisjoint(before.values())
    assert messages.ids.employee("trondheim", care.fysio) != employee


def test_a_care_team_that_its_citizen_hides_is_not_there_with_its_recipients_and_threads(
    messages, citizen, write, receive, names, care, page
):
    thread = write()["id"]
    receive(care.team(care.member(care.other, "Rolig Fjord"), unit="home-care"), key="team-2")
    shown = messages.recipients({}, citizen())["recipients"]
    (team,) = {one["care_team"] for one in shown if one["unit"] == "physiotherapy"}
    assert messages.item({"kind": "care-team", "item": team}, citizen())["item"] == team
    friend = {"actor": "p1", "basis": "grant"}
    assert len(names(**friend)) == 5
    assert {one["care_team"] for one in messages.recipients({}, citizen(**friend))["recipients"]} == {None}

    friend["hidden"] = frozenset({team})

    assert names(**friend) == {("home-care", None), ("home-care", "Rolig Fjord")}
    assert page(claims=friend)["items"] == []
    for ask, wish, code in (
        ("thread", {"thread": thread}, "thread-not-found"),
        ("write", {"recipient": shown[-1]["id"], "subject": "Hei", "text": "Hei."}, "recipient-not-found"),
    ):
        with pytest.raises(NotFound, match=code):
            getattr(messages, ask)(wish, citizen(**friend))
