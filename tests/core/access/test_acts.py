"""What is done to a person is written down with it, and what was refused is not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dangol.core.access.acts import (
    erase_customer,
    merge_customers,
    place_hold,
    release_hold,
    undo_merge,
)
from dangol.core.access.log import list_entries
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.people.holds import UnderHold
from dangol.core.people.merge_errors import NotMerged, SameCustomer
from dangol.core.people.selectors import ShopView
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ACTOR = Actor(ActorKind.KEY, "dg_live_ab12", "shop server", "203.0.113.7", "req-9")
DONE: dict[str, Any] = {"actor": ACTOR, "reason": "asked", "at": AT}


def test_acts__each__is_written_down_for_everybody_it_is_done_to(korean_shop: ShopView) -> None:
    with write_transaction():
        kept, absorbed = resolve_customers("external", ["K", "A"], recorded_at=AT).values()
    merge_customers(kept, absorbed, **DONE)
    undo_merge(absorbed, **DONE)
    hold = place_hold(kept, **DONE)
    with pytest.raises(UnderHold):
        erase_customer(kept, **DONE)
    release_hold(kept, hold, **DONE)
    erase_customer(kept, **DONE)

    told = [(one.action, one.subject_id) for one in reversed(list_entries())]
    assert sorted(told) == sorted(
        [
            ("merge", kept), ("merge", absorbed), ("unmerge", kept), ("unmerge", absorbed),
            ("hold", kept), ("release", kept), ("erase", kept),
        ]
    )  # fmt: skip
    [held] = [one for one in list_entries() if one.action == "hold"]
    assert (held.actor_kind, held.actor, held.address, held.request) == (
        "key",
        ACTOR.key,
        ACTOR.address,
        ACTOR.request,
    )
    assert held.seen == (show_id(hold),)


def test_acts__refused__leave_no_entry_and_nothing_else(korean_shop: ShopView) -> None:
    with write_transaction():
        [member] = resolve_customers("external", ["K"], recorded_at=AT).values()
    with pytest.raises(SameCustomer):
        merge_customers(member, member, **DONE)
    with pytest.raises(NotMerged):
        undo_merge(member, **DONE)
    with pytest.raises(ReasonMissing):
        place_hold(member, actor=ACTOR, reason=" ", at=AT)

    assert list_entries() == []
