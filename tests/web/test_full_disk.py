"""A full disk: what was asked is refused whole, and goes on by itself when there is room."""

from collections.abc import Iterator

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection
from django.test import Client

from dangol.core.commerce.drafts import LineDraft, OrderDraft
from dangol.core.commerce.models import Order, Product
from dangol.core.commerce.services import place_orders
from dangol.core.ledger.verify import verify
from dangol.core.operations.proofs import ledger_checks
from dangol.core.people.models import Staff
from dangol.core.storage.faults import Fault, classify
from dangol.core.storage.transactions import write_transaction
from tests.web.story import NOW, Story

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite can be told how large it may get"),
]
ROOM = "PRAGMA max_page_count = 4294967294"


def ask(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def fill(size: int) -> None:
    """Add rows of this size for as long as there is room."""
    for _ in range(10_000):
        session = SessionStore()
        session["words"] = "x" * size
        session.save()


@pytest.fixture
def full(story: Story) -> Iterator[None]:
    """Leave the database no page to grow by, and none that is free."""
    Staff.objects.create_user("owner", password="a-long-enough-password")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # free pages of tests before would hold all that is written
    ask(f"PRAGMA max_page_count = {ask('PRAGMA page_count')}")
    for size in (3_000, 300, 30):
        with pytest.raises(OperationalError):
            fill(size)
    yield
    ask(ROOM)


def buy(story: Story, count: int) -> None:
    line = LineDraft(Product.objects.get(number="2").id, "2", "", 1000, 900, 0, 900)
    drafts = [
        OrderDraft(story.regular, "till", f"full-{number}", NOW, "USD", [line]) for number in range(count)
    ]
    with write_transaction():
        place_orders(drafts, recorded_at=NOW)


def broken() -> list[str]:
    return [one.check.name for one in verify(ledger_checks()) if not one.is_kept]


def test_orders__disk_full__are_refused_whole_and_taken_when_there_is_room(story: Story, full: None) -> None:
    before = Order.objects.count()

    with pytest.raises(OperationalError) as refused:
        buy(story, 500)

    assert classify(refused.value) is Fault.DISK
    assert Order.objects.count() == before
    assert broken() == []
    ask(ROOM)
    buy(story, 500)
    assert Order.objects.count() == before + 500
    assert broken() == []


def test_page__disk_full__is_503_and_says_that_nothing_was_saved(story: Story, full: None) -> None:
    client = Client(raise_request_exception=False, headers={"accept-language": "ko"})
    fields = {"login": "owner", "password": "a-long-enough-password"}

    refused = client.post("/sign-in", fields)

    assert refused.status_code == 503
    assert refused["Retry-After"] == "30"
    assert "저장할 자리가 없어요" in refused.content.decode()
    assert client.get("/sign-in").status_code == 200  # reading goes on
    ask(ROOM)
    assert client.post("/sign-in", fields).status_code == 302
