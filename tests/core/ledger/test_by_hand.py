"""Points by hand: what one person may do alone, what needs a second, and that it is done once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from dangol.core.access.approvals import OPEN_FOR, ApprovalState, count_waiting, find_approval, list_settled
from dangol.core.access.errors import AlreadyDecided, ApprovalOver, NoSuchApproval, OwnRequest, RequestReused
from dangol.core.ledger import invariants
from dangol.core.ledger.by_hand import ByHand, move_by_hand
from dangol.core.ledger.in_bulk import decide_points
from dangol.core.ledger.models import Entry, Transfer
from dangol.core.ledger.reversals import UnknownTransfer
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import adjust_points, reverse_transfer, spend_points
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.domain.errors import DomainError
from dangol.domain.points import Account, InsufficientPoints, InvalidPoints, NothingToReverse
from tests.core.ledger.shop import POINTS, day, members, open_shop

pytestmark = pytest.mark.django_db(transaction=True)
AGENT, OWNER, OTHER = (Actor(ActorKind.STAFF, name, name) for name in ("agent", "owner", "other"))
LIMIT = 10_000


@pytest.fixture
def member() -> Id:
    open_shop()
    return members(1)[0]


def give(member: Id, points: int, *, form: Id | None = None, actor: Actor = AGENT, at: float = 1) -> Id:
    """Ask for points by hand; returns the request's id."""
    wanted = ByHand(POINTS, points)
    return move_by_hand(
        member, wanted, form=form or new_id(), actor=actor, reason="사과", at=day(at), limit=LIMIT
    ).approval.id


def has(member: Id) -> int:
    """Return what a member can spend."""
    found = balances_of([member], POINTS).get(member)
    return found.available if found else 0


@pytest.mark.parametrize(
    ("amounts", "state", "balance"),
    [
        ([10_000], ApprovalState.DIRECT, 10_000),
        ([10_001], ApprovalState.WAITING, 0),
        ([6_000, 4_000], ApprovalState.DIRECT, 10_000),
        # Small ones one after the other are a large one, in whichever direction.
        ([6_000, 4_001], ApprovalState.WAITING, 6_000),
        ([6_000, -4_001], ApprovalState.WAITING, 6_000),
    ],
)
def test_move_by_hand__around_the_limit__is_done_or_waits(
    member: Id, amounts: list[int], state: ApprovalState, balance: int
) -> None:
    last = [give(member, points) for points in amounts][-1]

    assert (find_approval(last).state, has(member)) == (state, balance)
    assert count_waiting(at=day(1)) == (state == ApprovalState.WAITING)


def test_move_by_hand__a_day_later_or_somebody_else__counts_anew(member: Id) -> None:
    give(member, 10_000)
    give(member, 10_000, at=2.01)
    give(member, 10_000, actor=OTHER)

    assert has(member) == 30_000


def test_move_by_hand__same_form_twice__is_done_once_and_other_content_refused(member: Id) -> None:
    form = new_id()
    assert give(member, 500, form=form) == give(member, 500, form=form) == form
    assert has(member) == 500

    with pytest.raises(RequestReused):
        give(member, 501, form=form)
    with pytest.raises(RequestReused):
        give(member, 500, form=form, actor=OTHER)


@pytest.mark.parametrize("points", [0, 10**15, -(10**15)])
def test_move_by_hand__impossible__is_refused_before_anybody_is_asked(member: Id, points: int) -> None:
    with pytest.raises(InvalidPoints):
        give(member, points)
    assert count_waiting(at=day(1)) == 0


def test_move_by_hand__no_reason_or_lapsed__leaves_nothing(member: Id) -> None:
    for wanted, reason, refusal in (
        (ByHand(POINTS, 5), " ", ReasonMissing),
        (ByHand(POINTS, 5, day(0)), "사과", InvalidPoints),
        (ByHand(POINTS, -5), "사과", InsufficientPoints),
        (ByHand(POINTS, reverses=show_id(new_id())), "사과", UnknownTransfer),
    ):
        with pytest.raises(refusal):
            move_by_hand(member, wanted, form=new_id(), actor=AGENT, reason=reason, at=day(1), limit=LIMIT)
    assert not Transfer.objects.exists()
    assert not list_settled(at=day(1))


def test_decide__by_another__is_carried_out_and_by_oneself_refused(member: Id) -> None:
    request = give(member, 50_000)
    with pytest.raises(OwnRequest):
        decide_points(request, approves=True, actor=AGENT, reason="", at=day(2))
    assert has(member) == 0

    decided = decide_points(request, approves=True, actor=OWNER, reason="", at=day(2))

    assert (decided.state, decided.decided_by, has(member)) == (ApprovalState.APPROVED, "owner", 50_000)
    with pytest.raises(AlreadyDecided):
        decide_points(request, approves=True, actor=OTHER, reason="", at=day(2))
    assert has(member) == 50_000


