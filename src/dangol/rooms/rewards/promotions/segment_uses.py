"""Which promotions ask who is in a segment: while they may apply it is not archived under them."""

import msgspec
from django.utils.translation import gettext as _

from dangol.core.segments.uses import asks_about
from dangol.rooms.rewards.promotions import models


def promotions_asking(slug: str) -> list[str]:
    """Return, in words, the promotions that were published, are not put away, and ask about a segment.

    A draft is not among them: it cannot be published while the segment is not there. Two statements.
    """
    names = {
        (promotion_id, version): name
        for promotion_id, version, name in models.Promotion.objects.filter(
            version__isnull=False, archived_at=None
        ).values_list("id", "version", "name")
    }
    versions = models.PromotionVersion.objects.filter(promotion_id__in=[key for key, _number in names])
    return sorted(
        _("프로모션 ‘%(name)s’") % {"name": names[promotion_id, number]}
        for promotion_id, number, content in versions.values_list("promotion_id", "number", "content")
        if (promotion_id, number) in names and asks_about(msgspec.json.decode(content).get("condition"), slug)
    )
