"""The settings of mail, read strictly and never repeated."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from dangol.connectors.smtp.servers import Server, Tls, read_from, read_server
from dangol.project import environment


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://mail.example", Server("mail.example", 465, Tls.IMPLICIT)),
        ("smtps://u:p%40ss@mail.example:1465", Server("mail.example", 1465, Tls.IMPLICIT, "u", "p@ss")),
        ("smtp://u:p@mail.example", Server("mail.example", 587, Tls.STARTTLS, "u", "p")),
        ("smtp://localhost:25", Server("localhost", 25, Tls.NONE)),
        ("smtp://127.0.0.7:25", Server("127.0.0.7", 25, Tls.NONE)),
        ("smtp://[::1]:25", Server("::1", 25, Tls.NONE)),
        ("smtp://10.0.0.1:25", Server("10.0.0.1", 25, Tls.STARTTLS)),
        (
            "smtp://u%40x.example:p@mail.example/",
            Server("mail.example", 587, Tls.STARTTLS, "u@x.example", "p"),
        ),
    ],
)
def test_read_server__an_address__says_all(url: str, server: Server) -> None:
    assert read_server(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example", "http://mail.example", "smtp://", "smtps://u:s3cret@mail.example:99999",
        "smtps://u:s3cret@mail.example/path", "smtps://u:s3cret@mail.example?tls=no", "smtp://u@mail.example",
        "smtps://u:s3c/ret@mail.example", "smtps://u:s3cret@[::1",
    ],
)  # fmt: skip
def test_read_server__what_is_none__is_refused_without_its_words(url: str) -> None:
    with pytest.raises(ValueError, match="smtps://user:password@host") as refusal:
        read_server(url)

    assert "s3c" not in str(refusal.value)


def test_read_from__with_a_name__keeps_it() -> None:
    assert str(read_from("골목 가게 <hello@shop.example>")) == "골목 가게 <hello@shop.example>"
    assert read_from("hello@shop.example").addr_spec == "hello@shop.example"


@pytest.mark.parametrize(
    "text", ["shop", "shop@", "@shop.example", "shop@host", "a@b.c\nBcc: d@e.f", "", "a b@"]
)
def test_read_from__what_is_none__is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"shop@example\.com"):
        read_from(text)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"DANGOL_SMTP_URL": "smtps://mail.example"}, "DANGOL_MAIL_FROM is missing"),
        ({"DANGOL_MAIL_FROM": "a@shop.example"}, "DANGOL_SMTP_URL is missing"),
        ({"DANGOL_SMTP_URL": "x", "DANGOL_MAIL_FROM": "a@shop.example"}, "DANGOL_SMTP_URL names no"),
        ({"DANGOL_SMTP_URL": "smtps://mail.example", "DANGOL_MAIL_FROM": "x"}, "DANGOL_MAIL_FROM is no"),
    ],
)
def test_mail__half_or_odd__stops_with_the_remedy(
    given: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DANGOL_SMTP_URL", "DANGOL_MAIL_FROM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=named):
        environment.mail()


def test_mail__secret_in_a_file__is_read(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{tmp_path}/url"
    with open(path, "w") as file:
        file.write("smtps://u:p@mail.example\n")
    monkeypatch.setenv("DANGOL_SMTP_URL_FILE", path)
    monkeypatch.setenv("DANGOL_MAIL_FROM", "a@shop.example")

    server, sender = environment.mail()

    assert server == Server("mail.example", 465, Tls.IMPLICIT, "u", "p")
    assert sender is not None
    assert sender.addr_spec == "a@shop.example"


def test_mail__nothing_set__there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DANGOL_SMTP_URL", "DANGOL_MAIL_FROM"):
        monkeypatch.delenv(name, raising=False)

    assert environment.mail() == (None, None)
