"""What referrals tell the timeline, each to whom it is about: of the other only that there is one."""

from dangol.core.events.payloads import Payload, named


@named("referral.told")
class ReferralTold(Payload, frozen=True):
    """A friend told a member's code. Told to both; `side` is who this is told to."""

    side: str


@named("referral.earned")
class ReferralEarned(Payload, frozen=True):
    """The friend has done what it takes. Told to both."""

    side: str


@named("referral.given")
class ReferralGiven(Payload, frozen=True):
    """Somebody got something for a referral: points, a coupon or stamps (`kind`)."""

    side: str
    kind: str
    amount: int


@named("referral.capped")
class ReferralCapped(Payload, frozen=True):
    """Somebody got nothing: a cap of theirs or a limit of the program (`cause`) was reached."""

    side: str
    cause: str


@named("referral.taken_back")
class ReferralTakenBack(Payload, frozen=True):
    """What somebody had got was taken back."""

    side: str
    kind: str


@named("referral.ended")
class ReferralEnded(Payload, frozen=True):
    """Nothing comes of a referral: it lapsed, was refused or is void (`cause`). Told to both."""

    side: str
    cause: str
