"""What the shop says of its money: what a point is worth, what it earns of a sale, what customers cost.

Each saying stands for good, with who said it and when; the latest of a kind, month and scope holds.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from dangol.core.people.actors import Actor
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import Malformed
from dangol.rooms.personalization.models import Assumption

# As many points as an amount is said for: one point may be worth less than any coin.
PER_POINTS = 100
WHOLE_MARGIN = 10_000
MOST_MINOR, LONGEST_SCOPE = 10**13, 40


class Said(StrEnum):
    """What is said something of."""

    POINT_WORTH = "point_worth"
    MARGIN = "margin"
    ACQUISITION = "acquisition"
    RETENTION = "retention"
    SPENT_SHARE = "spent_share"


SHARES = (Said.MARGIN, Said.SPENT_SHARE)
COSTS = (Said.ACQUISITION, Said.RETENTION)
# What may be said of a part alone: costs of a channel, a margin of a category.
SCOPED = (*COSTS, Said.MARGIN)


class NotAnAmount(Malformed):
    """What was said of `kind` cannot be: an amount from 0 to `most`, a cost with its month."""

    code = "personalization.not_an_amount"


class NotAShare(NotAnAmount):
    """What was said of `kind` is no share: hundredths of a percent from 0 to `most`."""

    code = "personalization.not_a_share"


def refused(kind: Said) -> NotAnAmount:
    """Return the refusal of what cannot be said of a kind."""
    if kind in SHARES:
        return NotAShare(kind=kind.value, most=WHOLE_MARGIN)
    return NotAnAmount(kind=kind.value, most=MOST_MINOR)


class AssumptionView(NamedTuple):
    """What was said: in the units of `Assumption`; `amount` is None where it was taken back."""

    id: Id
    kind: str
    month: date | None
    scope: str
    amount: int | None
    said_by: str
    said_at: datetime


class Cost(NamedTuple):
    """What customers of a month cost to win (`acquisition`) or keep (`retention`), by a channel or none."""

    kind: str
    month: date
    scope: str
    amount_minor: int


class Assumptions(NamedTuple):
    """What holds: the worth of one point in minor units, the share of revenue left, and the costs.

    `spent_share`: of the points given, how many will be spent, as the books take it. `margins`: the share
    left of the revenue of a category, the widest of its path; `margin` is that of everything else.
    """

    point_value: Fraction | None
    margin: Fraction | None
    costs: list[Cost]
    spent_share: Fraction | None = None
    margins: Mapping[str, Fraction] = MappingProxyType({})


def say(
    kind: Said, amount: int | None, *, actor: Actor, at: datetime, month: date | None = None, scope: str = ""
) -> None:
    """Say what something is worth or costs from now on; None takes it back. Said again the same, it is once.

    Raises NotAnAmount, or NotAShare of a share.
    """
    is_cost = kind in COSTS
    most = WHOLE_MARGIN if kind in SHARES else MOST_MINOR
    scope = scope.strip()
    if (month is not None) != is_cost or (amount is not None and not 0 <= amount <= most):
        raise refused(kind)
    if len(scope) > LONGEST_SCOPE or "\0" in scope or (scope and kind not in SCOPED):
        raise refused(kind)
    month = month.replace(day=1) if month else None
    with write_transaction():
        same = Assumption.objects.filter(kind=kind.value, month=month, scope=scope).order_by("-id")
        if same.values_list("amount", flat=True).first() != amount:
            Assumption.objects.create(
                id=new_id(), kind=kind.value, month=month, scope=scope, amount=amount,
                said_by=(actor.name or actor.key)[:150], said_at=at,
            )  # fmt: skip


def said_so_far() -> list[AssumptionView]:
    """Return all that was ever said, the latest first."""
    rows = Assumption.objects.order_by("-said_at", "-id").values_list(*AssumptionView._fields)
    return [AssumptionView(*row) for row in rows]


def read_assumptions() -> Assumptions:
    """Return what holds now; costs by month, kind and channel."""
    latest: dict[tuple[str, date | None, str], int | None] = {}
    rows = Assumption.objects.order_by("said_at", "id").values_list("kind", "month", "scope", "amount")
    for kind, month, scope, amount in rows:
        latest[kind, month, scope] = amount
    worth, margin, spent = (
        latest.get((kind.value, None, "")) for kind in (Said.POINT_WORTH, Said.MARGIN, Said.SPENT_SHARE)
    )
    costs = [
        Cost(kind, month, scope, amount)
        for (kind, month, scope), amount in latest.items()
        if month is not None and amount is not None
    ]
    return Assumptions(
        None if worth is None else Fraction(worth, PER_POINTS),
        None if margin is None else Fraction(margin, WHOLE_MARGIN),
        sorted(costs, key=lambda cost: (cost.month, cost.kind, cost.scope)),
        None if spent is None else Fraction(spent, WHOLE_MARGIN),
        {
            scope: Fraction(amount, WHOLE_MARGIN)
            for (kind, _, scope), amount in sorted(latest.items(), key=lambda one: one[0][2])
            if kind == Said.MARGIN.value and scope and amount is not None
        },
    )
