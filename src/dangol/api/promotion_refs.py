"""Which promotion an address or a body names."""

from dangol.core.storage.ids import Id, parse_id
from dangol.rooms.rewards.promotions.editing import UnknownPromotion


def find_promotion_id(reference: str) -> Id:
    """Return the id a text is; raises UnknownPromotion for what is none."""
    try:
        return parse_id(reference)
    except ValueError:
        raise UnknownPromotion(promotion=reference) from None
