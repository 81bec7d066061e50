"""Which event rules ask who is in a segment: while they may give points it is not archived under them."""

import msgspec
from django.utils.translation import gettext as _

from dangol.core.segments.uses import asks_about
from dangol.rooms.rewards.event_rules.models import EventRule, EventRuleVersion


def rules_asking(slug: str) -> list[str]:
    """Return, in words, the rules that were published, are not put away, and ask about a segment."""
    live = EventRule.objects.filter(version__isnull=False, archived_at=None)
    names = {(rule_id, version): name for rule_id, version, name in live.values_list("id", "version", "name")}
    versions = EventRuleVersion.objects.filter(rule_id__in=[rule_id for rule_id, _number in names])
    return sorted(
        _("적립 활동 ‘%(name)s’") % {"name": names[rule_id, number]}
        for rule_id, number, content in versions.values_list("rule_id", "number", "content")
        if (rule_id, number) in names and asks_about(msgspec.json.decode(content).get("condition"), slug)
    )
