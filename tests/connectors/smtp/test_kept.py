"""The mail server a shop sets on its pages: checked, sealed, used at once, and never told again."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from dangol.connectors.smtp.errors import SetElsewhere
from dangol.connectors.smtp.kept import MailDraft, find_mail, forget_mail, kept_server, set_mail
from dangol.connectors.smtp.sender import MailSender
from dangol.connectors.smtp.servers import Server, Tls, read_from
from dangol.core.access.log import list_entries
from dangol.core.messaging.senders import Answer, Letter, Outcome
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.data_keys import forget_cached_keys
from dangol.core.people.models import SharedKey
from dangol.core.storage.ids import new_id
from dangol.domain.errors import DomainError
from tests.connectors.smtp.mail_server import Postbox, serving

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
OWNER = Actor(ActorKind.STAFF, "owner", "주인", "203.0.113.7")
GOOD = MailDraft("mail.example", "587", "starttls", "shop", "s3cret-word", "골목 가게 <hello@shop.example>")


def keep(draft: MailDraft = GOOD) -> None:
    set_mail(draft, actor=OWNER, reason="설정", at=AT)


def test_set__a_server__is_told_without_its_password_and_written_down() -> None:
    keep()

    told = find_mail()
    assert told is not None
    assert (told.host, told.port, told.tls, told.user, told.has_password) == (
        "mail.example", 587, "starttls", "shop", True,
    )  # fmt: skip
    assert (told.set_at, told.set_by, told.is_override) == (AT, "주인", False)
    assert "s3cret-word" not in str(told)
    [entry] = list_entries()
    assert (entry.action, entry.actor, entry.people, entry.subject_id) == ("configure", "owner", 0, None)
    assert "mail.password" in entry.seen
    assert "s3cret-word" not in str(entry)


def test_set__a_server__lies_sealed_in_the_table() -> None:
    keep()

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM dg_message_way")
        row = repr([bytes(one) if isinstance(one, memoryview) else one for one in cursor.fetchone()])
    assert "s3cret" not in row
    assert "mail.example" not in row


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"host": ""}, "smtp.host_unfit", "host"),
        ({"host": "mail example"}, "smtp.host_unfit", "host"),
        ({"host": "mail.example\r\nRCPT"}, "smtp.host_unfit", "host"),
        ({"host": "smtp://mail.example"}, "smtp.host_unfit", "host"),
        ({"host": "a" * 300}, "smtp.host_unfit", "host"),
        ({"port": "0"}, "smtp.port_unfit", "port"),
        ({"port": "65536"}, "smtp.port_unfit", "port"),
        ({"port": "٥"}, "smtp.port_unfit", "port"),
        ({"port": "9" * 5_000}, "smtp.port_unfit", "port"),
        ({"tls": "none"}, "smtp.tls_unfit", "tls"),
        ({"tls": "maybe"}, "smtp.tls_unfit", "tls"),
        ({"user": "", "password": "x"}, "smtp.user_unfit", "user"),
        ({"user": "shop", "password": ""}, "smtp.user_unfit", "password"),
        ({"user": "a\nb"}, "smtp.user_unfit", "user"),
        ({"sender": "nobody"}, "smtp.sender_unfit", "sender"),
        ({"sender": "a@b.example\r\nBcc: c@d.example"}, "smtp.sender_unfit", "sender"),
    ],
)
def test_set__odd_part__is_refused_by_name_and_nothing_is_kept(
    changed: dict[str, str], code: str, field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        keep(GOOD._replace(**changed))

    assert (refused.value.code, refused.value.data["field"]) == (code, field)
    assert find_mail() is None
    assert list_entries() == []


def test_set__empty_password_for_the_same_server__keeps_it() -> None:
    keep()

    keep(GOOD._replace(password="", sender="new@shop.example"))

    assert kept_server() == (
        Server("mail.example", 587, Tls.STARTTLS, "shop", "s3cret-word"), read_from("new@shop.example"),
    )  # fmt: skip
    assert list_entries()[0].seen == ("mail.sender",)


@pytest.mark.parametrize(
    "changed", [{"host": "thief.example"}, {"port": "25"}, {"user": "other"}, {"tls": "implicit"}]
)
def test_set__empty_password_for_another_server__is_never_sent_there(changed: dict[str, str]) -> None:
    keep()

    with pytest.raises(DomainError) as refused:
        keep(GOOD._replace(password="", **changed))

    assert refused.value.code == "smtp.password_wanted"
    assert kept_server() == (
        Server("mail.example", 587, Tls.STARTTLS, "shop", "s3cret-word"), read_from(GOOD.sender),
    )  # fmt: skip


def test_forget__kept_server__nothing_leaves_any_more() -> None:
    keep()

    forget_mail(actor=OWNER, reason="설정", at=AT)
    forget_mail(actor=OWNER, reason="설정", at=AT)

    assert find_mail() is None
    assert not MailSender(None, None).is_ready()
    assert len(list_entries()) == 2


def test_kept__under_a_key_store_that_is_gone__is_none_and_can_be_set_anew(settings: Settings) -> None:
    keep()
    settings.READ_ONLY = "keys"
    assert find_mail() is None
    settings.READ_ONLY = ""
    SharedKey.objects.all().delete()
    forget_cached_keys()
    assert find_mail() is None
    assert kept_server() is None

    keep()

    assert find_mail() is not None


def test_environment__names_a_server__it_goes_before_the_kept_one(settings: Settings) -> None:
    keep()
    settings.SMTP_SERVER = Server("env.example", 465, Tls.IMPLICIT, "u", "p4ssword")
    settings.MAIL_FROM = read_from("env@shop.example")

    told = find_mail()

    assert told is not None
    assert (told.host, told.is_override) == ("env.example", True)
    assert "p4ssword" not in str(told)
    with pytest.raises(SetElsewhere):
        keep()


def test_send__by_the_kept_server__at_once_also_after_a_change() -> None:
    way, postbox = MailSender(None, None), Postbox()
    letter = Letter(new_id(), "kim@example.com", "시험", "안녕\n", "ko", AT, "<p>안녕</p>")
    assert list(way.send([letter])) == [Answer(Outcome.FAILED, "no_server")]

    with serving(postbox) as port:
        keep(MailDraft("127.0.0.1", str(port), "none", sender="hello@shop.example"))
        assert way.is_ready()
        [answer] = way.send([letter])

    assert answer.outcome is Outcome.HANDED
    [mail] = postbox.mails
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert plain.get_content() == "안녕\r\n"
    assert html is not None
    assert html.get_content() == "<p>안녕</p>\r\n"
