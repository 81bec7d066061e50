"""Promotions, and the checkout: a cart asked, held, made an order, and brought back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Unpack

from dangol_client.checkout_answers import (
    CheckoutSettings,
    Evaluation,
    Promotion,
    PromotionVersion,
    Sale,
    SaleReturn,
)
from dangol_client.machine_answers import Approval
from dangol_client.sending import Sending, Wire, place


@dataclass(frozen=True, slots=True)
class CartLine:
    """So many units of a product at a price each, in minor units; `key` names the line (empty: its place)."""

    product: str
    unit_minor: int
    quantity: int = 1
    key: str = ""
    sku: str = ""
    categories: Sequence[str] = ()
    tags: Sequence[str] = ()
    is_discountable: bool = True
    is_discounted: bool = False
    floor_minor: int = 0


@dataclass(frozen=True, slots=True)
class CheckoutCart:
    """A cart, whose it is, and what is to be used with it; without a currency it is in the shop's."""

    lines: Sequence[CartLine]
    member: str | None = None
    currency: str | None = None
    shipping_minor: int = 0
    codes: Sequence[str] = ()
    pay_points: int = 0
    gift_cards: Sequence[str] = ()
    pay_credit: int | str = 0
    channel: str = "store"
    store: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def as_body(self) -> dict[str, Any]:
        """Return the cart as it is sent."""
        lines = [
            {
                "key": one.key, "product": one.product, "unit_minor": one.unit_minor,
                "quantity": one.quantity, "sku": one.sku, "categories": list(one.categories),
                "tags": list(one.tags), "is_discountable": one.is_discountable,
                "is_discounted": one.is_discounted, "floor_minor": one.floor_minor,
            }
            for one in self.lines
        ]  # fmt: skip
        return {
            "lines": lines, "member": self.member, "currency": self.currency,
            "shipping_minor": self.shipping_minor, "codes": list(self.codes), "pay_points": self.pay_points,
            "gift_cards": list(self.gift_cards), "pay_credit": self.pay_credit, "channel": self.channel,
            "store": self.store, **self.more,
        }  # fmt: skip


