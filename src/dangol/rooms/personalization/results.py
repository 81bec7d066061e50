"""What the models say of each customer, as traits: each a function of the purchases up to a day."""

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import ibis
import msgspec
import pyarrow as pa

from dangol.core.storage.ids import Id
from dangol.domain.conditions import Value
from dangol.insight.rfm import rfm

YEAR = 365


class Result(NamedTuple):
    """Values by trait and customer, the version of what made them, and the figures of its card."""

    version: str
    customers: int
    traits: Mapping[str, Mapping[Id, Value]]
    card: Mapping[str, Any]


def score_rfm(days: ibis.Table, *, as_of: date, currency: str) -> Result:
    """Return `rfm.segment` and the scores from 1 to 5, by fifths of all who ever bought."""
    found = rfm(days, as_of=as_of).to_pyarrow()
    names = {"rfm.segment": "segment", "rfm.recency": "r", "rfm.frequency": "f", "rfm.money": "m"}
    traits = {trait: _by_customer(found, column) for trait, column in names.items()}
    return Result(version_of("rfm", "fifths"), found.num_rows, traits, {"scores": "fifths"})


def _by_customer(found: pa.Table, column: str) -> dict[Id, Value]:
    return dict(zip(found["customer"].to_pylist(), found[column].to_pylist(), strict=True))


def _rounded(values: pa.ChunkedArray, places: int) -> list[Decimal]:
    return [round(Decimal(repr(value)), places) for value in values.to_pylist()]


def version_of(*parts: object) -> str:
    """Return the version of a result: 16 hexadecimal digits over what made it."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]
