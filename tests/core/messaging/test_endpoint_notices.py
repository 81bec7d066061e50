"""That a webhook's endpoint fails or was given up reaches the owners, by mail, once."""

from datetime import timedelta

import pytest

from dangol.core.access.emails import set_email
from dangol.core.access.rights import Role
from dangol.core.events.webhooks.models import Endpoint
from dangol.core.events.webhooks.outcomes import change_state
from dangol.core.events.webhooks.services import create_endpoint, disable_endpoint, enable_endpoint
from dangol.core.messaging.models import Message
from dangol.core.messaging.outbox import Outbox
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import try_out, write_transaction
from dangol.domain.webhooks import Cause, EndpointState, Standing
from tests.core.messaging.ways import AT, Scripted, use
from tests.web.staff import make_staff

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
OWNER, SECOND = "owner@shop.example", "second@shop.example"


@pytest.fixture
def endpoint() -> Id:
    """Return an endpoint of a shop with two owners and a marketer whom mail reaches, and one it does not."""
    set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
    for name, role, email in (
        ("owner", Role.OWNER, OWNER), ("second", Role.OWNER, SECOND), ("silent", Role.OWNER, ""),
        ("marketer", Role.MARKETER, "marketer@shop.example"),
    ):  # fmt: skip
        set_email(make_staff(name, role).pk, email)
    return create_endpoint(url="https://pos.example/hooks?token=s3cret", at=AT).endpoint_id


def move(endpoint_id: Id, state: EndpointState, cause: Cause, *, hours: int = 0) -> None:
    with write_transaction():
        row = Endpoint.objects.get(pk=endpoint_id)
        change_state(row, Standing(state), cause, at=AT + timedelta(hours=hours))


def sent(way: Scripted) -> list[tuple[str, str]]:
    outbox = Outbox(lambda: AT + timedelta(days=3))
    while outbox.send_due():
        pass
    return sorted((letter.to, letter.subject) for letter in way.seen)


@pytest.mark.parametrize("cause", [Cause.EXHAUSTED, Cause.GONE])
def test_endpoint__given_up__every_owner_is_told_once(
    endpoint: Id, monkeypatch: pytest.MonkeyPatch, cause: Cause
) -> None:
    way = Scripted()
    use(monkeypatch, way)

    move(endpoint, EndpointState.DISABLED, cause)

    words = "[골목 가게] 웹훅을 껐어요: pos.example"
    assert sent(way) == [(OWNER, words), (SECOND, words)]
    assert "s3cret" not in str(way.seen)


def test_endpoint__failing_and_well_again_all_day__is_told_once_a_day(
    endpoint: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Scripted()
    use(monkeypatch, way)

    for hours in (0, 2, 4, 26):
        move(endpoint, EndpointState.FAILING, Cause.FAILURES, hours=hours)
        move(endpoint, EndpointState.ACTIVE, Cause.RECOVERED, hours=hours + 1)

    told = [subject for to, subject in sent(way) if to == OWNER]
    assert (
        told
        == ["[골목 가게] 웹훅이 다시 닿아요: pos.example"] * 2
        + ["[골목 가게] 웹훅이 닿지 않아요: pos.example"] * 2
    )


def test_endpoint__switched_by_hand__is_told_to_nobody(endpoint: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Scripted())

    disable_endpoint(endpoint, at=AT)
    enable_endpoint(endpoint, at=AT)

    assert not Message.objects.exists()


def test_endpoint__given_up_where_no_mail_leaves__nothing_waits(
    endpoint: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Scripted(ready=False))

    move(endpoint, EndpointState.DISABLED, Cause.GONE)

    assert not Message.objects.exists()


def test_endpoint__change_taken_back__no_mail_is_left(endpoint: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Scripted())

    try_out(lambda: move(endpoint, EndpointState.DISABLED, Cause.GONE))

    assert not Message.objects.exists()
    assert Endpoint.objects.get(pk=endpoint).state == EndpointState.ACTIVE
