"""Points given to many: judged by their sum, done once, and telling who was left out."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.access.approvals import ApprovalState
from dangol.core.access.errors import OwnRequest, RequestReused
from dangol.core.access.models import Approval
from dangol.core.access.own_account import link_membership
from dangol.core.access.rights import Role
from dangol.core.ledger import in_bulk, invariants
from dangol.core.ledger.by_hand import ByHand, move_by_hand
from dangol.core.ledger.in_bulk import (
    InBulk,
    NotSoMany,
    carry_out_in_bulk,
    decide_points,
    find_given,
    give_in_bulk,
    want,
)
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.people.chosen import LeftOut, Why, count_by_why, judge_chosen
from dangol.core.people.models import Customer, Staff
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.tasks.models import Job
from dangol.domain.points import InvalidPoints
from tests.core.ledger.shop import POINTS, day, members, open_shop
from tests.together import together
from tests.web.staff import make_staff

pytestmark = pytest.mark.django_db(transaction=True)
AGENT, OWNER = (Actor(ActorKind.STAFF, name, name) for name in ("agent", "owner"))
LIMIT = 1_000


@pytest.fixture
def people() -> list[Id]:
    open_shop()
    found = members(6)
    Customer.objects.bulk_create(
        Customer(customer_id=one, kind="member", created_at=day(0), language="ko") for one in found
    )
    return found


def ask(people: list[Id], points: int = 100, *, form: Id | None = None, at: float = 1) -> Id:
    """Ask for points for all of them; returns the request's id."""
    wanted = want(people, points, currency=POINTS)
    return give_in_bulk(wanted, form=form or new_id(), actor=AGENT, reason="사과", at=day(at), limit=LIMIT).id


def have(people: list[Id]) -> list[int]:
    """Return what each of them can spend."""
    found = balances_of(people, POINTS)
    return [found[one].available if one in found else 0 for one in people]


def broken() -> list[str]:
    return [finding.check.name for finding in verify(invariants.checks()) if not finding.is_kept]


def test_judge_chosen__everybody__fit_or_why(people: list[Id]) -> None:
    store, other = new_id(), new_id()
    changes: list[dict[str, object]] = [
        {"kind": "merged"},
        {"kind": "erased"},
        {"kind": "customer"},
        {"home_store_id": other},
    ]
    for one, change in zip(people[1:], changes, strict=False):
        Customer.objects.filter(customer_id=one).update(**change)
    nobody = new_id()

    judged = judge_chosen([*people, nobody, people[0]], store_id=store)

    assert judged.fit == [people[0], people[5]]
    whys = [Why.MERGED, Why.ERASED, Why.NOT_A_MEMBER, Why.OTHER_STORE, Why.UNKNOWN]
    assert judged.left_out == [LeftOut(*pair) for pair in zip([*people[1:5], nobody], whys, strict=True)]
    assert judge_chosen(people).fit == [people[0], *people[4:]]
    assert count_by_why([*judged.left_out, LeftOut(nobody, Why.UNKNOWN)])[Why.UNKNOWN] == 2


def test_give_in_bulk__sent_twice__once_and_tells_who_was_left_out(people: list[Id]) -> None:
    Customer.objects.filter(customer_id=people[0]).update(kind="erased")
    form = new_id()

    assert ask(people, form=form) == ask(people, form=form) == form

    given = find_given(form)
    assert given
    assert given.count == 5
    assert given.others == [LeftOut(people[0], Why.ERASED)]
    assert have(people) == [0, *[100] * 5]
    assert Transfer.objects.count() == 5
    with pytest.raises(RequestReused):
        ask(people, 101, form=form)
    assert broken() == []


@pytest.mark.parametrize(
    ("amounts", "states"),
    [
        ([166], [ApprovalState.DIRECT]),
        ([167], [ApprovalState.WAITING]),
        # Small ones one after the other are a large one.
        ([100, 66], [ApprovalState.DIRECT, ApprovalState.DIRECT]),
        ([100, 67], [ApprovalState.DIRECT, ApprovalState.WAITING]),
    ],
)
def test_give_in_bulk__around_the_limit_in_sum__is_done_or_waits(
    people: list[Id], amounts: list[int], states: list[ApprovalState]
) -> None:
    asked = [ask(people, amount) for amount in amounts]

    assert [Approval.objects.get(id=one).state for one in asked] == states
    done = sum(amount for amount, state in zip(amounts, states, strict=True) if state is ApprovalState.DIRECT)
    assert have(people) == [done] * 6


def test_give_in_bulk__counts_with_what_one_member_was_given_alone(people: list[Id]) -> None:
    def alone(points: int) -> bool:
        return move_by_hand(
            people[0], ByHand(POINTS, points), form=new_id(), actor=AGENT, reason="사과", at=day(1),
            limit=LIMIT,
        ).waits  # fmt: skip

    ask(people, 100)

    assert alone(901)
    assert not alone(900)
    assert Approval.objects.get(id=ask(people[:1], 1, at=1.1)).state == ApprovalState.WAITING
    assert Approval.objects.get(id=ask(people[1:2], 1, at=1.1)).state == ApprovalState.DIRECT


