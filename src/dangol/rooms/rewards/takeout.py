"""What the programs hold about one person: where they stand, how they came there, and every why."""

from collections.abc import Sequence

from dangol.core.people.takeout import Fact, Section, rows_of, shown
from dangol.core.storage.ids import Id, parse_id
from dangol.rooms.rewards.models import Accrual, Membership, TierChange
from dangol.rooms.rewards.programs import load_programs
from dangol.rooms.rewards.whys import WhyView, accruals_of

_STANDING = (
    "customer_id", "program_id", "level", "since", "held_until", "in_grace", "order_count", "spend_minor",
    "first_order_at", "last_order_at",
)  # fmt: skip
_CHANGE = (
    "customer_id", "program_id", "at", "from_level", "to_level", "cause", "value", "threshold",
    "window_from", "held_until", "also_value", "also_threshold", "superseded_at",
)  # fmt: skip


_WHY = (
    "program_id",
    "order_id",
    "number",
    "is_return",
    "at",
    "tier",
    "net_minor",
    "points",
    "zero",
    "not_given",
    "most_held",
)


def read_standings(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return where they stand in each program."""
    names = _tier_names()
    rows = rows_of(Membership, _STANDING, customer_ids, order_by=("customer_id", "program_id"))
    return [{**row, "tier": names.get((row["program_id"], row["level"]))} for row in rows]


def read_changes(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return every move through the tiers, with the figures it was decided on."""
    names = _tier_names()
    rows = rows_of(TierChange, _CHANGE, customer_ids, order_by=("at", "id"))
    return [{**row, "tier": names.get((row["program_id"], row["to_level"]))} for row in rows]


def _tier_names() -> dict[tuple[str, int], str]:
    return {
        (shown(running.id), place): running.tier_name(place)
        for running in load_programs()
        for place, _ in enumerate(running.rules.tiers.levels)
    }


def read_whys(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return why each order earned what it earned: the rules, and every figure of their arithmetic."""
    rows = rows_of(Accrual, ("customer_id", "order_id"), customer_ids, order_by=("at",))
    keys = {(parse_id(row["customer_id"]), parse_id(row["order_id"])) for row in rows}
    return [_told(why) for why in accruals_of(keys)]


def _told(why: WhyView) -> Fact:
    told = {name: shown(getattr(why, name)) for name in _WHY}
    parts = [
        {"rule": one.rule_name, "category": one.category}
        | {name: shown(value) for name, value in one.part._asdict().items()}
        for one in why.parts
    ]
    portions = [
        {"rule": one.rule[2] if one.rule else None, "points": one.points, "lot_id": shown(one.lot.id)}
        for one in why.portions
    ]
    return told | {"transfer_id": shown(why.transfer_id), "parts": parts, "portions": portions}


STANDINGS = Section("tiers", read_standings)
CHANGES = Section("tier_changes", read_changes)
WHYS = Section("whys", read_whys)
