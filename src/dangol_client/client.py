"""The client: one shop, one key, and a group of calls for each thing the API knows."""

from datetime import datetime
from types import TracebackType
from typing import Self

import httpx

from dangol_client.checkout import CheckoutCalls, PromotionCalls
from dangol_client.coupons import CouponCalls
from dangol_client.event_rules import EventRuleCalls
from dangol_client.households import HouseholdCalls
from dangol_client.insight import InsightCalls
from dangol_client.machines import ApprovalCalls, EventCalls, KeyCalls, WebhookCalls
from dangol_client.people import MemberCalls, PointCalls
from dangol_client.referrals import ReferralCalls
from dangol_client.rewards import RewardCalls
from dangol_client.segments import SegmentCalls, TraitCalls
from dangol_client.sending import CLOCK, Patience, Wire
from dangol_client.shop import JobCalls, OrderCalls, ProductCalls, ProgramCalls, StoreCalls
from dangol_client.stamps import StampCalls
from dangol_client.stored_value import CreditCalls, GiftCardCalls
from dangol_client.wallets import WalletCalls

USER_AGENT = "dangol-client/1"


class Dangol:
    """A shop, as a program sees it. Threads may share one; close it, or use it as a context manager.

    `http` is for what only the caller knows: certificates, a proxy, hooks. `language` chooses that of
    `DangolError.detail`. Every call raises Refused, Unavailable or Unreadable; writes take `idempotency_key`
    and `dry_run` beside what they are about.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        language: str = "en",
        patience: Patience | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        """Raises ValueError for an address that is none, or without a key."""
        base = httpx.URL(url)
        if base.scheme not in ("http", "https") or not base.host:
            raise ValueError("url: write http://… or https://… with a host")
        if not key or not key.isascii() or not key.isprintable():
            raise ValueError("key: an API key is missing, or it is none")
        headers = {
            "Authorization": f"Bearer {key}",
            "Accept-Language": language,
            "User-Agent": USER_AGENT,
        }
        self._address = str(base).rstrip("/") + "/api/v1"
        self._owns_http = http is None
        self._open(Wire(http or httpx.Client(), self._address, headers, patience or Patience()))

    def _open(self, wire: Wire) -> None:
        self._wire = wire
        self.members, self.points = MemberCalls(wire), PointCalls(wire)
        self.wallets, self.households = WalletCalls(wire), HouseholdCalls(wire)
        self.orders, self.products, self.stores = OrderCalls(wire), ProductCalls(wire), StoreCalls(wire)
        self.programs, self.jobs = ProgramCalls(wire), JobCalls(wire)
        self.webhooks, self.keys = WebhookCalls(wire), KeyCalls(wire)
        self.events, self.approvals = EventCalls(wire), ApprovalCalls(wire)
        self.checkout, self.promotions = CheckoutCalls(wire), PromotionCalls(wire)
        self.rewards, self.stamps = RewardCalls(wire), StampCalls(wire)
        self.gift_cards, self.credit = GiftCardCalls(wire), CreditCalls(wire)
        self.segments, self.traits = SegmentCalls(wire), TraitCalls(wire)
        self.insight = InsightCalls(wire)
        self.coupons, self.referrals = CouponCalls(wire), ReferralCalls(wire)
        self.event_rules = EventRuleCalls(wire)

    def at(self, instant: datetime) -> "Dangol":
        """Return this client with its calls happening at an instant: test keys only, and never backwards.

        It shares this one's connections and is of no use once this one is closed.
        """
        if instant.utcoffset() is None:
            raise ValueError("instant: give it a time zone")
        other = object.__new__(Dangol)
        other._address, other._owns_http = self._address, False
        headers = {**self._wire.headers, CLOCK: instant.isoformat()}
        other._open(Wire(self._wire.http, self._address, headers, self._wire.patience))
        return other

    def close(self) -> None:
        """Close the connections, unless the caller brought them."""
        if self._owns_http:
            self._wire.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
