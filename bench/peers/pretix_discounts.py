"""pretix applies its discounts to positions: `apply_discounts(event, channel, positions)`, on SQLite.

Arguments: a JSON file with `carts` (lists of product, category, price in minor units, quantity), how many
discounts of 5 % off one category each, and for how many seconds to ask. Prints the seconds of each cart, and
how many statements the last one takes.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "pretix.testutils.settings"
os.environ["DATA_DIR"] = mkdtemp(prefix="dangol-bench-pretix-")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django_scopes import scope  # noqa: E402
from pretix.base.models import Event, Organizer  # noqa: E402
from pretix.base.services.pricing import apply_discounts  # noqa: E402


def main(path: str, live: int, seconds: float) -> None:
    """Ask and tell."""
    given = json.loads(Path(path).read_text())
    call_command("migrate", verbosity=0, run_syncdb=True)
    organizer = Organizer.objects.create(name="Shop", slug="shop")
    with scope(organizer=organizer):
        event = Event.objects.create(
            organizer=organizer, name="Shop", slug="shop", currency="KRW",
            date_from=datetime(2026, 11, 27, tzinfo=UTC),
        )  # fmt: skip
        _ask(event, given, live, seconds)


def _ask(event: Event, given: dict[str, Any], live: int, seconds: float) -> None:
    lines = {line[0]: line for cart in given["carts"] for line in cart}
    items = {
        product: event.items.create(name=f"{product}", default_price=Decimal(line[2]))
        for product, line in lines.items()
    }
    for n in range(live):
        discount = event.discounts.create(
            internal_name=f"{n}", position=n, condition_all_products=False, condition_min_count=1,
            benefit_discount_matching_percent=Decimal(5),
        )  # fmt: skip
        discount.condition_limit_products.set(
            [items[one] for one, line in lines.items() if line[1] == n % given["categories"]]
        )
    taken, until = [], time.monotonic() + seconds
    for cart in given["carts"]:
        positions = [
            (items[product].pk, None, None, Decimal(minor), False, False, Decimal(0))
            for product, _, minor, quantity in cart
            for _ in range(quantity)
        ]
        began = time.perf_counter()
        answer = apply_discounts(event, "web", positions)
        taken.append(time.perf_counter() - began)
        if time.monotonic() > until:
            break
    assert any(found for _, found in answer) or live < given["categories"], "no discount applied"
    with CaptureQueriesContext(connection) as captured:
        apply_discounts(event, "web", positions)
    print(json.dumps([taken, len(captured.captured_queries)]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
