"""A program made beside the first: it counts from a minute on, pays its own points, and proves true."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.core.access.members.confirming import ConfirmationRequired
from dangol.core.ledger import invariants
from dangol.core.ledger.models import PointCurrency
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import earn_points
from dangol.core.ledger.spending import Confirmation, spend_confirmed
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards import verify as rewards
from dangol.rooms.rewards.checking import InvalidRule, LevelDraft, RuleDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.models import Accrual, Program
from dangol.rooms.rewards.programs import UnknownProgram
from dangol.rooms.rewards.wallets import (
    MOST_PROGRAMS,
    OPENS_AFTER,
    PointsTaken,
    ProgramDraft,
    TooManyPrograms,
    UnknownWallet,
    add_program,
    find_wallet,
    list_wallets,
    rename_wallet,
)
from tests.rooms.rewards.shop import BREAD, Bought, Brought, Telling, open_program
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
OWNER = Actor(ActorKind.STAFF, "owner", "Owner")
RULE = RuleDraft("Base", 1, 1_000)


@pytest.fixture(autouse=True)
def shop() -> None:
    set_shop(name="Shop", zone="America/New_York", currency="USD", region="US")


def add(code: str = "community", *, rules: tuple[RuleDraft, ...] = (RULE,), name: str = "Community") -> Id:
    """Make a further program."""
    draft = ProgramDraft(
        name, code, name, rules, TermsDraft(), TiersDraft([LevelDraft("member", "Member", 0)])
    )
    return add_program(draft, actor=OWNER, at=AT)


def broken() -> list[str]:
    return [one.check.name for one in verify([*invariants.checks(), *rewards.checks()]) if not one.is_kept]


def test_spend__small_of_each_kind__counts_together_for_what_the_member_confirms() -> None:
    open_program()
    add()
    owner = Telling("till", customers=1).customer_ids[0]
    for code in ("P", "community"):
        earn_points(owner, points=500, currency=code, key=f"give:{code}", at=AT)

    def spend(code: str, points: int, at: datetime = AT) -> None:
        spend_confirmed(
            owner, points=points, currency=code, key=f"spend:{code}:{at}", at=at, reason="cup", limit=100,
            confirmation=Confirmation(),
        )  # fmt: skip

    spend("P", 60)
    with pytest.raises(ConfirmationRequired):
        spend("community", 40)
    assert balances_of([owner], "community")[owner].available == 500
    spend("community", 39)
    spend("community", 60, AT + timedelta(days=1))


def test_program__added_later__judges_all_that_is_bought_from_a_minute_on() -> None:
    open_program(rules=[RuleDraft("Base", 1, 100)])
    telling = Telling("till", customers=1)
    telling.ring_up([Bought(0, "before", AT - timedelta(days=1), {BREAD: 10_000})])

    second = add()
    opens_at = AT + OPENS_AFTER
    telling.ring_up(
        [
            Bought(0, "early", opens_at - timedelta(microseconds=1), {BREAD: 10_000}),
            Bought(0, "later", opens_at, {BREAD: 10_000}),
            Brought(0, "back", opens_at + timedelta(days=1), {BREAD: 5_000}, "later"),
        ]
    )

    (member,) = telling.customer_ids
    assert balances_of([member], "community")[member].available == 5
    assert balances_of([member], "P")[member].pending == 250
    judged = Accrual.objects.filter(program_id=second).order_by("at", "number")
    assert list(judged.values_list("points", "zero")) == [(0, "no_rule"), (10, ""), (-5, "")]
    assert broken() == []


def test_verify__order_the_second_program_never_judged__is_found() -> None:
    open_program()
    second = add()
    telling = Telling("till", customers=1)
    telling.ring_up([Bought(0, "later", AT + OPENS_AFTER, {BREAD: 500})])
    assert broken() == []

    Accrual.objects.filter(program_id=second).delete()

    assert broken() == ["order.accrued"]


def test_program__without_rules__pays_nothing_by_itself() -> None:
    open_program()
    add(rules=())
    telling = Telling("till", customers=1)

    telling.ring_up([Bought(0, "1", AT + OPENS_AFTER, {BREAD: 10_000})])

    (member,) = telling.customer_ids
    assert balances_of([member], "community")[member] == (0, 0, 0)
    assert broken() == []


def test_wallet__of_a_shop__is_found_by_its_code_and_the_first_without_one() -> None:
    first = open_program()
    second = add()

    assert (find_wallet().id, find_wallet("community").id) == (first, second)
    with pytest.raises(UnknownWallet) as refusal:
        find_wallet("miles")
    assert refusal.value.data == {"field": "currency", "currency": "miles", "known": ["P", "community"]}
    rename_wallet("community", " Village ", actor=OWNER, at=AT)
    assert [(one.currency, one.name, one.is_first) for one in list_wallets()] == [
        ("P", "P", True), ("community", "Village", False),
    ]  # fmt: skip


def test_wallet__of_a_shop_without_programs__is_none() -> None:
    assert list_wallets() == []
    with pytest.raises(UnknownProgram):
        find_wallet()


@pytest.mark.parametrize(
    ("name", "code", "rules"),
    [
        ("", "community", ()), ("x" * 61, "community", ()), ("Community", "Community", ()),
        ("Community", "x" * 13, ()), ("Community", "community", (RULE._replace(rate_points=0),)),
    ],
)  # fmt: skip
def test_program__that_makes_no_sense__is_refused_and_leaves_nothing(
    name: str, code: str, rules: tuple[RuleDraft, ...]
) -> None:
    open_program()

    with pytest.raises(InvalidRule):
        add(code, rules=rules, name=name)

    assert Program.objects.count() == 1
    assert PointCurrency.objects.count() == 1


def test_program__made_by_eight_at_once__is_made_once() -> None:
    open_program()

    refused = together([add] * 8)

    assert [type(one) for one in refused] == [PointsTaken] * 7
    assert Program.objects.count() == 2


def test_program__one_more_than_a_shop_can_have__is_refused() -> None:
    open_program()
    for number in range(MOST_PROGRAMS - 1):
        add(f"kind{number}")

    with pytest.raises(DomainError) as refusal:
        add("toomany")

    assert isinstance(refusal.value, TooManyPrograms)