def test_decide_points__approved_by_another__gives_once(people: list[Id]) -> None:
    asked = ask(people, 500)
    assert find_given(asked) is None

    with pytest.raises(OwnRequest):
        decide_points(asked, approves=True, actor=AGENT, reason="", at=day(2))
    decide_points(asked, approves=True, actor=OWNER, reason="", at=day(2))

    assert have(people) == [500] * 6
    given = find_given(asked)
    assert given
    assert given.count == 6


def test_give_in_bulk__to_those_who_give_it__leaves_them_out(people: list[Id]) -> None:
    for name, member in (("agent", people[0]), ("owner", people[1])):
        staff = Staff.objects.create_user(name)
        link_membership(staff.pk, member, at=day(1))

    alone, asked = ask(people, 10), ask(people, 500)
    decide_points(asked, approves=True, actor=OWNER, reason="", at=day(2))

    assert have(people) == [0, 10, *[510] * 4]
    told = [find_given(one) for one in (alone, asked)]
    assert [one and one.others for one in told] == [
        [LeftOut(people[0], Why.OWN)], [LeftOut(one, Why.OWN) for one in sorted(people[:2])],
    ]  # fmt: skip


def test_give_in_bulk__many__by_a_job_that_may_be_cut_off(
    people: list[Id], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_bulk, "AT_ONCE", 2)
    asked, told = ask(people), list[tuple[int, int]]()
    assert have(people) == [0] * 6
    assert Job.objects.get().name == in_bulk.TASK

    class Killed(Exception):
        """The worker is gone."""

    def cut(done: int, total: int) -> None:
        told.append((done, total))
        if done == 4:
            raise Killed

    with pytest.raises(Killed):
        carry_out_in_bulk(asked, at=day(1), report=cut)
    assert sorted(have(people)) == [0, 0, 100, 100, 100, 100]
    for _ in range(2):
        carry_out_in_bulk(asked, at=day(2), report=lambda done, total: told.append((done, total)))

    assert have(people) == [100] * 6
    given = find_given(asked)
    assert given == in_bulk.Given(6, ())
    assert told == [(2, 6), (4, 6), (2, 6), (4, 6), (6, 6)]
    assert broken() == []


def test_carry_out__waiting_or_declined__does_nothing(people: list[Id]) -> None:
    asked = ask(people, 500)
    carry_out_in_bulk(asked, at=day(2), report=lambda _done, _total: None)
    decide_points(asked, approves=False, actor=OWNER, reason="too many", at=day(2))
    carry_out_in_bulk(asked, at=day(3), report=lambda _done, _total: None)

    assert have(people) == [0] * 6
    assert find_given(asked) is None


def test_give_in_bulk__statements__do_not_grow_with_the_members(people: list[Id]) -> None:
    ask(people, 1)
    counts = set()
    for some in (people[:2], people):
        with CaptureQueriesContext(connection) as statements:
            ask(some, 1)
        counts.add(len(statements))

    assert len(counts) == 1


@pytest.mark.parametrize("points", [0, -5, 10**12])
def test_want__points_nobody_gives__is_refused(people: list[Id], points: int) -> None:
    with pytest.raises(InvalidPoints):
        want(people, points, currency=POINTS)


def test_want__nobody_or_too_many__is_refused(people: list[Id]) -> None:
    for some in ([], [new_id()] * (in_bulk.MOST + 1)):
        with pytest.raises(NotSoMany):
            want(some, 1, currency=POINTS)


def test_give_in_bulk__no_reason_or_lapsed__leaves_nothing(people: list[Id]) -> None:
    wanted = want(people, 1, currency=POINTS)
    late = InBulk(POINTS, 1, (show_id(people[0]),), day(0))
    for one, reason, refusal in ((wanted, " ", ReasonMissing), (late, "사과", InvalidPoints)):
        with pytest.raises(refusal):
            give_in_bulk(one, form=new_id(), actor=AGENT, reason=reason, at=day(1), limit=LIMIT)

    assert not Approval.objects.exists()


def test_give_in_bulk__eight_windows__are_one_form_and_one_limit(people: list[Id]) -> None:
    make_staff("agent", Role.AGENT)
    form = new_id()
    assert together([lambda: ask(people, 10, form=form)] * 8) == []
    assert have(people) == [10] * 6

    # 60 are given; of eight times 240 three fit under the thousand, the others wait.
    assert together([lambda: ask(people, 40)] * 8) == []
    assert have(people) == [10 + 3 * 40] * 6
    assert Approval.objects.filter(kind=in_bulk.BULK, state=ApprovalState.WAITING).count() == 5
    assert broken() == []
