"""Why a result was not shown at once is kept, result by result; that one was, once for all of a kind."""

import sqlalchemy as sa

from helsami_kernel.database import DECISIONS
from helsami_sdk.answers import ResultClass
from helsami_sdk.testing import organisations_of, rules_of


def decided(store):
    store.decisions.write_all()
    with store._database.engine.connect() as connection:
        rows = connection.execute(sa.select(DECISIONS).where(DECISIONS.c.hook == "classify_result")).all()
    return {(row.outcome, row.reason, row.layer, row.about != "", row.times) for row in rows}


def observation(name):
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "effectiveDateTime": "2026-02-20",
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}], "text": "Hemoglobin"},
        "valueQuantity": {"value": "13.1", "unit": "g/dL"},
    }


def test_results_that_are_shown_at_once_are_one_decision(store, receive):
    receive(observation("o1"), observation("o2"))

    assert decided(store) == {("auto", "", "layer 0", False, 2)}


def test_each_result_that_waits_has_its_own(results, store, receive):
    results.rules = organisations_of(rules_of(classify_result=ResultClass.review(14)))
    receive(observation("o1"), observation("o2"))

    assert decided(store) == {("review", "", "layer 0", True, 1)}
    assert len({row["about"] for row in told(store)}) == 2


def test_an_organisation_that_cannot_say_is_why(results, store, receive):
    results.rules = organisations_of(rules_of(classify_result=lambda _question: 1 / 0))
    receive(observation("o1"))

    assert decided(store) == {("manual", "rules-unavailable", "safe default", True, 1)}


def test_in_the_shadow_it_is_kept_what_would_have_become_of_it(results, store, receive):
    results.rules = organisations_of(shadow := rules_of(classify_result=ResultClass.auto()))
    shadow.enter("shadow")
    receive(observation("o1"))

    assert {(row["outcome"], row["shadow"]) for row in told(store)} == {("manual", False), ("auto", True)}
    assert len({row["about"] for row in told(store)}) == 1


def told(store):
    store.decisions.write_all()
    with store._database.engine.connect() as connection:
        return connection.execute(sa.select(DECISIONS)).mappings().all()
