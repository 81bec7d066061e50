"""What bench.intake runs as the shop's server: Segment's own client, with nothing of ours beside it."""

import json
import resource
import sys
import time
from typing import Any

from segment.analytics.client import Client

BROWSERS, THREADS = 2_000, 4


def tell(client: Client, turn: str, number: int) -> None:
    """Have the client send one event: of 100 eighty clicks, twelve pages, five products, three others."""
    browser, kind = f"b-{number % BROWSERS}", number % 100
    if kind < 80:
        told: Any = {"button": "buy", "place": kind, "price": 19.99, "list": ["a", "b"]}
        client.track(anonymous_id=browser, event="Button Clicked", properties=told)
    elif kind < 92:
        client.page(anonymous_id=browser, name="Menu", properties={"path": "/menu", "title": "Menu"})
    elif kind < 97:
        told = {"product_id": f"P{number % 50}", "category": "Coffee", "name": "Latte"}
        client.track(anonymous_id=browser, event="Product Viewed", properties=told)
    elif kind == 97:
        product = {"product_id": f"P{number % 50}", "price": 4500, "quantity": 2}
        client.track(user_id=f"u-{number % BROWSERS}", event="Order Completed",
                     properties={"order_id": f"{turn}-{number}", "products": [product]})  # fmt: skip
    else:
        client.identify(f"u-{number % BROWSERS}", {"plan": "gold", "visits": number}, anonymous_id=browser)


def main(url: str, key: str, turn: str, count: int) -> None:
    """Send, wait until all has arrived, and say how long it took."""
    failed: list[Any] = []
    client = Client(key, host=url, max_queue_size=count, thread=THREADS,
                    on_error=lambda error, items: failed.append(error))  # fmt: skip
    began = time.perf_counter()
    for number in range(count):
        tell(client, turn, number)
    client.flush()
    seconds = time.perf_counter() - began
    client.join()
    assert not failed, failed[:1]
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"seconds": seconds, "own": used.ru_utime + used.ru_stime}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
