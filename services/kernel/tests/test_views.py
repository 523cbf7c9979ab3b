"""Views gathered on both buses: a service joins by binding; a dead, slow or failing one is one unavailable section."""

import time

import eventlet
import orjson
import pytest

from helsami_kernel import Store, contributes
from helsami_kernel.bus import VIEWS, Message
from helsami_kernel.errors import Unavailable
from helsami_kernel.testing import until
from helsami_kernel.views import UNAVAILABLE, Gather, joined, parted


class Memory:
    known: list[tuple[str, str, str]] = []

    def __init__(self, database):
        pass

    def recall(self):
        return list(Memory.known)

    def remember(self, view, section, service):
        Memory.known.append((view, section, service))


class Gateway:
    name = "gateway"
    store = Store()
    gather = Gather(Memory)


class Results:
    name = "results"
    delay = 0.0
    broken = False

    @contributes("home", "results", scope="results:read")
    def for_home(self, question, access):
        eventlet.sleep(Results.delay)
        if Results.broken:
            raise ValueError("13897012345")
        return orjson.dumps({"status": "ok", "items": [access.subject, question["limit"]]})


class Records:
    name = "records"
    broken = False

    @contributes("home", "vaccines", scope="records:read")
    def vaccines(self, question, access):
        if Records.broken:
            raise SystemExit
        return b'{"status":"ok","items":["vaccine"]}'

    @contributes("home", "visits", scope="records:read")
    def visits(self, question, access):
        return b'{"status":"ok","items":["visit"]}'


@pytest.fixture
def home(request, start, any_bus, token):
    Results.delay, Results.broken, Records.broken = 0.0, False, False
    Memory.known.clear()
    Memory.known.extend(getattr(request, "param", ()))
    system = start(any_bus, Gateway, Results, Records)
    gather = next(d for d in system.runner.containers[0].dependencies if isinstance(d, Gather))
    until(lambda: sum(gather.roster.sections("home").values()) == 3)

    def ask(*scopes, within=1.0):
        text = token("view:home", *(scopes or ("results:read", "records:read")))
        sections = gather.ask("home", {"limit": 3}, token=text, within=within)
        return {name: orjson.loads(body) for name, body in sections.items()}

    ask.system, ask.gather = system, gather
    return ask


def test_one_question_brings_every_section_of_every_service(home):
    assert home() == {
        "results": {"status": "ok", "items": ["c1", 3]},
        "vaccines": {"status": "ok", "items": ["vaccine"]},
        "visits": {"status": "ok", "items": ["visit"]},
    }


def test_who_joined_is_remembered(home):
    assert sorted(Memory.known) == [
        ("home", "results", "results"),
        ("home", "vaccines", "records"),
        ("home", "visits", "records"),
    ]


def test_a_failing_section_is_unavailable_and_says_nothing_else(home):
    Results.broken = True

    sections = home()

    assert sections["results"] == orjson.loads(UNAVAILABLE)
    assert sections["visits"]["status"] == "ok"


def test_a_failing_section_leaves_the_others_of_its_service_as_they_are(home):
    Records.broken = True

    sections = home()

    assert sections["vaccines"] == orjson.loads(UNAVAILABLE)
    assert sections["visits"]["status"] == "ok"


@pytest.mark.parametrize("lengths", ["vaccines:4", "vaccines:99", "vaccines", "vaccines:x", "", "None"])
def test_lengths_that_are_none_of_the_body_are_no_sections(lengths):
    with pytest.raises(ValueError, match=r"int|lengths"):
        parted(b"[{}]!", lengths)


def test_joined_sections_part_again():
    sections = {"visits": b"[1]", "vaccines": b"", "notices": b'{"a":"\xc3\xa5"}'}

    assert parted(*joined(sections)) == sections


def test_a_slow_section_is_unavailable_at_the_deadline_and_holds_nothing_up(home):
    Results.delay = 2.0
    began = time.monotonic()

    sections = home(within=0.3)

    assert time.monotonic() - began < 1.0
    assert sections["results"]["status"] == "unavailable"
    assert sections["vaccines"]["status"] == "ok"
    assert len(home.system.runner.replies) == 0


def test_a_scope_that_the_token_lacks_is_an_absence_and_not_a_failure(home):
    assert home("records:read")["results"]["absences"] == [{"code": "not_permitted"}]


@pytest.mark.parametrize("home", [[("home", "forms", "forms")]], indirect=True)
def test_a_service_that_died_before_the_gateway_started_shows_and_is_not_waited_for(home):
    began = time.monotonic()

    sections = home(within=2.0)

    assert sections["forms"] == orjson.loads(UNAVAILABLE)
    assert time.monotonic() - began < 1.0


def test_a_view_that_nobody_joined_is_unavailable(home, token):
    with pytest.raises(Unavailable):
        home.gather.ask("calendar", {}, token=token("view:calendar"), within=0.2)


def test_a_token_for_one_service_opens_no_view(home, token):
    sections = home.gather.ask("home", {"limit": 1}, token=token("results"), within=1.0)

    assert all(orjson.loads(body)["items"] == [] for body in sections.values())


@pytest.mark.parametrize(
    "announcement",
    [
        {"service": "x", "views": {"home": [5]}},
        {"service": "x", "views": {"home": ["../visits"]}},
        {"service": "x", "views": {"home": 7}},
        {"service": "x", "views": []},
        {"service": None, "views": {"home": ["a"]}},
        [],
    ],
    ids=str,
)
def test_an_announcement_that_makes_no_sense_changes_nothing(home, announcement):
    home.system.runner.bus.publish(Message(orjson.dumps(announcement)), VIEWS, "announced")
    eventlet.sleep(0.2)

    assert set(home()) == {"results", "vaccines", "visits"}
    assert len(Memory.known) == 3


def test_a_section_stays_with_the_service_that_was_first_to_give_it(home):
    taking_over = {"service": "evil", "views": {"home": ["results"]}}
    home.system.runner.bus.publish(Message(orjson.dumps(taking_over)), VIEWS, "announced")
    eventlet.sleep(0.2)

    assert home()["results"]["status"] == "ok"
    assert ("home", "results", "evil") not in Memory.known
