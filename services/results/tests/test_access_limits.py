"""Results that a laboratory hides from parents, or from the young person (9603): alone, and in reports."""

from dataclasses import replace

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel.database import OUTBOX
from helsami_kernel.testing import citizen_token

ADULT = citizen_token("c1", ["results:read"])
YOUTH = replace(ADULT, age_band="12-15")
READERS = {"adult": ADULT, "youth": YOUTH, "parent": replace(ADULT, age_band="0-11", actor="c2", basis="parental")}
EVERYBODY = set(READERS)


def labelled(*codes):
    return {"security": [{"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": code} for code in codes]}


def observation(key="o1", *codes, **more):
    return {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "code": {"text": f"Prøve {key}"},
        "effectiveDateTime": "2026-02-27T09:00:00Z",
        "issued": "2026-02-27T10:00:00Z",
        "valueString": "funn",
        "meta": labelled(*codes),
    } | more


def report(*members, codes=(), **more):
    about = observation("r1", *codes) | {"resourceType": "DiagnosticReport", "code": {"text": "Svar r1"}}
    return about | {"result": [{"reference": f"Observation/{member}"} for member in members]} | more


@pytest.fixture
def shown_to(results):
    """Who is shown any result, and nothing is explained to whoever is not."""

    def read():
        pages = {name: orjson.loads(results.page({}, access)) for name, access in READERS.items()}
        assert all(page["items"] or page["absences"] == [{"code": "none_recorded"}] for page in pages.values())
        return {name for name, page in pages.items() if page["items"]}

    return read


@pytest.fixture
def events(store):
    """What is told of limits, and of results with theirs."""

    def read():
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX.c.type, OUTBOX.c.data).order_by(OUTBOX.c.announced_at)).all()
        return [(row.type, orjson.loads(row.data)["access_limit"]) for row in rows]

    return read


@pytest.mark.parametrize(
    ("codes", "shown"),
    [
        (["N"], EVERYBODY),
        (["NORN_FORANS"], {"adult", "youth"}),
        (["NORN_UNGDOM"], {"adult", "parent"}),
        (["NORN_FORANS", "NORN_UNGDOM"], {"adult"}),
    ],
)
def test_a_result_is_shown_to_those_from_whom_it_is_not_hidden(receive, shown_to, codes, shown):
    assert receive(observation("o1", *codes)) == ["stored"]
    assert shown_to() == shown


def test_nobody_is_told_of_what_is_hidden_from_the_young_person(receive, events):
    receive(observation("o1", "NORN_UNGDOM"), observation("o2", "NORN_FORANS"), observation("o3"))

    released = [limit for kind, limit in events() if kind == "result_released"]
    assert sorted(released) == ["", "parents"]


def test_another_code_holds_at_once_and_is_told(receive, shown_to, events):
    found = []
    for codes in ((), ("NORN_FORANS",), ("NORN_FORANS",), ("NORN_UNGDOM",), ("N",)):
        receive(observation("o1", *codes))
        found.append(shown_to())

    assert found == [EVERYBODY, {"adult", "youth"}, {"adult", "youth"}, {"adult", "parent"}, EVERYBODY]
    assert [limit for kind, limit in events() if kind == "access_limit_changed"] == ["parents", "youth", ""]


@pytest.mark.parametrize("order", ["together", "report first", "members first"])
def test_a_report_is_hidden_as_each_of_its_parts_is(receive, shown_to, order):
    whole, parts = report("o1", "o2"), [observation("o1"), observation("o2", "NORN_FORANS")]
    sent = {"together": [[whole, *parts]], "report first": [[whole], parts], "members first": [parts, [whole]]}
    for delivery in sent[order]:
        receive(*delivery)

    assert shown_to() == {"adult", "youth"}


def test_a_report_follows_when_a_part_of_it_gets_another_code(receive, shown_to, events):
    receive(report("o1", codes=["NORN_FORANS"]), observation("o1", "NORN_UNGDOM"))
    found = [shown_to()]
    receive(observation("o1"))
    found.append(shown_to())
    receive(report("o1"))
    found.append(shown_to())

    assert found == [{"adult"}, {"adult", "youth"}, EVERYBODY]


def test_what_a_report_carries_in_itself_hides_it_too(receive, shown_to):
    inside = observation("x", "NORN_FORANS")
    whole = report() | {"contained": [inside], "result": [{"reference": "#x"}]}

    assert receive(whole) == ["stored"]
    assert shown_to() == {"adult", "youth"}