def test_decide__declined__needs_a_reason_and_moves_nothing(member: Id) -> None:
    request = give(member, 50_000)
    with pytest.raises(ReasonMissing):
        decide_points(request, approves=False, actor=OWNER, reason="", at=day(2))
    decided = decide_points(request, approves=False, actor=OWNER, reason="근거가 없어요", at=day(2))

    assert (decided.state, decided.decided_reason, has(member)) == (
        ApprovalState.DECLINED,
        "근거가 없어요",
        0,
    )


def test_decide__seven_days_later__is_over(member: Id) -> None:
    request = give(member, 50_000)

    with pytest.raises(ApprovalOver):
        decide_points(request, approves=True, actor=OWNER, reason="", at=day(1) + OPEN_FOR)
    assert [one.id for one in list_settled(at=day(1) + OPEN_FOR)] == [request]
    assert has(member) == 0


def test_decide__points_are_gone_by_then__waits_on(member: Id) -> None:
    give(member, 10_000, actor=OTHER)
    request = give(member, -10_000, at=1)
    assert find_approval(request).state == ApprovalState.DIRECT
    request = give(member, -20_000, at=3)

    with pytest.raises(InsufficientPoints):
        decide_points(request, approves=True, actor=OWNER, reason="", at=day(3))
    assert find_approval(request).state == ApprovalState.WAITING


def test_decide__nobody_s__is_not_found(member: Id) -> None:
    with pytest.raises(NoSuchApproval):
        decide_points(new_id(), approves=True, actor=OWNER, reason="", at=day(1))


def at_once(acts: list[Callable[[], object]]) -> list[DomainError | None]:
    """Do things at the same moment, each on its own connection; returns what refused each."""
    start = threading.Barrier(len(acts))
    refusals: list[DomainError | None] = []

    def work(act: Callable[[], object]) -> None:
        try:
            start.wait()
            act()
            refusals.append(None)
        except DomainError as refusal:
            refusals.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refusals


def test_decide__eight_approvers_at_once__is_carried_out_once(member: Id) -> None:
    request = give(member, 50_000)
    people = [Actor(ActorKind.STAFF, f"boss-{number}") for number in range(8)]

    def approve_as(who: Actor) -> Callable[[], object]:
        return lambda: decide_points(request, approves=True, actor=who, reason="", at=day(2))

    refusals = at_once([approve_as(who) for who in people])

    assert has(member) == 50_000
    assert len(refusals) == len(people)
    assert [one for one in refusals if not isinstance(one, AlreadyDecided)] == [None]


def test_move_by_hand__below_the_limit_from_eight_windows__limit_holds(member: Id) -> None:
    at_once([lambda: give(member, 4_000) for _ in range(8)])

    assert has(member) == 8_000
    assert count_waiting(at=day(1)) == 6


@pytest.mark.parametrize("points", [300, -300])
def test_reverse_transfer__of_an_adjustment__is_as_if_it_had_not_been(member: Id, points: int) -> None:
    adjust_points(member, points=1_000, currency=POINTS, key="first", at=day(0), reason="시작")
    made = adjust_points(member, points=points, currency=POINTS, key="k", at=day(1), reason="실수")
    assert made.transfer_id

    reverse_transfer(member, transfer_id=made.transfer_id, points=None, key="undo", at=day(2))

    assert has(member) == 1_000
    by_hand = Entry.objects.filter(account=Account.ADJUSTED.value).values_list("points", flat=True)
    assert sum(by_hand) == -1_000, "the points went back to where they came from"
    assert [one.check.name for one in verify(invariants.checks()) if not one.is_kept] == []
    with pytest.raises(NothingToReverse):
        reverse_transfer(member, transfer_id=made.transfer_id, points=None, key="again", at=day(2))


def test_move_by_hand__reverses_a_large_one__waits_and_then_is_undone_once(member: Id) -> None:
    made = adjust_points(member, points=30_000, currency=POINTS, key="k", at=day(1), reason="실수")
    assert made.transfer_id
    spend_points(member, points=1_000, currency=POINTS, key="s", at=day(1))
    outcome = move_by_hand(
        member, ByHand(POINTS, reverses=show_id(made.transfer_id)), form=new_id(), actor=AGENT,
        reason="되돌려요", at=day(2), limit=LIMIT,
    )  # fmt: skip
    assert (outcome.waits, has(member)) == (True, 29_000)

    decide_points(outcome.approval.id, approves=True, actor=OWNER, reason="", at=day(3))

    assert balances_of([member], POINTS)[member].debt == 1_000
