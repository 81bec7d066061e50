"""What the catalog holds about one person: what they took for points, and what became of it."""

from collections.abc import Mapping, Sequence

from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id, parse_id
from dangol.rooms.rewards.catalog.models import Redemption, Reward
from dangol.rooms.rewards.catalog.stock import codes_by_id
from dangol.rooms.rewards.coupons.selectors import CouponState, states_of

_NAMES = (
    "customer_id", "id", "reward_id", "kind", "state", "currency", "points", "transfer_id", "code_id",
    "revealed_at", "redeemed_at", "changed_at", "lapses_at", "gives_back", "coupon_key",
)  # fmt: skip


def read_redemptions(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return every redemption with the reward's name, and the code once it has been shown."""
    rows = rows_of(Redemption, _NAMES, customer_ids, order_by=("redeemed_at", "id"))
    rewards = {parse_id(row["reward_id"]) for row in rows}
    names = dict(Reward.objects.filter(id__in=rewards).values_list("id", "name_ko"))
    shown = [row for row in rows if row["code_id"] and row["revealed_at"]]
    codes = codes_by_id([(parse_id(row["reward_id"]), parse_id(row["code_id"])) for row in shown])
    coupons = states_of(row["coupon_key"] for row in rows if row["coupon_key"])
    return [
        {
            **{name: value for name, value in row.items() if name not in ("code_id", "coupon_key")},
            "reward": names[parse_id(row["reward_id"])],
            "code": _code(row, codes, coupons),
        }
        for row in rows
    ]


def _code(row: Fact, codes: Mapping[Id, str], coupons: Mapping[str, CouponState]) -> str | None:
    """Return the code that the member has, or could have, read."""
    if row["coupon_key"]:
        return coupons[row["coupon_key"]].shown
    return codes.get(parse_id(row["code_id"])) if row["code_id"] and row["revealed_at"] else None


REDEMPTIONS = Section("redemptions", read_redemptions)
