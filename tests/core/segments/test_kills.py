"""Two workers place the same customers while they buy, and are killed over it."""

import random
import time
from collections import defaultdict

import msgspec
import pytest

from dangol.core.events.models import Event
from dangol.core.events.payloads import PAYLOADS
from dangol.core.segments.models import Watch
from dangol.core.storage.ids import Id
from dangol.project.clock import now
from tests.core.people import actors
from tests.core.segments.placers import buy_in_turn, place_for_ever
from tests.core.segments.shop import bought, catch_up, inside, make_segment, open_shop
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ROUNDS = 4


def moves() -> dict[tuple[Id, str], list[str]]:
    """Return each customer's moves in each segment, in the order in which they were recorded."""
    found: dict[tuple[Id, str], list[str]] = defaultdict(list)
    rows = Event.objects.filter(name__startswith="segment.").order_by("customer_id", "customer_seq")
    for customer_id, name, payload in rows.values_list("customer_id", "name", "payload"):
        assert name in PAYLOADS
        found[customer_id, msgspec.json.decode(payload)["segment"]].append(name)
    return found


@pytest.mark.parametrize("cycle", range(SIZE.kill_cycles))
def test_placing__two_workers_killed_while_customers_buy__each_is_where_they_belong(cycle: int) -> None:
    customers = open_shop(*(f"C{number}" for number in range(12)))
    make_segment("buyers", bought(), at=now())
    make_segment("regulars", bought(ROUNDS), at=now())
    make_segment("strangers", bought(0, op="at_most"), at=now())
    catch_up(now())
    assert inside("strangers") == set(customers)
    workers = [actors.start(place_for_ever) for _ in range(2)]
    buyers = [actors.start(buy_in_turn, customers[at::2], f"{cycle}-{at}", ROUNDS) for at in range(2)]
    try:
        for _ in range(3):
            time.sleep(random.uniform(0.05, 0.4))
            workers.pop(0).kill()
            workers.append(actors.start(place_for_ever))
        for buyer in buyers:
            buyer.join()
            assert buyer.exitcode == 0
    finally:
        for one in workers:
            one.kill()
            one.join()

    catch_up(now())

    assert (inside("buyers"), inside("regulars"), inside("strangers")) == (
        set(customers),
        set(customers),
        set(),
    )
    # Entered and left in turn, each once: nothing told twice, nothing forgotten.
    expected = {
        "buyers": ["segment.entered"],
        "regulars": ["segment.entered"],
        "strangers": ["segment.entered", "segment.left"],
    }
    assert moves() == {(one, slug): told for one in customers for slug, told in expected.items()}
    assert not Watch.objects.filter(due_at__isnull=False).exists()
