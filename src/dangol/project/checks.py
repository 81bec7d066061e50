"""Everything `dangol ledger verify` and the nightly proof look at: the ledger's invariants and the rooms'."""

from dangol.core.ledger import invariants
from dangol.core.ledger.verify import Check
from dangol.rooms.rewards import verify as rewards


def all_checks() -> list[Check]:
    """Return all checks, the ledger's first."""
    return [*invariants.checks(), *rewards.checks()]
