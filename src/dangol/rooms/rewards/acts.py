"""Orders and returns as the timeline tells them, read the way the rules count them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from dangol.core.commerce.events import OrderClaimed, OrderPlaced, OrderReturned
from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.events.records import Recorded
from dangol.core.storage.ids import Id, parse_id
from dangol.core.storage.rows import select_matching
from dangol.domain.accrual import EarningRule, spread_discount
from dangol.domain.membership import GivenBack, Purchase, match_rules

NAMES = (OrderPlaced.event, OrderClaimed.event, OrderReturned.event)
_COLUMNS = (
    "id", "customer_id", "customer_seq", "name", "subject_id", "occurred_at", "recorded_at", "payload",
)  # fmt: skip


class Reader:
    """Turns events into acts for one program; it remembers which rules count which category."""

    def __init__(self, rules: Sequence[EarningRule], money_currency: str) -> None:
        self._currency = money_currency
        self._count_all = [not rule.category for rule in rules]
        # Most lines are counted by the rules without a category only: those need no look at each line.
        self._match = lru_cache(maxsize=65_536)(
            lambda category: tuple(place for place in match_rules(rules, category) if rules[place].category)
        )

    def read(self, event: Recorded) -> list[Purchase | GivenBack]:
        """Return what the event means for the program: one act, or one for each order brought back from.

        What a guest bought or brought back, and what is in another currency, means nothing to it.
        """
        payload = event.payload
        assert isinstance(payload, OrderPlaced | OrderReturned)
        if payload.currency != self._currency or payload.is_guest:
            return []
        if isinstance(payload, OrderReturned):
            return self._given_back(event, payload)
        return [self._purchase(event, payload)]

    def _purchase(self, event: Recorded, payload: OrderPlaced) -> Purchase:
        amounts: dict[str, int] = defaultdict(int)
        for _, category, _, net_minor in payload.lines:
            amounts[category] += net_minor
        reduction = sum(amounts.values()) - payload.net_minor
        if reduction > 0:  # a discount on the whole order lessens what each rule counts, in proportion
            amounts = spread_discount(amounts, reduction=reduction)
        assert event.subject_id is not None
        return Purchase(
            event.subject_id, event.occurred_at, payload.net_minor, self._bases(amounts), payload.earns
        )

    def _given_back(self, event: Recorded, payload: OrderReturned) -> list[Purchase | GivenBack]:
        by_order: dict[str | None, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for line in payload.lines:
            by_order[line.order][line.category] += line.net_minor
        assert event.subject_id is not None
        return [
            GivenBack(
                event.subject_id,
                parse_id(order) if order else None,
                event.occurred_at,
                sum(amounts.values()),
                self._bases(amounts),
                payload.is_undo,
            )
            for order, amounts in sorted(by_order.items(), key=lambda pair: pair[0] or "")
        ]

    def _bases(self, amounts: dict[str, int]) -> tuple[int, ...]:
        """Return what each rule counts, in the order of the rules."""
        total = sum(amounts.values())
        bases = [total if counts_all else 0 for counts_all in self._count_all]
        for category, amount in amounts.items():
            for place in self._match(category):
                bases[place] += amount
        return tuple(bases)


def place_of(event: Recorded) -> tuple[datetime, str, str, str]:
    """Return by what events are put in order: the instant and then the shop's own name for what it tells.

    It does not depend on when we learned of it, so that a history read in any order comes out the same.
    """
    payload = event.payload
    assert isinstance(payload, OrderPlaced | OrderReturned)
    return event.occurred_at, event.name, payload.source, payload.number


def load_history(customer_ids: Iterable[Id]) -> dict[Id, list[Recorded]]:
    """Return all orders and returns of these customers as the timeline holds them, in time order."""
    rows = select_matching(
        Event,
        _COLUMNS,
        ("customer_id",),
        [(customer_id,) for customer_id in customer_ids],
        where=f"t.name IN ({', '.join(['%s'] * len(NAMES))})",
        params=NAMES,
    )
    history: dict[Id, list[Recorded]] = defaultdict(list)
    for *values, payload in rows:
        history[values[1]].append(Recorded._make((*values, decode(values[3], payload))))
    for events in history.values():
        events.sort(key=place_of)
    return history
