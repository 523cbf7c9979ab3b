"""The `helsami` command, as whoever starts it sees it: real processes, with services made for the occasion."""

import io
import os
import signal
import socket
import stat
import sys
import time
import urllib.error
import urllib.request
from types import SimpleNamespace

import eventlet
import pytest

from helsami_kernel import launcher

TOYS = '''
"""Two services and what stands beside them."""
from helsami_kernel import Store, rpc

class Red:
    """Owns red things."""
    name = "red"
    store = Store()

    @rpc(scope="results:read")
    def things(self, question, access):
        return []

class Blue:
    """Owns blue things."""
    name = "blue"

    @rpc(scope="results:read")
    def things(self, question, access):
        return []

def fill(settings):
    """Bring in the first things."""
    with (settings.data / "filled").open("a") as file:
        file.write("x")

class Greet:
    """A command of somebody else's."""
    def register(self, subparsers):
        parser = subparsers.add_parser("greet", help="be friendly")
        parser.add_argument("name")
        parser.set_defaults(run=self.run)

    def run(self, arguments):
        print("hello", arguments.name)
        return 3

greet = Greet()
'''
ENTRY_POINTS = """
[toys.services]
red = helsami_red:Red
blue = helsami_red:Blue
grey = helsami_red:Missing
[toys.commands]
greet = helsami_red:greet
broken = helsami_red:missing
[toys.first_start]
fill = helsami_red:fill
"""
MIGRATION = '''
"""Begin."""
from alembic import op
from helsami_kernel.database import create_kernel_tables
revision = "0001"
down_revision = None

def upgrade():
    """Make the tables."""
    create_kernel_tables(op)
'''
COMMAND = """
import sys
from helsami_kernel.launcher import main
from helsami_kernel import installed
installed.SERVICES, installed.COMMANDS, installed.FIRST_START = "toys.services", "toys.commands", "toys.first_start"
sys.exit(main())
"""


@pytest.fixture
def toys(tmp_path):
    """A folder on the path with two services, as if they were installed."""
    home = tmp_path / "toys"
    for package in ("helsami_red", "helsami_blue"):
        (home / package / "migrations").mkdir(parents=True)
        (home / package / "__init__.py").write_text(TOYS)
        (home / package / "migrations" / "0001.py").write_text(MIGRATION)
    (home / "toys-1.dist-info").mkdir()
    (home / "toys-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1\n")
    points = home / "toys-1.dist-info" / "entry_points.txt"
    points.write_text(ENTRY_POINTS.replace("grey = helsami_red:Missing\n", ""))
    command = home / "command.py"
    command.write_text(COMMAND)
    return SimpleNamespace(home=home, command=command, points=points)


@pytest.fixture
def helsami(programs, toys, tmp_path, free_port):
    """Run the command in an environment of its own, on a free port."""
    path = os.pathsep.join(filter(None, (str(toys.home), os.environ.get("PYTHONPATH"))))
    environment = {"PYTHONPATH": path, "HELSAMI_DATA": str(tmp_path / "data")}

    def start(*arguments, **more):
        env = {**environment, "HELSAMI_PORT": str(free_port())}
        env |= {f"HELSAMI_{name.upper()}": str(value) for name, value in more.items()}
        return programs.start("helsami", sys.executable, toys.command, *arguments, env=env)

    return start


@pytest.fixture
def command(toys, tmp_path, monkeypatch, capsys):
    """Run a command that starts nothing in this process: its exit code, what it said, and what it logged."""
    log = io.StringIO()
    monkeypatch.syspath_prepend(str(toys.home))
    monkeypatch.setattr(launcher.logs, "start", lambda: None)
    monkeypatch.setattr(launcher.logs, "_stream", log)
    for group in ("services", "commands", "first_start"):
        monkeypatch.setattr(launcher.installed, group.upper(), f"toys.{group}")

    def run(*arguments, **settings):
        for name, value in {"data": tmp_path / "data", **settings}.items():
            monkeypatch.setenv(f"HELSAMI_{name.upper()}", str(value))
        code = launcher.main(arguments)
        return code, "".join(capsys.readouterr()).splitlines(), log.getvalue()

    yield run
    for name in ("helsami_red", "helsami_blue"):
        sys.modules.pop(name, None)


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def status(port, path="/readyz"):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return None


