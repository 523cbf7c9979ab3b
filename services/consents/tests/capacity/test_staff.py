"""What staff see of applications to act for an adult, and decide; that they look is logged."""

import base64
from datetime import date, timedelta

import orjson
import pytest

from helsami_kernel.errors import Malformed, NotFound

from .asking import NOW, PDF, STRANGER, SUBJECT, me, on_both, staff


@on_both
def test_staff_see_their_own_applications_and_open_documents_which_the_subject_sees(consents, apply):
    application = apply()
    apply_page = consents.open_capacity_applications({}, staff())

    (seen,) = apply_page["applications"]
    assert seen["id"] == application["id"]
    assert seen["subject"] == {"name": "Modig a", "birth_date": date(1980, 1, 1)}
    assert seen["documents"] == [{"number": 1, "title": "Oppnevning", "content_type": "application/pdf"}]
    named = {"application": application["id"], "number": 1}
    assert base64.b64decode(consents.capacity_document(named, staff())["content"]) == PDF
    log = orjson.loads(consents.access_log({}, me(SUBJECT)))["items"]
    assert [(entry["role"], entry["organisation"]) for entry in log] == [("staff", "oya_legesenter")] * 2


@on_both
def test_that_staff_see_who_somebody_is_stands_in_the_log_once_a_day(consents, apply, clock):
    apply()
    for hour in (0, 1, 24):
        clock.move_to(NOW + timedelta(hours=hour))
        assert consents.open_capacity_applications({}, staff())["applications"]
        assert consents.open_capacity_applications({}, staff("st_olavs"))["applications"] == []

    log = orjson.loads(consents.access_log({}, me(SUBJECT)))["items"]
    assert [(entry["role"], entry["organisation"]) for entry in log] == [("staff", "oya_legesenter")] * 2


@on_both
def test_what_cannot_be_logged_is_neither_decided_nor_opened(consents, apply, decide, may):
    application = apply()
    key, consents.sealing = consents.sealing, None

    with pytest.raises(TypeError):
        decide(application)
    with pytest.raises(TypeError):
        consents.capacity_document({"application": application["id"], "number": 1}, staff())

    consents.sealing = key
    assert not may()
    assert decide(application)["state"] == "granted"
    assert may()


def test_a_key_of_staffs_is_none_of_the_applicants(apply, decide, consents):
    application = apply(key="k1")

    granted = decide(application, key="k1")

    assert decide(application, key="k1") == granted
    log = orjson.loads(consents.access_log({}, me(SUBJECT)))["items"]
    assert [entry["role"] for entry in log] == ["staff"], "decided once, logged once"


def test_two_keys_of_staffs_that_begin_alike_decide_two_applications(apply, decide, register):
    register.knows(STRANGER)
    first, second = apply(), apply(STRANGER)
    key = "k" * 120

    granted, declined = decide(first, key=f"{key}1"), decide(second, "decline", key=f"{key}2")

    assert [(one["id"], one["state"]) for one in (granted, declined)] == [
        (first["id"], "granted"),
        (second["id"], "declined"),
    ]
    assert decide(first, key=f"{key}1") == granted


def test_another_organisation_finds_nothing(consents, apply, decide):
    application = apply()

    assert consents.open_capacity_applications({}, staff("st_olavs"))["applications"] == []
    with pytest.raises(NotFound) as foreign:
        decide(application, organisation="st_olavs")
    with pytest.raises(NotFound) as missing:
        decide({"id": "0" * 32}, organisation="st_olavs")
    assert (foreign.value.code, foreign.value.problems) == (missing.value.code, missing.value.problems)
    with pytest.raises(NotFound, match="application-not-found"):
        consents.capacity_document({"application": application["id"], "number": 1}, staff("st_olavs"))


def test_staff_who_look_at_a_page_have_the_register_asked_once(consents, apply, register):
    for number in range(5):
        register.knows(f"{number:032x}")
        apply(f"{number:032x}")
    asked, answers = [], register.facts
    register.facts = lambda command, **more: asked.append(command["citizens"]) or answers(command, **more)

    page = consents.open_capacity_applications({}, staff())

    assert [len(citizens) for citizens in asked] == [6]
    assert {each["subject"]["name"] for each in page["applications"]} == {"Modig 0"}
    asked.clear()
    assert consents.open_capacity_applications({}, staff("st_olavs"))["applications"] == []
    assert asked == []


@on_both
def test_what_has_to_be_decided_is_read_a_page_at_a_time(consents, apply, register):
    for number in range(5):
        register.knows(f"{number:032x}")
        apply(f"{number:032x}")

    first = consents.open_capacity_applications({"limit": 3}, staff())
    second = consents.open_capacity_applications({"limit": 3, "cursor": first["next"]}, staff())

    assert [len(page["applications"]) for page in (first, second)] == [3, 2]
    ids = {each["id"] for page in (first, second) for each in page["applications"]}
    assert (len(ids), second["next"]) == (5, None)


@pytest.mark.parametrize(
    "decision",
    [
        {"decision": "grant"},
        {"decision": "grant", "review_days": 0},
        {"decision": "grant", "review_days": 5000},
        {"decision": "decline", "review_days": 10},
        {"decision": "perhaps"},
        {"decision": "decline", "reason": "Fri tekst om en syk person"},
    ],
)
def test_a_decision_of_the_wrong_form_is_refused(consents, apply, decision):
    with pytest.raises(Malformed):
        consents.decide_capacity({"application": apply()["id"], **decision}, staff())
