"""How the shop answers for households: stored as one content, or the defaults."""

from datetime import datetime
from typing import Any

import msgspec

from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.transactions import write_transaction
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
KIND = "households.settings"


def change_settings(content: HouseholdContent, *, seen: int | None, actor: Actor, at: datetime) -> int:
    """Let the shop answer so from now on, and say in the access log who did it; returns the version.

    What holds already is no version. Raises HouseholdSettingsChanged where version `seen` (None: whichever
    there is) is not in force.
    """
    # Staff's own name to sign in by, a key's as it is called.
    name = actor.name or actor.key if actor.kind == ActorKind.KEY else actor.key
    with write_transaction():
        before = settings_number()
        number = write_settings(content, changed_by=name, at=at, seen=seen)
        if number != before:
            record_access([AccessDraft(Access.CONFIGURE, actor, f"v{number}", seen=(KIND,), people=0)], at=at)
    return number
