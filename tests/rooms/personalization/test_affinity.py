"""What the night says customers will buy: lists with reasons, of the living only, judged on their card."""

from datetime import timedelta

import msgspec
import pytest

from dangol.core.access.takeout import take_out
from dangol.core.commerce.bought import product_words
from dangol.core.commerce.models import Product
from dangol.core.people.actors import HOUSE
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers, undo_merge
from dangol.core.people.selectors import shop
from dangol.core.segments.catalog import read_traits
from dangol.core.segments.models import Trait
from dangol.core.segments.traits import traits_of
from dangol.core.storage.ids import Id, parse_id
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.rooms.personalization import purchases
from dangol.rooms.personalization.affinity import CATEGORIES, LISTED
from dangol.rooms.personalization.models import ProductList
from dangol.rooms.personalization.refresh import refresh_all
from dangol.rooms.personalization.selectors import RunView, runs_of
from tests.core.commerce.shop import DAY, MORNING
from tests.core.segments.shop import catch_up, open_shop
from tests.rooms.personalization.baskets import LAST, PRODUCTS, RANGES, bought_by, fill_baskets

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NIGHT = MORNING + 70 * DAY
NAMES = frozenset({"affinity.again", "affinity.discover", "affinity.category"})


def run(name: str) -> RunView:
    """Return a model's latest run."""
    [found] = runs_of(name)
    return found


def lists(model: str) -> dict[Id, list[dict[str, object]]]:
    """Return a model's lists by customer."""
    rows = ProductList.objects.filter(model=model).values_list("customer_id", "items")
    return {owner: msgspec.json.decode(items) for owner, items in rows}


def products(rows: list[dict[str, object]]) -> list[Id]:
    """Return the products of a list, in its order."""
    return [parse_id(str(row["product"])) for row in rows]


def test_refresh__a_season_of_baskets__lists_what_comes_again_and_what_is_new_with_reasons() -> None:
    owners = fill_baskets(120)

    refresh_all(shop(), as_of=LAST, at=NIGHT)

    again, fresh = lists("buy_again"), lists("discover")
    assert set(again) == set(owners)
    assert len(fresh) > 100
    for place, owner in enumerate(owners):
        own = bought_by(owner)
        assert 0 < len(again[owner]) <= LISTED
        assert set(products(again[owner])) <= own
        for row in again[owner]:
            assert (row["usual_days"] is None) == (row["times"] == 1)
        for row in fresh.get(owner, []):
            new = parse_id(str(row["product"]))
            assert new not in own
            reasons = {parse_id(str(one)) for one in row["because"]}  # type: ignore[attr-defined] # a list
            assert reasons
            assert reasons <= own
            assert product_words([new])[new].category == RANGES[place % 2], "what goes with their range"


def test_refresh__a_season_of_baskets__tells_traits_that_say_the_same_with_the_cards_version() -> None:
    owners = fill_baskets(120)

    refresh_all(shop(), as_of=LAST, at=NIGHT)

    numbers = dict(Product.objects.values_list("id", "number"))
    again, found = lists("buy_again"), read_traits(owners, NAMES, as_of=NIGHT)
    for place, owner in enumerate(owners):
        assert found[owner]["affinity.again"] == tuple(numbers[one] for one in products(again[owner]))
        assert found[owner]["affinity.category"] == (RANGES[place % 2],)
    sources = {name: source for name, _, _, source in traits_of(owners[0])}
    assert sources["affinity.again"] == f"buy_again {run('buy_again').version}"
    assert set(ProductList.objects.values_list("model", "version")) == {
        (name, run(name).version) for name in ("buy_again", "discover")
    }
    assert CATEGORIES == 3


@pytest.mark.parametrize(("name", "baseline"), [("buy_again", "own_frequency"), ("discover", "popularity")])
def test_refresh__a_season_of_baskets__tells_on_the_card_how_well_it_foretold(
    name: str, baseline: str
) -> None:
    fill_baskets(120)

    refresh_all(shop(), as_of=LAST, at=NIGHT)

    card = run(name).card
    figures = card["figures"]
    for one in ("recall", "baseline_recall", "ndcg"):
        assert 0 <= figures[one]["low"] <= figures[one]["value"] <= figures[one]["high"] <= 1
        assert figures[one]["n"] >= 30
    assert card["baseline"].startswith(baseline)
    over = figures["recall"]["value"] - figures["baseline_recall"]["value"]
    assert figures["over_baseline"]["value"] == pytest.approx(over)
    assert card["parameters"]["products"] == PRODUCTS
    assert card["parameters"]["customers_left_out"] == card["parameters"]["products_left_out"] == 0


