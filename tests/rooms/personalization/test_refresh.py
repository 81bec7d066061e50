"""What the models say of each customer becomes traits, with their day and version, and moves segments."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import ibis
import pytest

from dangol.core.commerce.models import CustomerDay
from dangol.core.events.models import Event
from dangol.core.people.erasures import erase_customer
from dangol.core.people.selectors import find_by_identity, shop
from dangol.core.segments.catalog import is_reported, read_traits
from dangol.core.segments.models import Trait, TraitName
from dangol.core.segments.services import archive_segment
from dangol.core.segments.told_results import ResultOfAnotherKind, tell_results
from dangol.core.segments.traits import traits_of
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_rows
from dangol.core.storage.transactions import write_transaction
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.rooms.personalization.likeness import find_alike
from dangol.rooms.personalization.models import ModelRun, ReportTable
from dangol.rooms.personalization.refresh import MODELS, refresh_all
from dangol.rooms.personalization.selectors import find_report, latest_run, results_of, runs_of
from tests.core.behavior.sending import send, track
from tests.core.commerce.shop import DAY, MORNING
from tests.core.segments.shop import MARKETER, buy, catch_up, inside, make_segment, open_shop
from tests.sizes import SIZE
from tests.snapshots import Kept
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MONDAY, START = date(2026, 3, 2), date(2025, 3, 2)
NIGHT = datetime(2026, 3, 12, 18, 30, tzinfo=UTC)


def test_refresh__purchases__become_traits_with_day_and_version() -> None:
    often, once = open_shop("A", "B")
    for number in range(4):
        buy(often, f"a{number}", MORNING + number * DAY, 10_000)
    buy(once, "b", MORNING, 3_000)
    catch_up(MORNING + 9 * DAY)

    outcome = refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)

    assert outcome["rfm"] == 2
    [run] = runs_of("rfm")
    assert (run.customers, run.as_of, run.refusal) == (2, date(2026, 3, 11), None)
    values = {name: (value, at, source) for name, value, at, source in traits_of(often)}
    end = datetime(2026, 3, 11, 15, tzinfo=UTC)
    assert {at for _, at, _ in values.values()} == {end}
    assert values["rfm.segment"][2] == f"rfm {run.version}"
    others = {name: value for name, value, *_ in traits_of(once)}
    assert values["rfm.frequency"][0] > others["rfm.frequency"]  # type: ignore[operator]


def test_refresh__again_the_same__changes_and_tells_nobody() -> None:
    often, once = open_shop("A", "B")
    buy(often, "a", MORNING)
    buy(once, "b", MORNING)
    catch_up(MORNING + DAY)
    refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)
    told = Event.objects.count()

    assert refresh_all(shop(), as_of=date(2026, 3, 12), at=NIGHT + DAY)["rfm"] == 0

    assert Event.objects.count() == told
    # What was said before is not written anew: the latest run says so again, as of its own day.
    assert set(Trait.objects.values_list("at", flat=True)) == {datetime(2026, 3, 11, 15, tzinfo=UTC)}
    results = results_of(often)
    assert {one.at for one in results.values()} == {datetime(2026, 3, 12, 15, tzinfo=UTC)}
    run = latest_run("rfm")
    assert run is not None
    assert {one.version for one in results.values()} == {run.version}


def test_tell_results__one_value_of_many_is_another__writes_that_one() -> None:
    one, other, third = open_shop("A", "B", "C")

    def tell(source: str, values: dict[Id, str]) -> int:
        told = {"lifetime.alive": {who: Decimal(value) for who, value in values.items()}}
        return tell_results(told, source=source, at=NIGHT, due_at=NIGHT)

    assert tell("lifetime 1", {one: "0.900", other: "0.800", third: "0.700"}) == 3
    assert tell("lifetime 2", {one: "0.900", other: "0.850"}) == 2

    rows = Trait.objects.order_by("value").values_list("customer_id", "value", "source")
    assert list(rows) == [(other, '"0.850"', "lifetime 2"), (one, '"0.900"', "lifetime 1")]


def test_refresh__segment_asks_about_a_trait__follows_it() -> None:
    [one] = open_shop("A")
    make_segment("scored", {"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True})
    buy(one, "a", MORNING)
    catch_up(MORNING)
    refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)
    make_segment(
        "scored-5", {"type": "trait", "trait": "rfm.recency", "op": "at_least", "value": 1}, at=NIGHT
    )

    catch_up(NIGHT)

    assert inside("scored-5") == {one}


def test_refresh__nobody_has_bought__says_so_and_keeps_no_trait() -> None:
    open_shop("A")
    catch_up(MORNING)

    assert refresh_all(shop(), as_of=MONDAY, at=NIGHT)["rfm"] == 0

    assert not Trait.objects.exists()
    assert ModelRun.objects.filter(model="rfm").count() == 1


def bring_history(customers: int, *, seed: int) -> list[Id]:
    """Let so many customers have bought over a year, each at a rate of their own, and some stay away."""
    dice = random.Random(seed)
    owners = open_shop(*(f"C{number}" for number in range(customers)))
    rows = []
    for owner in owners:
        day, rate, leaves = dice.randrange(200), dice.gammavariate(0.8, 0.05), dice.betavariate(0.8, 2.5)
        mean = 3_000 + dice.gammavariate(2, 5_000)
        while day < 365:
            spent = int(mean * dice.gammavariate(6, 1 / 6)) + 1
            rows.append((owner, START + timedelta(days=day), "KRW", 1, spent))
            if dice.random() < leaves:
                break
            day += 1 + int(dice.expovariate(rate))
    with write_transaction():
        insert_rows(CustomerDay, ("customer_id", "day", "currency", "orders", "amount_minor"), rows)
    return owners


def _tell_year() -> list[Id]:
    owners = bring_history(300, seed=4)
    refresh_all(shop(), as_of=START + timedelta(days=365), at=NIGHT)
    return owners


# A year of purchases by 300 customers, of whom the models have told in the night after.
kept_year = Kept(_tell_year)


def test_refresh__a_year_of_purchases__tells_value_and_chance_with_the_models_card() -> None:
    owners = kept_year()

    [run] = runs_of("lifetime")
    assert run.refusal is None, run.refusal
    assert (run.customers, len(run.version)) == (300, 16)
    assert run.card["parameters"].keys() == {"r", "alpha", "a", "b", "p", "q", "gamma"}
    names = frozenset({"lifetime.value_12m", "lifetime.purchases_12m", "lifetime.alive"})
    found = read_traits(owners, names, as_of=NIGHT)
    assert all(own.keys() == names for own in found.values())
    value_minor = sum(own["lifetime.value_12m"] for own in found.values())  # type: ignore[misc]
    assert value_minor == run.card["value_minor"]
    assert all(0 <= own["lifetime.alive"] <= 1 for own in found.values())  # type: ignore[operator]


def test_refresh__a_year_of_purchases__tells_who_may_stay_away_and_why_with_what_was_held_out() -> None:
    owners = kept_year()

    [run] = runs_of("churn")
    assert run.refusal is None, run.refusal
    found = read_traits(owners, frozenset({"churn.risk", "churn.because"}), as_of=NIGHT)
    risks = [own["churn.risk"] for own in found.values()]
    assert 0 < run.customers == len(risks) <= 300
    assert all(0 <= one <= 1 for one in risks)  # type: ignore[operator]
    assert len(set(risks)) > 20
    auc = run.card["figures"]["auc"]
    assert auc["low"] < auc["value"] < auc["high"]


def test_refresh__too_few_customers__says_how_many_are_lacking_and_takes_old_values_away() -> None:
    [one] = open_shop("A")
    buy(one, "a", MORNING)
    catch_up(MORNING)
    tell_results({"lifetime.alive": {one: Decimal("0.9")}}, source="lifetime x", at=MORNING, due_at=MORNING)

    refusal = refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)["lifetime"]

    assert isinstance(refusal, NotEnoughData)
    [run] = runs_of("lifetime")
    assert run.refusal == {"code": refusal.code, "facts": refusal.data}
    assert not [name for name, *_ in traits_of(one) if name.startswith("lifetime.")]


def test_refresh__customer_erased__is_told_of_no_more_and_in_no_table() -> None:
    one, other = open_shop("A", "B")
    buy(one, "a", MORNING)
    buy(other, "b", MORNING)
    catch_up(MORNING)
    refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)
    assert traits_of(one)

    erase_customer(one, actor=MARKETER, reason="asked", at=NIGHT)
    catch_up(NIGHT)
    refresh_all(shop(), as_of=date(2026, 3, 12), at=NIGHT + DAY)

    assert set(Trait.objects.values_list("customer_id", flat=True)) == {other}
    report = find_report("cohorts")
    assert report is not None
    assert {row["customers"] for row in report.rows} == {1}


def test_tell_results__erased_while_it_was_reckoned__is_told_nothing() -> None:
    one, other = open_shop("A", "B")
    erase_customer(one, actor=MARKETER, reason="asked", at=MORNING)
    catch_up(MORNING)

    told = tell_results({"rfm.frequency": {one: 5, other: 5}}, source="rfm x", at=MORNING, due_at=MORNING)

    assert told == 1
    assert list(Trait.objects.values_list("customer_id", flat=True)) == [other]


def test_models__all_their_traits__are_names_nobody_else_may_tell() -> None:
    assert all(is_reported(trait) for model in MODELS.values() for trait in model.traits)


def be_told_before(name: str, one: Id) -> None:
    """Let a program have told, before nobody could any more, a number under a model's name."""
    TraitName.objects.create(name=name, kind="number", first_at=MORNING)
    Trait.objects.create(customer_id=one, name=name, value="5", at=MORNING, source="api")


