"""The pages of webhooks: endpoints, what they were sent, and why a signature is wrong."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from standardwebhooks import Webhook

from dangol.core.access.rights import Role
from dangol.core.events.webhooks.checking import Fault
from dangol.core.events.webhooks.models import Delivery, DeliveryState, Endpoint, Secret
from dangol.core.events.webhooks.selectors import list_endpoints
from dangol.core.events.webhooks.services import create_endpoint
from dangol.core.events.webhooks.transport import Failure
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.domain.webhooks import Cause, EndpointState
from dangol.web.hook_words import DELIVERY_STATES, ENDPOINT_STATES, FAULT_WORDS, cause_name, failure_words
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ASKED = {"url": "https://hooks.example.com/in/s3cr3t", "description": "창고", "signature": "v1"}
SECRET = re.compile(r"whsec_[\w+/=]+")


@pytest.fixture
def endpoint(story: Story) -> Id:
    """Return an endpoint that is told of everything."""
    return create_endpoint(url=ASKED["url"], description="창고", at=NOW).endpoint_id


def page_of(endpoint_id: Id, rest: str = "") -> str:
    return f"/webhooks/{show_id(endpoint_id)}{rest}"


def example(clerk: Client, endpoint: Id) -> str:
    """Send an example on the page and return the address of its delivery."""
    answer = clerk.post(page_of(endpoint, "/example"))
    assert answer.status_code == HTTPStatus.FOUND
    return str(answer["Location"])


def test_endpoints__none__says_what_to_do(clerk: Client, story: Story) -> None:
    page = clerk.get("/webhooks").content.decode()

    assert "아직 엔드포인트가 없어요" in page
    assert "dangol listen" in page


def test_make__as_asked__secret_is_shown_once(clerk: Client, story: Story) -> None:
    answer = clerk.post("/webhooks/new", ASKED | {"events": ["order.placed"]})

    (one,) = list_endpoints()
    assert one.events == ("order.placed",)
    secret = SECRET.search(answer.content.decode())
    assert secret
    assert "no-store" in answer["Cache-Control"]
    for address in ("/webhooks", page_of(one.id), page_of(one.id, "/edit")):
        assert secret.group() not in clerk.get(address).content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "http://hooks.example.com"}, "쓸 수 없는 주소예요"),
        ({"url": ""}, "쓸 수 없는 주소예요"),
        ({"url": "https://10.0.0.1/"}, "인터넷에서 열린 주소가 아니에요"),
        ({"url": "https://169.254.169.254/latest"}, "인터넷에서 열린 주소가 아니에요"),
        ({"url": "https://[::1]/"}, "인터넷에서 열린 주소가 아니에요"),
        ({"url": "https://localhost/"}, "인터넷에서 열린 주소가 아니에요"),
        ({"events": ["no.such"]}, "그런 활동은 없어요: no.such"),
        ({"signature": "none"}, "그런 서명 방식은 없어요"),
        ({"description": "x" * 201}, "200자를 넘거나"),
    ],
)
def test_make_or_edit__odd_part__says_so_and_changes_nothing(
    clerk: Client, endpoint: Id, changed: dict[str, object], words: str
) -> None:
    before = list(Endpoint.objects.values())

    for address in ("/webhooks/new", page_of(endpoint, "/edit")):
        if "signature" in changed and address.endswith("/edit"):
            continue
        answer = clerk.post(address, ASKED | changed)

        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, address
        assert words in answer.content.decode(), address
    assert list(Endpoint.objects.values()) == before


def test_edit__other_events__are_kept(clerk: Client, endpoint: Id) -> None:
    changed = {"url": "https://other.example.com/x", "description": "", "events": ["order.placed"]}

    assert clerk.post(page_of(endpoint, "/edit"), changed).status_code == HTTPStatus.FOUND

    (one,) = list_endpoints()
    assert (one.url, one.description, one.events) == ("https://other.example.com/x", "", ("order.placed",))
    assert 'value="order.placed" checked' in clerk.get(page_of(endpoint, "/edit")).content.decode()


def test_rotate__with_an_overlap__both_sign_until_then(clerk: Client, endpoint: Id) -> None:
    page = clerk.post(page_of(endpoint, "/rotate"), {"overlap": "168"}).content.decode()

    assert SECRET.search(page)
    assert "옛 비밀의 서명도 함께 보내요" in page
    assert set(Secret.objects.values_list("ends_at", flat=True)) == {None, NOW + timedelta(days=7)}


def test_disable__then_enable__is_undone(clerk: Client, endpoint: Id) -> None:
    page = clerk.post(page_of(endpoint, "/disable"), follow=True).content.decode()
    assert "꺼져 있어요" in page
    refused = clerk.post(page_of(endpoint, "/example"))
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "먼저 다시 켜세요" in refused.content.decode()

    clerk.post(page_of(endpoint, "/enable"))

    assert Endpoint.objects.get().state == EndpointState.ACTIVE
    assert example(clerk, endpoint)


def test_example__sent__is_a_delivery_with_its_body(clerk: Client, endpoint: Id) -> None:
    page = clerk.get(example(clerk, endpoint)).content.decode()

    assert "webhook.tested" in page
    assert "&quot;test&quot;:true" in page
    assert "기다려요" in page


def test_example__of_no_such_event__is_refused(clerk: Client, endpoint: Id) -> None:
    answer = clerk.post(page_of(endpoint, "/example"), {"name": "no.such"})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not Delivery.objects.exists()


def test_replay__failed_ones__only_those_since(clerk: Client, endpoint: Id) -> None:
    for hours in (2, 30):
        example(clerk, endpoint)
        Delivery.objects.filter(state=DeliveryState.WAITING).update(
            state=DeliveryState.FAILED, due_at=None, created_at=NOW - timedelta(hours=hours)
        )

    page = clerk.post(page_of(endpoint, "/replay"), {"hours": "24"}, follow=True).content.decode()

    assert "1개를 다시 보내요" in page
    assert Delivery.objects.filter(state=DeliveryState.WAITING).count() == 1
    failed = Delivery.objects.get(state=DeliveryState.FAILED)
    clerk.post(page_of(endpoint, f"/{show_id(failed.message_id)}/replay"))
    assert not Delivery.objects.filter(state=DeliveryState.FAILED).exists()


def test_log__by_state_and_page__is_in_the_address(
    clerk: Client, endpoint: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dangol.web.pages.webhooks.A_PAGE", 2)
    addresses = [example(clerk, endpoint) for _ in range(5)]
    Delivery.objects.filter(message_id=Delivery.objects.order_by("message_id")[0].message_id).update(
        state=DeliveryState.FAILED, due_at=None
    )

    seen, address = list[str](), page_of(endpoint)
    while address:
        page = clerk.get(address).content.decode()
        seen += re.findall(r'<th scope="row"><a href="([^"]+)"', page)
        further = re.search(r'href="(\?[^"]*after=[^"]+)"', page)
        address = page_of(endpoint, further.group(1)) if further else ""

    assert seen == addresses[::-1]
    failed = clerk.get(page_of(endpoint, "?state=failed")).content.decode()
    assert re.findall(r'<th scope="row"><a href="([^"]+)"', failed) == addresses[:1]
    rows = b"".join(clerk.get(page_of(endpoint, ".csv?state=waiting"))).decode().splitlines()
    assert len(rows) == 1 + 4
    for odd in ("?state=x", "?after=x", "?name=x", "?again=-1", "?again=²"):
        assert clerk.get(page_of(endpoint, odd)).status_code == HTTPStatus.OK, odd


def test_delete__sure__is_gone(clerk: Client, endpoint: Id) -> None:
    assert clerk.post(page_of(endpoint, "/delete")).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert list_endpoints()

    clerk.post(page_of(endpoint, "/delete"), {"sure": "1"})

    assert list_endpoints() == []
    assert clerk.get(page_of(endpoint)).status_code == HTTPStatus.NOT_FOUND


def test_check__what_was_received__says_what_is_wrong(clerk: Client, story: Story) -> None:
    made = create_endpoint(url=ASKED["url"], at=NOW)
    body = '{"a": 1}'
    given = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": Webhook(made.secret).sign("msg_1", NOW, body),
        "body": body,
    }

    def say(**changed: str) -> str:
        return clerk.post(page_of(made.endpoint_id, "/check"), given | changed).content.decode()

    assert "서명이 맞아요" in say()
    assert "보낸 본문과 달라요" in say(body="{}")
    assert "‘webhook-id’ 머리글이 없거나" in say(**{"webhook-id": ""})
    assert "왜 다른지 알 수 없어요" in say(computed="AAAA")
    assert "서명이 맞아요" not in clerk.get(page_of(made.endpoint_id, "/check")).content.decode()


def test_words__every_state_cause_and_fault__has_some() -> None:
    assert set(FAULT_WORDS) == set(Fault)
    assert set(ENDPOINT_STATES) == set(EndpointState)
    assert set(DELIVERY_STATES) == set(DeliveryState.values)
    assert all(cause_name(one) != one for one in Cause)
    assert all(failure_words(one) != one for one in Failure)


def test_auditor__on_the_pages__sees_no_address_and_changes_nothing(clerk: Client, endpoint: Id) -> None:
    delivery = example(clerk, endpoint)
    browser = sign_in(Client(), "auditor", Role.AUDITOR)

    pages = [browser.get(one).content.decode() for one in ("/webhooks", page_of(endpoint), delivery)]

    assert not any("s3cr3t" in page or "/replay" in page or "/rotate" in page for page in pages)
    assert browser.post(page_of(endpoint, "/rotate")).status_code == HTTPStatus.FORBIDDEN


def test_delivery__nobody_sent__is_not_found(clerk: Client, endpoint: Id) -> None:
    unknown = page_of(endpoint, f"/{show_id(new_id())}")

    assert clerk.get(unknown).status_code == HTTPStatus.NOT_FOUND
    assert clerk.post(f"{unknown}/replay").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
