"""Handing letters to a real mail server that behaves badly, too."""

import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dangol.connectors.smtp.sender import SmtpSender
from dangol.connectors.smtp.servers import Server, Tls, read_from
from dangol.core.messaging.senders import Answer, Letter, Outcome
from dangol.core.storage.ids import new_id
from tests.connectors.smtp.mail_server import Postbox, serving
from tests.core.events.webhooks.receiver import closed_port
from tests.waiting import PATIENCE

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
FROM = read_from("골목 가게 <hello@shop.example>")


def a_letter(to: str = "one@example.com", subject: str = "확인 코드", text: str = "코드: 271828\n") -> Letter:
    return Letter(new_id(), to, subject, text, "ko", AT)


def send(
    server: Server, *letters: Letter, context: ssl.SSLContext | None = None, timeout: float = PATIENCE
) -> list[Answer]:
    way = SmtpSender(server, FROM, timeout=timeout, context=context)
    return list(way.send(letters))


def plain(port: int) -> Server:
    return Server("127.0.0.1", port, Tls.NONE)


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "server.pem"))


def test_send__a_batch__one_connection_and_whole_letters() -> None:
    postbox = Postbox()
    letters = [a_letter(), a_letter("two@example.com")]

    with serving(postbox) as port:
        answers = send(plain(port), *letters)

    assert answers == [Answer(Outcome.HANDED, "", "2.0.0 Ok: queued as 4F2A")] * 2
    assert postbox.connections == 1
    mail = postbox.mails[0]
    assert mail["Message-ID"] == f"<{letters[0].id.hex()}@shop.example>"
    assert mail["Subject"] == "확인 코드"
    assert mail["From"] == "골목 가게 <hello@shop.example>"
    assert mail["To"] == "one@example.com"
    assert mail["Date"] == "Sun, 01 Mar 2026 09:30:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content() == "코드: 271828\r\n"


@pytest.mark.parametrize(
    ("where", "answer", "outcome", "error"),
    [
        ("rcpt", "550 No such user", Outcome.REFUSED, "rcpt_550"),
        ("rcpt", "450 Mailbox busy", Outcome.FAILED, "rcpt_450"),
        ("data", "554 Spam", Outcome.REFUSED, "data_554"),
        ("data", "451 Local error", Outcome.FAILED, "data_451"),
        ("data", "421 Closing", Outcome.FAILED, "disconnected"),
        ("data", "drop", Outcome.FAILED, "disconnected"),
    ],
)
def test_send__no_to_one__the_others_still_go(where: str, answer: str, outcome: Outcome, error: str) -> None:
    postbox = Postbox()
    answers_at = postbox.at_rcpt if where == "rcpt" else postbox.at_data
    answers_at["bad@example.com"] = answer

    with serving(postbox) as port:
        answers = send(plain(port), a_letter(), a_letter("bad@example.com"), a_letter("two@example.com"))

    assert [one.outcome for one in answers] == [Outcome.HANDED, outcome, Outcome.HANDED]
    assert answers[1].error == error
    assert "bad@example.com" not in str(answers)


def test_send__dropped_after_the_text__goes_again_under_the_same_id() -> None:
    postbox, letter = Postbox(), a_letter()
    postbox.at_data["one@example.com"] = "drop"

    with serving(postbox) as port:
        first = send(plain(port), letter)
        postbox.at_data.clear()
        second = send(plain(port), letter)

    assert [first[0].outcome, second[0].outcome] == [Outcome.FAILED, Outcome.HANDED]
    assert len({mail["Message-ID"] for mail in postbox.mails}) == 1
    assert len(postbox.mails) == 2


def test_send__server_hangs__is_not_waited_for() -> None:
    postbox = Postbox()
    postbox.seconds = 3.0

    with serving(postbox) as port:
        [answer] = send(plain(port), a_letter(), timeout=1.0)

    assert answer == Answer(Outcome.FAILED, "timeout")


def test_send__silent_port__every_letter_fails_after_one_wait() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answers = send(plain(silent.getsockname()[1]), a_letter(), a_letter(), a_letter(), timeout=1.0)

    assert answers == [Answer(Outcome.FAILED, "timeout")] * 3


