"""The organisations' states on both buses: told over and over, obeyed in every process, and closed until heard."""

from types import SimpleNamespace

import eventlet
import pytest

from helsami_kernel import OrganisationRules, Store, goes_live, metrics, states
from helsami_kernel.bus import ORGANISATIONS, Message, Queue
from helsami_kernel.container import open_bus
from helsami_kernel.memory_bus import MemoryBus
from helsami_kernel.rules import observe, organisations
from helsami_kernel.states import TOLD, States, StatesTold, TellStates
from helsami_kernel.testing import until
from helsami_sdk.questions import SharingQuestion
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

VACCINE = SharingQuestion("vaccine")


class Register:
    """What the directory's database holds, for the tests here."""

    told = StatesTold(0, {})


class Directory:
    name = "directory"
    store = Store()
    rules = OrganisationRules()
    tell = TellStates(lambda _database: Register.told)


class Results:
    name = "results"
    store = Store()
    rules = OrganisationRules()


@pytest.fixture(autouse=True)
def _empty():
    Register.told = StatesTold(0, {})
    yield
    organisations().apply(None)


def region(*names):
    return organisations_of(*(rules_of(manifest=manifest_of(name), observer=observe) for name in names))


def codes(held):
    return {name: rules.restrict_sharing(VACCINE).reason for name, rules in held.items()}


def tell(system):
    (teller,) = (each for each in system.runner.containers[0].dependencies if isinstance(each, TellStates))
    teller.tell()


@pytest.fixture
def process(request):
    """Other processes on a bus, with organisations of their own."""
    running = []

    def begin(settings, *names):
        bus, held = open_bus(settings), region(*names)
        heard = States(held)
        heard.listen(bus, eventlet.spawn)
        bus.start()
        running.append(bus)
        until(lambda: bus.connected)
        return SimpleNamespace(bus=bus, organisations=held, states=heard)

    yield begin
    for bus in running:
        bus.stop()


def test_until_it_is_heard_everything_is_closed_and_the_code_says_why(any_bus, settings, process):
    alone = process(settings(any_bus), "trondheim")

    assert codes(alone.organisations) == {"trondheim": "organisation-state-unknown"}
    assert not alone.states.known


def test_a_process_that_starts_asks_for_the_states_and_hears_them(any_bus, start):
    Register.told = StatesTold(3, {"trondheim": "live", "st_olavs": "paused"})

    system = start(any_bus, Directory, Results)

    until(lambda: system.runner.settled)
    held = codes(organisations())
    assert (held["trondheim"], held["st_olavs"]) == ("", "organisation-paused")
    assert held["oya_legesenter"] == "organisation-draft"


def test_a_change_reaches_every_process_without_being_asked_for(bus, start, process):
    Register.told = StatesTold(1, {"trondheim": "live", "bodo": "live"})
    system = start(bus, Directory)
    others = [process(system.settings, "trondheim", "bodo") for _ in range(3)]
    until(lambda: all(codes(other.organisations) == {"trondheim": "", "bodo": ""} for other in others))

    Register.told = StatesTold(2, {"trondheim": "paused", "bodo": "live"})
    tell(system)

    paused = {"trondheim": "organisation-paused", "bodo": ""}
    until(lambda: all(codes(other.organisations) == paused for other in others), within=2)


def test_a_change_that_nobody_told_is_told_within_the_second(bus, start, process):
    Register.told = StatesTold(1, {"trondheim": "live"})
    system = start(bus, Directory)
    other = process(system.settings, "trondheim")
    until(lambda: codes(other.organisations) == {"trondheim": ""})

    Register.told = StatesTold(2, {"trondheim": "paused"})

    until(lambda: codes(other.organisations) == {"trondheim": "organisation-paused"}, within=2)


def test_the_teller_obeys_before_it_returns(start):
    system = start("memory://", Directory)
    until(lambda: system.runner.settled)

    Register.told = StatesTold(1, {"trondheim": "live"})
    tell(system)

    assert organisations()["trondheim"].state == "live"


def test_what_is_stale_changes_nothing():
    held = region("trondheim")
    heard = States(held)
    heard.hear(StatesTold(7, {"trondheim": "paused"}))

    heard.hear(StatesTold(6, {"trondheim": "live"}))

    assert codes(held) == {"trondheim": "organisation-paused"}


def test_a_directory_whose_database_was_restored_is_obeyed_in_the_end(monkeypatch):
    held = region("trondheim")
    heard = States(held)
    heard.hear(StatesTold(7, {"trondheim": "live"}))

    monkeypatch.setattr(states, "BELIEVED_FOR", states.BELIEVED_FOR * 0)
    heard.hear(StatesTold(5, {"trondheim": "paused"}))

    assert codes(held) == {"trondheim": "organisation-paused"}


def test_a_directory_without_its_database_never_leads_back(monkeypatch):
    held = region("trondheim")
    heard = States(held)
    heard.hear(StatesTold(7, {"trondheim": "paused"}))

    monkeypatch.setattr(states, "BELIEVED_FOR", states.BELIEVED_FOR * 0)
    heard.hear(StatesTold.read(StatesTold(5, {"trondheim": "live"}, remembered=True).written()))

    assert codes(held) == {"trondheim": "organisation-paused"}


