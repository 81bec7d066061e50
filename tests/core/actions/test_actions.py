"""The catalog: what may be done, done once for each key, and what a dry run leaves behind."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from dangol.core.actions.catalog import InvalidPayload, UnknownAction, list_actions
from dangol.core.actions.models import ActionRun
from dangol.core.actions.services import InvalidKey, KeyReused, Request, run, run_batch
from dangol.core.events.models import CustomerHead, Event
from dangol.core.ledger.models import Account, Transfer
from dangol.core.storage.ids import random_id
from dangol.rooms.rewards.actions import AwardPoints, PointsAwarded
from tests.rooms.rewards.shop import open_program
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
AWARD = "rewards.award_points"
BIRTHDAY = {"points": 500, "reason": "Birthday"}


def test_run__same_key_again__answers_the_first_result() -> None:
    open_program()
    member = random_id()

    first = run(AWARD, BIRTHDAY, customer_id=member, idempotency_key="birthday-2026", at=AT)
    again = run(
        AWARD, AwardPoints(points=500, reason="Birthday"), customer_id=member,
        idempotency_key="birthday-2026", at=AT + timedelta(days=1),
    )  # fmt: skip

    assert (first.repeated, again.repeated) == (False, True)
    assert again.result == first.result
    assert isinstance(first.result, PointsAwarded)
    assert Transfer.objects.get(customer_id=member).points == 500
    kept = ActionRun.objects.get(customer_id=member)
    assert (kept.action, kept.key, kept.at) == (AWARD, "birthday-2026", AT)


def test_run__same_key_with_other_content__is_refused() -> None:
    open_program()
    member = random_id()
    run(AWARD, BIRTHDAY, customer_id=member, idempotency_key="k", at=AT)

    with pytest.raises(KeyReused):
        run(AWARD, {**BIRTHDAY, "points": 501}, customer_id=member, idempotency_key="k", at=AT)
    payload = {"tier": "gold", "reason": "Birthday"}
    with pytest.raises(KeyReused):
        run("rewards.set_tier", payload, customer_id=member, idempotency_key="k", at=AT)

    assert Transfer.objects.get(customer_id=member).points == 500


def test_run__same_key_of_another_customer__is_another_key() -> None:
    open_program()
    members = [random_id(), random_id()]

    for member in members:
        run(AWARD, BIRTHDAY, customer_id=member, idempotency_key="k", at=AT)

    assert Transfer.objects.count() == 2


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({"points": 0, "reason": "x"}, "$.points"),
        ({"points": 1.5, "reason": "x"}, "$.points"),
        ({"points": "5", "reason": "x"}, "$.points"),
        ({"points": 2**40, "reason": "x"}, "$.points"),
        ({"points": 5, "reason": ""}, "$.reason"),
        ({"points": 5}, "`reason`"),
        ({"points": 5, "reason": "x", "pionts": 5}, "`pionts`"),
    ],
)
def test_run__payload_of_another_type__names_the_field(payload: dict[str, object], problem: str) -> None:
    open_program()

    with pytest.raises(InvalidPayload) as refusal:
        run(AWARD, payload, customer_id=random_id(), idempotency_key="k", at=AT)

    assert problem in refusal.value.data["problem"]
    assert not ActionRun.objects.exists()


@pytest.mark.parametrize("key", ["", "k" * 101])
def test_run__key_that_is_none_or_too_long__is_refused(key: str) -> None:
    open_program()

    with pytest.raises(InvalidKey):
        run(AWARD, BIRTHDAY, customer_id=random_id(), idempotency_key=key, at=AT)


def test_run__name_not_in_the_catalog__says_which_there_are() -> None:
    with pytest.raises(UnknownAction) as refusal:
        run("rewards.award_pionts", BIRTHDAY, customer_id=random_id(), idempotency_key="k", at=AT)

    assert AWARD in refusal.value.data["known"]


def test_run__refused_by_the_rules__leaves_nothing_and_the_key_is_free() -> None:
    member = random_id()
    with pytest.raises(Exception, match=r"rewards\.unknown_program"):
        run(AWARD, BIRTHDAY, customer_id=member, idempotency_key="k", at=AT)
    assert not ActionRun.objects.exists()
    open_program()

    outcome = run(AWARD, BIRTHDAY, customer_id=member, idempotency_key="k", at=AT)

    assert not outcome.repeated


def test_run__dry__says_what_it_would_do_and_writes_nothing() -> None:
    open_program()
    member = random_id()

    would = run(AWARD, BIRTHDAY, customer_id=member, idempotency_key="k", at=AT, dry_run=True)

    assert would.dry_run
    assert isinstance(would.result, PointsAwarded)
    assert (would.result.points, would.result.currency) == (500, "P")
    for model in (ActionRun, Transfer, Account, Event, CustomerHead):
        assert not model._default_manager.exists()
    did = run(AWARD, BIRTHDAY, customer_id=member, idempotency_key="k", at=AT)
    assert not did.repeated


def test_run_batch__one_request_of_three_refused__the_others_stand() -> None:
    open_program()
    members = [random_id() for _ in range(3)]
    payloads = [BIRTHDAY, {"points": -1, "reason": "x"}, BIRTHDAY]

    requests = [Request(one, "k", payload) for one, payload in zip(members, payloads, strict=True)]
    outcomes = run_batch(AWARD, requests, at=AT)

    assert [outcome.refusal is None for outcome in outcomes] == [True, False, True]
    assert {one.customer_id for one in Transfer.objects.all()} == {members[0], members[2]}


def test_run_batch__two_customers_or_two_hundred__same_number_of_statements() -> None:
    open_program()
    counts = []
    for size in (1, 2, 50, 200, 400):  # the first one of all makes the timeline's head
        requests = [Request(random_id(), "k", BIRTHDAY) for _ in range(size)]

        with CaptureQueriesContext(connection) as captured:
            run_batch(AWARD, requests, at=AT)
        counts.append(len(captured))

    few, many = set(counts[1:3]), set(counts[3:])
    assert len(few) == len(many) == 1
    # PostgreSQL reads a few customers' keys, lots and balances in one statement, many in three.
    assert many.pop() - few.pop() == (2 if connection.vendor == "postgresql" else 0)


def test_run__same_key_by_eight_writers_at_once__is_done_once() -> None:
    open_program()
    for number in range(max(SIZE.rounds // 10, 5)):
        member = random_id()
        repeated: list[bool] = []

        def write(member: bytes = member, number: int = number, answers: list[bool] = repeated) -> None:
            outcome = run(AWARD, BIRTHDAY, customer_id=member, idempotency_key=f"k{number}", at=AT)
            answers.append(outcome.repeated)

        at_once(write, writers=8)

        assert sorted(repeated) == [False] + [True] * 7
        assert Account.objects.get(customer_id=member, kind="available").balance == 500


def at_once(write: Callable[[], None], *, writers: int) -> None:
    """Let some threads do the same thing at the same moment, each on its own connection."""
    start = threading.Barrier(writers)

    def work() -> None:
        try:
            start.wait()
            write()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_list_actions__each__has_a_summary_and_schemas_of_its_fields() -> None:
    views = {view.name: view for view in list_actions()}

    assert set(views) == {AWARD, "rewards.give_credit", "rewards.issue_coupon", "rewards.set_tier"}
    view = views[AWARD]
    assert view.summary == "Give points for something other than a purchase."
    fields = view.payload_schema["$defs"]["AwardPoints"]["properties"]
    assert set(fields) == {"points", "reason", "expires_at", "program"}
    assert fields["points"] == {"type": "integer", "exclusiveMinimum": 0, "maximum": 100_000_000}
