"""Members who were merged: whatever still names them by an old id or card means who they are now."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = "2026-01-05T09:00:00+09:00"
LINES = [{"product": "P1", "list_minor": 12_000}]
# What the absorbed one was known by.
NAMES = ("external:GONE", "phone:010-2345-6789", "card:20260002", "email:gone@example.com")


class Two:
    """Two members of whom one has become part of the other."""

    def __init__(self, api: Caller) -> None:
        self.api = api
        self.kept = self.enroll("KEPT")
        self.gone = self.enroll("GONE", phone="010-2345-6789", card="20260002", email="gone@example.com")
        self.merge(self.kept, self.gone)

    def enroll(self, name: str, **more: str) -> str:
        return str(self.api.post("/members", {"external_id": name} | more).data["id"])

    def merge(self, kept: str, gone: str) -> None:
        assert self.api.post(f"/members/{kept}/merge", {"absorb": gone, "reason": "두 번"}).status == 201

    def buy(self, member: str, number: str) -> Any:
        return self.api.post("/orders", {"number": number, "member": member, "lines": LINES, "placed_at": AT})

    def points(self, member: str) -> int:
        return int(self.api.get(f"/members/{member}/points").data["available"])


@pytest.fixture
def two(api: Caller) -> Two:
    return Two(api)


@pytest.mark.parametrize("name", ["id", *NAMES])
def test_order__by_what_the_absorbed_one_was_called__is_the_kept_ones(two: Two, name: str) -> None:
    sold = two.buy(two.gone if name == "id" else name, "1")

    assert (sold.status, sold.data["member_id"]) == (201, two.kept)
    assert sold.data["earned"][0]["points"] == 120
    assert two.points(two.kept) == 120
    again = two.buy(two.gone if name == "id" else name, "1")
    assert (again.status, again.data["id"]) == (201, sold.data["id"])
    assert two.points(two.kept) == 120


def test_order__of_a_chain_of_merges__is_the_last_ones(two: Two) -> None:
    last = two.enroll("LAST")
    two.merge(last, two.kept)

    for number, name in enumerate((two.gone, two.kept, last)):
        assert two.buy(name, str(number)).data["member_id"] == last
    assert two.points(last) == 360


def test_order__after_the_two_are_parted__is_each_ones_own(two: Two) -> None:
    assert two.api.post(f"/members/{two.gone}/unmerge", {"reason": "두 사람"}).status == 201

    assert two.buy(two.gone, "1").data["member_id"] == two.gone
    assert two.buy("card:20260002", "2").data["member_id"] == two.gone
    assert two.points(two.kept) == 0


def test_order__claimed_for_an_absorbed_one__is_the_kept_ones(two: Two) -> None:
    guest = two.api.post("/orders", {"number": "g", "lines": LINES}).data["id"]

    claimed = two.api.post(f"/orders/{guest}/claim", {"member": two.gone})

    assert (claimed.status, claimed.data["member_id"]) == (200, two.kept)


def test_order__by_an_old_id__takes_no_more_statements_than_by_the_new_one(two: Two) -> None:
    last = two.enroll("LAST")
    two.merge(last, two.kept)
    two.buy(last, "0")
    counts = []
    for number, name in enumerate((last, two.gone, two.kept), start=1):
        with CaptureQueriesContext(connection) as captured:
            assert two.buy(name, str(number)).status == 201
        counts.append(len(captured))

    assert len(set(counts)) == 1
