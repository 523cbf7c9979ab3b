"""Results in a database: what is not released changes no byte of what a citizen reads."""

import sys
import time
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from helsami_kernel.database import KERNEL_TABLES
from helsami_kernel.testing import MovableClock, citizen_token, open_store, service, system_token
from helsami_results.models import METADATA, RESULTS
from helsami_results.service import ResultsService
from helsami_results.storage import Reads, Writes
from helsami_sdk.answers import ResultClass
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

# Promised are 2 ms; whatever shares the core, in a run of all tests, may take as much again.
PAGE_MS = 4

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CITIZEN = citizen_token("c1", ["results:read"])
UNRELEASED = {
    "manual": ResultClass.manual(),
    "blocked": ResultClass.blocked(),
    "review": ResultClass.review(365),
    "crash": None,
}


def by_code(question):
    if question.code == "crash":
        raise RuntimeError("no rules today")
    return UNRELEASED.get(question.code, ResultClass.auto())


RULES = organisations_of(
    rules_of(classify_result=by_code), rules_of(manifest=manifest_of("st_olavs"), classify_result=by_code)
)


def observation(code="auto", hours=0, **parts):
    at = (NOW - timedelta(hours=hours)).isoformat()
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": code, "coding": [{"code": code}]},
        "effectiveDateTime": at,
        "issued": at,
        "valueQuantity": {"value": "1.50", "unit": "g/L"},
    } | parts


def deliver(results, *resources, organisation="trondheim", citizen="c1"):
    entries = [
        {"index": place, "type": resource["resourceType"], "key": key, "resource": resource}
        for place, (key, resource) in enumerate(resources)
    ]
    return results.receive({"citizen": citizen, "entries": entries}, system_token(organisation))


def every_page(results, limit):
    pages, cursor = [], None
    while True:
        pages.append(results.page({"limit": limit, "cursor": cursor}, CITIZEN))
        cursor = orjson.loads(pages[-1])["next"]
        if cursor is None:
            return pages


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request, migrated):
    """A maker of services, each with a citizen of its own: the ids of items depend on it."""
    clock = MovableClock(NOW)
    store = open_store("results", migrated("results", request.param), Reads, Writes, clock)

    def empty():
        with store._database.engine.begin() as connection:
            if request.param == "postgresql":
                connection.exec_driver_sql("select set_config('app.owner', 'c1', true)")
            for table in (*METADATA.sorted_tables, *KERNEL_TABLES.sorted_tables):
                connection.execute(sa.delete(table))
        return service(ResultsService, store=store, rules=RULES, clock=clock)

    yield empty
    store._database.close()


HIDDEN = st.tuples(
    st.sampled_from(["alone", "report", "preliminary", "in error"]),
    st.sampled_from(sorted(UNRELEASED)),
    st.integers(0, 8_000),  # hours, fewer than a review lasts
    st.sampled_from(["trondheim", "st_olavs"]),
    st.booleans(),
)


def send_hidden(results, number, shape, code, hours, organisation):
    key = f"hidden{number}"
    match shape:
        case "alone":
            deliver(results, (key, observation(code, hours)), organisation=organisation)
        case "preliminary":
            deliver(results, (key, observation("auto", hours, status="preliminary")), organisation=organisation)
        case "in error":
            deliver(results, (key, observation("auto", hours, status="preliminary")), organisation=organisation)
            deliver(
                results, (key, {"resourceType": "Observation", "status": "entered-in-error"}), organisation=organisation
            )
        case "report":
            report = observation("auto", hours) | {
                "resourceType": "DiagnosticReport",
                "result": [{"reference": f"Observation/{key}"}],
                "conclusion": "hemmelig",
            }
            del report["valueQuantity"]
            deliver(results, (f"r{key}", report), (key, observation(code, hours)), organisation=organisation)


@settings(
    max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    shown=st.lists(st.integers(0, 20_000), max_size=6),
    hidden=st.lists(HIDDEN, min_size=1, max_size=5),
    limit=st.integers(1, 4),
)
def test_unreleased_results_never_change_any_byte_of_the_page(fresh, shown, hidden, limit):
    def pages(*, with_hidden):
        results = fresh()
        if with_hidden:
            for number, (*what, first) in enumerate(hidden):
                if first:
                    send_hidden(results, number, *what)
        for number, hours in enumerate(shown):
            deliver(results, (f"shown{number}", observation("auto", hours)))
        if with_hidden:
            for number, (*what, first) in enumerate(hidden):
                if not first:
                    send_hidden(results, number, *what)
        return every_page(results, limit)

    assert pages(with_hidden=True) == pages(with_hidden=False)


def test_the_migrations_make_the_tables_of_the_models(store):
    found = sa.inspect(store._database.engine)
    for table in (*METADATA.sorted_tables, *KERNEL_TABLES.sorted_tables):
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        indexes = {index["name"] for index in found.get_indexes(table.name) if not index["unique"]}
        assert indexes == {index.name for index in table.indexes}


def test_another_citizens_results_are_not_read(results):
    deliver(results, ("o1", observation()), citizen="c2")

    assert orjson.loads(results.page({}, CITIZEN))["items"] == []


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_on_postgresql_no_statement_sees_another_owners_row(results, store):
    deliver(results, ("o1", observation()))
    everything = sa.select(RESULTS.c.id, sa.bindparam("owner"))

    assert len(store.reading("c1").fetch(everything)) == 1
    assert store.reading("c2").fetch(everything) == []


def test_an_import_and_a_page_are_fast_enough(fresh, capsys):
    results = fresh()

    def receive(delivery):
        resources = []
        for number in range(25):
            keys = [f"{delivery}.{number}.{member}" for member in range(7)]
            report = observation() | {
                "resourceType": "DiagnosticReport",
                "result": [{"reference": f"Observation/{key}"} for key in keys],
            }
            resources += [(f"{delivery}.{number}", report), *((key, observation()) for key in keys)]
        deliver(results, *resources)

    receive("first")
    page = 1000 * quickest(lambda _: results.page({"limit": 10}, CITIZEN), 200)
    imported = 200 / quickest(receive, 3)
    with capsys.disabled():
        kind = results.store._database.engine.dialect.name
        sys.stdout.write(
            f"\nresults on {kind}: {imported:.0f} entries/s, {page:.2f} ms a page of ten, of processor time\n"
        )

    assert imported >= 500
    assert page <= PAGE_MS


def quickest(work, times):
    """Seconds of this process in the fastest of some runs, whatever else the machine does."""

    def seconds(number):
        began = time.process_time()
        work(number)
        return time.process_time() - began

    return min(seconds(number) for number in range(times))
