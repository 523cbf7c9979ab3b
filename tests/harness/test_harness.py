"""The servers that other tests stand on do what those tests take for granted."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import kombu
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from harness.server import NotReady

PERSISTENT = 2
RECEIVE_SECONDS = 5


def _send(url, body):
    # Without the broker's confirm a message that is on its way to the disk may die with the broker.
    confirmed = kombu.Connection(url, transport_options={"confirm_publish": True})
    with confirmed as connection, closing(connection.SimpleQueue("letters")) as queue:
        queue.put(body, delivery_mode=PERSISTENT)


def _receive(url):
    with kombu.Connection(url) as connection, closing(connection.SimpleQueue("letters")) as queue:
        message = queue.get(timeout=RECEIVE_SECONDS)
        message.ack()
        return message.payload


def test_a_message_sent_is_a_message_received(bus):
    _send(bus, {"word": "hei"})

    assert _receive(bus) == {"word": "hei"}


def test_two_tests_do_not_see_each_others_messages(broker):
    _send(broker.empty_virtual_host(), {"word": "mine"})

    with kombu.Connection(broker.empty_virtual_host()) as connection, pytest.raises(kombu.exceptions.ChannelError):
        connection.channel().queue_declare("letters", passive=True)


def test_a_durable_message_outlives_a_killed_broker_and_the_address_stays(broker, bus):
    _send(bus, {"word": "still here"})

    broker.kill9()
    assert not broker.answers()
    broker.start()

    assert _receive(bus) == {"word": "still here"}


def test_a_frozen_broker_takes_no_message_until_it_thaws(broker):
    broker.freeze()
    try:
        assert not broker.answers()
    finally:
        broker.thaw()

    assert broker.answers()


def test_rabbitmqctl_speaks_to_our_node_only(broker):
    assert broker.node in broker.ctl("eval", "node().")


ROWS_BY_OWNER = """
CREATE TABLE letters (owner text NOT NULL, body text NOT NULL);
ALTER TABLE letters ENABLE ROW LEVEL SECURITY;
ALTER TABLE letters FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON letters USING (owner = current_setting('app.owner', true));
"""


def test_the_owner_of_a_database_is_held_to_row_level_security(new_database):
    engine = create_engine(new_database("letters"))
    with engine.begin() as connection:
        connection.execute(text(ROWS_BY_OWNER))
        connection.execute(text("SELECT set_config('app.owner', 'modig', true)"))
        connection.execute(text("INSERT INTO letters VALUES ('modig', 'hei')"))

    with engine.begin() as connection:
        assert connection.execute(text("SELECT body FROM letters")).all() == []
        connection.execute(text("SELECT set_config('app.owner', 'modig', true)"))
        assert connection.execute(text("SELECT body FROM letters")).all() == [("hei",)]
    engine.dispose()


def test_the_owner_of_a_database_may_create_trusted_extensions_and_no_role(new_database):
    engine = create_engine(new_database("booking"))

    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION btree_gist"))
    with engine.begin() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("CREATE ROLE another"))
    engine.dispose()


@pytest.mark.parametrize("way", ["kill9", "restart_immediate"])
def test_committed_rows_outlive_a_database_that_dies(postgres, new_database, way):
    engine = create_engine(new_database("survivor"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT 1 AS one"))
    engine.dispose()

    getattr(postgres, way)()
    if way == "kill9":
        assert not postgres.answers()
        postgres.start()

    with engine.connect() as connection:
        assert connection.execute(text("SELECT one FROM kept")).scalar_one() == 1
    engine.dispose()


def test_a_pattern_of_addresses_names_each_services_database(postgres):
    url = postgres.url("t1_{service}").format(service="results")

    assert url == f"postgresql+psycopg2://t1_results@127.0.0.1:{postgres.port}/t1_results"


WEB_SERVER = """
import http.server, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("ready with", sys.argv[1], flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def test_a_program_is_started_waited_for_and_ended_gently(programs, free_port):
    port = free_port()

    program = programs.start("web", sys.executable, "-c", WEB_SERVER, port, env={}, ready=f"http://127.0.0.1:{port}/")

    assert program.wait_for_line("ready with") == f"ready with {port}"
    assert program.terminate() == 0


def test_a_killed_program_can_be_started_again(programs):
    program = programs.start("sleeper", "sleep", "60", env={})

    program.kill9()
    assert not program.is_running()
    program.start("sleep", "60", env={})

    assert program.is_running()


def test_a_line_of_an_earlier_start_is_not_taken_for_one_of_this(programs):
    program = programs.start("speaker", "sh", "-c", "echo ready; sleep 60", env={})
    program.wait_for_line("ready")
    program.kill9()

    program.start("sleep", "60", env={})

    with pytest.raises(NotReady):
        program.wait_for_line("ready", within=0.2)


def test_a_program_that_ends_too_early_is_reported_with_its_last_words(programs, free_port):
    with pytest.raises(NotReady, match="no such luck"):
        programs.start("bad", "sh", "-c", "echo no such luck; exit 3", env={}, ready=f"http://127.0.0.1:{free_port()}/")


RUN_THAT_IS_KILLED = """
import sys, time
from harness.caretaker import Caretaker
from harness.processes import Programs
print(Programs(Caretaker()).start("orphan", "sleep", "60", env={}).pid, flush=True)
time.sleep(60)
"""


def _has_ended(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_nothing_outlives_a_test_run_that_is_killed():
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", RUN_THAT_IS_KILLED]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as run:
        orphan = int(run.stdout.readline())
        run.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + RECEIVE_SECONDS
    while not _has_ended(orphan) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _has_ended(orphan)
