"""`dangol messages`: a test message leaves, or says why it does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.instances import Instance, made_instance
from tests.connectors.smtp.mail_server import Postbox, serving


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with made_instance(tmp_path) as fresh:
        yield fresh


def mail_finding(instance: Instance, **settings: Any) -> Any:
    found = instance.run("doctor", "--json", **settings).data["findings"]
    return [one for one in found if one["check"] == "mail"][-1]


def test_messages_test__server_takes_it__says_so(instance: Instance) -> None:
    postbox = Postbox()
    with serving(postbox) as port:
        told: dict[str, Any] = {
            "DANGOL_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "DANGOL_MAIL_FROM": "hello@shop.example",
        }
        sent = instance.run("messages", "test", "kim@example.com", "--json", **told)
        finding = mail_finding(instance, **told)
        status = instance.run("messages", "status", "--json", **told)

    assert sent.code == 0
    assert sent.data["sender"] == "smtp"
    assert "queued as 4F2A" in sent.data["receipt"]
    assert [mail["To"] for mail in postbox.mails] == ["kim@example.com"]
    assert finding["level"] == "ok"
    assert (status.data["email"], status.data["waiting"], status.data["dead"]) == ("smtp", 0, 0)


def test_messages_test__server_refuses__says_which_kind(instance: Instance) -> None:
    postbox = Postbox()
    postbox.at_rcpt["kim@example.com"] = "550 No such user here"
    with serving(postbox) as port:
        told: dict[str, Any] = {
            "DANGOL_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "DANGOL_MAIL_FROM": "hello@shop.example",
        }
        sent = instance.run("messages", "test", "kim@example.com", "--json", **told)
        finding = mail_finding(instance, **told)

    assert sent.code == 4
    assert sent.data["error"]["code"] == "messaging.not_handed_over"
    assert sent.data["error"]["data"] == {"error": "rcpt_550"}
    assert finding["level"] == "warn"
    assert "rcpt_550" in finding["sentence"]


def test_messages_test__no_server__names_the_settings(instance: Instance) -> None:
    sent = instance.run("messages", "test", "kim@example.com", "--json")

    assert sent.code == 4
    assert sent.data["error"]["code"] == "messaging.no_way_out"
    assert "DANGOL_SMTP_URL" in sent.data["error"]["remedy"]
    assert mail_finding(instance)["level"] == "warn"


def test_messages_test__no_address__is_refused(instance: Instance) -> None:
    sent = instance.run("messages", "test", "kim", "--json")

    assert sent.data["error"]["code"] == "value.not_an_email"


def test_any_command__half_of_the_settings__stops_without_the_password(instance: Instance) -> None:
    sent = instance.run("doctor", DANGOL_SMTP_URL="smtps://u:s3cret@mail.example")

    assert sent.code == 2
    assert "DANGOL_MAIL_FROM" in sent.words
    assert "s3cret" not in sent.words
