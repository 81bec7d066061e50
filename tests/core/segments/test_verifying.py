"""Who is in a segment, beside its condition asked of everybody at once: what is the same, what is named."""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers
from dangol.core.segments.models import Member, Segment, Watch
from dangol.core.segments.placing import place_due
from dangol.core.segments.running import load_running
from dangol.core.segments.traits import TraitDraft, report_traits
from dangol.core.segments.verifying import Agreement, Difference, Verdict, verify_segments
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.insight.engine import Engine, Limits, open_engine
from tests.core.commerce.shop import DAY, MORNING
from tests.core.ledger.following import BY_HAND
from tests.core.segments.shop import bought, buy, catch_up, come, inside, make_segment, open_shop, rewrite
from tests.insight.clusters import spark_address

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    # PySpark leaves the sockets its answers come through to the collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
NOW = MORNING + 10 * DAY


@pytest.fixture
def duckdb(tmp_path: Path) -> Iterator[Engine]:
    with open_engine(None, Limits(tmp_path)) as engine:
        yield engine


def verify(engine: Engine, *, pause_s: float = 0.0) -> Verdict:
    return verify_segments(engine, as_of=NOW, pause_s=pause_s)


def member(slug: str) -> dict[str, Any]:
    return {"type": "member", "segment": slug}


def spent(measure: str, op: str, value: int) -> dict[str, Any]:
    of = {"event": "order.placed", "property": "amount"}
    return {"type": "aggregate", **of, "measure": measure, "op": op, "value": value}


def trait(name: str, op: str, value: Any) -> dict[str, Any]:
    return {"type": "trait", "trait": name, "op": op, "value": value}


CONDITIONS: dict[str, Any] = {
    "buyers": bought(),
    "regulars": bought(2, last_days=9),
    "strangers": bought(0, op="at_most"),
    # A slug may be called as the tables call the customer.
    "customer": {"type": "not", "of": member("buyers")},
    "dear": {"type": "all", "of": [spent("sum", "at_least", 9_000), member("regulars")]},
    "mean": spent("mean", "less_than", 5_000),
    "last": spent("last", "equals", 4_500),
    "again": {
        "type": "sequence",
        "steps": [{"event": "order.placed"}, {"event": "order.placed", "within": {"n": 3, "unit": "days"}}],
    },
    "level": trait("app.level", "at_least", 3),
    "cities": trait("app.town", "not_in", ["Busan"]),
    "tea": trait("app.likes", "has", "tea"),
    "spring": trait("app.day", "between", ["2026-03-01", "2026-03-05"]),
    "seen": trait("app.at", "within_last", {"n": 20, "unit": "days"}),
    "flagged": trait("app.flag", "equals", True),
    "often": trait("customer.order_count", "at_least", 2),
}  # fmt: skip


def lively_shop() -> list[Id]:
    """Open a shop with ten customers who buy, of whom things are told, two of whom become one."""
    people = open_shop(*"ABCDEFGHIJ")
    for number, one in enumerate(people):
        for turn in range(number % 4):
            won = 4_500 + 1_000 * number * turn
            buy(one, f"{number}-{turn}", MORNING + timedelta(days=2 * turn, hours=number), won)
        told: dict[str, Any] = {
            "app.level": Decimal(number) / 2, "app.town": ("Seoul", "Busan")[number % 2],
            "app.likes": ("tea", "milk")[: number % 3], "app.day": date(2026, 3, 1 + number),
            "app.at": MORNING - number * 3 * DAY, "app.flag": number % 2 == 0,
        }  # fmt: skip
        if number % 5:
            with write_transaction():
                drafts = [TraitDraft(one, name, value, MORNING, "app") for name, value in told.items()]
                assert report_traits(drafts, recorded_at=MORNING) == [None] * len(drafts)
    catch_up(MORNING + 7 * DAY)
    for slug, condition in CONDITIONS.items():
        make_segment(slug, condition, at=MORNING + 7 * DAY)
    merge_customers(people[3], people[6], at=MORNING + 8 * DAY, **BY_HAND)
    erase_customer(people[7], at=MORNING + 8 * DAY, **BY_HAND)
    catch_up(NOW)
    return people


def test_verify__all_kinds_of_conditions__members_are_whom_they_mean(duckdb: Engine) -> None:
    lively_shop()

    verdict = verify(duckdb)

    assert (verdict.is_kept, verdict.customers, verdict.differences) == (True, 8, [])
    members = {one.segment: one.members for one in verdict.segments}
    assert members == {slug: len(inside(slug)) for slug in CONDITIONS}
    # Each condition tells some from others; else agreeing would say nothing.
    assert {slug for slug, count in members.items() if not 0 < count < 8} == set()


