"""Every metric that is declared is also set, and the levels of a running process can be scraped."""

from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.metrics import MetricWrapperBase

import helsami_kernel
from helsami_kernel import Store, metrics, rpc
from helsami_kernel.database import Database, Writes
from helsami_kernel.lifetime import measure

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