def test_a_restored_database_that_counts_up_to_the_same_version_is_obeyed():
    held = region("trondheim")
    heard = States(held)
    heard.hear(StatesTold(7, {"trondheim": "live"}))

    heard.hear(StatesTold(7, {"trondheim": "paused"}))

    assert codes(held) == {"trondheim": "organisation-paused"}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"version": "7", "states": {}}', b'{"version": 7, "states": {"trondheim": 1}}', b'"live"'],
)
def test_what_nobody_would_tell_is_not_obeyed(body):
    bus, held = MemoryBus(), region("trondheim")
    heard = States(held)
    heard.listen(bus, eventlet.spawn)
    bus.start()

    bus.publish(Message(body), ORGANISATIONS, TOLD)
    bus.publish(Message(StatesTold(1, {"trondheim": "live"}).written()), ORGANISATIONS, TOLD)

    until(lambda: heard.known)
    assert codes(held) == {"trondheim": ""}


def test_what_was_heard_last_holds_while_the_directory_is_silent(bus, start, process):
    Register.told = StatesTold(1, {"trondheim": "live"})
    system = start(bus, Directory)
    other = process(system.settings, "trondheim")
    until(lambda: other.states.known)

    system.runner.stop(within=5)

    assert codes(other.organisations) == {"trondheim": ""}


def test_a_process_that_hears_nothing_is_ready_in_the_end_and_stays_closed(monkeypatch, start):
    system = start("memory://", Results)
    assert not system.runner.settled

    monkeypatch.setattr(states, "READY_ANYWAY", states.READY_ANYWAY * 0)

    assert system.runner.settled
    assert organisations()["trondheim"].state == "unknown"


def test_a_database_that_is_away_changes_nothing(start, monkeypatch):
    Register.told = StatesTold(1, {"trondheim": "live"})
    system = start("memory://", Directory)
    until(lambda: system.runner.settled)

    def away(_database):
        raise OSError

    (teller,) = (each for each in system.runner.containers[0].dependencies if isinstance(each, TellStates))
    monkeypatch.setattr(teller, "_read", away)
    bus, told = system.runner.bus, []
    bus.consume(Queue("a late one", ORGANISATIONS, (TOLD,)), told.append, prefetch=0, settled=False)

    teller.tell()

    until(lambda: told)
    assert StatesTold.read(told[0].message.body) == StatesTold(1, {"trondheim": "live"}, remembered=True)


def test_the_state_of_an_organisation_is_a_metric_for_each_state():
    held = region("trondheim")
    States(held).hear(StatesTold(1, {"trondheim": "paused"}))

    shown = {
        sample.labels["state"]: sample.value
        for sample in metrics.ORGANISATION_STATE.collect()[0].samples
        if sample.labels["organisation"] == "trondheim"
    }
    others = dict.fromkeys(("draft", "rehearsed", "shadow", "live", "left", "unknown", "closed"), 0.0)
    assert shown == {**others, "paused": 1.0}


def test_answers_of_others_are_the_same_bytes_while_one_is_paused_and_resumed_over_and_over():
    held = region("trondheim", "bodo")
    heard = States(held)
    heard.hear(StatesTold(0, {"trondheim": "live", "bodo": "live"}))
    seen = {"trondheim": set(), "bodo": set()}

    def ask():
        while len(seen["trondheim"]) < 2 or heard._version < 40:
            for name, reason in codes(held).items():
                seen[name].add(reason)
            eventlet.sleep()

    asking = [eventlet.spawn(ask) for _ in range(20)]
    for version in range(1, 41):
        heard.hear(StatesTold(version, {"trondheim": ("live", "paused")[version % 2], "bodo": "live"}))
        eventlet.sleep()
    for each in asking:
        each.wait()

    assert seen == {"trondheim": {"", "organisation-paused"}, "bodo": {""}}


class Watchers:
    """What a service that looks at who becomes live was told, and how often it fails first."""

    told = []
    failures = 0


class Watcher:
    name = "watcher"
    store = Store()
    rules = OrganisationRules()

    @goes_live()
    def look(self, live, version):
        if Watchers.failures:
            Watchers.failures -= 1
            raise OSError
        Watchers.told.append((sorted(live), version))


@pytest.fixture
def watched(start, any_bus):
    """A service that is told who becomes live, and a way to tell its process."""
    Watchers.told, Watchers.failures = [], 0
    system = start(any_bus, Watcher)
    return system.runner.containers[0].config["states"].hear


def test_who_becomes_live_is_told_once_and_again_after_a_pause(watched):
    for version, state in enumerate(("live", "live", "paused", "live"), start=1):
        watched(StatesTold(version, {"trondheim": state, "st_olavs": "shadow"}))

    until(lambda: len(Watchers.told) == 2)
    assert Watchers.told == [(["trondheim"], 1), (["trondheim"], 4)]


def test_a_service_that_starts_is_told_of_all_who_are_live(start):
    Watchers.told = []
    Register.told = StatesTold(5, {"trondheim": "live", "st_olavs": "live", "levanger": "paused"})
    start("memory://", Directory, Watcher)

    until(lambda: Watchers.told)
    assert Watchers.told == [(["st_olavs", "trondheim"], 5)]


def test_a_service_that_fails_when_it_is_told_is_told_again(watched, monkeypatch):
    monkeypatch.setattr(states, "TRY_AGAIN_AFTER", states.TRY_AGAIN_AFTER / 100)
    Watchers.failures = 2

    watched(StatesTold(1, {"trondheim": "live"}))

    until(lambda: Watchers.told == [(["trondheim"], 1)])
