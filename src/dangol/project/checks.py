"""Everything `dangol ledger verify` and the nightly proof look at: the ledger's invariants and the rooms'."""

from dangol.core.ledger import invariants
from dangol.core.ledger.verify import Check
from dangol.rooms.rewards import verify as rewards
from dangol.rooms.rewards.catalog import verify as reward_catalog
from dangol.rooms.rewards.stamps import verify as stamps


def all_checks() -> list[Check]:
    """Return all checks, the ledger's first."""
    return [*invariants.checks(), *rewards.checks(), *reward_catalog.checks(), *stamps.checks()]
