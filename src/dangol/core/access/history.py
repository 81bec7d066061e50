"""What grants say was done, and what a row of them comes to."""

from collections.abc import Sequence
from enum import StrEnum

from dangol.core.storage.ids import Id


class Act(StrEnum):
    """What a grant says was done."""

    GRANTED = "granted"
    CHANGED = "changed"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    RECOVERED = "recovered"


def role_after(grants: Sequence[tuple[str, str, Id | None]]) -> tuple[str, Id | None, bool]:
    """Return the role, the store and whether suspended, as a history of (act, role, store) comes to."""
    assert grants, "everybody has a first grant"
    is_suspended = False
    for act, _role, _store in grants:
        if act in (Act.SUSPENDED, Act.RESTORED):
            is_suspended = act == Act.SUSPENDED
    return grants[-1][1], grants[-1][2], is_suspended
