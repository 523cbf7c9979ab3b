"""Events on both buses: told if stored, once in effect, retried, parked, and redriven."""

import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import eventlet
import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel import Event, Store, handles
from helsami_kernel.bus import EVENTS, Message, Unroutable
from helsami_kernel.database import INBOX, KERNEL_TABLES, OUTBOX, Database, Writes
from helsami_kernel.errors import Malformed
from helsami_kernel.events import event_message, read_event
from helsami_kernel.parking import DeadLetters
from helsami_kernel.testing import until
from helsami_kernel.transport import AmqpBus

LETTERS = sa.Table("letters", sa.MetaData(), sa.Column("text", sa.String))


class Broken(Exception):
    """What a test raises in the middle."""


class Post(Writes):
    def keep(self, text):
        self.connection.execute(sa.insert(LETTERS).values(text=text))


class Writer:
    name = "writer"
    store = Store(writes=Post)


class Reader:
    name = "reader"
    store = Store(writes=Post)
    failures: list[BaseException] = []
    seen: list[str] = []

    @handles("letter_written", source="writer")
    def keep_letter(self, event):
        Reader.seen.append(event.id)
        with self.store.transaction(owner=None) as tx:
            tx.keep(event.data["letter"])
            if Reader.failures:
                raise Reader.failures.pop()


@pytest.fixture
def office(start, any_bus):
    Reader.failures.clear()
    Reader.seen.clear()
    office = start(any_bus, Writer, Reader, retry_delays="0.05,0.1")
    for name in ("writer", "reader"):
        LETTERS.create(office.runner.containers[0].config["databases"][name].engine)
    return office


def database(office, name):
    return office.runner.containers[0].config["databases"][name]


def write(office, letter, *, fail=False):
    event = Event.of("letter_written", "c1", {"letter": letter})
    with database(office, "writer").transaction(Post, None) as tx:
        tx.keep(letter)
        tx.announce(event)
        if fail:
            raise Broken
    return event


def rows(office, name, table=LETTERS):
    with database(office, name).reading_engine.connect() as connection:
        return connection.execute(sa.select(table)).all()


def test_what_is_stored_is_told(office):
    write(office, "a")

    until(lambda: rows(office, "reader"))
    until(lambda: all(row.published_at for row in rows(office, "writer", OUTBOX)))


def test_what_is_rolled_back_is_told_to_nobody(office):
    with pytest.raises(Broken):
        write(office, "a", fail=True)
    write(office, "b")

    until(lambda: rows(office, "reader"))
    assert [row.text for row in rows(office, "reader")] == ["b"]


def test_an_event_that_arrives_three_times_has_one_effect(office):
    event = write(office, "a")
    message = event_message(Event(**{**event.__dict__, "source": "writer", "time": datetime.now(UTC)}), None)

    for _ in range(2):
        office.runner.bus.publish_confirmed(message, EVENTS, "writer.letter_written")

    until(lambda: len(Reader.seen) == 3)
    assert len(rows(office, "reader", INBOX)) == 1
    assert [row.text for row in rows(office, "reader")] == ["a"]


FAILURES = [ValueError("no"), eventlet.Timeout(), SystemExit()]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_handler_that_fails_is_tried_again_after_a_delay_and_leaves_nothing_half_done(office, failure):
    Reader.failures.append(failure)

    write(office, "a")

    until(lambda: rows(office, "reader"))
    assert [row.text for row in rows(office, "reader")] == ["a"]
    assert len(Reader.seen) == 2


def test_an_event_that_nobody_wants_stays_in_the_outbox(start, any_bus):
    office = start(any_bus, Writer)
    LETTERS.create(database(office, "writer").engine)

    write(office, "a")

    unsent = until(lambda: [row for row in rows(office, "writer", OUTBOX) if row.try_after > row.announced_at])
    assert unsent[0].published_at is None


WHOLE = {"ce-id": "1", "ce-source": "s", "ce-type": "t", "ce-specversion": "1.0", "ce-sequence": "1"}


def test_a_letter_is_a_cloud_event_in_binary_mode():
    event = Event("letter_written", "c1", {"letter": "a"}, 7, "e1", "writer", datetime(2026, 3, 1, tzinfo=UTC))

    message = event_message(event, None)

    assert dict(message.headers) == {
        "ce-id": "e1",
        "ce-source": "writer",
        "ce-type": "letter_written",
        "ce-specversion": "1.0",
        "ce-time": "2026-03-01T00:00:00Z",
        "ce-subject": "c1",
        "ce-sequence": "7",
    }
    assert orjson.loads(message.body) == {"letter": "a"}
    assert read_event(message) == event


@pytest.mark.parametrize(
    "message",
    [
        Message(b"{}", {}),
        Message(b"{oops", WHOLE),
        Message(b"[]", WHOLE),
        Message(b"{}", WHOLE | {"ce-sequence": "x"}),
        Message(b"{}", {name: value for name, value in WHOLE.items() if name != "ce-id"} | {"nameko.call_id_stack": 7}),
    ],
)
def test_what_is_no_event_is_malformed(message):
    with pytest.raises(Malformed):
        read_event(message)