def test_refresh__name_was_told_as_another_kind__is_the_model_s_own_from_then_on() -> None:
    one, other = open_shop("A", "B")
    buy(other, "b", MORNING)
    be_told_before("rfm.segment", one)
    catch_up(MORNING)

    assert refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)["rfm"] == 1

    assert not Trait.objects.filter(customer_id=one).exists()
    [told] = [value for name, value, *_ in traits_of(other) if name == "rfm.segment"]
    assert isinstance(told, str)


def test_refresh__segment_asks_about_a_name_as_another_kind__is_refused_and_the_others_go_on() -> None:
    [one] = open_shop("A")
    buy(one, "a", MORNING)
    be_told_before("rfm.segment", one)
    make_segment("fives", {"type": "trait", "trait": "rfm.segment", "op": "equals", "value": 5})
    catch_up(MORNING)

    outcome = refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)

    assert isinstance(outcome["rfm"], ResultOfAnotherKind)
    runs = {name: found for name in MODELS if (found := latest_run(name))}
    assert runs.keys() == MODELS.keys()
    assert runs["rfm"].refusal == {
        "code": "traits.report_other_kind",
        "facts": {"name": "rfm.segment", "kind": "number", "given": "text", "segments": "fives"},
    }
    assert not Trait.objects.exists()
    catch_up(NIGHT)
    assert inside("fives") == set()

    archive_segment("fives", actor=MARKETER, at=NIGHT)
    assert refresh_all(shop(), as_of=date(2026, 3, 12), at=NIGHT + DAY)["rfm"] == 1


