"""What a file probably holds: guessed from its header, with the columns that speak for it."""

from collections.abc import Sequence
from typing import NamedTuple

from dangol.connectors.files.columns import COLUMNS, Kind
from dangol.connectors.files.mapping import guess_columns


class Guess(NamedTuple):
    """A kind a file may be of, and the columns found for it, which are the reason."""

    kind: Kind
    columns: tuple[str, ...]


def guess_kind(headers: Sequence[str]) -> Guess | None:
    """Return what fits a header best: most columns understood, less each that is missing.

    So a file of orders that lacks one column is told from one of customers, and the lack can be mended.
    None where it fits nothing that is imported.
    """
    guesses = [Guess(kind, tuple(guess_columns(kind, headers))) for kind in Kind]
    best = max(guesses, key=_fitness)
    return best if _fitness(best)[0] > 0 else None


def _fitness(guess: Guess) -> tuple[int, int]:
    required = {column.name for column in COLUMNS[guess.kind] if column.required}
    return len(guess.columns) - len(required.difference(guess.columns)), len(required)
