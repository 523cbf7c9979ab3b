"""The access log as a citizen reads it, as FHIR, and in location-free mode; and how systems come into it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from helsami_consents.access_log.domain import Access
from helsami_kernel.errors import Malformed, Refused, Unavailable
from helsami_kernel.obligations import Obligation
from helsami_kernel.testing import citizen_token

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUBJECT, RECEIVER = "a" * 32, "b" * 32
SEALING = b"s" * 32
PLACES = ("st_olavs", "surgery", "Klar Kompass")
BY_STAFF = Access(
    NOW - timedelta(hours=2),
    "0" * 32,
    "staff",
    "treatment",
    "allowed",
    "audit-event",
    organisation="st_olavs",
    unit="surgery",
    name="Klar Kompass",
    profession="doctor",
    kinds="records results",
    source="1" * 64,
)
BY_RECEIVER = Access(NOW - timedelta(hours=1), RECEIVER, "grant", "home", "refused", "no-grant", kinds="overview")
BY_SYSTEM = Access(NOW, "calendar-link", "system", "calendar-feed", "allowed", "system", kinds="appointments")
PATH = "/api/v1/access-log/export"


@pytest.fixture
def log(store):
    def add(*accesses):
        with store.transaction(SUBJECT) as tx:
            for access in accesses:
                tx.log(access, SEALING)

    return add


@pytest.fixture
def read(consents):
    def page(*, protected=False, **asked):
        token = citizen_token(SUBJECT, ["access-log:read"], protected=protected)
        return orjson.loads(consents.access_log(asked, token))

    return page


@pytest.fixture
def export(consents):
    def page(*, protected=False, **asked):
        token = citizen_token(SUBJECT, ["access-log:read"], protected=protected)
        return orjson.loads(consents.export_access_log({"path": PATH, **asked}, token))

    return page


@pytest.mark.parametrize(
    ("asked", "roles"),
    [
        ({}, ["system", "representative", "staff"]),
        ({"role": "representative"}, ["representative"]),
        ({"organisation": "st_olavs"}, ["staff"]),
        ({"kind": "results"}, ["staff"]),
        ({"kind": "result"}, None),
        ({"outcome": "refused"}, ["representative"]),
        ({"from": "2026-03-01T11:00:00Z"}, ["system", "representative"]),
        ({"to": "2026-03-01T11:00:00Z"}, ["staff"]),
        ({"from": "2026-03-01", "to": "2026-03-01"}, ["system", "representative", "staff"]),
        ({"from": "2026-03-02"}, []),
        ({"to": "2026-02-28"}, []),
        ({"role": "staff", "outcome": "refused"}, []),
    ],
)
def test_a_page_is_filtered_by_what_is_asked(log, read, asked, roles):
    log(BY_STAFF, BY_RECEIVER, BY_SYSTEM)

    if roles is None:
        with pytest.raises(Malformed):
            read(**asked)
    else:
        assert [item["role"] for item in read(**asked)["items"]] == roles


def test_a_filter_holds_on_every_page(log, read):
    for number in range(6):
        log(replace(BY_STAFF, source=str(number)), BY_SYSTEM)

    first = read(role="staff", limit=4)
    second = read(role="staff", limit=4, cursor=first["next"])

    assert [item["id"] for item in first["items"] + second["items"]] == ["11", "9", "7", "5", "3", "1"]
    assert second["next"] is None


@pytest.mark.parametrize("told_by", ["token", "register", "nobody"])
def test_whoever_is_at_a_protected_address_reads_of_no_place_and_of_nobody_who_works_there(
    log, read, export, register, told_by
):
    log(BY_STAFF, BY_RECEIVER)
    if told_by == "register":
        register.knows(SUBJECT, protected=True)
    register.away = told_by == "nobody"

    page, bundle = read(protected=told_by == "token"), export(protected=told_by == "token")

    for answer in (str(page), str(bundle)):
        assert not any(place in answer for place in PLACES)
    staff = page["items"][1]
    assert (staff["role"], staff["profession"], staff["purpose"]) == ("staff", "doctor", "treatment")
    assert page["absences"] == [{"code": "hidden_by_rule", "kind": "location-free"}]


def test_whoever_is_at_a_protected_address_cannot_ask_for_a_place(log, read, register):
    log(BY_STAFF)

    with pytest.raises(Refused, match="protected-address"):
        read(protected=True, organisation="st_olavs")
    register.knows(SUBJECT, protected=True)
    with pytest.raises(Refused, match="protected-address"):
        read(organisation="trondheim")
    register.away = True
    with pytest.raises(Unavailable):
        read(organisation="st_olavs")


def test_others_are_told_of_places_and_that_nothing_is_left_out(log, read):
    log(BY_STAFF)

    page = read()

    item = page["items"][0]
    assert (item["organisation"], item["unit"], item["name"]) == PLACES
    assert page["absences"] == []


def test_the_export_is_the_same_log_page_by_page(log, read, export):
    log(BY_STAFF, BY_RECEIVER, BY_SYSTEM)

    first = export(limit=2, outcome="allowed")
    assert [link["relation"] for link in first["link"]] == ["self"]
    first = export(limit=2)
    following = urlsplit(next(link["url"] for link in first["link"] if link["relation"] == "next"))
    asked = {name: values[0] for name, values in parse_qs(following.query).items()}
    second = export(limit=int(asked["limit"]), cursor=asked["cursor"])

    assert following.path == PATH
    events = [entry["resource"] for entry in (*first["entry"], *second["entry"])]
    assert [event["recorded"] for event in events] == [
        "2026-03-01T12:00:00.000Z",
        "2026-03-01T11:00:00.000Z",
        "2026-03-01T10:00:00.000Z",
    ]
    assert [event["outcome"] for event in events] == ["0", "8", "0"]
    assert len({event["id"] for event in events}) == 3


def test_the_export_of_an_empty_log_has_no_entries(export):
    assert export() == {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "self", "url": PATH}],
    }


def test_a_system_that_looks_all_day_is_logged_once_and_one_that_is_not_told_so_each_time(consents, read):
    looked = {"subject": SUBJECT, "actor": "calendar-link", "purpose": "calendar-feed", "kinds": ["appointments"]}
    token = citizen_token(SUBJECT, ["access-log:write"])

    answers = [consents.log_access({**looked, "once": "1 March"}, token)["new"] for _ in range(3)]
    answers += [consents.log_access(looked, token)["new"] for _ in range(2)]

    assert answers == [True, False, False, True, True]
    assert [item["actor"] for item in read()["items"]] == ["calendar-link"] * 3


def test_a_list_that_staff_look_at_all_day_is_logged_once_about_each_citizen_on_it(consents, read, clock):
    seen = {"organisation": "st_olavs", "shown": "open-requests", "purpose": "patient-request"}
    listed = {**seen, "kinds": ["appointments"]}
    token = citizen_token(SUBJECT, ["access-log:write"])

    def look(*subjects, **other):
        return consents.log_staff_access({**listed, **other, "subjects": list(subjects)}, token)["new"]

    assert [look(SUBJECT), look(SUBJECT, "d" * 32), look(SUBJECT, "d" * 32)] == [1, 1, 0]
    assert look(SUBJECT, organisation="trondheim") == look(SUBJECT, shown="waitlist-offers") == 1
    clock.move(timedelta(days=1))
    assert look(SUBJECT) == 1

    items = read()["items"]
    assert {item["role"] for item in items} == {"staff"}
    assert sorted(item["organisation"] for item in items) == ["st_olavs", "st_olavs", "st_olavs", "trondheim"]
    shown = (items[0]["actor"], items[0]["purpose"], items[0]["kinds"])
    assert shown == ("st_olavs", "patient-request", ["appointments"])


@pytest.mark.parametrize(
    "wrong",
    [{"subjects": []}, {"subjects": ["c1"]}, {"purpose": "curiosity"}, {"organisation": "St. Olavs"}, {"kinds": []}],
)
def test_what_names_nobody_or_no_reason_is_not_logged(consents, wrong):
    told = {"subjects": [SUBJECT], "organisation": "st_olavs", "shown": "x", "purpose": "treatment", "kinds": ["forms"]}

    with pytest.raises(Malformed):
        consents.log_staff_access({**told, **wrong}, citizen_token(SUBJECT, ["access-log:write"]))


def test_an_anchor_is_copied_out_of_the_database_also_one_that_was_missed(consents, log, copies, clock):
    promised = Obligation("o", "anchor_access_log", None, NOW, {})
    consents.anchor_access_log(promised)
    log(BY_STAFF)
    with consents.store.transaction(None) as tx:
        tx.anchor(consents.signer)
    assert copies.last == 1
    log(BY_SYSTEM)

    consents.anchor_access_log(promised)
    consents.anchor_access_log(promised)

    assert copies.last == 3
    assert len(copies.path.read_bytes().splitlines()) == 3


def test_whoever_was_refused_without_any_grant_is_shown_with_none(log, read):
    """A citizen would look for a grant that they never gave."""
    log(BY_RECEIVER, replace(BY_RECEIVER, reason="revoked"))

    assert [item["basis"] for item in read()["items"]] == ["grant", None]


def test_what_somebody_else_sees_of_a_child_does_not_come_from_what_is_shielded(log, read):
    """An entry is written before anything is looked at, says areas only, and is the person's alone to read (K23)."""
    log(BY_RECEIVER)

    [item] = read()["items"]

    assert set(item) == {
        "id",
        "organisation",
        "unit",
        "at",
        "actor",
        "name",
        "role",
        "profession",
        "basis",
        "purpose",
        "kinds",
        "outcome",
    }