def test_refresh__order_cancelled__is_no_purchase() -> None:
    open_shop("A", "B")
    goods = {"products": [{"product_id": "L1", "price": 4_500, "quantity": 1}], "total": 4_500}
    send(
        track("Order Completed", user="A", properties={"order_id": "1", **goods}),
        track("Order Completed", user="B", properties={"order_id": "2", **goods}),
        at=MORNING,
    )
    send(track("Order Cancelled", user="A", properties={"order_id": "1"}), at=MORNING + DAY)
    catch_up(MORNING + DAY)

    assert refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)["rfm"] == 1

    [other] = Trait.objects.values_list("customer_id", flat=True).distinct()
    assert other == find_by_identity("external", ["B"])["B"]


def test_refresh__while_it_tells__cards_and_tables_are_of_the_run_before() -> None:
    [one] = open_shop("A")
    buy(one, "a", MORNING)
    catch_up(MORNING)
    refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)
    # Told before by a model that comes after the first, and is too poor in data to say it again.
    tell_results({"lifetime.alive": {one: Decimal("0.9")}}, source="lifetime x", at=MORNING, due_at=MORNING)

    def shown() -> set[datetime]:
        report = find_report("rfm_map")
        assert report is not None
        return {report.ran_at, *(run.ran_at for name in MODELS if (run := latest_run(name)))}

    seen: list[set[datetime]] = []
    refresh_all(shop(), as_of=date(2026, 3, 12), at=NIGHT + DAY, report=lambda done: seen.append(shown()))

    assert len(seen) == 2
    assert all(one == {NIGHT} for one in seen)
    assert shown() == {NIGHT + DAY}


def test_refresh_and_likeness__whole__ask_no_connection_that_threads_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Ibis makes its default connection when something is asked of it for the first time.
    monkeypatch.setattr(ibis.options, "default_backend", None)
    bring_history(300, seed=4)
    as_of = START + timedelta(days=364)

    outcome = refresh_all(shop(), as_of=as_of, at=NIGHT)
    make_segment("named", {"type": "trait", "trait": "rfm.recency", "op": "at_least", "value": 4}, at=NIGHT)
    catch_up(NIGHT)
    alike = find_alike(shop(), "named", as_of=as_of, at=NIGHT)

    assert isinstance(outcome["churn"], int)
    assert isinstance(alike, int)
    assert alike > 100
    assert find_report("value_by_segment") is not None
    assert ibis.options.default_backend is None


def test_refresh__twice_at_once_in_one_process__both_come_to_what_one_does() -> None:
    bring_history(80, seed=3)
    as_of = START + timedelta(days=364)
    refresh_all(shop(), as_of=as_of, at=NIGHT)
    once = list(ReportTable.objects.order_by("name").values_list("name", "rows"))

    for _ in range(max(SIZE.rounds // 25, 2)):
        assert together([lambda: refresh_all(shop(), as_of=as_of, at=NIGHT)] * 2) == []

    assert list(ReportTable.objects.order_by("name").values_list("name", "rows")) == once