def test_refresh__products_of_one_name__are_one_in_a_list_and_no_discovery_for_who_has_one() -> None:
    fill_baskets(120)
    alike = [f"P{number:02}" for number in range(0, PRODUCTS, 4)]
    Product.objects.filter(number__in=alike).update(name="라떼")

    refresh_all(shop(), as_of=LAST, at=NIGHT)

    names = dict(Product.objects.values_list("id", "name"))
    fresh = lists("discover")
    for model in ("buy_again", "discover"):
        for rows in lists(model).values():
            told = [names[one] for one in products(rows)]
            assert len(told) == len(set(told))
    assert len(fresh) > 100
    for owner, rows in fresh.items():
        assert not {names[one] for one in products(rows)} & {names[one] for one in bought_by(owner)}


def test_refresh__again_the_same__changes_nothing_but_the_day() -> None:
    fill_baskets(120)
    refresh_all(shop(), as_of=LAST, at=NIGHT)
    before = lists("buy_again")

    outcome = refresh_all(shop(), as_of=LAST, at=NIGHT + DAY)

    assert (outcome["buy_again"], outcome["discover"]) == (0, 0)
    assert lists("buy_again") == before
    assert set(ProductList.objects.values_list("as_of", flat=True)) == {LAST}


@pytest.mark.parametrize(("customers", "what"), [(0, "purchases"), (60, "customers to test with")])
def test_refresh__too_few_customers__says_how_many_are_lacking_and_keeps_no_list(
    customers: int, what: str
) -> None:
    if customers:
        fill_baskets(customers)
    else:
        open_shop("A")

    outcome = refresh_all(shop(), as_of=LAST, at=NIGHT)

    refusal = outcome["discover"]
    assert isinstance(refusal, NotEnoughData)
    assert refusal.data["what"] == what
    assert run("discover").refusal == {"code": refusal.code, "facts": refusal.data}
    assert not lists("discover")
    assert bool(lists("buy_again")) == (customers == 60), "it needs fewer"


def test_refresh__too_few_left__takes_old_lists_and_traits_away() -> None:
    fill_baskets(60)
    refresh_all(shop(), as_of=LAST, at=NIGHT)
    assert lists("buy_again")

    refresh_all(shop(), as_of=LAST + timedelta(days=40), at=NIGHT + DAY)

    assert not ProductList.objects.exists()
    assert not Trait.objects.filter(name__in=NAMES).exists()


def test_erase__somebody_with_lists__forgets_them_and_no_night_makes_them_again() -> None:
    [gone, *others] = fill_baskets(60)
    catch_up(NIGHT)
    refresh_all(shop(), as_of=LAST, at=NIGHT)

    erase_customer(gone, actor=HOUSE, reason="asked", at=NIGHT)
    catch_up(NIGHT)

    assert gone not in lists("buy_again")
    refresh_all(shop(), as_of=LAST, at=NIGHT + DAY)
    assert set(lists("buy_again")) == set(others)
    assert not traits_of(gone)


def test_merge__two_with_lists__is_one_from_the_next_night_on_and_two_again_when_undone() -> None:
    [kept, absorbed, *others] = fill_baskets(60)
    refresh_all(shop(), as_of=LAST, at=NIGHT)
    own = lists("buy_again")[absorbed]
    merge_customers(kept, absorbed, actor=HOUSE, reason="one person", at=NIGHT)

    refresh_all(shop(), as_of=LAST, at=NIGHT)

    assert set(lists("buy_again")) == {kept, *others}
    categories = read_traits([kept], NAMES, as_of=NIGHT)[kept]["affinity.category"]
    assert set(categories) == set(RANGES), "one drinks, the other eats"  # type: ignore[arg-type] # a list
    undo_merge(absorbed, actor=HOUSE, reason="two after all", at=NIGHT)
    refresh_all(shop(), as_of=LAST, at=NIGHT)
    assert lists("buy_again")[absorbed] == own


def test_takeout__somebody_with_lists__holds_them() -> None:
    [owner, *_] = fill_baskets(120)
    refresh_all(shop(), as_of=LAST, at=NIGHT)

    [again, fresh] = take_out(owner, actor=HOUSE, reason="asked", at=NIGHT).sections["product_lists"]

    assert again["items"] == lists("buy_again")[owner]
    assert fresh["items"] == lists("discover")[owner]


def test_refresh__more_than_the_bounds__keeps_within_them_and_says_who_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill_baskets(120)
    monkeypatch.setattr(purchases, "MOST_PRODUCTS", 30)
    monkeypatch.setattr(purchases, "MOST_PAIRS", 480)

    refresh_all(shop(), as_of=LAST, at=NIGHT)

    parameters = run("buy_again").card["parameters"]
    assert parameters["products_left_out"] == 10
    left_out = parameters["customers_left_out"]
    assert 0 < left_out < 120
    assert len(lists("buy_again")) == 120 - left_out
