"""A real mail server on this machine that behaves as it is told, well or badly."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Postbox:
    """What a server got, and how it is to answer: by recipient, else well."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.connections = 0
        self.at_rcpt: dict[str, str] = {}
        self.at_data: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self.seconds = 0.0
        self.signed_in: list[str] = []

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.at_rcpt.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.seconds)
        answer = self.at_data.get(envelope.rcpt_tos[0], "250 2.0.0 Ok: queued as 4F2A")
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        if answer == "drop":
            self.mails.append(mail)
            assert server.transport is not None
            server.transport.close()
            return "250 nobody hears this"
        if answer.startswith("250"):
            self.mails.append(mail)
        return answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Let in whoever gives a user's password."""
        user, password = data.login.decode(), data.password.decode()
        self.signed_in.append(user)
        return AuthResult(success=self.users.get(user) == password, handled=False)


@contextmanager
def serving(postbox: Postbox, *, tls: str = "none", folder: Path | None = None) -> Iterator[int]:
    """Run a server on a free port of this machine, with TLS from the start, after STARTTLS, or none."""
    options: dict[str, Any] = {}
    context: ssl.SSLContext | None = None
    if tls != "none":
        assert folder is not None, "a certificate lies in a file"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(make_certificate(folder))
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if postbox.users:
        options |= {"authenticator": postbox.authenticate, "auth_require_tls": tls == "starttls"}
    loop = asyncio.new_event_loop()

    def factory() -> SMTP:
        return SMTP(postbox, hostname="mail.example", loop=loop, **options)

    starting = loop.create_server(factory, "127.0.0.1", 0, ssl=context if tls == "implicit" else None)
    server = loop.run_until_complete(starting)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()


def make_certificate(folder: Path) -> Path:
    """Write a certificate for this machine, signed by nobody, and its key into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
