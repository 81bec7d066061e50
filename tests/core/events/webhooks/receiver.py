"""A receiver of webhooks: a real server on this machine that answers well or badly, as it is told."""

import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Got(NamedTuple):
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


Behavior = Callable[["Receiver", BaseHTTPRequestHandler, int], None]


class Receiver:
    """The server, what it has got, and how it behaves: a function of the request's number, from 0."""

    def __init__(self, behavior: Behavior, context: ssl.SSLContext | None = None) -> None:
        self.got: list[Got] = []
        self.behavior = behavior
        self.names: list[str] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        # Whether anybody has taken the whole of an answer that is too long to be taken.
        self.is_heard_out = False
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver.take(self)

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_words: object) -> None:
                """Say nothing of callers that have gone away."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self.scheme = "https"
        self.port = int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        """Return the webhook-ids of all requests in the order they came."""
        return [one.headers["webhook-id"] for one in self.got]

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._lock:
            number = len(self.got)
            self.got.append(Got(handler.path, headers, body, time.monotonic()))
        self.behavior(self, handler, number)

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond the end of the test."""
        self._stopping.wait(seconds)

    def release(self) -> None:
        """Let go of all whom it keeps waiting."""
        self._stopping.set()

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()


def answer(status: int, body: bytes = b"ok", **headers: str) -> Behavior:
    """Answer so at once."""

    def behave(_receiver: Receiver, handler: BaseHTTPRequestHandler, _number: int) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def answer_after(seconds: float, status: int = 200) -> Behavior:
    """Answer, but slowly."""

    def behave(receiver: Receiver, handler: BaseHTTPRequestHandler, number: int) -> None:
        receiver.sleep(seconds)
        answer(status)(receiver, handler, number)

    return behave


def drip(_receiver: Receiver, handler: BaseHTTPRequestHandler, _number: int) -> None:
    """Send a byte of the headers now and then, without end."""
    for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"a" * 10_000:
        handler.wfile.write(bytes([byte]))
        _receiver.sleep(0.02)


def drip_body(receiver: Receiver, handler: BaseHTTPRequestHandler, _number: int) -> None:
    """Answer well, and send the body without end."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(10_000):
        handler.wfile.write(b"a")
        receiver.sleep(0.02)
    receiver.is_heard_out = True


def flood(receiver: Receiver, handler: BaseHTTPRequestHandler, _number: int) -> None:
    """Answer with a body of a gigabyte, as long as anybody reads."""
    handler.send_response(200)
    handler.send_header("content-length", str(2**30))
    handler.end_headers()
    for _ in range(1024):
        handler.wfile.write("가\0".encode() * 2**18)
    receiver.is_heard_out = True


def close_early(_receiver: Receiver, handler: BaseHTTPRequestHandler, _number: int) -> None:
    """Hang up in the middle of the answer's headers."""
    handler.wfile.write(b"HTTP/1.1 200 O")
    handler.connection.shutdown(socket.SHUT_RDWR)


def fail_at_random(share: float, seed: int) -> Behavior:
    """Fail this share of the requests."""
    dice = random.Random(seed)

    def behave(receiver: Receiver, handler: BaseHTTPRequestHandler, number: int) -> None:
        answer(500 if dice.random() < share else 200)(receiver, handler, number)

    return behave


@contextmanager
def closed_port() -> Iterator[int]:
    """Give a port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's and a client's TLS context; the server's certificate is for `name` alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    begun = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun)
        .not_valid_after(begun + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem.decode())


def note_names(context: ssl.SSLContext) -> list[str]:
    """Return a list that fills with the names callers ask for (SNI)."""
    names: list[str] = []

    def note(_socket: ssl.SSLSocket | ssl.SSLObject, name: str | None, _context: Any) -> None:
        names.append(name or "")

    context.set_servername_callback(note)
    return names