class CheckoutCalls:
    """What a cart gets, and the sale it becomes."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def evaluate(
        self,
        cart: CheckoutCart,
        *,
        as_of: datetime | None = None,
        drafts: Sequence[str] = (),
        only: Sequence[str] | None = None,
        reasons: Literal["all", "asked"] = "all",
    ) -> Evaluation:
        """Ask what promotions do to a cart; nothing is changed.

        `reasons`: why each promotion does nothing, or only codes, those named here, and what
        nearly applies.
        """
        body = cart.as_body() | {
            "as_of": as_of.isoformat() if as_of else None, "drafts": list(drafts),
            "only": None if only is None else list(only), "reasons": reasons,
        }  # fmt: skip
        return self._wire.write("/checkout/evaluate", body, Evaluation, {})

    def reserve(
        self,
        cart: CheckoutCart,
        *,
        hold_minutes: int | None = None,
        strict: bool = False,
        **sending: Unpack[Sending],
    ) -> Sale:
        """Hold what a cart gets: codes, budgets and points."""
        body = cart.as_body() | {"hold_minutes": hold_minutes, "strict": strict}
        return self._wire.write("/checkout/reserve", body, Sale, sending)

    def get(self, sale: str) -> Sale:
        """Return a sale by its id."""
        return self._wire.read(place("/checkout/{sale}", sale=sale), Sale)

    def commit(
        self, sale: str, number: str, *, source: str | None = None, **sending: Unpack[Sending]
    ) -> Sale:
        """Make a sale an order of this number."""
        body = {"number": number, "source": source}
        return self._wire.write(place("/checkout/{sale}/commit", sale=sale), body, Sale, sending)

    def cancel(self, sale: str, **sending: Unpack[Sending]) -> Sale:
        """Let a sale go, or undo the order it became."""
        return self._wire.write(place("/checkout/{sale}/cancel", sale=sale), None, Sale, sending)

    def reopen(self, sale: str, *, hold_minutes: int | None = None, **sending: Unpack[Sending]) -> Sale:
        """Hold a sale again that was let go."""
        body = {"hold_minutes": hold_minutes}
        return self._wire.write(place("/checkout/{sale}/reopen", sale=sale), body, Sale, sending)

    def bring_back(
        self,
        sale: str,
        number: str,
        units: Mapping[str, int],
        *,
        delivery: bool = False,
        as_credit: bool = False,
        **sending: Unpack[Sending],
    ) -> SaleReturn:
        """Bring so many units of each line back; `delivery`: what was paid for it, too.

        `as_credit`: the money becomes the member's store credit.
        """
        lines = [{"line": line, "quantity": count} for line, count in units.items()]
        body = {"number": number, "lines": lines, "delivery": delivery, "as_credit": as_credit}
        return self._wire.write(place("/checkout/{sale}/returns", sale=sale), body, SaleReturn, sending)

    def give_back(
        self, sale: str, number: str, minor: int, *, as_credit: bool = False, **sending: Unpack[Sending]
    ) -> SaleReturn:
        """Give back an amount of what was paid, without goods."""
        body = {"number": number, "amount_minor": minor, "as_credit": as_credit}
        return self._wire.write(place("/checkout/{sale}/returns", sale=sale), body, SaleReturn, sending)

    def settings(self) -> CheckoutSettings:
        """Return how the checkout answers."""
        return self._wire.read("/checkout-settings", CheckoutSettings)

    def settings_versions(self) -> Iterator[CheckoutSettings]:
        """Go through how the checkout has answered, the latest first."""
        return self._wire.pages("/checkout-settings/versions", CheckoutSettings, {})

    def change_settings(
        self,
        content: Mapping[str, Any],
        *,
        version: int | None = None,
        reason: str | None = None,
        **sending: Unpack[Sending],
    ) -> CheckoutSettings | Approval:
        """Let the checkout answer so; with the `version` you have seen only where that is in force.

        Where more could then be published by one person alone, the answer is an Approval.
        """
        body = {"content": dict(content), "version": version, "reason": reason}
        path = "/checkout-settings"
        return self._wire.write_or(path, body, CheckoutSettings, Approval, sending, method="PUT")


class PromotionCalls:
    """Promotions in their versions. A content is a mapping; docs/algorithms/promotions.md explains it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def each(self, *, archived: bool = False) -> Iterator[Promotion]:
        """Go through the promotions, or through those that are archived, the newest first."""
        return self._wire.pages("/promotions", Promotion, {"archived": "true"} if archived else {})

    def get(self, promotion: str) -> Promotion:
        """Return a promotion by its id."""
        return self._wire.read(place("/promotions/{promotion}", promotion=promotion), Promotion)

    def versions(self, promotion: str) -> Iterator[PromotionVersion]:
        """Go through what a promotion has said, the latest first."""
        path = place("/promotions/{promotion}/versions", promotion=promotion)
        return self._wire.pages(path, PromotionVersion, {})

    def create(self, content: Mapping[str, Any], **sending: Unpack[Sending]) -> Promotion:
        """Begin a promotion with a draft."""
        return self._wire.write("/promotions", {"content": dict(content)}, Promotion, sending)

    def write_draft(
        self,
        promotion: str,
        content: Mapping[str, Any],
        *,
        revision: int | None,
        **sending: Unpack[Sending],
    ) -> Promotion:
        """Let the draft of this revision (None: there is none yet) read so."""
        body = {"content": dict(content), "revision": revision}
        path = place("/promotions/{promotion}/draft", promotion=promotion)
        return self._wire.write(path, body, Promotion, sending, method="PUT")

    def publish(
        self, promotion: str, *, revision: int, reason: str | None = None, **sending: Unpack[Sending]
    ) -> Promotion | Approval:
        """Let the draft of this revision be in force.

        Above the shop's limits it is not yet: the answer is an Approval, which waits for a person.
        """
        path = place("/promotions/{promotion}/publish", promotion=promotion)
        body = {"revision": revision, "reason": reason}
        return self._wire.write_or(path, body, Promotion, Approval, sending)

    def pause(self, promotion: str, **sending: Unpack[Sending]) -> Promotion:
        """Let a promotion rest."""
        path = place("/promotions/{promotion}/pause", promotion=promotion)
        return self._wire.write(path, None, Promotion, sending)

    def resume(self, promotion: str, **sending: Unpack[Sending]) -> Promotion:
        """Let a promotion go on."""
        path = place("/promotions/{promotion}/resume", promotion=promotion)
        return self._wire.write(path, None, Promotion, sending)

    def archive(self, promotion: str, **sending: Unpack[Sending]) -> Promotion:
        """Put a promotion away."""
        path = place("/promotions/{promotion}", promotion=promotion)
        return self._wire.write(path, None, Promotion, sending, method="DELETE")

    def restore(self, promotion: str, **sending: Unpack[Sending]) -> Promotion:
        """Take a promotion out of the archive; it rests until it is resumed."""
        path = place("/promotions/{promotion}/restore", promotion=promotion)
        return self._wire.write(path, None, Promotion, sending)
