"""What coupons hold about one person: codes that are theirs, that they were handed, that they used."""

from collections.abc import Sequence

from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.coupons.models import CouponCode, CouponIssue, CouponUse


def read_coupons(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return the codes that are theirs alone, with how often each was used."""
    names = ("customer_id", "shown", "batch_id", "uses_limit", "used_count", "is_blocked")
    return rows_of(CouponCode, names, customer_ids, order_by=("key",))


def read_issues(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return the occasions on which they were handed a code."""
    names = ("customer_id", "batch_id", "code_key", "issue_key", "issued_at", "taken_back_at")
    return rows_of(CouponIssue, names, customer_ids, order_by=("issued_at", "issue_key"))


def read_uses(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return the sales in which they used a code."""
    names = ("customer_id", "sale_id", "key", "used_at", "given_back_at")
    return rows_of(CouponUse, names, customer_ids, order_by=("used_at", "key"))


COUPONS = Section("coupons", read_coupons)
ISSUES = Section("coupons_handed_out", read_issues)
USES = Section("coupon_uses", read_uses)
