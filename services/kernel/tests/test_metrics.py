"""Every metric that is declared is also set, and the levels of a running process can be scraped."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import Counter, generate_latest
from prometheus_client.metrics import MetricWrapperBase

import helsami_kernel
from helsami_kernel import Store, metrics, rpc
from helsami_kernel.database import KERNEL_TABLES, Database, Reads, Writes
from helsami_kernel.decisions import Decisions
from helsami_kernel.lifetime import measure
from helsami_kernel.store import OpenStore

SOURCES = [path for path in Path(helsami_kernel.__file__).parent.rglob("*.py") if path.name != "metrics.py"]


class Shelf:
    """Owns what it stores."""

    name = "shelf"
    store = Store()

    @rpc(scope="results:read")
    def things(self, question, access):
        return []


def scraped(name, service):
    lines = generate_latest().decode().splitlines()
    (line,) = [one for one in lines if one.startswith(f'{name}{{service="{service}"}} ')]
    return float(line.rpartition(" ")[2])


@pytest.mark.parametrize(
    "name", [name for name, metric in vars(metrics).items() if isinstance(metric, MetricWrapperBase)]
)
def test_a_metric_that_is_declared_is_set_somewhere(name):
    assert any(f"metrics.{name}" in path.read_text(encoding="utf-8") for path in SOURCES)


def test_a_process_tells_whether_each_service_has_its_bus_and_how_full_its_pool_is(start, any_bus):
    runner = start(any_bus, Shelf, pool_size="3").runner
    database: Database = runner.containers[0].config["databases"]["shelf"]

    with database.transaction(Writes, None):
        measure(runner)
    assert scraped("helsami_bus_connected", "shelf") == 1
    assert scraped("helsami_database_pool_in_use", "shelf") >= 1
    assert scraped("helsami_database_pool_size", "shelf") > 0

    runner.stop(within=5)
    measure(runner)
    assert scraped("helsami_bus_connected", "shelf") == 0
    assert scraped("helsami_database_pool_in_use", "shelf") == 0


def test_what_a_transaction_counts_is_counted_when_it_is_stored_and_not_otherwise(tmp_path):
    counter = Counter("helsami_of_this_test_total", "Counted in a transaction.", registry=None)
    database = Database(f"sqlite:///{tmp_path}/c.db", 1, lambda: datetime(2026, 3, 1, tzinfo=UTC))
    KERNEL_TABLES.create_all(database.engine)
    decisions = Decisions("counting", database, lambda: datetime(2026, 3, 1, tzinfo=UTC))
    store = OpenStore(database, Reads, Writes, told=lambda: None, decisions=decisions)

    with pytest.raises(ZeroDivisionError), store.transaction(None) as tx:
        tx.count(counter)
        raise ZeroDivisionError
    with store.transaction(None) as tx:
        tx.count(counter)
        assert counter._value.get() == 0, "not before it is stored"
    database.close()

    assert counter._value.get() == 1
