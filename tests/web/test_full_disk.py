"""A full disk: what was asked is refused whole, and goes on by itself when there is room."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import OperationalError
from django.test import Client

from dangol.core.commerce.drafts import LineDraft, OrderDraft
from dangol.core.commerce.models import Order, Product
from dangol.core.commerce.services import place_orders
from dangol.core.ledger.verify import verify
from dangol.core.operations.proofs import ledger_checks
from dangol.core.people.models import Staff
from dangol.core.storage.faults import Fault, classify
from dangol.core.storage.transactions import write_transaction
from tests.web.disks import Room, full_database
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def make_room(story: Story) -> Iterator[Room]:
    """Give what makes room again in a database that has none."""
    Staff.objects.create_user("owner", password="a-long-enough-password")
    with TemporaryDirectory(prefix="dangol-disk-") as folder, full_database(Path(folder) / "disk") as room:
        yield room


def buy(story: Story, count: int) -> None:
    line = LineDraft(Product.objects.get(number="2").id, "2", "", 1000, 900, 0, 900)
    drafts = [
        OrderDraft(story.regular, "till", f"full-{number}", NOW, "USD", [line]) for number in range(count)
    ]
    with write_transaction():
        place_orders(drafts, recorded_at=NOW)


def broken() -> list[str]:
    return [one.check.name for one in verify(ledger_checks()) if not one.is_kept]


def test_orders__disk_full__are_refused_whole_and_taken_when_there_is_room(
    story: Story, make_room: Room
) -> None:
    before = Order.objects.count()

    with pytest.raises(OperationalError) as refused:
        buy(story, 500)

    assert classify(refused.value) is Fault.DISK
    assert Order.objects.count() == before
    assert broken() == []
    make_room()
    buy(story, 500)
    assert Order.objects.count() == before + 500
    assert broken() == []


def test_page__disk_full__is_503_and_says_that_nothing_was_saved(story: Story, make_room: Room) -> None:
    client = Client(raise_request_exception=False, headers={"accept-language": "ko"})
    fields = {"login": "owner", "password": "a-long-enough-password"}

    refused = client.post("/sign-in", fields)

    assert refused.status_code == 503
    assert refused["Retry-After"] == "30"
    assert "저장할 자리가 없어요" in refused.content.decode()
    assert client.get("/sign-in").status_code == 200  # reading goes on
    make_room()
    assert client.post("/sign-in", fields).status_code == 302
