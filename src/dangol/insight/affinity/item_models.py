"""Models of which items go together: EASE and item neighbors, and popularity, which is what they have to
beat.
"""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.sparse import csr_array

from dangol.insight.affinity.pairs import Pairs
from dangol.insight.lifetime.histories import Floats, Whole
from dangol.insight.lifetime.refusals import NoMaximum, NotEnoughData
from dangol.insight.modeling.refusals import TooManyItems, require_range
from dangol.insight.modeling.tables import numbered

# Of fewer customers two items stand together by chance.
FEWEST_CUSTOMERS, FEWEST_ITEMS = 50, 20
# EASE holds a square of all its items, three times while it is fitted.
MOST_ITEMS, BYTES_PER_WEIGHT = 10_000, 12
# The usual constants of BM25, k₁ and b.
_SATURATION, _LENGTH_SHARE, _BLOCK = 1.2, 0.75, 512

Sparse = csr_array[Any, tuple[int, int]]
Single = NDArray[np.float32]


class ItemModel(Protocol):
    """Says how much somebody with some items may like each of the items at `places`."""

    @property
    def name(self) -> str:
        """What the model is called in tables."""

    @property
    def places(self) -> Whole:
        """The places of the model's items among those of the pairs, rising."""

    def scores(self, own: Sparse) -> Single:
        """Return the scores of customers, shape (customers, len(places)): `own` holds 1 for what they own."""

    def weights(self, own: Whole, offered: Whole) -> Single:
        """Return how much each own item speaks for each offered one, both as places in `places`."""


@dataclass(frozen=True, eq=False)
class Popularity:
    """Everybody likes what most buy: the baseline."""

    places: Whole
    buyers: Whole
    name: str = "popularity"

    def scores(self, own: Sparse) -> Single:
        """Return the buyers of each item, for everybody the same."""
        return np.tile(self.buyers.astype(np.float32), (own.shape[0], 1))

    def weights(self, own: Whole, offered: Whole) -> Single:
        """Return nothing: no item of theirs speaks for another."""
        return np.zeros((len(own), len(offered)), np.float32)


@dataclass(frozen=True, eq=False)
class Dense:
    """Weights between all pairs of items: EASE."""

    name: str
    places: Whole
    matrix: Single

    def scores(self, own: Sparse) -> Single:
        """Return the sums of the weights of what each owns."""
        return np.asarray(own @ self.matrix, np.float32)

    def weights(self, own: Whole, offered: Whole) -> Single:
        """Return the weights themselves."""
        return self.matrix[np.ix_(own, offered)]


@dataclass(frozen=True, eq=False)
class Neighbors:
    """Weights between each item and its nearest ones."""

    name: str
    places: Whole
    matrix: Sparse

    def scores(self, own: Sparse) -> Single:
        """Return the sums of the weights of what each owns."""
        return np.asarray((own @ self.matrix).toarray(), np.float32)

    def weights(self, own: Whole, offered: Whole) -> Single:
        """Return the weights themselves."""
        return np.asarray(self.matrix[own][:, offered].toarray(), np.float32)


def popularity(pairs: Pairs) -> Popularity:
    """Return a baseline: items by how many customers bought them."""
    return Popularity(np.arange(len(pairs.items)), pairs.buyers)


def popularity_lately(pairs: Pairs) -> Popularity:
    """Return a baseline: items by how many customers bought them within the last 30 days."""
    return Popularity(np.arange(len(pairs.items)), pairs.lately, "popularity_lately")


