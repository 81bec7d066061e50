"""What customers will buy again, and what new to them they may like: both judged on the last 31 days."""

from collections.abc import Hashable, Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dangol.core.commerce.bought import ProductWords, product_words
from dangol.core.storage.ids import Id, show_id
from dangol.domain.conditions import Value
from dangol.domain.statistics import Figure
from dangol.insight.affinity import buy_again
from dangol.insight.affinity.choice import Choice
from dangol.insight.affinity.discover import TREND_WEIGHT, discover
from dangol.insight.affinity.evaluation import Settings, evaluate
from dangol.insight.affinity.item_models import fit_ease
from dangol.insight.affinity.pairs import Pairs, read_pairs
from dangol.insight.modeling.cards import Card, version_of
from dangol.insight.modeling.tables import numbered, whole
from dangol.rooms.personalization.purchases import Purchases
from dangol.rooms.personalization.results import Result

# So many stand in each list; a page shows no more.
LISTED, CATEGORIES = 5, 3
# Of what is new, so many times more are looked at: some are called as something they bought.
_SPARE = 4
# Found as good on the Complete Journey as twice as many, with a quarter of the memory (108 MB).
TOP_ITEMS = 3_000
HELD_OUT_DAYS = 31
SETTINGS = Settings(top_items=TOP_ITEMS)
Rows = list[dict[str, Any]]


def score_buy_again(purchases: Purchases, *, as_of: date, currency: str) -> Result:
    """Return what each customer is likely to buy again: `affinity.again` (product numbers), and from what
    they bought most and last, `affinity.category`.

    The table has `customer` and `items`: for each `product`, `times`, `last_day`, `usual_days` (None after
    one purchase) and `repeat_rate`. The card tells how well the last 31 days were foretold from what was
    known before. Raises NotEnoughData.
    """
    figures = _judged(purchases, "buy_again", as_of=as_of)
    pairs = _pairs(purchases, as_of)
    words = product_words(pairs.items.to_pylist())
    listed = buy_again.listed(pairs, buy_again.scores(pairs), k=LISTED, choice=_once_a_name(words))
    reasons = [
        {
            "product": show_id(row["item"]), "times": row["times"], "last_day": row["last_day"].isoformat(),
            "usual_days": row["usual_interval_days"], "repeat_rate": row["repeat_rate"],
        }
        for row in listed.to_pylist()
    ]  # fmt: skip
    parameters = _parameters(purchases, pairs) | {"repeat_weight": SETTINGS.repeat_weight}
    card = _card("buy_again", parameters, pairs, figures)
    traits: dict[str, dict[Id, Value]] = {
        "affinity.again": _numbers(listed, words),
        "affinity.category": _favorites(pairs, words),
    }
    return _result(listed, reasons, traits, card)


def score_discover(purchases: Purchases, *, as_of: date, currency: str) -> Result:
    """Return what each customer may like of what they never bought: `affinity.discover` (product numbers).

    The table has `customer` and `items`: for each `product` and `because`, the products of theirs that speak
    for it. Card and refusals as those of `score_buy_again`.
    """
    figures = _judged(purchases, "ease", as_of=as_of)
    pairs = _pairs(purchases, as_of)
    words = product_words(pairs.items.to_pylist())
    model = fit_ease(pairs, regularization=SETTINGS.regularization, top_items=TOP_ITEMS)
    listed = discover(pairs, model, k=_SPARE * LISTED, choice=_once_a_name(words))
    listed = _new_by_name(listed, pairs, words)
    reasons = [
        {"product": show_id(row["item"]), "because": [show_id(one["item"]) for one in row["because"]]}
        for row in listed.to_pylist()
    ]
    parameters = _parameters(purchases, pairs) | {
        "regularization": SETTINGS.regularization, "top_items": TOP_ITEMS, "trend_weight": TREND_WEIGHT,
    }  # fmt: skip
    card = _card("ease", parameters, pairs, figures)
    return _result(listed, reasons, {"affinity.discover": _numbers(listed, words)}, card)


def _pairs(purchases: Purchases, as_of: date) -> Pairs:
    """Return the pairs as they are judged: of products that ten customers or more bought."""
    return read_pairs(
        purchases.items,
        as_of=as_of,
        half_life_days=SETTINGS.half_life_days,
        fewest_buyers=SETTINGS.fewest_buyers,
    )


