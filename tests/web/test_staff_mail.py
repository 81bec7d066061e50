"""Mail to those who work here: invited and recovered by it, once, and only where it leaves the house."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from dangol.connectors.smtp.kept import MailDraft, set_mail
from dangol.core.messaging.models import Message
from dangol.core.messaging.outbox import Outbox
from dangol.core.people.actors import HOUSE
from dangol.core.people.models import Staff
from tests.connectors.smtp.mail_server import Postbox, serving
from tests.web.staff import make_staff, sign_in
from tests.web.story import NOW, Story, open_shop
from tests.web.test_staff import WHO, accept, link_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
INVITED = WHO | {"email": "haneul@shop.example"}


def use_server(port: int) -> None:
    draft = MailDraft("127.0.0.1", str(port), "none", sender="hello@shop.example")
    set_mail(draft, actor=HOUSE, reason="설정", at=NOW)


def send_all() -> int:
    return Outbox(lambda: NOW + timedelta(minutes=1)).send_due()


def text_of(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content())


@pytest.fixture
def real_shop(still_clock: Any, transactional_db: None) -> None:
    open_shop(sample=False)


def test_invite__with_an_address__the_mail_opens_the_account(clerk: Client, real_shop: None) -> None:
    postbox = Postbox()
    with serving(postbox) as port:
        use_server(port)
        answer = clerk.post("/staff/invite", INVITED)
        link = link_in(answer)
        sent = send_all() + send_all()

    assert sent == 1
    assert "haneul@shop.example 앞으로 메일도 보내요" in answer.content.decode()
    [mail] = postbox.mails
    assert mail["To"] == "haneul@shop.example"
    assert f"http://testserver{link}" in text_of(mail)
    assert "김하늘" in text_of(mail)
    assert accept(link)["Location"] == "/sign-in?opened=1"


def test_invite__without_address_or_server__leaves_nothing(clerk: Client, real_shop: None) -> None:
    link_in(clerk.post("/staff/invite", INVITED))
    use_server(9)
    link_in(clerk.post("/staff/invite", WHO | {"username": "other"}))

    assert not Message.objects.exists()


def test_invite__in_a_sample_shop__is_not_kept_for_others_to_read(clerk: Client, story: Story) -> None:
    link_in(clerk.post("/staff/invite", INVITED))

    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "changed", [{"email": "haneul"}, {"email": "a@b\r\nBcc: c@d.example"}, {"reason": ""}, {"role": "root"}]
)
def test_invite__refused__neither_account_nor_mail(
    clerk: Client, real_shop: None, changed: dict[str, str]
) -> None:
    use_server(9)

    answer = clerk.post("/staff/invite", INVITED | changed)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not Message.objects.exists()
    assert Staff.objects.count() == 1


def test_recover__where_mail_reaches_them__the_link_comes_by_mail(clerk: Client, real_shop: None) -> None:
    person = make_staff("haneul", "agent")
    sign_in(Client(), "haneul", "agent").post("/account/mail", {"email": "haneul@shop.example"})
    postbox = Postbox()
    with serving(postbox) as port:
        use_server(port)
        link = link_in(clerk.post(f"/staff/{person.pk}/recover", {"reason": "휴대폰을 잃어버렸어요"}))
        send_all()

    [mail] = postbox.mails
    assert link in text_of(mail)
    assert "두 번째 확인 방법" in text_of(mail)
    refused = clerk.post(f"/staff/{person.pk}/recover", {"reason": ""})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert Message.objects.count() == 1


def test_own_address__changed_and_emptied__is_theirs_alone(clerk: Client, real_shop: None) -> None:
    other = make_staff("haneul", "agent")

    assert clerk.post("/account/mail", {"email": "me@shop.example"}).status_code == HTTPStatus.FOUND
    assert 'value="me@shop.example"' in clerk.get("/account").content.decode()
    refused = clerk.post("/account/mail", {"email": "nobody"})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'value="nobody"' in refused.content.decode()

    assert Staff.objects.get(username="owner").email == "me@shop.example"
    clerk.post("/account/mail", {"email": ""})
    assert Staff.objects.get(username="owner").email == ""
    other.refresh_from_db()
    assert other.email == ""
