"""Coupons: batches of codes, and what is known of a code."""

from collections.abc import Iterator
from datetime import datetime
from typing import Unpack

from dangol_client.coupon_answers import Coupon, CouponBatch, CouponBatchWhole, CouponImport, CouponKind
from dangol_client.sending import Sending, Wire, place


class CouponCalls:
    """Batches of codes for promotions; a code is named however it is spelled."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def each(self, *, promotion: str | None = None) -> Iterator[CouponBatch]:
        """Go through the batches, the latest first, or through those of one promotion."""
        return self._wire.pages("/coupon-batches", CouponBatch, {"promotion": promotion} if promotion else {})

    def batch(self, batch: str) -> CouponBatchWhole:
        """Return a batch and how its codes stand."""
        return self._wire.read(place("/coupon-batches/{batch}", batch=batch), CouponBatchWhole)

    def create(
        self,
        promotion_id: str,
        name: str,
        kind: CouponKind,
        *,
        pattern: str = "",
        count: int = 0,
        uses_per_code: int | None = 1,
        active_from: datetime | None = None,
        active_to: datetime | None = None,
        **sending: Unpack[Sending],
    ) -> CouponBatch:
        """Make a batch; `uses_per_code` None: each as often as the promotion allows."""
        body = {
            "promotion_id": promotion_id, "name": name, "kind": kind, "pattern": pattern, "count": count,
            "uses_per_code": uses_per_code, "active_from": active_from, "active_to": active_to,
        }  # fmt: skip
        return self._wire.write("/coupon-batches", body, CouponBatch, sending)

    def codes(self, batch: str) -> Iterator[Coupon]:
        """Go through the codes of a batch."""
        return self._wire.pages(place("/coupon-batches/{batch}/codes", batch=batch), Coupon, {})

    def add(self, batch: str, csv: str, **sending: Unpack[Sending]) -> CouponImport:
        """Add somebody else's codes, one a row, to an imported batch."""
        path = place("/coupon-batches/{batch}/codes", batch=batch)
        return self._wire.write(path, {"csv": csv}, CouponImport, sending)

    def block_batch(self, batch: str, **sending: Unpack[Sending]) -> CouponBatch:
        """Let no code of a batch be used or handed out any more."""
        path = place("/coupon-batches/{batch}/block", batch=batch)
        return self._wire.write(path, None, CouponBatch, sending)

    def unblock_batch(self, batch: str, **sending: Unpack[Sending]) -> CouponBatch:
        """Let the codes of a blocked batch be used again."""
        path = place("/coupon-batches/{batch}/unblock", batch=batch)
        return self._wire.write(path, None, CouponBatch, sending)

    def get(self, coupon: str) -> Coupon:
        """Return what is known of a code."""
        return self._wire.read(place("/coupons/{coupon}", coupon=coupon), Coupon)

    def bind(self, coupon: str, member: str, **sending: Unpack[Sending]) -> Coupon:
        """Let nobody but a member use a code."""
        path = place("/coupons/{coupon}/bind", coupon=coupon)
        return self._wire.write(path, {"member": member}, Coupon, sending)

    def block(self, coupon: str, **sending: Unpack[Sending]) -> Coupon:
        """Let a code not be used any more."""
        return self._wire.write(place("/coupons/{coupon}/block", coupon=coupon), None, Coupon, sending)

    def unblock(self, coupon: str, **sending: Unpack[Sending]) -> Coupon:
        """Let a blocked code be used again."""
        return self._wire.write(place("/coupons/{coupon}/unblock", coupon=coupon), None, Coupon, sending)
