"""Everything `dangol ledger verify` and the nightly proof look at: the ledger's invariants and the rooms'."""

from dangol.core.ledger import invariants
from dangol.core.ledger.verify import Check
from dangol.rooms.rewards import verify as rewards
from dangol.rooms.rewards.catalog import verify as reward_catalog
from dangol.rooms.rewards.event_rules import verify as event_rules
from dangol.rooms.rewards.households import verify as households
from dangol.rooms.rewards.promotions import verify as promotions
from dangol.rooms.rewards.referrals import verify as referrals
from dangol.rooms.rewards.stamps import verify as stamps
from dangol.rooms.rewards.stored_value import verify as stored_value


def all_checks() -> list[Check]:
    """Return all checks, the ledger's first."""
    rooms = (rewards, reward_catalog, stamps, referrals, event_rules, stored_value, households, promotions)
    return [*invariants.checks(), *(check for room in rooms for check in room.checks())]
