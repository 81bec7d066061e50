"""The sample's campaigns and coupons, put on its households' timelines."""

from datetime import datetime

from dangol.connectors.sample.complete_journey import CompleteJourney, start
from dangol.connectors.sample.events import CampaignReceived, CouponRedeemed
from dangol.core.events.models import Event
from dangol.core.events.records import Draft
from dangol.core.events.services import record_batch
from dangol.core.people.selectors import find_by_identity
from dangol.core.storage.transactions import write_transaction


def record_history(journey: CompleteJourney, *, recorded_at: datetime) -> int:
    """Record which known household received which campaign and used which coupon; returns how many events.

    All or nothing, and once: with any of them on the timeline nothing is recorded again.
    """
    campaigns, redemptions = list(journey.campaigns()), list(journey.redemptions())
    households = {row.household for row in campaigns} | {row.household for row in redemptions}
    with write_transaction():
        if Event.objects.filter(name=CampaignReceived.event).exists():
            return 0
        customers = find_by_identity("external", sorted(households))
        drafts = [
            Draft(
                customers[row.household],
                CampaignReceived(
                    campaign=row.campaign,
                    kind=row.kind,
                    starts_on=row.starts_on.isoformat(),
                    ends_on=row.ends_on.isoformat(),
                ),
                start(row.starts_on),
            )
            for row in campaigns
            if row.household in customers
        ]
        drafts += [
            Draft(
                customers[row.household],
                CouponRedeemed(coupon=row.coupon, campaign=row.campaign),
                start(row.redeemed_on),
            )
            for row in redemptions
            if row.household in customers
        ]
        record_batch(sorted(drafts, key=lambda draft: draft.occurred_at), recorded_at=recorded_at)
    return len(drafts)
