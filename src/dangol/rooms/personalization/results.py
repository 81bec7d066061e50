"""What the models say of each customer, as traits: each a function of the purchases up to a day."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
from babel.numbers import get_currency_precision

from dangol.core.storage.ids import Id
from dangol.domain.conditions import Value
from dangol.insight.lifetime.models import Kind
from dangol.insight.lifetime.scoring import fit_base, score
from dangol.insight.lifetime.summaries import summarize
from dangol.insight.rfm import rfm
from dangol.rooms.personalization.purchases import Purchases

YEAR, YEARLY_RATE = 365, 0.1
LIFETIME_KIND: Kind = "mbg_nbd"


class Result(NamedTuple):
    """Values by trait and customer, the version of what made them, the figures of its card, and its table."""

    version: str
    customers: int
    traits: Mapping[str, Mapping[Id, Value]]
    card: Mapping[str, Any]
    # A row for each customer, of which reports are made.
    table: pa.Table
    # What a page shows of each customer beside traits: products, the best first, each with its reasons.
    lists: Mapping[Id, Sequence[Mapping[str, Any]]] = {}


def score_rfm(purchases: Purchases, *, as_of: date, currency: str) -> Result:
    """Return `rfm.segment` and the scores from 1 to 5, by fifths of all who ever bought."""
    found = rfm(purchases.days, as_of=as_of).to_pyarrow()
    names = {"rfm.segment": "segment", "rfm.recency": "r", "rfm.frequency": "f", "rfm.money": "m"}
    traits = {trait: _by_customer(found, column) for trait, column in names.items()}
    return Result(version_of("rfm", "fifths"), found.num_rows, traits, {"scores": "fifths"}, found)


def score_lifetime(purchases: Purchases, *, as_of: date, currency: str) -> Result:
    """Return what each customer is expected to buy within a year, and what it is worth today.

    `lifetime.value_12m` in the currency's own unit, discounted by 10 % a year; `lifetime.purchases_12m`,
    days with a purchase; `lifetime.alive`, the probability to come again, by MBG/NBD, of which no one-time
    buyer is alive for certain. Raises NotEnoughData, BrokenHistories, SpendFollowsFrequency or NoMaximum.
    """
    summary = summarize(purchases.days, as_of=as_of)
    base = fit_base(summary, LIFETIME_KIND)
    found = score(summary, base, days=YEAR, yearly_rate=YEARLY_RATE).to_pyarrow()
    owners = found["customer"].to_pylist()
    exponent = get_currency_precision(currency)
    values = [Decimal(minor).scaleb(-exponent) for minor in found["value_minor"].to_pylist()]
    traits = {
        "lifetime.value_12m": dict(zip(owners, values, strict=True)),
        "lifetime.purchases_12m": dict(zip(owners, _rounded(found["expected"], 2), strict=True)),
        "lifetime.alive": dict(zip(owners, _rounded(found["alive"], 3), strict=True)),
    }
    card = {
        "model": LIFETIME_KIND,
        "log_likelihood": base.coming.log_likelihood,
        "parameters": {**_parameters(base.coming.model), **_parameters(base.spend.model)},
        "yearly_rate": YEARLY_RATE,
        "value_minor": sum(found["value_minor"].to_pylist()),
        "purchases": sum(found["expected"].to_pylist()),
    }
    return Result(version_of(card["parameters"], YEARLY_RATE), found.num_rows, traits, card, found)


def _parameters(model: Any) -> dict[str, float]:
    """Return a fitted model's parameters by name."""
    return {name: value for name, value in asdict(model).items() if isinstance(value, float)}


def _by_customer(found: pa.Table, column: str) -> dict[Id, Value]:
    return dict(zip(found["customer"].to_pylist(), found[column].to_pylist(), strict=True))


def _rounded(values: pa.ChunkedArray, places: int) -> list[Decimal]:
    return [round(Decimal(repr(value)), places) for value in values.to_pylist()]


def version_of(*parts: object) -> str:
    """Return the version of a result: 16 hexadecimal digits over what made it."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]
