"""A hostile plugin on the real plugin host: contained, named, and noticed by nobody but its own organisation."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import eventlet
import pytest

from helsami_kernel.testing import until
from helsami_sdk import BookingDecision, BookingQuestion, SharingQuestion, SlotChoice, SlotsQuestion, Tier, codec
from helsami_sdk.discovery import NotLoaded
from helsami_sdk.executors import HookFailed
from helsami_sdk.host import Host, Limits, framing, zygote
from helsami_sdk.host.hosted import HostedRules
from helsami_sdk.host.program import Program
from helsami_sdk.host.runaways import Runaways
from helsami_sdk.organisations import load_organisations

from .conftest import RULES
from .test_hostile_plugins import everything_they_answer

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
IN_A_WEEK = NOW + timedelta(days=7)
BOOKING = BookingQuestion("book", "consultation", IN_A_WEEK, NOW)
SLOTS = SlotsQuestion(tuple(SlotChoice(f"s{n}", IN_A_WEEK, "consultation") for n in range(3)), NOW)
LIMITS = Limits(deadline=1.5, start=5.0, failures=3, quarantine=1.0)

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


def rules_that(body):
    """Rules of which `decide_booking` does this, and the rest is right."""
    return RULES.replace("return BookingDecision.direct()", f"{body}\n    return BookingDecision.direct()")


@pytest.fixture
def executor():
    """The host, and nothing else."""
    return "host"


@pytest.fixture(scope="module")
def host():
    """A plugin host that waits no longer than it must."""
    host = Host(limits=LIMITS)
    yield host
    host.close()


@pytest.fixture(scope="module")
def alone():
    """What the others answer in this very process, when nobody is hostile."""
    return everything_they_answer(load_organisations())


def heard_of(region, hook):
    """What the observer was told of the hostile organisation's hook."""
    return [call for call in region.heard if call[:2] == ("malvik", hook)]


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


ON_SUNDAYS = rules_that("if question.unit == 'bad': raise LookupError")


def test_a_hook_that_fails_again_and_again_is_left_alone_and_tried_once_in_a_while(region, observed):
    region.install("malvik", ON_SUNDAYS)
    rules = region.load()["malvik"]
    bad = BookingQuestion("book", "consultation", IN_A_WEEK, NOW, unit="bad")
    told = observed(rules)

    for _ in range(LIMITS.failures):
        rules.decide_booking(bad)
    assert rules.decide_booking(BOOKING).tier is Tier.PHONE
    assert not rules.restrict_sharing(SharingQuestion("note")).withheld
    eventlet.sleep(LIMITS.quarantine)
    assert rules.decide_booking(BOOKING).tier is Tier.DIRECT

    assert [call.reason for call in heard_of(region, "decide_booking")] == ["raised"] * 3 + ["quarantined", ""]
    assert [call[:3] for call in told] == [
        ("malvik", "decide_booking", "quarantined"),
        ("malvik", "decide_booking", "released"),
    ]


def test_a_hook_that_still_fails_when_it_is_tried_is_left_alone_again(region):
    region.install("malvik", rules_that("raise LookupError"))
    rules = region.load()["malvik"]
    for _ in range(LIMITS.failures):
        rules.decide_booking(BOOKING)
    eventlet.sleep(LIMITS.quarantine)
    region.heard.clear()

    for _ in range(3):
        rules.decide_booking(BOOKING)

    assert [call.reason for call in region.heard] == ["raised", "quarantined", "quarantined"]


def test_a_success_between_failures_forgives_them(region):
    region.install("malvik", ON_SUNDAYS)
    rules = region.load()["malvik"]
    bad = BookingQuestion("book", "consultation", IN_A_WEEK, NOW, unit="bad")
    for _ in range(LIMITS.failures):
        rules.decide_booking(bad)
        assert rules.decide_booking(BOOKING).tier is Tier.DIRECT


def test_rules_that_die_every_other_time_are_left_alone_as_well(region):
    region.install("malvik", ON_SUNDAYS.replace("raise", "import os; os._exit(0); raise"))
    rules = region.load()["malvik"]
    bad = BookingQuestion("book", "consultation", IN_A_WEEK, NOW, unit="bad")
    for _ in range(LIMITS.failures):
        assert rules.decide_booking(BOOKING).tier is Tier.DIRECT
        rules.decide_booking(bad)

    assert rules.decide_booking(BOOKING).reason == "rules-unavailable"
    assert heard_of(region, "decide_booking")[-1].reason == "quarantined"


def test_a_few_deaths_are_forgiven_after_as_many_answers(region):
    region.install("malvik", ON_SUNDAYS.replace("raise", "import os; os._exit(0); raise"))
    rules = region.load()["malvik"]
    bad = BookingQuestion("book", "consultation", IN_A_WEEK, NOW, unit="bad")
    for question in [*[bad, BOOKING] * (LIMITS.failures - 1), *[BOOKING] * LIMITS.failures, bad, BOOKING]:
        last = rules.decide_booking(question)

    assert last.tier is Tier.DIRECT


