"""A hostile plugin on the real plugin host: contained, named, and noticed by nobody but its own organisation."""

import contextlib
import sys
import time
from dataclasses import replace

import eventlet
import pytest

from harness.answering import RULES, SLOTS, everything_they_answer
from helsami_sdk import BookingDecision, SharingQuestion, Tier, codec
from helsami_sdk.discovery import NotLoaded
from helsami_sdk.executors import HookFailed
from helsami_sdk.host import Host, framing
from helsami_sdk.host.hosted import HostedRules
from helsami_sdk.host.program import Program

from .asking import BOOKING, LIMITS, heard_of, rules_that

HOSTILE = {
    "loops for ever": ("while True: pass", "late"),
    "loops, and answers interruptions": ("try: exec('while True: pass')\n    finally: return None", "late"),
    "allocates 1 GiB": ("bytearray(1 << 30)", "raised"),
    "allocates until it is stopped": ("kept = []\n    while True: kept.append(bytearray(1 << 20))", "raised"),
    "ends its process": ("import os; os._exit(0)", "died"),
    "raises SystemExit": ("raise SystemExit(0)", "raised"),
    "opens a socket": ("import socket; socket.socket()", "raised"),
    "connects to somebody": ("import socket; socket.create_connection(('127.0.0.1', 5672))", "raised"),
    "reads a file": ("open('/etc/passwd').read()", "raised"),
    "reads its own code": ("open(__file__).read()", "raised"),
    "looks around": ("import os; os.listdir('/')", "raised"),
    "reads who started it": ("open('/proc/self/environ').read()", "raised"),
    "forks": ("import os; os.fork()", "raised"),
    "starts a program": ("import subprocess; subprocess.run(['/bin/true'])", "raised"),
    "starts a thread": ("import threading; threading.Thread(target=print).start()", "raised"),
    "kills its parent": ("import os; os.kill(os.getppid(), 9); raise LookupError", "raised"),
    "answers 10 MB": ("return BookingDecision(BookingDecision.phone().tier, 'x', None, 'x' * 10_000_000)", "too-long"),
    "answers a list": ("return [1]", "invalid"),
    "answers a subclass": ("return type('B', (BookingDecision,), {}).direct()", "invalid"),
    "bombs the stack": ("def deep(): deep()\n    deep()", "raised"),
    "bombs the interpreter's own stack": ("import ctypes; ctypes.string_at(0)", "died"),
    "closes its descriptors": ("import os; [os.close(each) for each in range(64)]", "raised"),
    "speaks out of turn": (
        (
            "import os, contextlib\n    for each in range(64):\n"
            "        with contextlib.suppress(OSError): os.write(each, b'\\0\\0\\0\\x02{}')"
        ),
        "garbled",
    ),
    "sleeps": ("import time; time.sleep(60)", "raised"),
    "waits for nothing": ("import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()", "late"),
}


@pytest.mark.parametrize(("body", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_a_plugin_that_is_hostile_harms_nobody_but_itself(region, alone, body, reason):
    region.install("malvik", rules_that(body))
    organisations = region.load()
    malvik = organisations["malvik"]

    decision = malvik.decide_booking(BOOKING)

    assert (decision.tier, decision.reason, decision.telephone) == (
        Tier.PHONE,
        "rules-unavailable",
        "+47 00 00 00 50",
    )
    (call,) = heard_of(region, "decide_booking")
    assert (call.layer, call.reason) == ("malvik/rules.py", reason)
    assert call.outcome == ("invalid" if reason == "invalid" else "failed")
    assert everything_they_answer(organisations) == alone
    assert all(rules.state == "live" for rules in organisations.values())
    assert not malvik.restrict_sharing(SharingQuestion("note")).withheld


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("while True: pass", "did not start: late"),
        ("import os; os._exit(0)", "did not start: died"),
        ("open('/etc/passwd')", "cannot be imported: "),
        ("import os; os.fork()", "cannot be imported: "),
        ("import socket; socket.socket()", "cannot be imported: "),
        ("bytearray(1 << 30)", "cannot be imported: MemoryError"),
        ("import no_such_module", "cannot be imported: ModuleNotFoundError"),
        ("import eventlet", "cannot be imported: ModuleNotFoundError"),
        ("import helsami_plugin_trondheim", "cannot be imported: ModuleNotFoundError"),
    ],
)
def test_a_plugin_that_is_hostile_when_it_is_imported_is_closed_and_the_others_are_live(region, alone, code, problem):
    region.install("malvik", f"{code}\n{RULES}")

    assert problem in region.closed_because("malvik")
    assert everything_they_answer(region.organisations) == alone


@pytest.mark.parametrize(
    ("greeting", "problem"),
    [
        ('{"hooks": 5, "walls": []}', "did not start: garbled"),
        ('{"hooks": [["decide_booking"]], "walls": []}', "did not start: garbled"),
        ('{"hooks": ["decide_booking"], "walls": null}', "did not start: garbled"),
        ('{"refused": 1}', "did not start: garbled"),
        (r'{"refused": "half of a character: \ud800"}', "half of a character:  "),
    ],
)
def test_a_plugin_that_greets_in_the_place_of_its_host_closes_itself_alone(region, alone, greeting, problem):
    frame = len(greeting).to_bytes(4) + greeting.encode()
    speak = f"for each in range(64):\n    with contextlib.suppress(OSError): os.write(each, {frame!r})"
    region.install("malvik", f"import contextlib, os\n{speak}\nos._exit(0)\n")

    assert problem in region.closed_because("malvik")
    assert everything_they_answer(region.organisations) == alone


