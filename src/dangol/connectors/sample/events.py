"""What the sample's campaigns and coupons tell the timeline."""

from dangol.core.events.payloads import Payload, named


@named("campaign.received")
class CampaignReceived(Payload, frozen=True):
    """A household was mailed a campaign. Days are the shop's, both inclusive."""

    campaign: str
    kind: str
    starts_on: str
    ends_on: str


@named("coupon.redeemed")
class CouponRedeemed(Payload, frozen=True):
    """A household used a coupon of a campaign."""

    coupon: str
    campaign: str