def test_a_process_that_dies_is_followed_by_another_and_later_by_one_that_is_longer_in_coming(region):
    region.install("malvik", rules_that("import os; os._exit(0)"))
    rules = region.load()["malvik"]

    for _ in range(2):
        rules.decide_booking(BOOKING)
    assert rules.restrict_sharing(SharingQuestion("note")).reason == "rules-unavailable"
    eventlet.sleep(Limits().first_pause)

    assert not rules.restrict_sharing(SharingQuestion("visit")).withheld
    assert [call.reason for call in heard_of(region, "restrict_sharing")] == ["starting", ""]


def test_others_go_on_while_one_waits_for_a_plugin_that_is_late(region):
    region.install("malvik", rules_that("while True: pass"))
    organisations = region.load()
    waiting = eventlet.spawn(organisations["malvik"].decide_booking, BOOKING)
    eventlet.sleep(0)
    answered = 0
    while not waiting.dead:
        assert organisations["trondheim"].decide_booking(BOOKING).telephone
        answered += 1
        eventlet.sleep(0)

    assert answered > 10


def test_many_may_ask_one_organisation_at_once_and_each_gets_an_answer_of_its_own(region):
    region.install("malvik", rules_that("return BookingDecision.phone(question.unit)"))
    rules = region.load()["malvik"]
    units = [f"unit-{number}" for number in range(50)]

    pool = eventlet.GreenPool()
    decisions = pool.imap(
        lambda unit: rules.decide_booking(BookingQuestion("book", "x", IN_A_WEEK, NOW, unit=unit)), units
    )

    assert [decision.reason for decision in decisions] == units


def test_a_caller_that_gives_up_gets_its_own_timeout_and_leaves_no_answer_to_the_next(region):
    slow = "if question.unit == 'slow': sum(range(30_000_000))"
    region.install("malvik", rules_that(f"{slow}\n    return BookingDecision.phone(question.unit)"))
    rules = region.load()["malvik"]

    with pytest.raises(eventlet.Timeout), eventlet.Timeout(0.05):
        rules.decide_booking(BookingQuestion("book", "x", IN_A_WEEK, NOW, unit="slow"))

    assert rules.decide_booking(BookingQuestion("book", "x", IN_A_WEEK, NOW, unit="quick")).reason == "quick"


def test_rules_that_changed_hold_after_a_reload_in_a_new_process(region):
    region.install("malvik", RULES)
    organisations = region.load()
    (region.folder / "helsami_plugin_malvik" / "rules.py").write_text(rules_that("return BookingDecision.phone()"))

    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT
    assert organisations.reload("malvik")
    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.PHONE


def test_a_question_that_is_under_way_at_a_reload_is_answered_by_the_rules_it_was_put_to(region):
    region.install("malvik", rules_that("sum(range(10_000_000)); return BookingDecision.phone('the-old-rules')"))
    organisations = region.load()
    under_way = eventlet.spawn(organisations["malvik"].decide_booking, BOOKING)
    eventlet.sleep(0.01)
    (region.folder / "helsami_plugin_malvik" / "rules.py").write_text(RULES)

    assert organisations.reload("malvik")

    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT
    assert under_way.wait().reason == "the-old-rules"


def test_a_quarantine_ends_with_the_rules_that_deserved_it(region, observed):
    region.install("malvik", rules_that("raise LookupError"))
    organisations = region.load()
    told = observed(organisations["malvik"])
    for _ in range(LIMITS.failures):
        organisations["malvik"].decide_booking(BOOKING)
    (region.folder / "helsami_plugin_malvik" / "rules.py").write_text(RULES)

    organisations.reload("malvik")

    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT
    assert [call[2] for call in told] == ["quarantined", "released"]


def test_rules_that_do_not_load_again_leave_the_old_ones_in_their_process(region):
    region.install("malvik", RULES)
    organisations = region.load()
    (region.folder / "helsami_plugin_malvik" / "rules.py").write_text("1 / 0")

    assert not organisations.reload("malvik")
    assert organisations["malvik"].decide_booking(BOOKING).tier is Tier.DIRECT


@pytest.fixture
def observed(monkeypatch):
    """What the plugin host of a set of rules tells of itself."""

    def listen(rules):
        told = []
        for hosted in {each.rules for layers in rules._executor._implementations.values() for _, each in layers
                       if hasattr(each, "rules")}:
            monkeypatch.setattr(hosted, "_told", lambda *call: told.append(("malvik", *call)))
        return told

    return listen


SERVICE = """
import sys, time
from pathlib import Path
from helsami_sdk.host import Host, Limits
from helsami_sdk.host.hosted import HostedRules
from helsami_sdk.host.program import Program
from helsami_sdk.host.runaways import Runaways

host = Host(limits=Limits(start=20.0, deadline=20.0))
rules = HostedRules("x/rules.py", Program({"x.rules": ("rules.py", Path(sys.argv[1]).read_text())}, "x.rules"),
                    host, Limits(start=20.0, deadline=20.0), print)
rules.settle()
def descendants(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [one for child in children for one in (child, *descendants(child))]
import os
print(*rules.walls, flush=True)
print(*descendants(os.getpid()), flush=True)
"""


