"""Valkey for one machine, the broker's server: kept on disk every second, reached over a socket, never over TCP."""

import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from connector.local.binaries import find_valkey
from connector.local.home import Running, answers
from connector.local.server import Server


class EmbeddedValkey(Server):
    """Valkey under `home/valkey`; `durable=False` is for tests and writes nothing to disk."""

    name = "valkey"
    socket_name = "valkey.sock"
    gentle = signal.SIGTERM
    at_once = signal.SIGKILL

    def prepare(self) -> None:
        """Valkey makes its own files; it needs the directory."""
        self.data.mkdir(mode=0o700, exist_ok=True)

    def command(self, sockets: Path) -> Sequence[str]:
        """No TCP, the append-only file instead of snapshots, and an error instead of dropped keys when memory ends."""
        settings = {
            "port": "0",
            "unixsocket": str(sockets / self.socket_name),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "warning",
        }
        return [str(find_valkey()), *(part for key, value in settings.items() for part in (f"--{key}", value))]

    def environment(self) -> Mapping[str, str]:
        """Nothing but the paths."""
        return {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH") if key in os.environ} | {"LC_ALL": "C"}

    def ready(self, sockets: Path, pid: int) -> bool:
        """It answers PING once it has read its file."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(os.fsencode(sockets / self.socket_name))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def url(self, sockets: Path) -> str:
        """`redis+socket:///path?virtual_host=0`, as Celery's broker URLs are written."""
        return f"redis+socket://{quote(str(sockets / self.socket_name))}?virtual_host=0"


def reachable(server: Running) -> bool:
    """Whether the announced server takes connections."""
    return answers(Path(server.sockets) / EmbeddedValkey.socket_name)