def fit_ease(pairs: Pairs, *, regularization: float = 500.0, top_items: int = 6_000) -> Dense:
    """Return EASE of the `top_items` with most buyers: the best linear model of items from one's other items.

    With B the customers × items of who bought what, P = (BᵀB + λI)⁻¹ and weights -P[i, j] / P[j, j], 0 of an
    item to itself: Steck, Embarrassingly Shallow Autoencoders for Sparse Data (WWW 2019). The inverse is by
    Cholesky, in single precision: λ keeps it well conditioned. Raises NotEnoughData, OutOfRange, or
    TooManyItems with what it would take: name fewer `top_items`, or take `fit_neighbors`.
    """
    _require_enough(pairs)
    require_range("regularization", regularization, 1, 1e9)
    require_range("top_items", top_items, FEWEST_ITEMS, 1e9)
    number = min(top_items, len(pairs.items))
    if number > MOST_ITEMS:
        gigabytes = round(number**2 * BYTES_PER_WEIGHT / 1e9, 1)
        raise TooManyItems(items=number, most=MOST_ITEMS, gigabytes=gigabytes)
    places = np.sort(np.argsort(-pairs.buyers, kind="stable")[:number])
    bought = pairs.matrix(np.ones(len(pairs.item), np.float32))[:, places]
    together: Single = np.asfortranarray((bought.T @ bought).toarray(), np.float32)
    together[np.diag_indices(number)] += regularization
    lower, wrong = lapack.spotrf(together, lower=1, overwrite_a=1)
    inverse, wrong_too = lapack.spotri(lower, lower=1, overwrite_c=1)
    if wrong or wrong_too:
        raise NoMaximum(reason="flat")
    inverse = np.tril(inverse)
    inverse += np.tril(inverse, -1).T
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return Dense("ease", places, np.ascontiguousarray(weights, np.float32))


def fit_neighbors(
    pairs: Pairs, *, weighting: Literal["bm25", "cosine"] = "bm25", neighbors: int = 200
) -> Neighbors:
    """Return for each item its nearest `neighbors`, by who bought them and on how many days.

    "cosine": between the items' customers. "bm25": a customer is a document and the items are its words, so
    that customers who buy everything and items bought by everybody count for less: Robertson and Zaragoza,
    The Probabilistic Relevance Framework (2009). Raises NotEnoughData or OutOfRange.
    """
    _require_enough(pairs)
    require_range("neighbors", neighbors, 1, MOST_ITEMS)
    bought = pairs.matrix(pairs.times.astype(np.float64))
    weighted = _bm25(bought) if weighting == "bm25" else _unit(bought)
    by_item = csr_array(weighted.T)
    blocks = [
        _nearest((by_item[start : start + _BLOCK] @ weighted).toarray(), start, neighbors)
        for start in range(0, len(pairs.items), _BLOCK)
    ]
    row, column, weight = (np.concatenate(part) for part in zip(*blocks, strict=True))
    size = (len(pairs.items), len(pairs.items))
    return Neighbors(
        f"neighbors_{weighting}", np.arange(size[0]), csr_array((weight, (row, column)), shape=size)
    )


def _nearest(alike: Single, start: int, neighbors: int) -> tuple[Whole, Whole, Single]:
    """Return row, column and weight of each row's nearest, equal ones by their place."""
    alike = np.round(alike, 6)
    alike[np.arange(len(alike)), np.arange(len(alike)) + start] = 0
    number = min(neighbors, alike.shape[1])
    last = np.partition(alike, -number, axis=1)[:, -number, None]
    row, column = np.nonzero((alike >= last) & (alike > 0))
    weight = alike[row, column]
    order = np.lexsort((column, -weight, row))
    row, column, weight = row[order], column[order], weight[order]
    near = numbered(row) < neighbors
    return row[near] + start, column[near], weight[near]


def _unit(bought: Sparse) -> Sparse:
    """Return the columns at length 1."""
    lengths = np.sqrt(np.bincount(bought.indices, weights=bought.data**2, minlength=bought.shape[1]))
    return _with(bought, bought.data / lengths[bought.indices])


def _bm25(bought: Sparse) -> Sparse:
    """Return the entries weighted by BM25."""
    customers, items = bought.shape
    rarity = np.log(customers) - np.log1p(np.bincount(bought.indices, minlength=items))
    row = np.repeat(np.arange(customers), np.diff(bought.indptr))
    length = np.bincount(row, weights=bought.data, minlength=customers)
    norm = 1 - _LENGTH_SHARE + _LENGTH_SHARE * length / length.mean()
    times = bought.data
    damped = times * (_SATURATION + 1) / (_SATURATION * norm[row] + times)
    return _with(bought, damped * rarity[bought.indices])


def _with(bought: Sparse, values: Floats) -> Sparse:
    """Return the matrix with other values in its places."""
    return csr_array((values.astype(np.float32), bought.indices, bought.indptr), shape=bought.shape)


def _require_enough(pairs: Pairs) -> None:
    pairs.require_customers(FEWEST_CUSTOMERS)
    if len(pairs.items) < FEWEST_ITEMS:
        raise NotEnoughData(what="items", found=len(pairs.items), needed=FEWEST_ITEMS)
