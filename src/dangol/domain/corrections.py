"""What is still owed where a judgement of a whole history comes out otherwise than what is recorded."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dangol.domain.membership import (
    Accrual,
    Act,
    Earned,
    GivenBack,
    Granted,
    Merged,
    Program,
    Purchase,
    Zero,
    less_returned,
    taken_back,
)
from dangol.domain.portions import corrected_portions


class Recorded(NamedTuple):
    """What is on record about an order: what has been judged, and how its points stand by that."""

    about_ids: frozenset[bytes]
    earned: Earned


def still_owed(
    program: Program, acts: Sequence[Act], wanted: Sequence[Accrual], recorded: Mapping[bytes, Recorded]
) -> list[Accrual]:
    """Return the accruals that turn what is recorded into what a judgement of the whole history wants.

    `wanted` are the judgements of the purchases and returns among `acts`, in the same order; `recorded`
    is by order (a return that belongs to none: by return). What was never judged is posted at its own
    instant. An order whose tier or arithmetic has come out otherwise is corrected by one accrual of the
    difference, at the order's instant. So the points of each accrual remain what its parts come to less
    what the order's accrual before it came to.
    """
    judged = [act for act in acts if not isinstance(act, Granted | Merged)]
    by_order: dict[bytes, list[tuple[Purchase | GivenBack, Accrual]]] = defaultdict(list)
    for act, accrual in zip(judged, wanted, strict=True):
        by_order[accrual.key].append((act, accrual))
    owed: list[Accrual] = []
    for key, pairs in by_order.items():
        earlier = recorded.get(key)
        owed.extend([accrual for _, accrual in pairs] if earlier is None else _owed(program, pairs, earlier))
    return sorted(owed, key=lambda accrual: accrual.at)


def _owed(
    program: Program, pairs: Sequence[tuple[Purchase | GivenBack, Accrual]], recorded: Recorded
) -> list[Accrual]:
    """Return what is owed for one order of which something has been judged before."""
    purchase = next((accrual for _, accrual in pairs if not accrual.is_return), None)
    if purchase is None or purchase.about_id not in recorded.about_ids:
        return [accrual for _, accrual in pairs if accrual.about_id not in recorded.about_ids]
    now = Earned(purchase.tier, purchase.parts)
    returns = [(act, one) for act, one in pairs if isinstance(act, GivenBack)]
    for act, accrual in returns:
        if accrual.about_id in recorded.about_ids:
            now = less_returned(program, now, act)
    owed = []
    if now != recorded.earned:
        owed.append(_correction(program, purchase, recorded.earned, now))
    for act, accrual in returns:
        if accrual.about_id not in recorded.about_ids:
            before, now = now, less_returned(program, now, act)
            owed.append(taken_back(program, act, before, now))
    return owed


def _correction(program: Program, purchase: Accrual, before: Earned, after: Earned) -> Accrual:
    """Return what turns the points of an order as they stand into what they are to be, at its instant."""
    points, at = after.points - before.points, purchase.at
    portions = corrected_portions(
        program.portions(before.tier, before.parts, at), program.portions(after.tier, after.parts, at)
    )
    return purchase._replace(
        net_minor=0, points=points, parts=after.parts, zero=None if points else Zero.SAME_POINTS,
        portions=tuple(portions),
    )  # fmt: skip