def test_organisations_that_never_finish_to_load_are_waited_for_at_the_same_time(host):
    programs = [Program({"endless": ("endless.py", "while True: pass")}, "endless") for _ in range(2)]
    began = time.monotonic()
    all_of_them = [HostedRules("x/rules.py", one, host, replace(LIMITS, start=1.0), _tell_nobody) for one in programs]

    for rules in all_of_them:
        with pytest.raises(NotLoaded, match="late"):
            rules.settle()

    assert time.monotonic() - began < 1.9


def _tell_nobody(*_told):
    """A host's observer that does not care."""


def test_code_never_runs_in_the_process_of_the_service(region):
    region.install("malvik", f"import sys\nsys.helsami_was_here = True\n{RULES}")

    assert region.load()["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT
    assert not hasattr(sys, "helsami_was_here")
    assert "helsami_plugin_malvik" not in sys.modules


def test_the_environment_of_the_service_is_not_there(region, monkeypatch):
    monkeypatch.setenv("HELSAMI_DATABASE", "postgresql+psycopg2://everything")
    body = "import os; assert set(os.environ) <= {'LC_CTYPE'}, os.environ"
    region.install("malvik", rules_that(body))

    assert Host(limits=LIMITS).close() is None  # a host started with the variable set
    assert region.load()["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT


def test_what_a_plugin_prints_goes_nowhere(region, capfd):
    region.install("malvik", rules_that("import sys; print('secret'); print('secret', file=sys.stderr, flush=True)"))

    assert region.load()["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT
    assert "secret" not in "".join(capfd.readouterr())


def test_ids_that_were_not_in_the_question_are_refused(region):
    region.install("malvik", RULES.replace("return question.ids", "return frozenset({'a slot of st_olavs'})"))
    rules = region.load()["malvik"]

    for _ in range(LIMITS.failures + 1):
        assert rules.restrict_slots(SLOTS) == frozenset()

    assert [call.reason for call in heard_of(region, "restrict_slots")] == ["invalid"] * 3 + ["quarantined"]


class Forger:
    """Children that answer every question as if it were another, with an answer that would do."""

    def start(self, channel):
        """Answer over the channel until it closes."""
        end = channel.dup()
        eventlet.spawn(self._live, end)
        return 1

    def kill(self, number):
        """Nobody is there."""

    def _live(self, end):
        with end, contextlib.suppress(EOFError):
            framing.receive(end, 10_000)
            framing.send(end, codec.compact({"hooks": ["decide_booking"], "walls": []}))
            asked = codec.parse(framing.receive(end, 10_000))
            answer = codec.write(BookingDecision.direct(), BookingDecision)
            framing.send(end, codec.compact({"number": asked["number"] - 1, "answer": answer}))


def test_an_answer_to_another_question_is_none_to_this():
    rules = HostedRules("x/rules.py", Program({}, "x"), Forger(), LIMITS, lambda *_told: None)
    rules.settle()

    with pytest.raises(HookFailed) as failed:
        rules.ask("decide_booking", BOOKING)

    assert failed.value.reason == "garbled"
    rules.close()


def test_a_question_that_a_plugin_changes_is_the_same_for_the_service(region):
    forge = "object.__setattr__(question, 'slots', (type(question.slots[0])('forged', question.asked_at, 'x'),))"
    region.install("malvik", RULES.replace("return question.ids", f"{forge}\n    return question.ids"))
    before = repr(SLOTS)

    assert region.load()["malvik"].restrict_slots(SLOTS) == frozenset()
    assert repr(SLOTS) == before
    assert [call.reason for call in heard_of(region, "restrict_slots")] == ["invalid"]


def test_what_a_plugin_says_of_its_failure_cannot_carry_the_question(region):
    body = "raise type('secret ' + question.visit_type, (Exception,), {})()"
    region.install("malvik", rules_that(body))

    region.load()["malvik"].decide_booking(BOOKING)

    assert "consultation" not in repr(region.heard)


def test_rules_may_use_the_pure_part_of_the_standard_library(region):
    body = """
    import decimal, statistics, unicodedata
    from datetime import datetime
    from zoneinfo import ZoneInfo
    datetime.strptime("2026", "%Y").astimezone(ZoneInfo("Europe/Oslo"))
    "bodø".encode("latin-1"), statistics.mean([1, 2]), unicodedata.name("ø"), decimal.Decimal("0.1")"""
    region.install("malvik", rules_that(body))

    assert region.load()["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT


def test_a_package_may_have_more_modules_than_its_rules(region):
    region.install("malvik", "from helsami_plugin_malvik.terms import TIER\nfrom . import terms\n" + rules_that("TIER"))
    (region.folder / "helsami_plugin_malvik" / "terms.py").write_text("TIER = 'direct'\n")

    assert region.load()["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT


def test_data_alone_need_no_process(region):
    region.install("malvik", None, policy='[[booking]]\ntier = "direct"')
    organisations = region.load()

    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT
    assert not isinstance(dict(organisations._found["malvik"].layers()).get("malvik/rules.py"), HostedRules)