def service(tmp_path, after, before=""):
    """A program of its own that hosts one plugin, and then does something."""
    (tmp_path / "rules.py").write_text(RULES)
    command = [sys.executable, "-c", before + SERVICE + after, str(tmp_path / "rules.py")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def is_gone(pid):
    """Whether a process has ended; one that nobody has waited for yet has."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("end", ["time.sleep(600)", "os._exit(1)", "host.close()", "raise SystemExit"])
def test_nothing_is_left_of_the_host_when_its_service_ends_however_it_does(tmp_path, end):
    with service(tmp_path, end) as program:
        walls, pids = program.stdout.readline().split(), program.stdout.readline().split()
        assert len(pids) == 2
        assert "calls" in walls
        if "sleep" in end:
            program.send_signal(signal.SIGKILL)
        program.wait(20)
    until = time.monotonic() + 10
    while not all(is_gone(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)

    assert all(is_gone(pid) for pid in pids)


def test_a_zygote_that_dies_takes_its_children_with_it_and_is_replaced(region):
    region.install("malvik", RULES)
    rules = region.load()["malvik"]
    zygote = region.make.__self__._zygote

    zygote.kill()
    zygote.wait()
    rules.decide_booking(BOOKING)

    assert rules.decide_booking(BOOKING).tier is Tier.DIRECT


AS_NOBODY = """
import os, socket
from helsami_sdk.host import host as module, zygote

class Forked:
    def __init__(self, pid): self.pid = pid
    def wait(self, timeout=None): os.waitpid(self.pid, 0)

def forked():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        ours.close()
        os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
        try: zygote.main(theirs)
        finally: os._exit(0)
    theirs.close()
    return Forked(pid), ours

for name in zygote._EVERYDAY:  # nobody may not be let into the folders of the Python that runs these tests
    __import__(name)
module._exec_zygote = forked
"""
WITHOUT_FILTER = """
from helsami_sdk.host import syscalls
syscalls.forbid_all_others = lambda: False
"""
ASK_EACH = """
from helsami_sdk import BookingQuestion
from datetime import datetime, UTC
question = BookingQuestion("book", "x", datetime.now(UTC), datetime.now(UTC))
rules.close()
for body in ("open('/etc/passwd')", "import socket; socket.socket()", "import os; os.fork()", "pass"):
    text = Path(sys.argv[1]).read_text().replace("return BookingDecision", body + "; return BookingDecision")
    program = Program({"x.rules": ("rules.py", text)}, "x.rules")
    rules = HostedRules("x/rules.py", program, host, Limits(start=20.0, deadline=20.0), print)
    rules.settle()
    try: print(type(rules.ask("decide_booking", question)).__name__)
    except Exception as failure: print(failure.reason)
    rules.close()
host.close()
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else; all the other tests are this user's")
@pytest.mark.parametrize("filters", [True, False], ids=["with a filter", "where the kernel has no filter"])
def test_an_ordinary_user_can_lock_a_plugin_in_as_well(tmp_path, filters):
    before = AS_NOBODY if filters else AS_NOBODY + WITHOUT_FILTER
    with service(tmp_path, ASK_EACH, before=before) as program:
        walls, _, *said = program.stdout.read().splitlines()

    assert walls == ("calls" if filters else "")
    assert said == ["raised", "raised", "raised", "BookingDecision"]


def test_root_loses_root_and_every_folder(region):
    region.install("malvik", RULES)
    organisations = region.load()

    expected = ["root", "user", "calls"] if os.getuid() == 0 else ["calls"]
    assert organisations._found["malvik"].module.walls == expected


def test_a_plugin_that_is_larger_than_rules_are_is_not_read(region, host, monkeypatch):
    region.install("malvik", RULES + "#" * Limits().program)

    assert "bytes of code" in region.closed_because("malvik")


def test_a_process_that_works_while_nobody_asks_it_is_ended_and_one_that_waits_is_not():
    # It ends by itself as well, a while later: whoever ends this run with a signal leaves nothing that works for ever.
    works = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (60, 90))\nwhile True: pass"
    busy, idle = (subprocess.Popen([sys.executable, "-c", what]) for what in (works, "import time; time.sleep(60)"))
    runaways = Runaways(look_every=0.5)
    with busy, idle:
        until(lambda: runaways.end([busy.pid, idle.pid]) or busy.poll() is not None, within=30)

        assert busy.returncode == -signal.SIGKILL
        assert idle.poll() is None
        idle.kill()


def test_a_machine_without_room_for_another_process_keeps_those_that_it_has(monkeypatch):
    ours, theirs = socket.socketpair()

    def no_room():
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", no_room)

    with ours, socket.socket() as control:
        assert zygote._fork(control, theirs.detach(), None) is None
        assert ours.recv(1) == b""


def test_an_entry_point_without_code_is_told_from_one_with_code():
    assert Program({"x": ("x", '"""Words."""\n__version__ = "1"\n')}, "x").is_empty
    assert Program({}, "x").is_empty
    assert not Program({"x": ("x", "import os")}, "x").is_empty
    assert not Program({"x": ("x", "def broken(:")}, "x").is_empty
    assert not Program({"x.rules": ("x", "")}, "x.rules").is_empty
