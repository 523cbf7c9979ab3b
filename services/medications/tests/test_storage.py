"""The list in a database: kept once, and read back as it was."""

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel.database import KERNEL_TABLES
from helsami_kernel.journal import Entry
from helsami_kernel.testing import system_token
from helsami_medications.domain import Medicine, Use
from helsami_medications.models import MEDICATIONS, METADATA
from helsami_medications.storage import LIST

# Promised are 2 ms; whatever shares the core, in a run of all tests, may take as much again.
PAGE_MS = 4

AT = datetime(2026, 2, 1, 8, tzinfo=UTC)
METFORMIN = Medicine("Metformin", "http://www.whocc.no/atc", "A10BA02", Use.ACTIVE, AT, "2026-02-01")


def save(store, *medicines, key="1", organisation="trondheim"):
    entry = Entry(0, "MedicationRequest", key, {})
    with store.transaction("c1") as tx:
        return tx.keep("c1", organisation, [(entry, medicine) for medicine in medicines or [METFORMIN]])


def read(store, medications, access, owner="c1"):
    page = LIST.finished(store.reading(owner), medications.rules, access, AT, 10)
    return orjson.loads(page)["items"]


def test_the_same_again_is_unchanged_and_another_word_updates(store, medications, citizen):
    assert save(store) == ["stored"]
    assert save(store) == ["unchanged"]
    assert save(store, replace(METFORMIN, use=Use.ENDED)) == ["stored"]
    assert [item["status"] for item in read(store, medications, citizen)] == ["ended"]


def test_two_organisations_may_use_one_key(store, medications, citizen):
    save(store)
    save(store, organisation="st_olavs")

    assert {item["organisation"] for item in read(store, medications, citizen)} == {"trondheim", "st_olavs"}


def test_what_is_withdrawn_is_gone_and_twice_is_unchanged(store, medications, citizen):
    save(store)

    assert save(store, None, None) == ["stored", "unchanged"]
    assert read(store, medications, citizen) == []


def test_the_last_word_of_one_delivery_counts(store, medications, citizen):
    assert save(store, METFORMIN, None, replace(METFORMIN, dosage="1 tablett")) == ["stored"] * 3
    assert [item["dosage"] for item in read(store, medications, citizen)] == ["1 tablett"]


def test_another_citizens_list_is_not_read(store, medications, citizen):
    save(store)

    assert read(store, medications, citizen, owner="c2") == []


def test_the_migrations_make_the_tables_of_the_models(store):
    found = sa.inspect(store._database.engine)
    for table in (*METADATA.sorted_tables, *KERNEL_TABLES.sorted_tables):
        assert {column["name"] for column in found.get_columns(table.name)} == set(table.columns.keys())
        assert {index["name"] for index in found.get_indexes(table.name) if not index["unique"]} == {
            index.name for index in table.indexes
        }


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_on_postgresql_no_statement_sees_another_owners_row(store):
    save(store)
    everything = sa.select(MEDICATIONS.c.id, sa.bindparam("owner"))

    assert len(store.reading("c1").fetch(everything)) == 1
    assert store.reading("c2").fetch(everything) == []


def test_an_import_and_a_page_are_fast_enough(store, medications, citizen, capsys):
    resource = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Metformin"},
        "authoredOn": "2026-02-01",
        "dosageInstruction": [{"text": "1 tablett"}],
    }

    def receive(delivery):
        entries = [
            {"index": number, "type": "MedicationRequest", "key": f"{delivery}.{number}", "resource": resource}
            for number in range(200)
        ]
        medications.receive({"citizen": "c1", "entries": entries}, system_token("trondheim"))

    receive("first")
    page = 1000 * quickest(lambda _: medications.page({"limit": 10}, citizen), 200)
    imported = 200 / quickest(receive, 3)
    kind = store._database.engine.dialect.name
    with capsys.disabled():
        sys.stdout.write(
            f"\nmedications on {kind}: {imported:.0f} entries/s, {page:.2f} ms a page of ten, of processor time\n"
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
