"""What rewards tells conditions of a member: tier and points, in the shop's first program and in each other.

The tier is the one that was judged last and points are what lies in the ledger, as pages show them: what
falls due on its own day is booked by the worker and told by an event, upon which conditions look again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from dangol.core.ledger.selectors import balances_of
from dangol.core.segments.catalog import Provider, TraitSpec
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.conditions import Kind, TraitType, Value
from dangol.rooms.rewards.models import Membership
from dangol.rooms.rewards.programs import Running, load_programs

TIER, POINTS = "rewards.tier", "rewards.points"


def _specs() -> list[TraitSpec]:
    return [spec for name, running in _named() for spec in _specs_of(name, running)]


def _named() -> list[tuple[str, Running]]:
    """Return all programs, the first under no name and each of several under its currency of points."""
    programs = load_programs()
    others = [(f".{running.row.points_currency.lower()}", running) for running in programs[1:]]
    return [("", running) for running in programs[:1]] + others


def _specs_of(name: str, running: Running) -> list[TraitSpec]:
    order = tuple(level.key for level in running.rules.tiers.levels)
    of = f" ({running.row.name})" if name else ""
    return [
        TraitSpec(TIER + name, TraitType(Kind.TEXT, order), _("등급{program}").format(program=of)),
        TraitSpec(POINTS + name, TraitType(Kind.NUMBER), _("쓸 수 있는 포인트{program}").format(program=of)),
    ]


def _read(
    customer_ids: Sequence[Id], names: frozenset[str], as_of: datetime
) -> Mapping[Id, Mapping[str, Value]]:
    values: dict[Id, dict[str, Value]] = {customer_id: {} for customer_id in customer_ids}
    for name, running in _named():
        if TIER + name in names:
            levels = _levels(customer_ids, running)
            for customer_id in customer_ids:
                # Who has done nothing yet is in the lowest.
                level = running.rules.tiers.levels[levels.get(customer_id, 0)]
                values[customer_id][TIER + name] = level.key
        if POINTS + name in names:
            for customer_id, one in balances_of(customer_ids, running.row.points_currency).items():
                values[customer_id][POINTS + name] = one.available
    return values


def _levels(customer_ids: Sequence[Id], running: Running) -> dict[Id, int]:
    keys = [(customer_id, running.id) for customer_id in customer_ids]
    return dict(select_matching(Membership, ("customer_id", "level"), ("customer_id", "program_id"), keys))


PROGRAM_TRAITS = Provider("rewards", _specs, _read, has_orders=True)
