"""What behaves badly: a server that answers by a script, and a wire that is cut once a request is through."""

import json
import select
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple


class Said(NamedTuple):
    """An answer of the script; `after` seconds pass before it, `cut` leaves half of it unsaid."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = MappingProxyType({})
    after: float = 0.0
    cut: bool = False
    drip: float = 0.0


HANGS_UP = Said(0)
BUSY = Said(503, {"code": "storage.busy", "detail": "busy"})
IN_FLIGHT = Said(409, {"code": "idempotency.in_flight", "detail": "wait"}, {"Retry-After": "0"})
DONE = Said(201, {"count": 1})


class Heard(NamedTuple):
    """A request that came: its key, its body, and when."""

    key: str | None
    body: bytes
    at: float


class BadServer:
    """Answers each request with the next thing of its script, and the last one ever after."""

    def __init__(self, url: str, script: Sequence[Said]) -> None:
        self.url, self.script, self.heard = url, script, list[Heard]()


@contextmanager
def bad_server(script: Sequence[Said]) -> Iterator[BadServer]:
    """Run one on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            with lock:
                said = script[min(len(one.heard), len(script) - 1)]
                one.heard.append(Heard(self.headers.get("Idempotency-Key"), body, time.monotonic()))
            time.sleep(said.after)
            with suppress(OSError):
                _speak(self, said)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it is called by
            """Say nothing."""

    lock = threading.Lock()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    one = BadServer(f"http://127.0.0.1:{server.server_port}", script)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()


def _speak(handler: BaseHTTPRequestHandler, said: Said) -> None:
    if said is HANGS_UP:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
        return
    body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
    handler.send_response(said.status)
    for name, value in {**said.headers, "Content-Length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    for byte in body if said.drip else ():
        handler.wfile.write(bytes([byte]))
        time.sleep(said.drip)
    if not said.drip:
        handler.wfile.write(body[: len(body) // 2] if said.cut else body)
    handler.close_connection = True


class CuttingWire:
    """A wire to a server, cut `cuts` times: the request is through, its answer never comes."""

    def __init__(self, port: int, cuts: int) -> None:
        self.cuts_left, self.answers_dropped, self._port = cuts, 0, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            client, _address = self._listener.accept()
            if self._port == 0:
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", self._port))
            self._threads.append(threading.Thread(target=self._carry, args=(client, server)))
            self._threads[-1].start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Carry both ways until either end hangs up, or the wire is cut."""
        with client, server, suppress(OSError):
            while True:
                ready, _writable, _failed = select.select([client, server], [], [])
                for end in ready:
                    data = end.recv(65_536)
                    if not data:
                        return
                    if end is server and self.cuts_left:
                        self.cuts_left -= 1
                        self.answers_dropped += 1
                        return
                    (client if end is server else server).sendall(data)

    def close(self) -> None:
        """Let nobody in any more, and wait for those who are."""
        self._port = 0
        socket.create_connection(self._listener.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()