class TestDeadLetters:
    """What a real broker keeps of messages that were given up."""

    @pytest.fixture
    def office(self, start, bus):
        Reader.failures.clear()
        Reader.seen.clear()
        office = start(bus, Writer, Reader, retry_delays="0.05,0.1")
        for name in ("writer", "reader"):
            LETTERS.create(database(office, name).engine)
        return office

    def test_an_event_that_always_fails_is_parked_listed_and_redriven(self, office, bus):
        Reader.failures.extend(ValueError("13897012345") for _ in range(3))
        event = write(office, "a")
        letters = DeadLetters(bus, "reader")

        parked = until(letters.list)
        assert [(letter.id, letter.type, letter.reason) for letter in parked] == [
            (event.id, "letter_written", "ValueError")
        ]
        assert len(Reader.seen) == 3

        assert letters.replay(event.id) == 1
        until(lambda: rows(office, "reader"))
        assert letters.list() == []

    def test_a_dead_letter_can_be_dropped(self, office, bus):
        Reader.failures.extend(ValueError() for _ in range(3))
        event = write(office, "a")
        letters = DeadLetters(bus, "reader")
        until(letters.list)

        assert letters.drop(event.id) == 1
        assert letters.list() == []

    @pytest.mark.parametrize(
        ("body", "headers", "content_type"),
        [
            (b'{"fnr": "13897012345", oops', {}, "application/json"),
            (b"x", {}, "application/x-python-serialize"),
            (b"{}", {"nameko.call_id_stack": 7}, "application/json"),
            (b"x" * 5_000_000, {}, "application/json"),
            (b"{}", {f"h{n}": n for n in range(1000)}, "application/json"),
        ],
        ids=["broken-json", "pickle", "bad-stack", "five-megabytes", "thousand-headers"],
    )
    def test_poison_is_parked_and_the_service_goes_on(self, office, bus, body, headers, content_type):
        message = Message(body, headers, content_type=content_type)
        office.runner.bus.publish_confirmed(message, EVENTS, "writer.letter_written")

        parked = until(DeadLetters(bus, "reader").list)
        assert parked[0].reason == "malformed-event"
        write(office, str(uuid.uuid4()))
        until(lambda: rows(office, "reader"))

    def test_the_command_line_lists_replays_and_drops_without_a_word_of_what_they_say(self, office, bus, tmp_path):
        Reader.failures.extend(ValueError("13897012345") for _ in range(3))
        event = write(office, "secret letter")
        until(DeadLetters(bus, "reader").list)

        def helsami(*arguments):
            environment = {"HELSAMI_BUS": bus, "HELSAMI_DATA": str(tmp_path), "PATH": os.environ["PATH"]}
            command = [sys.executable, "-m", "helsami_kernel", "dead-letters", *arguments]
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

        listed = helsami("list", "reader")
        assert (listed.returncode, event.id in listed.stdout) == (0, True)
        assert "secret" not in listed.stdout + listed.stderr
        assert helsami("drop", "reader", "nothing").returncode == 1
        assert helsami("replay", "reader", event.id).stdout == "1 replayed\n"
        until(lambda: rows(office, "reader"))

    def test_f16_what_kills_its_process_each_time_is_parked_by_the_broker(self, bus, keys, tmp_path, programs):
        arguments = tmp_path / "helsami.toml"
        arguments.write_text('[event_queue_arguments]\n"x-queue-type" = "quorum"\n"x-delivery-limit" = 2\n')
        database = Database(f"sqlite:///{tmp_path}/reader.db", 1, None)
        KERNEL_TABLES.create_all(database.engine)
        environment = {
            **os.environ,
            "HELSAMI_BUS": bus,
            "HELSAMI_DATA": str(tmp_path),
            "HELSAMI_KEYS": str(keys.path),
            "HELSAMI_CONFIG": str(arguments),
        }
        publisher = AmqpBus(bus, 10)
        poison = event_message(Event("letter_written", "c1", {}, 1, "e1", "writer", datetime.now(UTC)), None)

        deaths = 0
        for _ in range(6):
            victim = subprocess.Popen([sys.executable, str(VICTIM)], env=environment)
            if deaths == 0:
                until(lambda: is_published(publisher, poison), within=30)
            try:
                with eventlet.Timeout(10, False):
                    assert victim.wait() == 9
                    deaths += 1
                    continue
                break
            finally:
                victim.kill()
                victim.wait()

        assert deaths == 3, "two more deliveries than the first, and no fourth"
        assert DeadLetters(bus, "reader").list()[0].reason == "delivery_limit"


VICTIM = Path(__file__).with_name("victim.py")


def is_published(publisher, message):
    try:
        publisher.publish_confirmed(message, EVENTS, "writer.letter_written")
    except Unroutable:
        return False  # the victim has not declared its queue yet
    return True
