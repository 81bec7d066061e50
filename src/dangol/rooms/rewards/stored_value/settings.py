"""How the shop answers for gift cards and store credit: stored as one content, or the defaults."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from dangol.core.storage.versioned import Versioned
from dangol.domain.gift_card_terms import WHOLE, Terms
from dangol.rooms.rewards.stored_value.errors import (
    InvalidStoredValueSettings,
    StoredValueSettingsChanged,
)
from dangol.rooms.rewards.stored_value.models import StoredValueSettings, StoredValueVersion


class StoredValueContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What pays at the checkout, how long money lasts, and when it is handed out; see
    `gift_card_terms.Terms`.

    `is_discount`: what cards and credit pay earns no points, as if it had been taken off. `credit_share` of
    the terms is told as `lapsed_credit_share`. `credit_valid_days` None: credit given without an end never
    lapses. Credit given by hand above `credit_limit_minor` in a day waits for a second person. At a counter
    the member says yes to credit from `confirm_credit_from_minor` on (None: never). A till without a network
    takes a card or credit for a whole sale of up to `offline_minor` (0: never), unseen.
    """

    accepts_cards: bool = True
    accepts_credit: bool = True
    most_credit_share: int = WHOLE
    is_discount: bool = False
    least_card_minor: int = 1_000
    most_card_minor: int = 500_000
    credit_valid_days: int | None = None
    credit_limit_minor: int = 100_000
    confirm_credit_from_minor: int | None = None
    offline_minor: int = 0
    valid_months: int = 60
    claim_months: int = 60
    withdraw_days: int = 7
    cash_from: int = 6_000
    small_cash_from: int = 8_000
    small_minor: int = 10_000
    lapsed_share: int = 9_000
    large_lapsed_share: int = 9_500
    large_minor: int = 50_000
    lapsed_credit_share: int = WHOLE

    def as_terms(self) -> Terms:
        """Return when cards' money is handed out."""
        own = {name: getattr(self, name) for name in Terms.__dataclass_fields__ if name != "credit_share"}
        return Terms(**own, credit_share=self.lapsed_credit_share)


DEFAULTS = StoredValueContent()
_SHARES = (
    "most_credit_share", "cash_from", "small_cash_from", "lapsed_share", "large_lapsed_share",
    "lapsed_credit_share",
)  # fmt: skip
_AMOUNTS = ("credit_limit_minor", "offline_minor", "small_minor", "large_minor")
_MOST = 10**12
_EVER = datetime.min.replace(tzinfo=UTC)


def unpack_settings(raw: Any) -> StoredValueContent:
    """Return a content of its JSON; raises InvalidStoredValueSettings, which names the field."""
    try:
        content = msgspec.convert(raw, StoredValueContent)
    except msgspec.ValidationError as error:
        text = str(error)
        field = text.partition("`$.")[2].rstrip("`") or text.partition("field `")[2].partition("`")[0]
        raise InvalidStoredValueSettings(field=field, problem="type") from None
    _check(content)
    return content


def _check(content: StoredValueContent) -> None:
    asked = [
        *((name, 0 <= getattr(content, name) <= WHOLE) for name in _SHARES),
        *((name, 0 <= getattr(content, name) <= _MOST) for name in _AMOUNTS),
        ("most_credit_share", content.most_credit_share > 0),
        ("least_card_minor", 1 <= content.least_card_minor <= content.most_card_minor),
        ("most_card_minor", content.most_card_minor <= _MOST),
        ("valid_months", 1 <= content.valid_months <= 600),
        ("claim_months", content.valid_months <= content.claim_months <= 600),
        ("withdraw_days", 0 <= content.withdraw_days <= 365),
        (
            "confirm_credit_from_minor",
            content.confirm_credit_from_minor is None or 1 <= content.confirm_credit_from_minor <= _MOST,
        ),
        ("credit_valid_days", content.credit_valid_days is None or 1 <= content.credit_valid_days <= 36_500),
    ]
    for field, holds in asked:
        if not holds:
            raise InvalidStoredValueSettings(field=field, problem="out_of_range")


class ClaimMonths(NamedTuple):
    """For how many months from its sale on money may be claimed, from an instant on."""

    since: datetime
    months: int


_KEPT = Versioned(
    StoredValueSettings, StoredValueVersion, DEFAULTS,
    lambda number, changed_by: StoredValueSettingsChanged(version=number, changed_by=changed_by),
)  # fmt: skip
# Cards keep the end they were sold with.
read_settings, write_settings = _KEPT.read, _KEPT.write
list_settings_versions, settings_number = _KEPT.list_versions, _KEPT.number
read_settings_version = _KEPT.read_version
require_settings = _KEPT.require


def claim_months_so_far() -> list[ClaimMonths]:
    """Return how long money could be claimed, the earliest first: the defaults' before the first change.

    One statement.
    """
    rows = StoredValueVersion.objects.order_by("number").values_list("changed_at", "content")
    said = [ClaimMonths(at, unpack_settings(content).claim_months) for at, content in rows]
    return [ClaimMonths(_EVER, DEFAULTS.claim_months), *said]
