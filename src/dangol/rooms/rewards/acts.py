"""Orders and returns as the timeline tells them, read the way the rules count them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from dangol.core.commerce.events import OrderPlaced, OrderReturned
from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.events.records import Recorded
from dangol.core.storage.ids import Id, parse_id
from dangol.core.storage.rows import select_matching
from dangol.domain.accrual import EarningRule
from dangol.domain.membership import GivenBack, Purchase, match_rules

Act = Purchase | GivenBack
NAMES = (OrderPlaced.event, OrderReturned.event)


class Reader:
    """Turns events into acts for one program; it remembers which rules count which category."""

    def __init__(self, rules: Sequence[EarningRule], money_currency: str) -> None:
        self._rules = rules
        self._currency = money_currency
        self._matches = lru_cache(maxsize=65_536)(lambda category: match_rules(rules, category))

    def read(self, event: Recorded) -> list[Act]:
        """Return what the event means for the program: one act, or one for each order brought back from.

        A guest's order and one in another currency mean nothing to it.
        """
        payload = event.payload
        assert isinstance(payload, OrderPlaced | OrderReturned)
        if payload.currency != self._currency:
            return []
        if isinstance(payload, OrderPlaced):
            return [] if payload.is_guest else [self._purchase(event, payload)]
        return self._given_back(event, payload)

    def _purchase(self, event: Recorded, payload: OrderPlaced) -> Purchase:
        bases = [0] * len(self._rules)
        matches = self._matches
        for _, category, _, net_minor in payload.lines:
            for place in matches(category):
                bases[place] += net_minor
        reduction = sum([line[3] for line in payload.lines]) - payload.net_minor
        if reduction:  # a discount on the whole order lessens what each rule counts, in proportion
            gross = payload.net_minor + reduction
            bases = [base - base * reduction // gross if gross else 0 for base in bases]
        assert event.subject_id is not None
        return Purchase(event.subject_id, event.occurred_at, payload.net_minor, tuple(bases), payload.earns)

    def _given_back(self, event: Recorded, payload: OrderReturned) -> list[Act]:
        bases: dict[str | None, list[int]] = defaultdict(lambda: [0] * len(self._rules))
        net: dict[str | None, int] = defaultdict(int)
        for line in payload.lines:
            net[line.order] += line.net_minor
            counted = bases[line.order]
            for place in self._matches(line.category):
                counted[place] += line.net_minor
        assert event.subject_id is not None
        return [
            GivenBack(
                event.subject_id, parse_id(order) if order else None, event.occurred_at,
                net[order], tuple(counted),
            )
            for order, counted in bases.items()
        ]  # fmt: skip


def load_history(customer_ids: Iterable[Id]) -> dict[Id, list[Recorded]]:
    """Return all orders and returns of these customers as the timeline holds them, in time order."""
    rows = select_matching(
        Event,
        (
            "id", "customer_id", "customer_seq", "name", "subject_id",
            "occurred_at", "recorded_at", "payload",
        ),
        ("customer_id",),
        [(customer_id,) for customer_id in customer_ids],
        where="t.name IN (%s, %s)",
        params=NAMES,
        order_by=("customer_id", "occurred_at", "customer_seq"),
    )  # fmt: skip
    history: dict[Id, list[Recorded]] = defaultdict(list)
    for *values, payload in rows:
        history[values[1]].append(Recorded(*values, decode(values[3], payload)))
    return history
