"""What the services say of themselves: their page is true, and nobody asks in a circle (reliability.md 1.7)."""

from graphlib import TopologicalSorter
from pathlib import Path

from helsami_kernel import describe, installed
from helsami_kernel.events import Handles
from helsami_kernel.rpc import RemoteService

ROOT = Path(__file__).parents[2]


def services():
    return installed.services(installed.service_names())


def test_the_page_about_the_services_is_what_the_code_says():
    written = (ROOT / "services/README.md").read_text(encoding="utf-8")

    assert written == describe.page(), "run: .venv/bin/python -m helsami_kernel.describe > services/README.md"


def test_no_service_asks_one_that_asks_it_since_both_would_wait_with_all_their_workers():
    asks = {
        service.name: {each.service for each in vars(service).values() if isinstance(each, RemoteService)}
        for service in services()
    }

    assert asks["gateway"], "there is something to check"
    tuple(TopologicalSorter(asks).static_order())


def test_everything_announced_is_heard_and_everything_heard_is_announced():
    announced = {(service.name, event) for service in services() for event in describe.announced(service)}
    heard = {(each.source, each.event) for service in services() for each in describe.entrypoints(service, Handles)}

    assert announced == heard, "an event that nobody hears stays in its outbox for ever"


def test_every_folder_of_a_service_is_a_service_on_the_bus():
    folders = {path.parents[1].name for path in ROOT.glob("services/*/helsami_*/service.py")}

    assert folders | {"gateway"} == set(installed.service_names())
