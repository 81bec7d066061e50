"""What an answer uses of promotions: of each, and of the limits that everybody draws on."""

from dangol.core.storage.ids import Id
from dangol.domain.promotions.effects import Discount, ShippingDiscount
from dangol.rooms.rewards.promotions import limits
from dangol.rooms.rewards.promotions.asking import Answer


def amounts_of(answer: Answer) -> dict[Id, limits.Amounts]:
    """Return what an answer uses of each promotion that does something: one use, its money, its units."""
    found: dict[Id, limits.Amounts] = {}
    for effect in answer.evaluation.effects:
        key = effect.source.promotion_id
        before = found.get(key, limits.Amounts(uses=1))
        minor = effect.amount_minor if isinstance(effect, Discount | ShippingDiscount) else 0
        units = sum(len(line.units) for line in effect.lines) if isinstance(effect, Discount) else 0
        found[key] = limits.Amounts(1, before.minor + minor, before.units + units)
    return found


def shared_amounts_of(answer: Answer) -> dict[Id, limits.Amounts]:
    """Return what an answer uses of limits that everybody draws on."""
    return {
        key: amounts
        for key, amounts in amounts_of(answer).items()
        if (own := answer.shelf.limits.get(key)) and own.is_shared
    }
