"""What rewards offers to be done: points given, tiers set."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.actions.catalog import InvalidPayload
from dangol.core.actions.services import Request, run, run_batch
from dangol.core.ledger.models import Lot, Transfer
from dangol.core.storage.ids import parse_id, random_id, show_id
from dangol.domain.accrual import Expiry
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.actions import PointsAwarded, TierSet
from dangol.rooms.rewards.models import Membership, TierChange
from dangol.rooms.rewards.programs import TermsDraft, UnknownProgram
from dangol.rooms.rewards.services import AlreadyOver, TierRow, UnknownTier, advance, set_tier, set_tiers
from tests.rooms.rewards.shop import BREAD, CALENDAR, ICE, ROLLING, Bought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2025, 3, 10, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def test_award_points__terms_of_the_program__usable_at_once_and_lapse_as_earned_points_do() -> None:
    open_program(terms=TermsDraft(14, Expiry.END_OF_MONTH, 1), zone="Asia/Seoul")
    member = random_id()

    outcome = run(
        "rewards.award_points", {"points": 70, "reason": "Sorry"},
        customer_id=member, idempotency_key="case-1", at=AT,
    )  # fmt: skip

    lot = Lot.objects.get(customer_id=member)
    assert (lot.points, lot.left, lot.is_pending) == (70, 70, False)
    # 10 March, end of the month after: 30 April counts in full, Seoul is nine hours ahead.
    assert lot.expires_at == datetime(2025, 4, 30, 15, tzinfo=UTC)
    assert isinstance(outcome.result, PointsAwarded)
    assert outcome.result.expires_at == lot.expires_at
    transfer = Transfer.objects.get(customer_id=member)
    assert parse_id(outcome.result.transfer) == transfer.id
    assert (transfer.kind, transfer.reason, transfer.key) == ("earn", "Sorry", "action:case-1")


def test_award_points__tier_whose_points_last_longer__so_do_these() -> None:
    levels = [ROLLING.levels[0], ROLLING.levels[1]._replace(extra_months=4), ROLLING.levels[2]]
    open_program(
        ROLLING._replace(levels=levels), terms=TermsDraft(0, Expiry.END_OF_MONTH, 1), zone="Asia/Seoul"
    )
    basic, silver = random_id(), random_id()
    set_tier(silver, tier="silver", at=AT - DAY, recorded_at=AT - DAY)

    calls = [Request(one, one.hex(), {"points": 70, "reason": "Sorry"}) for one in (basic, silver)]
    run_batch("rewards.award_points", calls, at=AT)

    ends = dict(Lot.objects.values_list("customer_id", "expires_at"))
    assert ends[basic] == datetime(2025, 4, 30, 15, tzinfo=UTC)
    assert ends[silver] == datetime(2025, 8, 31, 15, tzinfo=UTC)


def test_award_points__expiry_and_program_given__those_hold() -> None:
    open_program(points_currency="A")
    second = open_program(points_currency="B")
    member = random_id()
    payload = {"points": 5, "reason": "x", "expires_at": (AT + DAY).isoformat(), "program": show_id(second)}

    run("rewards.award_points", payload, customer_id=member, idempotency_key="k", at=AT)

    lot = Lot.objects.get(customer_id=member)
    assert (lot.currency, lot.expires_at) == ("B", AT + DAY)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"program": "nonsense"}, UnknownProgram),
        ({"program": show_id(random_id())}, UnknownProgram),
        ({"expires_at": AT.isoformat()}, DomainError),
    ],
)
def test_award_points__program_or_expiry_that_cannot_be__is_refused(
    more: dict[str, str], refusal: type[DomainError]
) -> None:
    open_program()

    with pytest.raises(refusal):
        run(
            "rewards.award_points", {"points": 5, "reason": "x", **more},
            customer_id=random_id(), idempotency_key="k", at=AT,
        )  # fmt: skip

    assert not Transfer.objects.exists()


def test_award_points__expiry_in_the_shops_zone__same_request_as_in_utc() -> None:
    open_program()
    member = random_id()
    outcomes = [
        run(
            "rewards.award_points", {"points": 5, "reason": "x", "expires_at": told},
            customer_id=member, idempotency_key="k", at=AT,
        )
        for told in ("2027-01-01T00:00:00+09:00", "2026-12-31T15:00:00Z")
    ]  # fmt: skip

    assert Lot.objects.get(customer_id=member).expires_at == datetime(2026, 12, 31, 15, tzinfo=UTC)
    assert [one.repeated for one in outcomes] == [False, True]


@pytest.mark.parametrize("told", ["2027-01-01T00:00:00", "9999-12-31T23:00:00-09:00"])
@pytest.mark.parametrize(
    ("name", "payload", "field"),
    [
        ("rewards.award_points", {"points": 5, "reason": "x"}, "expires_at"),
        ("rewards.set_tier", {"tier": "gold", "reason": "x"}, "held_until"),
    ],
)
def test_payload__instant_without_a_zone_or_past_all_calendars__is_refused(
    name: str, payload: dict[str, Any], field: str, told: str
) -> None:
    open_program()

    with pytest.raises(InvalidPayload):
        run(name, {**payload, field: told}, customer_id=random_id(), idempotency_key="k", at=AT)


def test_set_tier__held_until_in_the_shops_zone__that_instant() -> None:
    open_program()
    member = random_id()
    payload = {"tier": "gold", "reason": "x", "held_until": "2027-01-01T00:00:00+09:00"}

    run("rewards.set_tier", payload, customer_id=member, idempotency_key="k", at=AT)

    assert Membership.objects.get(customer_id=member).held_until == datetime(2026, 12, 31, 15, tzinfo=UTC)


def test_set_tier__gold_by_hand__earns_as_gold_and_is_reviewed_when_its_time_is_up() -> None:
    open_program(ROLLING)
    telling = Telling("t", customers=1)
    (member,) = telling.customer_ids

    outcome = run(
        "rewards.set_tier", {"tier": "gold", "reason": "Moved here"},
        customer_id=member, idempotency_key="k", at=AT,
    )  # fmt: skip
    telling.tell([Bought(0, "1", AT + DAY, {BREAD: 1_000})], recorded_at=AT + DAY)
    advance(as_of=AT + 100 * DAY)

    assert outcome.result == TierSet(tier="gold")
    assert [points for *_, points, _ in telling.outcome.whys()] == [15]  # 10.00 at one a dollar, times 3/2
    # 60 days in New York from 10 March; then 20 days of grace; then what ten dollars are worth: nothing.
    assert [(one[2].date().isoformat(), one[3], one[4], one[5]) for one in telling.outcome.tiers()] == [
        ("2025-03-10", 0, 2, "granted"),
        ("2025-05-09", 2, 2, "grace"),
        ("2025-05-29", 2, 0, "missed"),
    ]


def test_set_tier__dated_back_before_orders__they_are_judged_again() -> None:
    open_program(CALENDAR)
    telling = Telling("t", customers=1)
    (member,) = telling.customer_ids
    story = [Bought(0, f"{n}", AT + n * DAY, {BREAD: 1_000, ICE: 1_000}) for n in range(3)]
    telling.tell(story, recorded_at=AT + 9 * DAY)

    set_tier(member, tier="silver", at=AT + DAY, recorded_at=AT + 9 * DAY)

    # 20.00 at one a dollar is 20, as silver 25; the grocery rule knows no tiers: 20 more.
    assert [(row[2], row[3], row[4]) for row in telling.outcome.whys()] == [
        ("order 0", "member", 40),
        ("order 1", "member", 40),
        ("order 2", "silver", 45),
    ]
    assert Membership.objects.get(customer_id=member).level == 1


def test_set_tier__given_twice_then_a_late_order__both_grants_still_hold() -> None:
    open_program(CALENDAR)
    telling = Telling("t", customers=1)
    (member,) = telling.customer_ids
    set_tier(member, tier="gold", at=AT, recorded_at=AT)
    set_tier(member, tier="silver", at=AT + 5 * DAY, recorded_at=AT + 5 * DAY)

    telling.tell([Bought(0, "late", AT + DAY, {BREAD: 1_000})], recorded_at=AT + 9 * DAY)

    assert [row[3] for row in telling.outcome.whys()] == ["gold"]
    assert Membership.objects.get(customer_id=member).level == 1
    assert [row[5] for row in telling.outcome.tiers()] == ["granted", "granted"]
    assert TierChange.objects.exclude(superseded_at=None).count() == 1


def test_set_tiers__a_hundred_rows__refused_ones_hinder_no_other() -> None:
    open_program()
    rows = [TierRow(random_id(), "gold" if n % 2 else "nickel", AT) for n in range(100)]
    rows.append(TierRow(random_id(), "gold", AT, AT))

    refusals = set_tiers(rows, recorded_at=AT)

    assert [type(one) for one in refusals[:2]] == [UnknownTier, type(None)]
    assert isinstance(refusals[-1], AlreadyOver)
    assert Membership.objects.filter(level=2).count() == 50


def test_set_tier__two_members_or_two_hundred__same_number_of_statements() -> None:
    open_program()
    counts = []
    for size in (1, 2, 200):  # the first one of all makes the timeline's head
        requests = [Request(random_id(), "k", {"tier": "gold", "reason": "x"}) for _ in range(size)]

        with CaptureQueriesContext(connection) as captured:
            run_batch("rewards.set_tier", requests, at=AT)
        counts.append(len(captured))

    assert counts[1] == counts[2]