def said(program):
    """Return what was written for people: all that is not a log line."""
    return [line for line in program.output.splitlines() if not line.startswith("{")]


def test_the_standard_library_is_patched_before_anything_of_nameko_and_after_prometheus(programs, tmp_path):
    program = tmp_path / "order.py"
    program.write_text("""
import sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in ("nameko", "kombu", "amqp", "sqlalchemy", "prometheus_client"):
            patcher = sys.modules.get("eventlet.patcher")
            print(name, bool(patcher and patcher.is_monkey_patched("thread")), flush=True)
sys.meta_path.insert(0, Watch())
import helsami_kernel.launcher
import helsami_kernel.container
""")
    order = programs.start("order", sys.executable, program, env={})

    assert order.wait(within=30) == 0
    assert sorted(said(order)) == sorted(
        ["prometheus_client False", "sqlalchemy True", "nameko True", "kombu True", "amqp True"]
    )


def test_run_makes_what_it_needs_says_one_line_and_ends_within_three_seconds(helsami, data):
    program = helsami("run")
    line = program.wait_for_line("HelsaMi is ready")

    assert "http://127.0.0.1:" in line
    assert "/dev/login" in line
    assert program.output.splitlines() == [line], "the terminal holds nothing else"
    assert {"red.db", "blue.db", "keys", "filled"} <= {path.name for path in data.iterdir()}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    began = time.monotonic()
    assert program.terminate() == 0
    assert time.monotonic() - began < 3
    assert program.output.splitlines() == [line]


def test_a_log_of_everything_is_had_for_the_asking(helsami):
    program = helsami("run", log_level="info")
    program.wait_for_line("HelsaMi is ready")

    assert '"code":"started"' in program.output


def test_ctrl_c_ends_it_as_well(helsami):
    program = helsami("run")
    program.wait_for_line("HelsaMi is ready")
    program.send(signal.SIGINT)

    assert program.wait(within=3) == 0
    assert "Traceback" not in program.output


def test_only_the_first_start_fills_the_data_folder_and_data_survive(helsami, data):
    for _ in range(2):
        program = helsami("run")
        program.wait_for_line("HelsaMi is ready")
        key = (data / "keys" / "gateway.pub").read_bytes()
        program.terminate()

    assert (data / "filled").read_text() == "x"
    assert (data / "keys" / "gateway.pub").read_bytes() == key


def test_a_first_start_that_was_cut_short_is_made_up_for(helsami, data):
    program = helsami("run")
    program.wait_for_line("HelsaMi is ready")
    program.terminate()
    (data / ".started").unlink()

    program = helsami("run")
    program.wait_for_line("HelsaMi is ready")
    assert (data / "filled").read_text() == "xx"


def test_a_busy_port_is_one_line_and_2_before_anything_is_made(helsami, data):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        program = helsami("run", port=port)

        assert program.wait(within=30) == 2
    assert said(program) == [f"helsami: cannot listen on 127.0.0.1:{port}: it is busy (HELSAMI_PORT names another)"]
    assert not (data / "keys").exists()


def test_a_busy_ops_port_is_one_line_and_2(helsami):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        program = helsami("run", ops_port=busy.getsockname()[1])

        assert program.wait(within=30) == 2
    assert len(said(program)) == 1


def test_an_unwritable_data_folder_is_one_line_and_2(helsami, tmp_path):
    (tmp_path / "file").write_text("")
    program = helsami("run", data=tmp_path / "file" / "data")

    assert program.wait(within=30) == 2
    assert said(program) == [f"helsami: cannot write in the data folder {tmp_path}/file/data: Not a directory"]


