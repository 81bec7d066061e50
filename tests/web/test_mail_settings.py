"""The mail server on the pages: set, tried for real, and what it said in words."""

from http import HTTPStatus

import pytest
from django.test import Client

from tests.connectors.smtp.mail_server import Postbox, serving
from tests.web.test_setup import page_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def mail_form(port: int, **changed: str) -> dict[str, str]:
    form = {
        "do": "save", "host": "127.0.0.1", "port": str(port), "tls": "none", "user": "", "password": "",
        "sender": "골목 가게 <hello@shop.example>",
    }  # fmt: skip
    return form | changed


@pytest.mark.parametrize("address", ["/setup/mail", "/settings/mail"])
def test_mail__set_and_tried__arrives_in_the_brand_s_color(
    clerk: Client, new_shop: None, address: str
) -> None:
    clerk.post("/setup/brand", {"name": "골목 가게", "color": "#0b6b58"})
    postbox = Postbox()
    with serving(postbox) as port:
        assert "매장에서 한 번 쓰는 QR" in page_of(clerk.get(address))
        saved = clerk.post(address, mail_form(port), follow=True)
        assert "저장했어요" in page_of(saved)

        page = page_of(clerk.post(address, {"do": "test", "email": "owner@shop.example"}))

    assert "owner@shop.example 앞으로 받았어요" in page
    assert "queued as 4F2A" in page
    [mail] = postbox.mails
    assert (mail["To"], mail["From"]) == ("owner@shop.example", "골목 가게 <hello@shop.example>")
    html = mail.get_body(("html",))
    assert html is not None
    assert "background:#0b6b58" in html.get_content()
    assert 'value="owner@shop.example"' in page_of(clerk.get(address))


def test_mail__server_says_no__is_told_in_words(clerk: Client, new_shop: None) -> None:
    postbox = Postbox()
    postbox.at_rcpt["owner@shop.example"] = "550 No such user"
    with serving(postbox) as port:
        clerk.post("/setup/mail", mail_form(port))
        refused = clerk.post("/setup/mail", {"do": "test", "email": "owner@shop.example"})
    gone = clerk.post("/setup/mail", {"do": "test", "email": "owner@shop.example"})

    assert "메일 서버가 거절했어요: 받는 주소 (550)" in page_of(refused)
    assert "rcpt_550" in page_of(refused)
    assert "듣는 메일 서버가 없어요" in page_of(gone)
    assert refused.status_code == gone.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_mail__wrong_password__is_told_in_words_and_never_shown(clerk: Client, new_shop: None) -> None:
    postbox = Postbox()
    postbox.users["shop"] = "the-right-one"
    with serving(postbox) as port:
        pages = [
            clerk.post("/setup/mail", mail_form(port, user="shop", password="the-wr0ng-one"), follow=True)
        ]
        pages.append(clerk.post("/setup/mail", {"do": "test", "email": "owner@shop.example"}))
        pages.append(
            clerk.post("/setup/mail", mail_form(port, user="shop", password="the-wr0ng-one", host="-"))
        )
    pages += [clerk.get("/settings/mail"), clerk.get("/settings"), clerk.get("/access-log")]

    assert "계정이나 비밀번호를 받아 주지 않았어요" in page_of(pages[1])
    assert not [page for page in pages if "the-wr0ng-one" in page_of(page)]


def test_mail__tried_too_often__is_refused(clerk: Client, new_shop: None) -> None:
    clerk.post("/setup/mail", mail_form(9))

    answers = [clerk.post("/setup/mail", {"do": "test", "email": "a@shop.example"}) for _ in range(11)]

    assert "듣는 메일 서버가 없어요" in page_of(answers[9])
    assert "너무" in page_of(answers[10])


@pytest.mark.parametrize("email", ["", "x", "a@b\r\nBcc: c@d.example"])
def test_mail__tried_with_no_address__is_refused(clerk: Client, new_shop: None, email: str) -> None:
    clerk.post("/setup/mail", mail_form(9))

    answer = clerk.post("/setup/mail", {"do": "test", "email": email})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'role="alert"' in page_of(answer)
