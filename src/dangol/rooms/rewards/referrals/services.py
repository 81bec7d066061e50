"""Friends told, decisions made, and what time brings: each in one transaction under the people's locks."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import Q, QuerySet

from dangol.core.access.own_account import require_not_own
from dangol.core.events.services import lock_customers
from dangol.core.people.actors import require_reason
from dangol.core.people.merged import family_of, resolve_merged
from dangol.core.people.models import Customer
from dangol.core.people.selectors import MEMBER, shop
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.calendars import day_of
from dangol.domain.referrals import (
    Side,
    Stage,
    Suspicion,
    Verdict,
    first_instant,
    progress_of,
    suspicion_of,
)
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.referrals.codes import owner_of
from dangol.rooms.rewards.referrals.desk import Held, close_desk, judge, open_desk
from dangol.rooms.rewards.referrals.errors import (
    AlreadyReferred,
    CircularReferral,
    NoReferralProgram,
    NotAMember,
    NothingToDecide,
    NotNew,
    SelfReferral,
    TooLateToTell,
    UnknownReferral,
    UnknownReferralCode,
)
from dangol.rooms.rewards.referrals.events import ReferralTold
from dangol.rooms.rewards.referrals.facts import read_bought, was_away
from dangol.rooms.rewards.referrals.gifts import bring_up_to_date
from dangol.rooms.rewards.referrals.models import GiftState, Referral, ReferralGift, ReferralProgram
from dangol.rooms.rewards.referrals.programs import Promised, open_program, promised_by
from dangol.rooms.rewards.referrals.signs import Came, keep_marks, marks_of, read_signs

logger = logging.getLogger(__name__)
_NOBODY = Came()


class ReferralsStuck(RuntimeError):
    """Referrals that could not be settled; the log names them."""


def tell_code(friend_id: Id, code: str, *, by: By, came: Came = _NOBODY) -> Id:
    """Note by whose code a member came; returns the referral, for the same code again the first one.

    What is earned by joining is given at once. Raises UnknownReferralCode, NoReferralProgram, NotAMember,
    AlreadyReferred, TooLateToTell, NotNew, SelfReferral, CircularReferral or OwnAccount; then nothing is
    changed.
    """
    owner = owner_of(code)
    with write_transaction():
        now = resolve_merged([friend_id, owner])
        friend, referrer = now[friend_id], now[owner]
        if friend == referrer:
            raise SelfReferral(because="same_person")
        require_not_own([friend, referrer], actor=by.actor)
        lock_customers([friend, referrer])
        family, others = family_of(friend), family_of(referrer)
        if earlier := Referral.objects.filter(customer_id__in=family).order_by("told_at").first():
            if earlier.referrer_id in others:
                return earlier.id
            raise AlreadyReferred()
        program = open_program()
        if program is None:
            raise NoReferralProgram()
        row = _row(program, friend, referrer, by.at)
        promised = _promised(program)
        _require_new(row, promised, family, others, tell_days=program.tell_days)
        marks = marks_of(family, came)
        _weigh(row, suspicion_of(read_signs(family, others, marks, at=by.at)))
        keep_marks(friend, marks, at=by.at)
        _begin(row, promised, by)
        settle([row.id], at=by.at)
    return row.id


def _promised(program: ReferralProgram) -> Promised:
    revision = (program.id, program.revision)
    return promised_by([revision], zone=shop().tz)[revision]


def _row(program: ReferralProgram, friend: Id, referrer: Id, at: datetime) -> Referral:
    people = Customer.objects.filter(customer_id__in=[friend, referrer], kind=MEMBER)
    joined = dict(people.values_list("customer_id", "joined_at"))
    if referrer not in joined:
        raise UnknownReferralCode()
    if friend not in joined:
        raise NotAMember()
    return Referral(
        customer_id=friend, id=new_id(), referrer_id=referrer, program_id=program.id,
        revision=program.revision, joined_at=joined[friend] or at, told_at=at, state=Stage.WAITING.value,
    )  # fmt: skip


def _require_new(
    row: Referral, promised: Promised, family: list[Id], others: list[Id], *, tell_days: int
) -> None:
    """Refuse who joined too long ago, was here before, or is whoever brought the referrer."""
    zone = promised.terms.zone
    if (day_of(row.told_at, zone) - day_of(row.joined_at, zone)).days > tell_days:
        raise TooLateToTell(days=tell_days)
    if Referral.objects.filter(customer_id__in=others, referrer_id__in=family).exists():
        raise CircularReferral()
    if not promised.terms.only_new:
        return
    bought = read_bought({row.customer_id: family}, [row.customer_id], shop().currency)[row.customer_id]
    is_known = bought.first_at is not None and bought.first_at < first_instant(promised.terms, row.joined_at)
    if is_known or was_away(family):
        raise NotNew()


def _weigh(row: Referral, found: Suspicion) -> None:
    if found.is_refused:
        raise SelfReferral(because=found.reasons[0])
    row.score, row.signs = found.score, ",".join(found.reasons)
    row.verdict = (Verdict.OPEN if found.is_looked_at else Verdict.CLEAR).value
    row.state = (Stage.REVIEW if found.is_looked_at else Stage.WAITING).value


def _begin(row: Referral, promised: Promised, by: By) -> None:
    row.deadline = progress_of(
        promised.terms, joined_at=row.joined_at, told_at=row.told_at, purchases=()
    ).deadline
    row.save(force_insert=True)
    (held,) = open_desk([row.id])
    held.note("told", by.at, actor=by.actor, store_id=by.store_id, cause=row.signs)
    for side in Side:
        held.tell(ReferralTold(side=side.value), side, by.at)
    close_desk([held], recorded_at=by.at)


def settle(referral_ids: Iterable[Id], *, at: datetime) -> None:
    """Judge referrals anew, give what is due at an instant and take back what is not.

    Told once or many times it comes to the same. Inside a write transaction.
    """
    desk = open_desk(referral_ids)
    for held in desk:
        judge(held, at)
    _finish(desk, at)


def _finish(desk: list[Held], at: datetime) -> None:
    bring_up_to_date(desk, at=at)
    close_desk(desk, recorded_at=at)


def decide(referral_id: Id, *, approved: bool, reason: str, by: By) -> None:
    """Say of a referral that waits for it whether it is one; what is due is given at once.

    Raises UnknownReferral, NothingToDecide, ReasonMissing or OwnAccount for either of the two.
    """
    why = require_reason(reason)
    with write_transaction():
        found = open_desk([referral_id])
        if not found:
            raise UnknownReferral(referral=show_id(referral_id))
        (held,) = found
        require_not_own([held.friend, held.referrer], actor=by.actor)
        if held.row.verdict != Verdict.OPEN.value:
            raise NothingToDecide(state=held.row.state)
        held.row.verdict = (Verdict.APPROVED if approved else Verdict.REFUSED).value
        if approved:
            held.note("approved", by.at, actor=by.actor, store_id=by.store_id, reason=why)
        judge(held, by.at, actor=by.actor, reason="" if approved else why)
        _finish([held], by.at)


def settle_due(*, as_of: datetime, page: int = 200, report: Callable[[int], None] | None = None) -> int:
    """Give the referrals whose time has come and let lapse those whose time is over; returns how many.

    Each in a transaction of its own. One that cannot be settled is logged and holds up no other; where there
    was one, raises ReferralsStuck at the end. `report` is told after each page how many are done.
    """
    due = Referral.objects.filter(state=Stage.EARNED.value, due_at__lte=as_of)
    over = Referral.objects.filter(state=Stage.WAITING.value, deadline__lte=as_of)
    wanted = chain(_pages(due, "due_at", "id", page), _pages(over, "deadline", "id", page))
    return _settle_each(wanted, as_of, report)


def retry_waiting(*, as_of: datetime, page: int = 200, report: Callable[[int], None] | None = None) -> int:
    """Try once more to give all that waits, as where a batch had no codes; returns how many it tried.

    What waits longest comes first, and what there is nothing of holds up nothing else; else as `settle_due`.
    """
    waiting = ReferralGift.objects.filter(state=GiftState.WAITING.value)
    return _settle_each(_pages(waiting, "decided_at", "referral_id", page), as_of, report)


def _pages(rows: QuerySet[Any], by: str, name: str, page: int) -> Iterator[list[Id]]:
    """Yield the referrals of rows page by page in the order of a date: each once, and none a second time.

    What is read anew may have moved on meanwhile, and what is at the end of one page is not on the next.
    """
    ordered = rows.order_by(by, name)
    rest = ordered
    while found := list(rest.values_list(by, name)[:page]):
        yield list(dict.fromkeys(referral_id for _, referral_id in found))
        until, last = found[-1]
        rest = ordered.filter(Q(**{f"{by}__gt": until}) | Q(**{by: until, f"{name}__gt": last}))


def _settle_each(pages: Iterable[Sequence[Id]], at: datetime, report: Callable[[int], None] | None) -> int:
    done, stuck = 0, 0
    for referral_ids in pages:
        for one in referral_ids:
            try:
                with write_transaction():
                    settle([one], at=at)
                done += 1
            except Exception:
                logger.exception("the referral %s cannot be settled", show_id(one))
                stuck += 1
        if report:
            report(done)
    if stuck:
        raise ReferralsStuck(stuck)
    return done
