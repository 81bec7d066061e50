"""How the shop answers for households: stored as one content, or the defaults."""

from typing import Any

import msgspec

from dangol.core.storage.versioned import Versioned
from dangol.domain.households import Leaving, Sharing, Spender, Terms
from dangol.rooms.rewards.households.errors import HouseholdSettingsChanged, InvalidHouseholdSettings
from dangol.rooms.rewards.households.models import HouseholdSettings, HouseholdVersion

MOST_MEMBERS, MOST_DAYS, MOST_POINTS = 50, 3_650, 10**9


class HouseholdContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether there are households, and how they spend; see `domain.households.Terms`."""

    is_open: bool = False
    most_members: int = 6
    sharing: Sharing = Sharing.CHOSEN
    spender: Spender = Spender.EVERYBODY
    most_a_month: int | None = None
    leaving: Leaving = Leaving.KEEPS
    rejoin_days: int = 30

    def as_terms(self) -> Terms:
        """Return what the rules go by."""
        return Terms(**msgspec.structs.asdict(self))


DEFAULTS = HouseholdContent()


def unpack_settings(raw: Any) -> HouseholdContent:
    """Return a content of its JSON; raises InvalidHouseholdSettings, which names the field."""
    try:
        content = msgspec.convert(raw, HouseholdContent)
    except msgspec.ValidationError as error:
        text = str(error)
        field = text.partition("`$.")[2].rstrip("`") or text.partition("field `")[2].partition("`")[0]
        raise InvalidHouseholdSettings(field=field, problem="type") from None
    asked = (
        ("most_members", 2 <= content.most_members <= MOST_MEMBERS),
        ("most_a_month", content.most_a_month is None or 0 <= content.most_a_month <= MOST_POINTS),
        ("rejoin_days", 0 <= content.rejoin_days <= MOST_DAYS),
    )
    for field, holds in asked:
        if not holds:
            raise InvalidHouseholdSettings(field=field, problem="out_of_range")
    return content


_KEPT = Versioned(
    HouseholdSettings, HouseholdVersion, DEFAULTS,
    lambda number, changed_by: HouseholdSettingsChanged(version=number, changed_by=changed_by),
)  # fmt: skip
read_settings, write_settings = _KEPT.read, _KEPT.write
list_settings_versions, settings_number = _KEPT.list_versions, _KEPT.number
