"""Referrals on the desk: read under their people's locks, judged by the rules, and written back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dangol.core.events.payloads import Payload
from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.actors import HOUSE, Actor, columns_of
from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.referrals import Progress, Side, Stage, Verdict, Why, progress_of, state_of
from dangol.rooms.rewards.referrals.events import ReferralEarned, ReferralEnded
from dangol.rooms.rewards.referrals.facts import Facts, read_facts
from dangol.rooms.rewards.referrals.models import (
    LONGEST_REASON,
    GiftState,
    Referral,
    ReferralGift,
    ReferralStep,
)
from dangol.rooms.rewards.referrals.programs import Promised, promised_by

_JUDGED = (
    "state", "verdict", "why", "count", "deadline", "earned_at", "due_at", "order_id", "given_at",
    "is_counted", "step_count",
)  # fmt: skip
NOT_LIVE = (GiftState.DROPPED.value, GiftState.TAKEN_BACK.value)
ENDED = (Stage.LAPSED, Stage.REFUSED, Stage.VOID)


@dataclass(slots=True)
class Held:
    """A referral on the desk, with what both have got for it so far."""

    row: Referral
    promised: Promised
    friend: Id
    referrer: Id
    # All ids of whoever brought the friend, whose caps count.
    referrers: Sequence[Id]
    # Whether the two are members now.
    is_there: dict[Side, bool]
    gifts: list[ReferralGift]
    # The row as it was read.
    before: tuple[Any, ...]
    steps: list[ReferralStep] = field(default_factory=list)
    told: list[Draft] = field(default_factory=list)

    def who(self, side: Side) -> Id:
        """Return who is on a side now."""
        return self.friend if side is Side.FRIEND else self.referrer

    def live(self, side: Side) -> ReferralGift | None:
        """Return what a side has got, or was to get, and was not taken back."""
        return next((one for one in self.gifts if one.side == side and one.state not in NOT_LIVE), None)

    def note(self, what: str, at: datetime, *, actor: Actor = HOUSE, **more: Any) -> None:
        """Add a line to the history."""
        self.row.step_count += 1
        more["reason"] = more.get("reason", "")[:LONGEST_REASON]
        self.steps.append(
            ReferralStep(
                customer_id=self.row.customer_id, referral_id=self.row.id, number=self.row.step_count, at=at,
                what=what, **columns_of(actor), **more,
            )
        )  # fmt: skip

    def tell(self, payload: Payload, side: Side, at: datetime) -> None:
        """Tell one of the two something."""
        self.told.append(Draft(self.who(side), payload, at, self.row.id))


def open_desk(referral_ids: Iterable[Id]) -> list[Held]:
    """Return referrals, with both people of each locked; unknown ones are left out.

    A constant number of statements, however many referrals.
    """
    require_write_transaction()
    wanted = sorted(set(referral_ids))
    pairs = Referral.objects.filter(id__in=wanted).values_list("customer_id", "referrer_id")
    lock_customers(set(resolve_merged({one for pair in pairs for one in pair}).values()))
    rows = list(Referral.objects.filter(id__in=wanted).order_by("told_at", "id"))
    if not rows:
        return []
    the_shop = shop()
    facts = read_facts(rows, shop=the_shop)
    promised = promised_by({(row.program_id, row.revision) for row in rows}, zone=the_shop.tz)
    gifts: dict[Id, list[ReferralGift]] = {row.id: [] for row in rows}
    for gift in ReferralGift.objects.filter(referral_id__in=wanted).order_by("id"):
        gifts[gift.referral_id].append(gift)
    return [_held(row, promised[row.program_id, row.revision], facts, gifts[row.id]) for row in rows]


def _held(row: Referral, promised: Promised, facts: Facts, gifts: list[ReferralGift]) -> Held:
    friend, referrer = facts.roots[row.customer_id], facts.roots[row.referrer_id]
    before = _columns(row)
    held = Held(
        row, promised, friend, referrer, facts.families[referrer],
        {Side.FRIEND: facts.is_member(friend), Side.REFERRER: facts.is_member(referrer)}, gifts, before,
    )  # fmt: skip
    row.why = facts.why_void(row, promised.terms) or ""
    found = progress_of(
        promised.terms, joined_at=row.joined_at, told_at=row.told_at,
        purchases=facts.bought[friend].purchases,
    )  # fmt: skip
    row.count, row.deadline = found.orders, found.deadline
    row.earned_at, row.due_at, row.order_id = found.earned_at, found.due_at, found.order_id
    return held


def _columns(row: Referral) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _JUDGED)


def judge(held: Held, at: datetime, *, actor: Actor = HOUSE, reason: str = "") -> None:
    """Let a referral stand where it stands at an instant, and note and tell what is new."""
    row, before = held.row, Stage(held.row.state)
    progress = Progress(row.count, row.deadline, row.earned_at, row.due_at, row.order_id)
    state = state_of(
        held.promised.terms, progress, verdict=Verdict(row.verdict), why=Why(row.why) if row.why else None,
        was_given=before is Stage.GIVEN, at=at,
    )  # fmt: skip
    if state is before:
        return
    row.state = state.value
    row.given_at = at if state is Stage.GIVEN else None
    held.note(state.value, at, actor=actor, reason=reason, cause=row.why, order_id=row.order_id)
    if state is Stage.EARNED or (state is Stage.GIVEN and before is not Stage.EARNED):
        for side in Side:
            held.tell(ReferralEarned(side=side.value), side, row.earned_at or at)
    elif state in ENDED:
        for side in Side:
            if row.why != Why.SAME_PERSON.value or side is Side.FRIEND:
                held.tell(ReferralEnded(side=side.value, cause=row.why or state.value), side, at)


def close_desk(desk: Iterable[Held], *, recorded_at: datetime) -> None:
    """Write referrals back, with their history and what the timeline is told."""
    told: list[Draft] = []
    for held in desk:
        if _columns(held.row) != held.before:
            held.row.save(update_fields=_JUDGED)
        ReferralStep.objects.bulk_create(held.steps)
        told += held.told
    record_batch(told, recorded_at=recorded_at)
