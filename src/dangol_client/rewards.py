"""Rewards for points: what there is, and members who take it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Unpack

from dangol_client.reward_answers import Codes, Redemption, Reward
from dangol_client.sending import Sending, Wire, place


class RewardDraft(NamedTuple):
    """A reward as it is to be. Without `price` it is only for the tiers that `tier_prices` name.

    An item waits `voucher_days` after its day (None: for good); with `gives_back` its points go back then. A
    coupon is handed out of the batch `batch`.
    """

    name_ko: str
    name_en: str = ""
    about_ko: str = ""
    about_en: str = ""
    price: int | None = None
    tier_prices: Mapping[str, int] = {}
    limit: int | None = None
    limit_period: str = "ever"
    active_from: datetime | None = None
    active_to: datetime | None = None
    voucher_days: int | None = None
    gives_back: bool = False
    batch: str | None = None

    def body(self) -> dict[str, Any]:
        """Return it as it is sent."""
        days = {name: at and at.isoformat() for name, at in self._asdict().items() if name[:6] == "active"}
        return {**self._asdict(), "tier_prices": dict(self.tier_prices), **days}


class RewardCalls:
    """The catalog, and what members took of it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def each(self, *, archived: bool = False) -> Iterator[Reward]:
        """Go through the rewards, the newest first, or through those that are archived."""
        return self._wire.pages("/rewards", Reward, {"archived": "true"} if archived else {})

    def get(self, reward: str) -> Reward:
        """Return a reward."""
        return self._wire.read(place("/rewards/{reward}", reward=reward), Reward)

    def create(
        self, draft: RewardDraft, *, kind: str = "item", stock: int | None = None, **sending: Unpack[Sending]
    ) -> Reward:
        """Make a reward: an `item` with so many pieces (None: always some), a `code` or a `coupon`."""
        return self._wire.write("/rewards", {**draft.body(), "kind": kind, "stock": stock}, Reward, sending)

    def change(self, reward: str, draft: RewardDraft, *, revision: int, **sending: Unpack[Sending]) -> Reward:
        """Let a reward be as drafted, if it is still at the revision you have seen."""
        path = place("/rewards/{reward}", reward=reward)
        return self._wire.write(path, {**draft.body(), "revision": revision}, Reward, sending, method="PUT")

    def archive(self, reward: str, **sending: Unpack[Sending]) -> Reward:
        """Offer a reward no more."""
        return self._wire.write(place("/rewards/{reward}/archive", reward=reward), None, Reward, sending)

    def change_stock(self, reward: str, by: int, **sending: Unpack[Sending]) -> Reward:
        """Add pieces, or take some out."""
        return self._wire.write(place("/rewards/{reward}/stock", reward=reward), {"by": by}, Reward, sending)

    def add_codes(self, reward: str, codes: Sequence[str], **sending: Unpack[Sending]) -> Codes:
        """Add codes to a pool."""
        path = place("/rewards/{reward}/codes", reward=reward)
        return self._wire.write(path, {"codes": list(codes)}, Codes, sending)

    def redeem(
        self,
        member: str,
        reward: str,
        *,
        confirmation: str | None = None,
        store: str | None = None,
        **sending: Unpack[Sending],
    ) -> Redemption:
        """Let a member take a reward for its points; much of them with the code the member was sent."""
        path = place("/members/{member}/rewards/{reward}/redeem", member=member, reward=reward)
        return self._wire.write(path, {"confirmation": confirmation, "store": store}, Redemption, sending)

    def of(self, member: str, *, page_size: int | None = None) -> Iterator[Redemption]:
        """Go through what a member has taken, the latest first."""
        path = place("/members/{member}/rewards", member=member)
        return self._wire.pages(path, Redemption, {"limit": page_size})

    def hand_over(
        self, member: str, redemption: str, *, store: str | None = None, **sending: Unpack[Sending]
    ) -> Redemption:
        """Note that a member has got what they took."""
        path = place(
            "/members/{member}/redemptions/{redemption}/hand-over", member=member, redemption=redemption
        )
        return self._wire.write(path, {"store": store}, Redemption, sending)

    def cancel(self, member: str, redemption: str, reason: str, **sending: Unpack[Sending]) -> Redemption:
        """Take a redemption back, with its points."""
        path = place(
            "/members/{member}/redemptions/{redemption}/cancel", member=member, redemption=redemption
        )
        return self._wire.write(path, {"reason": reason}, Redemption, sending)

    def redemptions(
        self,
        *,
        state: str | None = None,
        reward: str | None = None,
        redemption: str | None = None,
        page_size: int | None = None,
    ) -> Iterator[Redemption]:
        """Go through all members' redemptions, the latest first."""
        asked = {"state": state, "reward": reward, "redemption": redemption, "limit": page_size}
        return self._wire.pages("/redemptions", Redemption, asked)
