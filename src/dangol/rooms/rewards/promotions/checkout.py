"""How the shop answers what shops disagree about, at its checkout: stored as one content, or the defaults."""

from typing import Any

import msgspec

from dangol.core.storage.versioned import Versioned
from dangol.domain.accrual import Rounding
from dangol.domain.errors import DomainError
from dangol.domain.promotions.second_look import SecondLook
from dangol.domain.promotions.settings import (
    LANES,
    Base,
    Choice,
    DeliveryBack,
    Lane,
    OverBudget,
    RoundedOn,
    Settings,
    Stacking,
)
from dangol.domain.splitting import Spare
from dangol.domain.tender import WHOLE, TenderRule
from dangol.rooms.rewards.promotions.contents import PromotionInvalid, located
from dangol.rooms.rewards.promotions.models import CheckoutSettings, CheckoutVersion

LONGEST_HOLD_MINUTES = 7 * 24 * 60


class CheckoutChanged(DomainError):
    """Somebody (`changed_by`) has changed how the checkout answers since it was read (now `version`)."""

    code = "checkout.settings_changed"


class TenderContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What points pay; see `domain.tender.TenderRule`."""

    points: int
    minor: int
    least_points: int = 0
    step_points: int = 1
    most_share: int = WHOLE
    is_discount: bool = False
    currency: str = ""


class LaneContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lane and how the promotions in it compete."""

    key: str
    choice: Choice = Choice.PRIORITY


class CheckoutContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it: `domain.promotions.settings.Settings`, what points pay, and how sales are held and undone.

    `hold_minutes`: how long a reservation holds. `gives_use_back`: whether a sale of which all comes back no
    longer counts towards limits. `delivery_back`: when what was paid for the delivery comes back.
    At a counter a coupon waits for the member's yes where `confirm_coupons`,
    and so do points from `confirm_points_from` on (None: never), for `confirm_minutes`. Whoever rang a sale
    up may undo it for `undo_minutes`. A publication needs a second person where `approve_always`, or above
    a budget or a share (`domain.promotions.second_look`).
    """

    spare: Spare = Spare.LARGEST_REMAINDER
    rounding: Rounding = Rounding.HALF_UP
    rounded_on: RoundedOn = RoundedOn.WHOLE
    percent_of: Base = Base.REMAINING
    threshold_on: Base = Base.REMAINING
    points_on: Base = Base.REMAINING
    points_rounding: Rounding = Rounding.DOWN
    floors_hold: bool = True
    uses_up_without_effect: bool = False
    all_or_nothing: bool = False
    over_budget: OverBudget = OverBudget.CUT
    delivery_back: DeliveryBack = DeliveryBack.ASKED
    most_promotions: int | None = None
    most_codes: int | None = None
    lanes: tuple[LaneContent, ...] = tuple(LaneContent(key=one.key, choice=one.choice) for one in LANES)
    stacking: dict[str, Stacking] = {}
    tender: TenderContent | None = None
    hold_minutes: int = 30
    gives_use_back: bool = True
    confirm_coupons: bool = False
    confirm_points_from: int | None = None
    confirm_minutes: int = 5
    undo_minutes: int = 30
    approve_always: bool = False
    approve_budget_above: int | None = None
    approve_share_above: int | None = None

    def as_second_look(self) -> SecondLook:
        """Return when a publication needs a second person."""
        return SecondLook(self.approve_always, self.approve_budget_above, self.approve_share_above)

    def as_settings(self) -> Settings:
        """Return what evaluation goes by; raises ValueError where two lanes have one key."""
        own = {
            name: getattr(self, name)
            for name in Settings.__dataclass_fields__
            if name not in ("lanes", "stacking") and name in self.__struct_fields__
        }
        lanes = tuple(Lane(one.key, one.choice) for one in self.lanes)
        return Settings(**own, lanes=lanes, stacking=self.stacking)

    def as_tender(self) -> TenderRule | None:
        """Return what points pay; None: nothing."""
        return TenderRule(**msgspec.structs.asdict(self.tender)) if self.tender else None


DEFAULTS = CheckoutContent()


def unpack_checkout(raw: Any) -> CheckoutContent:
    """Return a content of its JSON; raises PromotionInvalid, which names the field."""
    try:
        content = msgspec.convert(raw, CheckoutContent)
    except msgspec.ValidationError as error:
        field, problem = located(error)
        raise PromotionInvalid(field=field, problem=problem) from None
    _check(content)
    return content


def _check(content: CheckoutContent) -> None:
    keys = [one.key for one in content.lanes]
    tender = content.tender
    asked = (
        ("lanes", not keys or len(set(keys)) < len(keys) or not all(keys), "each lane has its own key"),
        ("hold_minutes", not 1 <= content.hold_minutes <= LONGEST_HOLD_MINUTES, "from 1 minute to 7 days"),
        ("most_promotions", content.most_promotions is not None and content.most_promotions < 1, "1 or more"),
        ("most_codes", content.most_codes is not None and content.most_codes < 1, "1 or more"),
        (
            "confirm_points_from",
            content.confirm_points_from is not None and not 1 <= content.confirm_points_from <= 10**9,
            "from 1 to 10^9",
        ),
        ("confirm_minutes", not 1 <= content.confirm_minutes <= 60, "from 1 to 60"),
        ("undo_minutes", not 0 <= content.undo_minutes <= 24 * 60, "from 0 to 1440"),
        *(
            (name, limit is not None and not 0 <= limit <= most, f"from 0 to {most}")
            for name, limit, most in (
                ("approve_budget_above", content.approve_budget_above, 10**12),
                ("approve_share_above", content.approve_share_above, WHOLE),
            )
        ),
        ("tender.points", tender is not None and not 1 <= tender.points <= 10**9, "from 1 to 10^9"),
        ("tender.minor", tender is not None and not 1 <= tender.minor <= 10**9, "from 1 to 10^9"),
        ("tender.least_points", tender is not None and not 0 <= tender.least_points <= 10**9, "0 or more"),
        ("tender.step_points", tender is not None and not 1 <= tender.step_points <= 10**9, "1 or more"),
        ("tender.most_share", tender is not None and not 1 <= tender.most_share <= WHOLE, "1 to 10000"),
    )
    for field, is_wrong, problem in asked:
        if is_wrong:
            raise PromotionInvalid(field=field, problem=problem)


_KEPT = Versioned(
    CheckoutSettings, CheckoutVersion, DEFAULTS,
    lambda number, changed_by: CheckoutChanged(version=number, changed_by=changed_by),
)  # fmt: skip
# Sales that are reserved keep what they were told.
read_checkout, write_checkout = _KEPT.read, _KEPT.write
list_checkout_versions, checkout_number = _KEPT.list_versions, _KEPT.number
read_checkout_version = _KEPT.read_version