def test_verify__on_spark__the_same_segments_have_the_same_customers(tmp_path: Path) -> None:
    lively_shop()

    with spark_address(tmp_path) as address, open_engine(address, Limits(tmp_path)) as spark:
        verdict = verify(spark)

    assert (verdict.is_kept, verdict.customers, verdict.differences) == (True, 8, [])


def test_verify__no_segments__holds(duckdb: Engine) -> None:
    open_shop("A", "B")

    assert verify(duckdb) == Verdict(NOW, 2, [], [])


def test_verify__member_taken_out_past_the_program__is_named_as_stale(duckdb: Engine) -> None:
    one, other = open_shop("A", "B")
    buy(one, "1", MORNING)
    make_segment("buyers", bought())
    make_segment("strangers", {"type": "not", "of": member("buyers")})
    catch_up(MORNING)
    Member.objects.filter(customer_id=one).delete()

    verdict = verify(duckdb)

    assert not verdict.is_kept
    assert verdict.broken == ["buyers"]
    assert verdict.segments == [Agreement("buyers", 1, 0, 1, 0), Agreement("strangers", 1, 1, 0, 0)]
    assert verdict.differences == [Difference("buyers", one, False, True, True)]
    assert inside("strangers") == {other}


def test_verify__members_who_should_not_be__are_named_those_who_are_nobody_too(duckdb: Engine) -> None:
    one, gone = open_shop("A", "B")
    make_segment("buyers", bought())
    catch_up(MORNING)
    erase_customer(gone, at=MORNING, **BY_HAND)
    catch_up(MORNING + DAY)
    [segment] = load_running()
    for owner in (one, gone):
        Member.objects.create(customer_id=owner, segment_id=segment.id, since=MORNING, version=1)

    verdict = verify(duckdb)

    assert verdict.segments == [Agreement("buyers", 1, 2, 2, 0)]
    assert set(verdict.differences) == {
        Difference("buyers", owner, True, False, False) for owner in (one, gone)
    }


def test_verify__event_not_followed_yet__is_on_the_move_and_not_waited_for(duckdb: Engine) -> None:
    one, _ = open_shop("A", "B")
    make_segment("buyers", bought())
    catch_up(MORNING)
    buy(one, "1", MORNING + DAY)

    with patch.object(time, "sleep", side_effect=AssertionError("waits for what a later look tells")):
        assert verify(duckdb).segments == [Agreement("buyers", 1, 0, 0, 1)]

    catch_up(MORNING + DAY)
    assert verify(duckdb).segments == [Agreement("buyers", 1, 1, 0, 0)]


def test_verify__window_over_and_nobody_looked__is_on_the_move_until_somebody_does(duckdb: Engine) -> None:
    [one] = open_shop("A")
    buy(one, "1", MORNING)
    make_segment("recent", bought(last_days=7))
    catch_up(MORNING + DAY)

    assert verify(duckdb).segments == [Agreement("recent", 1, 1, 0, 1)]

    assert place_due(NOW) == 1
    assert verify(duckdb).segments == [Agreement("recent", 1, 0, 0, 0)]


def test_verify__nobody_is_ever_going_to_look__is_named(duckdb: Engine) -> None:
    [one] = open_shop("A")
    buy(one, "1", MORNING)
    make_segment("recent", bought(last_days=7))
    catch_up(MORNING + DAY)
    Watch.objects.update(due_at=None)

    assert verify(duckdb).differences == [Difference("recent", one, True, False, False)]


def test_verify__segment_just_rewritten__everybody_is_on_the_move(duckdb: Engine) -> None:
    one, other = open_shop("A", "B")
    buy(one, "1", MORNING)
    make_segment("buyers", bought())
    catch_up(MORNING)
    rewrite("buyers", bought(0, op="at_most"), expected=1, at=NOW)

    assert verify(duckdb).segments == [Agreement("buyers", 2, 1, 0, 2)]

    catch_up(NOW)
    assert inside("buyers") == {other}
    assert verify(duckdb).segments == [Agreement("buyers", 2, 1, 0, 0)]


def test_verify__many_astray__all_are_counted_and_some_named(duckdb: Engine) -> None:
    open_shop()
    people = come(*(f"C{number}" for number in range(30)))
    make_segment("strangers", bought(0, op="at_most"))
    catch_up(MORNING)
    Member.objects.all().delete()

    verdict = verify(duckdb)

    assert verdict.segments == [Agreement("strangers", 1, 0, 30, 0)]
    assert [one.customer_id for one in verdict.differences] == sorted(people)[:20]


def test_verify__segment_archived__is_not_asked(duckdb: Engine) -> None:
    lively_shop()
    Segment.objects.filter(slug="tea").update(archived_at=NOW)

    assert "tea" not in {one.segment for one in verify(duckdb).segments}
