"""Handing letters to a mail server: one connection a batch, and for each letter a clear answer.

What the server says no to for good (5xx) is refused; what it cannot now (4xx), and whatever breaks on the
way, is tried again. A connection lost after the text was sent leaves open whether the letter was taken: it is
tried again, under the same Message-ID.
"""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from email.headerregistry import Address

from dangol.connectors.smtp.kept import kept_server
from dangol.connectors.smtp.letters import build
from dangol.connectors.smtp.servers import Server, Tls
from dangol.core.messaging.senders import EMAIL, Answer, Letter, Outcome
from dangol.core.messaging.ways import has_way

TIMEOUT_SECONDS = 15.0


class _No(Exception):
    """The server said no, at a step (`rcpt`), with a code."""

    def __init__(self, step: str, code: int) -> None:
        super().__init__(step, code)
        self.answer = Answer(Outcome.REFUSED if code >= 500 else Outcome.FAILED, f"{step}_{code}")


class SmtpSender:
    """Carries e-mail by SMTP (RFC 5321). Without a server it is not ready."""

    name = "smtp"
    channel = EMAIL

    def __init__(
        self,
        server: Server | None,
        sender: Address | None,
        *,
        timeout: float = TIMEOUT_SECONDS,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.server, self._sender, self._timeout = server, sender, timeout
        self._context = context

    def is_ready(self) -> bool:
        """Say whether there is a server, and an address to send from."""
        return self.server is not None and self._sender is not None

    def send(self, letters: Sequence[Letter]) -> Iterator[Answer]:
        """Hand letters over; where the connection breaks, the next one is tried on a new connection."""
        connection: smtplib.SMTP | None = None
        unreachable = ""
        try:
            for letter in letters:
                if connection is None and not unreachable:
                    connection, unreachable = self._connect()
                if connection is None:
                    # The server is not there, or not what it was: the rest would find it so, too.
                    yield Answer(Outcome.FAILED, unreachable)
                else:
                    answer, connection = self._send_one(connection, letter)
                    yield answer
        finally:
            if connection is not None:
                _leave(connection)

    def _send_one(self, connection: smtplib.SMTP, letter: Letter) -> tuple[Answer, smtplib.SMTP | None]:
        try:
            return self._say(connection, letter), connection
        except _No as refusal:
            return self._reset(connection, refusal.answer)
        except ValueError:
            # Not even a letter: an address or a name that no header can hold.
            return Answer(Outcome.REFUSED, "cannot_be_written"), connection
        except (OSError, smtplib.SMTPException) as error:
            connection.close()
            return Answer(Outcome.FAILED, _kind(error)), None

    def _reset(self, connection: smtplib.SMTP, answer: Answer) -> tuple[Answer, smtplib.SMTP | None]:
        """Make ready for the next letter after a no; some servers hang up instead."""
        try:
            connection.rset()
        except (OSError, smtplib.SMTPException):
            connection.close()
            return answer, None
        return answer, connection

    def _say(self, connection: smtplib.SMTP, letter: Letter) -> Answer:
        sender = self._sender
        assert sender is not None, "asked only where it is ready"
        international = connection.has_extn("smtputf8")
        if not international and not (letter.to + sender.addr_spec).isascii():
            return Answer(Outcome.REFUSED, "address_not_ascii")
        mail = build(letter, sender, international=international)
        options = ["SMTPUTF8"] if international and not letter.to.isascii() else []
        _expect("mail", *connection.mail(sender.addr_spec, options))
        _expect("rcpt", *connection.rcpt(letter.to))
        try:
            code, said = connection.data(mail)
        except smtplib.SMTPDataError as error:
            raise _No("data", error.smtp_code) from None
        _expect("data", code, said)
        return Answer(Outcome.HANDED, receipt=said.decode("ascii", "replace"))

    def _connect(self) -> tuple[smtplib.SMTP | None, str]:
        """Return a connection ready for letters, or none and the kind of failure."""
        server, sender = self.server, self._sender
        assert server is not None, "asked only where it is ready"
        assert sender is not None, "asked only where it is ready"
        # Said by name in EHLO: ours would be this machine's.
        connection: smtplib.SMTP | None = None
        try:
            if server.tls is Tls.IMPLICIT:
                context = self._context or ssl.create_default_context()
                connection = smtplib.SMTP_SSL(
                    server.host, server.port, sender.domain, timeout=self._timeout, context=context
                )
            else:
                connection = smtplib.SMTP(server.host, server.port, sender.domain, timeout=self._timeout)
            connection.ehlo_or_helo_if_needed()
            if server.tls is Tls.STARTTLS:
                connection.starttls(context=self._context or ssl.create_default_context())
                connection.ehlo()
            if server.user:
                connection.login(server.user, server.password)
        except (OSError, smtplib.SMTPException) as error:
            if connection is not None:
                connection.close()
            return None, _kind(error)
        return connection, ""


def _expect(step: str, code: int, _said: bytes) -> None:
    if code == 421:
        raise smtplib.SMTPServerDisconnected(step)
    if not 200 <= code < 300:
        raise _No(step, code)


def _leave(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()


def _kind(error: Exception) -> str:
    """Return the kind of a failure of the connection, in our own words: a server's may quote an address."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (smtplib.SMTPAuthenticationError, "sign_in_refused"),
        (smtplib.SMTPNotSupportedError, "no_tls_or_sign_in"),
        (smtplib.SMTPServerDisconnected, "disconnected"),
        (ssl.SSLCertVerificationError, "certificate"),
        (ssl.SSLError, "tls"),
        (TimeoutError, "timeout"),
        (ConnectionRefusedError, "connection_refused"),
        (smtplib.SMTPResponseException, "not_now"),
    )
    # The library calls every end of a conversation a disconnection, and keeps why.
    causes = [error.__context__, error] if isinstance(error.__context__, OSError) else [error]
    found = (name for one in causes for kind, name in kinds if isinstance(one, kind))
    return next(found, "unreachable")


class MailSender:
    """Carries e-mail by the server the environment names, else by the one the shop has set on its pages."""

    name = "smtp"
    channel = EMAIL

    def __init__(self, server: Server | None, sender: Address | None) -> None:
        self._named = SmtpSender(server, sender)

    def is_ready(self) -> bool:
        """Say whether there is a server: the environment's, or one that is kept."""
        return self._named.is_ready() or has_way(EMAIL)

    def send(self, letters: Sequence[Letter]) -> Iterator[Answer]:
        """Hand letters over; the kept server is read for each batch, so that a change holds at once."""
        if self._named.is_ready():
            return self._named.send(letters)
        kept = kept_server()
        if kept is None:
            return iter([Answer(Outcome.FAILED, "no_server")] * len(letters))
        return SmtpSender(*kept).send(letters)