def _judged(purchases: Purchases, model: str, *, as_of: date) -> dict[str, Any]:
    """Return what the card tells of the model, and of the best of its baselines, on the last 31 days."""
    split = as_of - timedelta(days=HELD_OUT_DAYS - 1)
    table = evaluate(purchases.items, split_day=split, days=HELD_OUT_DAYS, settings=SETTINGS, models={model})
    rows: Rows = table.to_pylist()
    own = rows[0]
    best = max(rows[1:], key=lambda row: row["recall"])
    figures = {name: _figure(own, name) for name in ("recall", "ndcg", "over_baseline")}
    figures["baseline_recall"] = _figure(best, "recall")
    return {"figures": figures, "baseline": best["model"], "beats_baseline": own["beats_baseline"]}


def _figure(row: dict[str, Any], name: str) -> Figure:
    return Figure(row[name], row[f"{name}_low"], row[f"{name}_high"], row["customers"])


def _parameters(purchases: Purchases, pairs: Pairs) -> dict[str, float | int | str]:
    return {
        "half_life_days": SETTINGS.half_life_days,
        "fewest_buyers": SETTINGS.fewest_buyers,
        "products": len(pairs.items),
        **purchases.left_out,
    }


def _card(model: str, parameters: dict[str, float | int | str], pairs: Pairs, judged: dict[str, Any]) -> Card:
    version = version_of(
        {"model": model, **parameters}, pairs.customer, pairs.item, pairs.times, pairs.last, pairs.decayed
    )
    return Card(
        model, "bought_within_31_days", version, pairs.as_of, len(pairs.customers), (), parameters,
        limits=("foretells_and_does_not_explain", "showing_is_not_tested"), **judged,
    )  # fmt: skip


def _once_a_name(words: dict[Id, ProductWords]) -> Choice:
    """Return the choice of one product of a name: sizes of the same thing look like a mistake."""
    names: dict[Hashable, Hashable] = {product: one.name for product, one in words.items() if one.name}
    return Choice(categories=names, per_category=1)


def _new_by_name(listed: pa.Table, pairs: Pairs, words: dict[Id, ProductWords]) -> pa.Table:
    """Return the best of each list that are not called as something the customer bought."""
    names = [words[item].name or words[item].number for item in pairs.items.to_pylist()]
    name = np.unique(names, return_inverse=True)[1]
    customer = whole(pc.index_in(listed["customer"], value_set=pairs.customers))
    item = whole(pc.index_in(listed["item"], value_set=pairs.items))
    owned = pairs.customer * len(names) + name[pairs.item]
    new = np.flatnonzero(~np.isin(customer * len(names) + name[item], owned))
    return listed.take(pa.array(new[numbered(customer[new]) < LISTED]))


def _numbers(listed: pa.Table, words: dict[Id, ProductWords]) -> dict[Id, Value]:
    """Return the listed products' numbers by customer, the best first."""
    found: dict[Id, tuple[str, ...]] = {}
    for owner, item in _rows(listed):
        found[owner] = (*found.get(owner, ()), words[item].number)
    return dict(found)


def _rows(listed: pa.Table) -> Iterable[tuple[Id, Id]]:
    return zip(listed["customer"].to_pylist(), listed["item"].to_pylist(), strict=True)


def _favorites(pairs: Pairs, words: dict[Id, ProductWords]) -> dict[Id, Value]:
    """Return each customer's categories by how often and how lately they bought of them, at most three."""
    names = [words[item].category for item in pairs.items.to_pylist()]
    categories = sorted({name for name in names if name})
    places = {name: place for place, name in enumerate(categories)}
    of_item = np.array([places.get(name, -1) for name in names], np.int64)[pairs.item]
    known = of_item >= 0
    keys, row = np.unique(pairs.customer[known] * len(categories) + of_item[known], return_inverse=True)
    weights = np.round(np.bincount(row, weights=pairs.decayed[known], minlength=len(keys)), 6)
    customers = pairs.customers.to_pylist()
    found: dict[Id, tuple[str, ...]] = {}
    for at in np.lexsort((keys, -weights)):
        owner = customers[keys[at] // len(categories)]
        if len(own := found.get(owner, ())) < CATEGORIES:
            found[owner] = (*own, categories[keys[at] % len(categories)])
    return dict(found)


def _result(listed: pa.Table, reasons: Rows, traits: dict[str, dict[Id, Value]], card: Card) -> Result:
    lists: dict[Id, Rows] = {}
    for (owner, _), reason in zip(_rows(listed), reasons, strict=True):
        lists.setdefault(owner, []).append(reason)
    return Result(card.version, len(lists), traits, card.to_dict(), listed, lists)
