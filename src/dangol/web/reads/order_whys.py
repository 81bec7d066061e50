"""Why an order's points are what they are: as data, a constant number of statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.accrual import Cut, Part, cut_of
from dangol.rooms.rewards.models import Accrual, AccrualPart, AccrualPortion, EarningRule
from dangol.rooms.rewards.wallets import list_wallets

_ACCRUAL = (
    "about_id", "transfer_id", "tier", "net_minor", "points", "zero", "is_return", "order_id", "number",
    "program_id", "not_given", "most_held",
)  # fmt: skip
_PORTION = ("accrual_number", "transfer_id", "points", "rule_id", "rule_version")


class RuleSum(NamedTuple):
    """One rule's arithmetic: the part as the judgement kept it, and the rule's name."""

    rule: str
    category: str
    part: Part

    @property
    def exact(self) -> str:
        """The points before rounding, as a decimal of at most three places, cut off."""
        part = self.part
        thousandths = part.base_minor * part.rate_points * part.multiplier_num * 1000
        thousandths //= part.rate_minor * part.multiplier_den
        whole, rest = divmod(thousandths, 1000)
        return f"{whole:,}" if not rest else f"{whole:,}.{rest:03d}".rstrip("0")

    @property
    def is_rounded(self) -> bool:
        """Whether a fraction was lost or gained."""
        part = self.part
        return bool(
            part.base_minor * part.rate_points * part.multiplier_num % (part.rate_minor * part.multiplier_den)
        )

    @property
    def multiplier(self) -> str:
        """The tier's multiplier, empty where it is one."""
        num, den = self.part.multiplier_num, self.part.multiplier_den
        if num == den:
            return ""
        hundredths, rest = divmod(num * 100, den)
        if rest:
            return f"{num}/{den}"
        return f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")


class _Source(NamedTuple):
    """Of which rules a portion is: of these, or (`is_rest`) of all but these."""

    rules: set[tuple[Id, int]]
    is_rest: bool


@dataclass(slots=True)
class Why:
    """Why an order earned what it did: the tier held then, each rule's sum, what it was before a return.

    It is of one program; what an order has earned in others is in `others`, with what those points are
    called (`wallet`). `cut`: what the purchase would have earned in all, and the most that one earns.
    `not_given` of the points was not moved, as it would have been more than `most_held`.
    """

    tier: str
    net_minor: int
    points: int
    zero: str
    is_return: bool
    order_id: Id
    number: int
    program_id: Id
    not_given: int
    most_held: int | None
    sums: list[RuleSum] = field(default_factory=list)
    before: list[RuleSum] = field(default_factory=list)
    others: list["Why"] = field(default_factory=list)
    wallet: str = ""
    cut: Cut | None = None

    @property
    def moved(self) -> int:
        """What the member was given, or had taken back."""
        return self.points - self.not_given

    @property
    def stands(self) -> int:
        """What the order's points come to after this judgement."""
        return sum(one.part.points for one in self.sums)

    @property
    def stood(self) -> int:
        """What they came to before it."""
        return sum(one.part.points for one in self.before)


def read_whys(
    customer_id: Id, *, transfer_ids: Sequence[Id] = (), order_ids: Sequence[Id] = ()
) -> dict[Id, Why]:
    """Return the whys by transfer, or by what they are about: the orders and returns in `order_ids`.

    A judgement that moved points under several terms has a transfer for each: by transfer, its why has the
    sums of those rules alone. By what they are about, it is the first program's, and has those of others.
    """
    by_transfer = bool(transfer_ids)
    wanted = transfer_ids or order_ids
    rows = select_matching(
        Accrual, _ACCRUAL, ("customer_id", "transfer_id" if by_transfer else "about_id"),
        [(customer_id, one) for one in wanted], order_by=("order_id", "program_id", "number"),
    )  # fmt: skip
    whys: dict[Id, Why] = {}
    for about_id, transfer_id, *values in rows:
        why = Why(*values)
        first = whys.setdefault(transfer_id if by_transfer else about_id, why)
        if all(why.program_id != one.program_id for one in (first, *first.others)):
            first.others.append(why)
    sources = _add_portions(customer_id, transfer_ids, whys) if by_transfer else {}
    sums = _sums(customer_id, {why.order_id for why in whys.values()})
    for transfer_id, first in whys.items():
        for why in (first, *first.others):
            own = sources.get(transfer_id)
            whole = sums.get((why.order_id, why.program_id, why.number), [])
            why.cut = cut_of([one.part for one in whole])
            why.sums = _only(whole, own)
            if why.is_return:
                why.before = _only(sums.get((why.order_id, why.program_id, why.number - 1), []), own)
    _name_others(whys)
    return whys


def _name_others(whys: Mapping[Id, Why]) -> None:
    others = [one for why in whys.values() for one in why.others]
    names = {one.program_id: one.name for one in list_wallets()} if others else {}
    for why in others:
        why.wallet = names[why.program_id]


def _only(sums: list[RuleSum], own: _Source | None) -> list[RuleSum]:
    """Return the sums of the rules that are under the terms of one portion; all, where there is none."""
    if own is None:
        return sums
    return [one for one in sums if (one.part[:2] in own.rules) is not own.is_rest]


def _add_portions(customer_id: Id, transfer_ids: Sequence[Id], whys: dict[Id, Why]) -> dict[Id, _Source]:
    """Add the whys of transfers that moved one portion of a judgement; returns of which rules each is."""
    own = ("customer_id", "order_id", "program_id")
    found = select_matching(
        AccrualPortion, own, ("customer_id", "transfer_id"), [(customer_id, one) for one in transfer_ids]
    )
    if not found:
        return {}
    orders = sorted(set(found))
    judged = {
        (order_id, program_id, number): values
        for order_id, program_id, number, *values in select_matching(
            Accrual, (*own[1:], "number", *_ACCRUAL[2:]), own, orders
        )
    }
    portions = select_matching(AccrualPortion, (*own[1:], *_PORTION), own, orders)
    rules: dict[tuple[Id, Id], set[tuple[Id, int]]] = defaultdict(set)
    for order_id, program_id, _, _, _, *rule in portions:
        rules[order_id, program_id] |= {tuple(rule)} if rule[0] else set()
    sources = {}
    for order_id, program_id, number, transfer_id, points, *rule in portions:
        if transfer_id in transfer_ids:
            whys[transfer_id] = replace(Why(*judged[order_id, program_id, number]), points=points)
            is_own = rule[0] is not None
            sources[transfer_id] = _Source(
                {tuple(rule)} if is_own else rules[order_id, program_id], is_rest=not is_own
            )
    return sources


def _sums(customer_id: Id, order_ids: set[Id]) -> dict[tuple[Id, Id, int], list[RuleSum]]:
    rows = select_matching(
        AccrualPart,
        ("order_id", "program_id", "accrual_number", *Part._fields),
        ("customer_id", "order_id"),
        [(customer_id, one) for one in sorted(order_ids)],
        order_by=("order_id", "program_id", "accrual_number", "number"),
    )
    rules = {
        (rule_id, version): (name, category)
        for rule_id, version, name, category in select_matching(
            EarningRule,
            ("id", "version", "name", "category"),
            ("id", "version"),
            sorted({(row[3], row[4]) for row in rows}),
        )
    }
    found: dict[tuple[Id, Id, int], list[RuleSum]] = defaultdict(list)
    for order_id, program_id, number, *values in rows:
        part = Part(*values)
        found[order_id, program_id, number].append(RuleSum(*rules[part.rule_id, part.rule_version], part))
    return found