def test_a_missing_key_is_one_line_and_2(helsami, tmp_path):
    program = helsami("serve", "red", bus="amqp://127.0.0.1:1", keys=tmp_path / "none")

    assert program.wait(within=30) == 2
    (line,) = said(program)
    assert line.startswith(f"helsami: {tmp_path}/none/gateway.pub is missing: `helsami keys make")


def test_two_processes_do_not_share_a_data_folder(helsami, data):
    helsami("run").wait_for_line("HelsaMi is ready")
    second = helsami("run")

    assert second.wait(within=30) == 2
    assert said(second) == [f"helsami: another HelsaMi runs on the data folder {data}"]


@pytest.mark.parametrize(
    ("arguments", "settings", "line"),
    [
        (["run"], {"port": "high"}, "helsami: HELSAMI_PORT: expected a whole number"),
        (["run"], {"bus": "amqp://u:hunter2@h"}, "helsami: `helsami run` keeps the bus in memory"),
        (["serve", "red"], {}, "helsami: `helsami serve` needs a broker"),
        (["serve", "green"], {"bus": "amqp://h"}, "helsami: no service is called green; installed are: blue, red"),
        (["migrate", "green"], {}, "helsami: no service is called green"),
        (
            ["migrate", "red"],
            {"database": "postgresql+psycopg2://u:hunter2@127.0.0.1:1/{service}"},
            "helsami: the database of red could not be migrated: OperationalError",
        ),
    ],
)
def test_what_is_wrong_outside_is_one_line_and_2(command, arguments, settings, line):
    code, said, logged = command(*arguments, **settings)

    assert code == 2
    assert len(said) == 1
    assert said[0].startswith(line)
    assert "hunter2" not in str(said) + logged


def test_a_service_that_does_not_load_is_named(command, toys):
    toys.points.write_text(ENTRY_POINTS)
    code, said, logged = command("serve", "grey", bus="amqp://h")

    assert code == 2
    assert said == ["helsami: the service grey does not load: AttributeError"]
    assert '"code":"service-not-loaded"' in logged


def test_migrate_says_what_it_did(command):
    assert command("migrate")[:2] == (0, ["blue: brought up to date", "red: brought up to date"])
    assert command("migrate", "red")[:2] == (0, ["red: was up to date"])


def test_keys_make_fills_a_folder(command, tmp_path):
    assert command("keys", "make", str(tmp_path / "new" / "keys"))[:2] == (0, [])

    assert (tmp_path / "new" / "keys" / "gateway.key").exists()


def test_the_commands_of_others_are_there_and_a_broken_one_harms_nobody(command):
    code, said, logged = command("greet", "Modig")

    assert (code, said) == (3, ["hello Modig"])
    assert '"code":"command-not-loaded"' in logged


def test_the_help_lists_all_commands(command, capsys):
    with pytest.raises(SystemExit):
        command("--help")

    listing = capsys.readouterr().out
    assert all(f"    {word} " in listing for word in ("serve", "run", "migrate", "keys", "greet"))


def test_a_process_per_service_is_ready_with_its_broker_and_its_database(
    helsami, command, bus, new_database, tmp_path, free_port
):
    addresses = {name: new_database(name) for name in ("red", "blue")}
    ports = {name: free_port() for name in addresses}
    assert command("keys", "make", str(tmp_path / "keys"))[0] == 0
    running = {
        name: helsami("serve", name, bus=bus, keys=tmp_path / "keys", database=url, ops_port=ports[name])
        for name, url in addresses.items()
    }
    with eventlet.Timeout(60):
        while not all('"code":"started"' in program.output for program in running.values()):
            eventlet.sleep(0.1)
    assert {status(port) for port in ports.values()} == {503}, "a database without its tables is not ready"
    assert {status(port, "/livez") for port in ports.values()} == {200}

    assert command("migrate", "red", database=addresses["red"])[0] == 0
    running["red"].wait_until_ready(f"http://127.0.0.1:{ports['red']}/readyz")
    assert status(ports["blue"]) == 503
    for program in running.values():
        program.send(signal.SIGTERM)
    assert [program.wait() for program in running.values()] == [0, 0]
