"""Two pairs of eyes on the settings: whoever is held by a limit must not loosen it alone."""

from datetime import datetime
from typing import Any

import msgspec

from dangol.core.access.approvals import ApprovalView, Ask, decide, note_request
from dangol.core.people.actors import Actor
from dangol.core.people.shops import lock_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.second_person import Outcome, find_same, log_done, signed
from dangol.rooms.rewards.stored_value.settings import (
    StoredValueContent,
    read_settings,
    read_settings_version,
    require_settings,
    unpack_settings,
    write_settings,
)

KIND = "stored_value.settings"
# The settings are one, and stand for themselves among the subjects.
SETTINGS_ID: Id = bytes(15) + b"\x02"


class Change(msgspec.Struct, frozen=True):
    """The settings are to be this, where version `seen` is in force; as JSON `StoredValueContent`."""

    seen: int
    content: dict[str, Any]


def is_looser(before: StoredValueContent, after: StoredValueContent) -> bool:
    """Say whether one person may do more alone by `after`: give more in a day, use more of a member's credit
    without their yes, or take more at a till that cannot look.
    """
    asks, will_ask = before.confirm_credit_from_minor, after.confirm_credit_from_minor
    return (
        after.credit_limit_minor > before.credit_limit_minor
        or after.offline_minor > before.offline_minor
        or (asks is not None and (will_ask is None or will_ask > asks))
    )


def change_or_ask(
    content: StoredValueContent, *, seen: int, form: Id, actor: Actor, reason: str, at: datetime
) -> Outcome:
    """Let the shop answer so or, where it loosens a limit, ask a second person for it.

    Raises StoredValueSettingsChanged where version `seen` is not in force, RequestReused, and ReasonMissing
    where a second person is asked without a reason.
    """
    with write_transaction():
        lock_shop()
        if not is_looser(read_settings(), content):
            return Outcome(_write(content, seen=seen, actor=actor, at=at))
        payload = msgspec.json.encode(Change(seen, msgspec.to_builtins(content))).decode()
        ask = Ask(form, KIND, SETTINGS_ID, payload, 0, reason)
        if earlier := find_same(ask, actor=actor, at=at):
            return Outcome(None, earlier)
        require_settings(seen)
        return Outcome(None, note_request(ask, actor=actor, at=at, waits=True))


def _write(content: StoredValueContent, *, seen: int, actor: Actor, at: datetime) -> int:
    number = write_settings(content, changed_by=signed(actor), at=at, seen=seen)
    log_done(KIND, actor, f"v{number}", at=at)
    return number


def read_change(approval: ApprovalView) -> tuple[StoredValueContent, StoredValueContent]:
    """Return what the settings were when a change was asked for, and what they are to be.

    Raises msgspec.DecodeError or InvalidStoredValueSettings.
    """
    wanted = msgspec.json.decode(approval.payload, type=Change)
    return read_settings_version(wanted.seen), unpack_settings(wanted.content)


def decide_settings(
    approval_id: Id, *, approves: bool, actor: Actor, reason: str, at: datetime
) -> ApprovalView:
    """Approve a change of the settings, which is done at once, or decline it.

    Raises what `access.approvals.decide` raises, and StoredValueSettingsChanged, after which it waits on.
    """
    with write_transaction():
        decided = decide(approval_id, approves=approves, actor=actor, reason=reason, at=at)
        if approves:
            wanted = msgspec.json.decode(decided.payload, type=Change)
            _write(unpack_settings(wanted.content), seen=wanted.seen, actor=actor, at=at)
    return decided