def test_send__nobody_listens__is_tried_again() -> None:
    with closed_port() as port:
        answers = send(plain(port), a_letter())

    assert answers == [Answer(Outcome.FAILED, "connection_refused")]


@pytest.mark.parametrize(
    "speak",
    [
        lambda said: said.sendall(b"220 hello\r\n" + b"x" * 100_000),
        lambda said: said.sendall(b"554 go away\r\n"),
        lambda said: said.sendall(b"\xff\xfe\r\n"),
        lambda said: None,
    ],
    ids=["endless", "go away", "noise", "hangs up"],
)
def test_send__server_speaks_nonsense__is_tried_again(speak: Callable[[socket.socket], None]) -> None:
    def answer_once(listening: socket.socket) -> None:
        said, _ = listening.accept()
        with said:
            speak(said)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer_once, args=(listening,))
        thread.start()
        [answer] = send(plain(listening.getsockname()[1]), a_letter())
        thread.join()

    assert answer.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "letter",
    [
        a_letter("하늘@example.com"),
        a_letter("one@example.com", subject="확인\nBcc: other@example.com"),
        a_letter("one@example.com\r\nBcc: other@example.com"),
    ],
    ids=["not ascii", "header in the subject", "header in the address"],
)
def test_send__what_is_no_letter__is_refused_and_the_next_goes(letter: Letter) -> None:
    postbox = Postbox()

    with serving(postbox) as port:
        answers = send(plain(port), letter, a_letter("two@example.com"))

    assert [one.outcome for one in answers] == [Outcome.REFUSED, Outcome.HANDED]
    assert [mail["To"] for mail in postbox.mails] == ["two@example.com"]


@pytest.mark.parametrize("tls", [Tls.IMPLICIT, Tls.STARTTLS])
def test_send__tls_and_a_user__nothing_is_said_in_the_clear(tls: Tls, tmp_path: Path) -> None:
    postbox = Postbox()
    postbox.users = {"shop": "p@ss word"}

    with serving(postbox, tls=tls, folder=tmp_path) as port:
        server = Server("localhost", port, tls, "shop", "p@ss word")
        [answer] = send(server, a_letter(), context=trusting(tmp_path))

    assert answer.outcome is Outcome.HANDED
    assert postbox.signed_in == ["shop"]


@pytest.mark.parametrize("tls", [Tls.IMPLICIT, Tls.STARTTLS])
def test_send__certificate_of_nobody__password_is_not_told(tls: Tls, tmp_path: Path) -> None:
    postbox = Postbox()
    postbox.users = {"shop": "secret"}

    with serving(postbox, tls=tls, folder=tmp_path) as port:
        [answer] = send(Server("localhost", port, tls, "shop", "secret"), a_letter())

    assert answer == Answer(Outcome.FAILED, "certificate")
    assert postbox.signed_in == []


def test_send__server_offers_no_tls__password_is_not_told() -> None:
    postbox = Postbox()
    postbox.users = {"shop": "secret"}

    with serving(postbox) as port:
        [answer] = send(Server("127.0.0.1", port, Tls.STARTTLS, "shop", "secret"), a_letter())

    assert answer == Answer(Outcome.FAILED, "no_tls_or_sign_in")
    assert postbox.signed_in == []


def test_send__wrong_password__says_so_in_our_words(tmp_path: Path) -> None:
    postbox = Postbox()
    postbox.users = {"shop": "right"}

    with serving(postbox, tls="implicit", folder=tmp_path) as port:
        server = Server("localhost", port, Tls.IMPLICIT, "shop", "wrong")
        answers = send(server, a_letter(), a_letter(), context=trusting(tmp_path))

    assert answers == [Answer(Outcome.FAILED, "sign_in_refused")] * 2
    assert postbox.connections == 1


def test_sender__no_server__is_not_ready() -> None:
    assert not SmtpSender(None, None).is_ready()
    assert SmtpSender(plain(25), FROM).is_ready()
