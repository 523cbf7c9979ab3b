"""Results as record systems, clocks and citizens meet them; with the golden scenarios 5, 6, 7 and 16."""

import copy
import logging
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from harness.news import come_back
from helsami_kernel.database import AlreadyDone
from helsami_kernel.errors import Malformed
from helsami_kernel.obligations import CLAIMED_FOR
from helsami_kernel.testing import citizen_token
from helsami_sdk.answers import Restriction, ResultClass
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def observation(key="o1", code="718-7", answered=NOW - DAY, value="14.20", **parts):
    return {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": f"Prøve {key}", "coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": (answered - HOUR).isoformat(),
        "issued": answered.isoformat(),
        "valueQuantity": {"value": value, "unit": "g/dL"},
    } | parts


def report(*members, key="r1", code="58410-2", answered=NOW - DAY, **parts):
    return {
        "resourceType": "DiagnosticReport",
        "id": key,
        "status": "final",
        "category": [{"coding": [{"code": "LAB"}]}],
        "code": {"text": f"Svar {key}", "coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": (answered - HOUR).isoformat(),
        "issued": answered.isoformat(),
        "result": [{"reference": f"Observation/{member}"} for member in members],
        "conclusion": "Alt er som det skal være.",
    } | parts


def by_code(**answers):
    """Rules that answer by code, `c1` for code 1, and release the rest at once."""
    given = {code.removeprefix("c"): answer for code, answer in answers.items()}
    return organisations_of(rules_of(classify_result=lambda asked: given.get(asked.code, ResultClass.auto())))


def names(page):
    return [item["name"] for item in page["items"]]


def values(page):
    return {item["name"]: [value["value"] for value in item["values"]] for item in page["items"]}


def test_a_result_that_is_shared_by_itself_is_released_and_told_at_once(receive, page, told, promised):
    assert receive(observation(value="1.50")) == ["stored"]

    (item,) = page()["items"]
    assert item["values"] == [{"name": "Prøve o1", "code": "718-7", "value": "1.50", "unit": "g/dL", "text": None}]
    assert (item["status"], item["taken_at"], item["at"]) == ("final", *["2026-02-28T11:00:00Z"] * 2)
    assert told() == [item["id"]]
    assert promised() == []


def test_the_same_again_is_unchanged_and_tells_nobody(receive, told):
    sent = [report("o1"), observation("o1"), observation("o2")]
    receive(*sent)
    before = told()

    assert receive(*copy.deepcopy(sent)) == ["unchanged"] * 3
    assert told() == before
    assert len(before) == 2


def test_an_import_of_history_tells_nobody(receive, page, told):
    receive(observation("old", answered=NOW - 15 * DAY), observation("new", answered=NOW - 13 * DAY))

    assert names(page()) == ["Prøve new", "Prøve old"]
    assert told() == [page()["items"][0]["id"]]


def test_an_observation_of_a_report_is_shown_inside_it_and_told_with_it(receive, page, told):
    receive(report("o2", "o1"), observation("o1", value="1.0"), observation("o2", value="2.0"), observation("o3"))

    assert values(page()) == {"Svar r1": ["2.0", "1.0"], "Prøve o3": ["14.20"]}
    assert len(told()) == 2


@pytest.mark.parametrize("report_first", [True, False])
def test_a_report_and_its_observation_may_come_in_two_calls_in_either_order(receive, page, report_first):
    parts = [report("o1"), observation("o1")]
    for part in parts if report_first else reversed(parts):
        receive(part)

    assert values(page()) == {"Svar r1": ["14.20"]}


def test_a_report_waits_for_its_observations_so_that_a_stricter_one_can_hold_it(results, receive, page, told):
    results.rules = by_code(c666=ResultClass.blocked())
    receive(report("o1"))
    waiting = page()
    receive(observation("o1", code="666"))

    assert names(waiting) == names(page()) == []
    assert told() == []


@pytest.fixture
def due_in_a_pause(results, receive, clock, keep_promises, told):
    """A report that is released while its organisation is paused, of which nobody is told then."""
    receive(report("o1"))
    results.rules["trondheim"].enter("paused")
    clock.move(HOUR)
    keep_promises()
    assert told() == []


@pytest.mark.usefixtures("due_in_a_pause")
def test_a_result_that_is_due_while_its_organisation_is_paused_is_told_of_afterwards(results, page, told):
    come_back(results)

    assert names(page()) == ["Svar r1"]
    assert told() == [page()["items"][0]["id"]]


@pytest.mark.usefixtures("due_in_a_pause")
def test_a_result_that_is_held_back_again_in_a_pause_is_told_of_when_it_is_released(
    results, receive, clock, keep_promises, told, page
):
    receive(observation("o1"), report("o1", status="amended"))
    come_back(results)
    assert (names(page()), told()) == ([], [])

    clock.move(HOUR)
    keep_promises()
    come_back(results)

    assert len(names(page())) == len(told()) == 1


def test_a_report_whose_observations_never_come_is_shown_after_an_hour(receive, page, clock, keep_promises, told):
    receive(report("o1"))
    clock.move(59 * HOUR / 60)
    keep_promises()
    early = page()
    clock.move(HOUR / 60)
    keep_promises()

    assert names(early) == []
    assert values(page()) == {"Svar r1": []}
    assert len(told()) == 1


@pytest.mark.parametrize("strict", [ResultClass.blocked(), ResultClass.manual()])
@pytest.mark.parametrize("place", ["report", "member", "other report"])
def test_what_belongs_together_follows_its_strictest_part(results, receive, page, told, place, strict):
    results.rules = by_code(c666=strict)
    codes = {name: "666" if name == place else "1" for name in ("report", "member", "other report")}
    receive(
        report("o1", "o2", code=codes["report"]),
        report("o2", key="r2", code=codes["other report"]),
        observation("o1", code="1"),
        observation("o2", code=codes["member"]),
        observation("o3", code="1"),
    )

    assert names(page()) == ["Prøve o3"]
    assert len(told()) == 1


def test_a_report_waits_for_the_longest_review_of_its_parts(results, receive, page, clock, keep_promises):
    results.rules = by_code(c1=ResultClass.review(3), c2=ResultClass.review(7))
    receive(report("o1", "o2"), observation("o1", code="1", answered=NOW), observation("o2", code="2", answered=NOW))
    clock.move(6 * DAY)
    keep_promises()
    early = page()
    clock.move(DAY)
    keep_promises()

    assert names(early) == []
    assert names(page()) == ["Svar r1"]


def test_a_review_counts_from_when_the_answer_was_issued(results, receive, page, told, promised):
    results.rules = by_code(c1=ResultClass.review(14))
    receive(observation("old", code="1", answered=NOW - 14 * DAY), observation("new", code="1", answered=NOW - DAY))
    receive(observation("undated", code="1") | {"issued": None})

    assert names(page()) == ["Prøve old"]
    assert len(told()) == 1
    assert promised() == [("release_result", NOW + 13 * DAY), ("release_result", NOW + 14 * DAY)]


def test_the_strictest_of_several_codes_and_categories_counts(results, receive, page):
    results.rules = by_code(c666=ResultClass.blocked())
    two_codes = {"text": "to", "coding": [{"code": "1"}, {"code": "666"}]}
    receive(observation("o1") | {"code": two_codes})
    results.rules = organisations_of(rules_of(classify_result=ResultClass.auto()))
    gene = [{"coding": [{"code": "LAB"}, {"code": "GE"}]}]
    receive(observation("o2", category=gene))

    assert names(page()) == []


def test_the_value_is_never_asked_about_and_the_setting_is(results, receive):
    asked = []
    results.rules = organisations_of(
        rules_of(classify_result=lambda question: asked.append(question) or ResultClass.auto())
    )
    receive(observation(value="99.9"), setting="inpatient")

    assert [(one.code, one.system, one.category, one.setting) for one in asked] == [
        ("718-7", "http://loinc.org", "laboratory", "inpatient")
    ]
    assert "99.9" not in repr(asked)


def test_a_result_of_a_stay_is_not_opened_by_a_resend_without_its_visit(results, receive, page):
    results.rules = organisations_of(
        rules_of(
            classify_result=lambda asked: ResultClass.manual() if asked.setting == "inpatient" else ResultClass.auto()
        )
    )
    receive(observation(), setting="inpatient")

    assert receive(observation()) == ["unchanged"]
    assert receive(observation(status="corrected")) == ["stored"]
    assert names(page()) == []


@pytest.mark.parametrize("status", ["preliminary", "registered", "unknown"])
def test_what_its_source_has_not_finished_waits(receive, page, told, status):
    receive(observation("o1", status=status), report("o2", status=status), observation("o2"))
    waiting = page()
    receive(observation("o1"), report("o2"))

    assert names(waiting) == []
    assert sorted(names(page())) == ["Prøve o1", "Svar r1"]
    assert len(told()) == 2


def test_a_final_report_does_not_show_an_observation_that_is_not_final(receive, page):
    receive(report("o1", "o2"), observation("o1", value="1"), observation("o2", value="2", status="preliminary"))
    first = values(page())
    receive(observation("o2", value="2"))

    assert first == {"Svar r1": ["1"]}
    assert values(page()) == {"Svar r1": ["1", "2"]}


def test_a_correction_updates_what_is_shown_and_tells_no_more(receive, page, told):
    receive(report("o1"), observation("o1", value="1.0"))
    receive(observation("o1", value="1.1", status="corrected"))
    receive(report("o1", status="amended", conclusion="Rettet."))

    (item,) = page()["items"]
    assert (item["status"], item["conclusion"], item["values"][0]["value"]) == ("amended", "Rettet.", "1.1")
    assert len(told()) == 1


def test_an_observation_that_was_entered_in_error_leaves_its_report(receive, page):
    receive(report("o1", "o2"), observation("o1", value="1"), observation("o2", value="2"))
    gone = {"resourceType": "Observation", "id": "o2", "status": "entered-in-error"}

    assert [receive(gone), receive(gone)] == [["stored"], ["unchanged"]]
    assert values(page()) == {"Svar r1": ["1"]}


def test_a_report_that_was_entered_in_error_leaves_its_observations(receive, page, store):
    receive(report("o1", conclusion="Feil pasient"), observation("o1"))
    receive({"resourceType": "DiagnosticReport", "id": "r1", "status": "entered-in-error"})

    assert names(page()) == ["Prøve o1"]
    with store._database.engine.connect() as connection:
        connection.exec_driver_sql(
            "select set_config('app.owner', 'c1', true)"
        ) if connection.dialect.name != "sqlite" else None
        kept = connection.exec_driver_sql("select * from results").all()
    assert "Feil pasient" not in repr(kept)


def test_an_observation_that_a_corrected_report_no_longer_names_is_shown_by_itself(receive, page):
    receive(report("o1", "o2"), observation("o1"), observation("o2"))
    receive(report("o1", status="corrected"))

    assert sorted(names(page())) == ["Prøve o2", "Svar r1"]


def test_what_was_never_known_cannot_be_withdrawn(receive):
    assert receive({"resourceType": "Observation", "id": "o9", "status": "entered-in-error"}) == ["unchanged"]


def test_a_result_that_may_no_longer_be_shown_is_withheld(receive, page):
    receive(observation("o1"))
    limit = {"security": [{"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": "SPERRET"}]}

    assert receive(observation("o1", meta=limit)) == ["not supported"]
    assert names(page()) == []


def test_one_bad_entry_does_not_lose_the_others(receive, page):
    outcomes = receive(observation("o1", code={}) | {"code": {}}, observation("o2"), as_they_are=True)

    assert outcomes[0] == {"index": 0, "outcome": "refused", "code": "nameless", "path": "Observation.code"}
    assert names(page()) == ["Prøve o2"]


def test_nobody_is_told_of_what_they_would_not_be_shown(results, receive, told):
    results.rules = organisations_of(
        rules_of(
            manifest=manifest_of(everything_since=date(2026, 2, 25)),
            classify_result=ResultClass.auto(),
            restrict_sharing=lambda asked: Restriction.withhold("inpatient") if asked.setting == "inpatient" else None,
        )
    )
    receive(observation("before", answered=NOW - 5 * DAY))
    receive(observation("withheld"), setting="inpatient")
    receive(observation("shown"))

    assert len(told()) == 1


def test_a_result_that_is_withheld_for_a_while_and_shown_again_is_told_of_once(results, receive, page, told):
    receive(observation())
    results.rules = by_code(**{"c718-7": ResultClass.manual()})
    receive(observation(value="1.1", status="corrected"))
    withheld = page()
    results.rules = by_code()
    receive(observation(value="1.2", status="corrected"))

    assert names(withheld) == []
    assert values(page()) == {"Prøve o1": ["1.2"]}
    assert len(told()) == 1


def test_two_organisations_may_use_one_key(results, receive, page):
    results.rules = organisations_of(
        rules_of(classify_result=ResultClass.auto()),
        rules_of(manifest=manifest_of("st_olavs"), classify_result=ResultClass.manual()),
    )
    receive(report("o1"), observation("o1"))
    receive(report("o1"), observation("o1"), organisation="st_olavs")

    assert [item["organisation"] for item in page()["items"]] == ["trondheim"]


@pytest.mark.parametrize("query", [{"limit": 0}, {"cursor": "x"}, {"released": False}, None])
def test_a_question_of_another_form_is_malformed(results, citizen, query):
    with pytest.raises(Malformed):
        results.page(query, citizen)


def test_golden_scenario_5_a_crash_in_classify_result_is_manual_and_asked_again(
    results, receive, page, told, promised, clock, keep_promises
):
    calls = []

    def crash(_question):
        raise RuntimeError("no rules today")

    results.rules = organisations_of(rules_of(classify_result=crash, observer=calls.append))
    receive(observation())
    during = page()
    clock.move(HOUR)
    keep_promises()
    still = page()
    results.rules = by_code()
    clock.move(HOUR)
    keep_promises()

    assert names(during) == names(still) == []
    assert {call.outcome for call in calls} == {"failed"}
    assert names(page()) == ["Prøve o1"]
    assert len(told()) == 1
    assert promised() == []


def test_golden_scenario_6_an_unreviewed_result_is_released_exactly_once_over_a_restart(
    results, receive, page, told, clock, keep_promises
):
    results.rules = by_code(c1=ResultClass.review(14))
    receive(observation(code="1", answered=NOW))
    clock.move(14 * DAY - HOUR)
    assert keep_promises() == []
    assert names(page()) == []
    clock.move(HOUR)
    claimed = keep_promises(only_claim=True)  # and then its process died
    assert names(page()) == []
    assert keep_promises() == []
    clock.move(CLAIMED_FOR)
    (due,) = keep_promises()

    assert [due.id] == [one.id for one in claimed]
    assert names(page()) == ["Prøve o1"]
    assert told() == [page()["items"][0]["id"]]
    clock.move(30 * DAY)
    assert keep_promises() == []
    assert len(told()) == 1


def test_golden_scenario_6_a_fulfilled_promise_has_no_second_effect(
    results, receive, told, clock, keep_promises, store, monkeypatch
):
    results.rules = by_code(c1=ResultClass.review(14))
    receive(observation(code="1", answered=NOW))
    clock.move(14 * DAY)
    (due,) = keep_promises()
    monkeypatch.setitem(keep_promises.__globals__, "claim", lambda *_: [due])

    with pytest.raises(AlreadyDone):
        keep_promises()
    assert len(told()) == 1


def test_golden_scenario_7_a_blocked_result_is_in_no_view_notice_count_or_log(
    results, receive, page, told, keep_promises, promised, caplog
):
    citizen = citizen_token("c1", ["results:read"])
    clock = results.clock
    caplog.set_level(logging.DEBUG)
    results.rules = by_code(c51969=ResultClass.blocked())
    receive(*[observation(f"o{number}") for number in range(3)])
    before, told_before = page(limit=2), told()
    logged = len(caplog.records)
    receive(
        report("b1", key="b", code="51969"),
        observation("b1", code="51969", value="AB0"),
        observation("b2", code="51969"),
    )
    clock.move(400 * DAY)
    keep_promises()
    clock.move_to(NOW)

    assert page(limit=2) == before
    assert orjson.loads(results.for_home({}, citizen))["items"][:2] == before["items"]
    proxy = citizen_token("c1", ["results:read"], actor="c2", basis="grant")
    assert len(orjson.loads(results.page({}, proxy))["items"]) == 3
    assert (told(), promised()) == (told_before, [])
    assert not any("51969" in record.getMessage() for record in caplog.records[logged:])


def test_golden_scenario_16_what_is_from_before_the_organisation_joined_is_absent(results, receive, page):
    results.rules = organisations_of(
        rules_of(manifest=manifest_of(everything_since=date(2026, 3, 1)), classify_result=ResultClass.auto())
    )
    receive(observation("before", effectiveDateTime="2026-02-28"), observation("after", effectiveDateTime="2026-03-01"))

    assert names(page()) == ["Prøve after"]
    assert page()["absences"] == [{"code": "before_go_live", "organisation": "trondheim", "date": "2026-03-01"}]


def test_golden_scenario_16_an_earlier_corona_test_is_shown(receive, page):
    long_ago = datetime(2021, 1, 10, tzinfo=UTC)
    receive(
        observation("corona", code="94500-6", answered=long_ago),
        observation("other", answered=long_ago),
        report("in", key="panel", answered=long_ago),
        observation("in", code="94500-6", answered=long_ago),
        report("in", "also", key="mixed", code="94531-1", answered=long_ago),
    )

    assert sorted(names(page())) == ["Prøve corona"]
    receive(observation("also", answered=long_ago))
    assert sorted(names(page())) == ["Prøve corona", "Svar mixed", "Svar panel"]
