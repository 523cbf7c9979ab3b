"""A RabbitMQ node of the test run's own."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
from contextlib import suppress

from harness.caretaker import Caretaker
from harness.ports import reserve_port
from harness.programs import RABBITMQ
from harness.server import ProcessGroup, new_folder

USER = "helsami"
READY_SECONDS = 30.0
CTL_SECONDS = 60.0
PROBE_SECONDS = 1.0
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
METHOD_FRAME = 1

# One rabbitmqctl costs most of a second and a virtual host next to nothing, so they are made by the handful.
HOSTS_AT_A_TIME = 8
ADD_HOST = """
rabbit_vhost:add(<<"{host}">>, <<"{user}">>),
rabbit_auth_backend_internal:set_permissions(<<"{user}">>, <<"{host}">>, <<".*">>, <<".*">>, <<".*">>, <<"{user}">>),
"""

SETTINGS = """\
listeners.tcp.local = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
disk_free_limit.absolute = 50MB
raft.wal_max_size_bytes = 33554432
log.file = false
log.console = true
log.console.level = warning
"""


class Broker:
    """
    One RabbitMQ node with its own name, ports, cookie, data folder and port mapper.

    It keeps its port and its data over `kill9`, `stop` and `start`.
    """

    def __init__(self, caretaker: Caretaker) -> None:
        """Lay out the node's folder; nothing runs before `start`."""
        self._programs = RABBITMQ.folder()
        self._folder = new_folder(caretaker, "broker")
        self.port = reserve_port()
        self.password = secrets.token_hex(16)
        self.node = f"helsami-{secrets.token_hex(4)}@localhost"
        self._mapper = ProcessGroup(caretaker, self._folder / "epmd.log")
        self._server = ProcessGroup(caretaker, self._folder / "broker.log")
        self._environment = self._lay_out()
        self._empty_hosts: list[str] = []

    @property
    def url(self) -> str:
        """The address of the default virtual host, with name and password."""
        return f"{self._address}//"

    @property
    def _address(self) -> str:
        return f"amqp://{USER}:{self.password}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The id of the node's first process."""
        return self._server.pid

    @property
    def log(self) -> str:
        """What the node has written since its first start."""
        return self._server.log.read_text(errors="replace")

    def start(self) -> None:
        """Start the node and wait until it takes connections; raises NotReady."""
        if not self._mapper.is_running():
            mapper = shutil.which("epmd") or "epmd"
            self._mapper.start([mapper, "-address", "127.0.0.1"], self._environment)
        self._server.start([self._programs / "rabbitmq-server"], self._environment)
        self._server.wait_until(self.answers, READY_SECONDS)

    def stop(self) -> None:
        """End the node in order."""
        self._server.send(signal.SIGTERM)
        try:
            self._server.wait()
        except subprocess.TimeoutExpired:
            self.kill9()

    def kill9(self) -> None:
        """End the node as a power cut would."""
        self._server.send_all(signal.SIGKILL)
        self._server.wait()

    def freeze(self) -> None:
        """Stop the node in its tracks: connections stay open and nothing answers."""
        self._server.send_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen node go on."""
        self._server.send_all(signal.SIGCONT)

    def close(self) -> None:
        """End the node and its port mapper, and remove the folder."""
        if self._server.is_running():
            self.thaw()
            self.stop()
        if self._mapper.is_running():
            self._mapper.send(signal.SIGKILL)
            self._mapper.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def answers(self) -> bool:
        """Tell whether the node greets a client that speaks AMQP."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), PROBE_SECONDS) as connection:
            connection.settimeout(PROBE_SECONDS)
            connection.sendall(PROTOCOL_HEADER)
            return connection.recv(1) == bytes([METHOD_FRAME])
        return False

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl on this node and return what it prints; raises subprocess.CalledProcessError."""
        command = [str(self._programs / "rabbitmqctl"), "-q", "-n", self.node, *arguments]
        return subprocess.check_output(command, env=self._environment, cwd="/", text=True, timeout=CTL_SECONDS)

    def empty_virtual_host(self) -> str:
        """Return the address of a virtual host that nobody has used, for one test alone."""
        if not self._empty_hosts:
            self._empty_hosts = [f"test-{secrets.token_hex(4)}" for _ in range(HOSTS_AT_A_TIME)]
            self.ctl("eval", "".join(ADD_HOST.format(host=host, user=USER) for host in self._empty_hosts) + "ok.")
        return f"{self._address}/{self._empty_hosts.pop()}"

    def _lay_out(self) -> dict[str, str]:
        for name in ("data", "log", "generated"):
            (self._folder / name).mkdir()
        cookie = self._folder / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        settings = SETTINGS.format(port=self.port, user=USER, password=self.password)
        (self._folder / "rabbitmq.conf").write_text(settings)
        (self._folder / "enabled_plugins").write_text("[].")
        (self._folder / "rabbitmq-env.conf").touch()
        return self._whole_environment()

    def _whole_environment(self) -> dict[str, str]:
        """Name every folder and port ourselves, so that no setting of a system-wide RabbitMQ is read."""
        control_port = reserve_port()
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self._folder),
            "ERL_EPMD_PORT": str(reserve_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_DIST_PORT": str(reserve_port()),
            "RABBITMQ_CTL_DIST_PORT_MIN": str(control_port),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(control_port + 10),
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self._folder / "advanced.config"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self._folder / "generated"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_PID_FILE": str(self._folder / "broker.pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
