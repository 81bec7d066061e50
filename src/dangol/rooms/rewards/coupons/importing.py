"""Somebody else's codes, from a file: one a row, in its first column; what is wrong with a row is said."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from io import StringIO
from typing import NamedTuple

from dangol.core.people.actors import Actor
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import batches, insert_missing, select_matching
from dangol.core.storage.transactions import write_transaction
from dangol.domain.coupon_codes import LONGEST_CODE, normalize
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.coupons.acts import note
from dangol.rooms.rewards.coupons.batches import CODE, SHORTEST_CODE, InvalidBatch, find_batch, locked
from dangol.rooms.rewards.coupons.models import Act, BatchKind, CouponBatch, CouponCode

MOST_ROWS, A_TURN, SHOWN = 100_000, 5_000, 10
# What a heading of the first column may be.
_HEADINGS = frozenset({"code", "codes", "coupon", "쿠폰", "쿠폰번호", "쿠폰 번호", "번호"})


class NotImported(DomainError):
    """Codes are read into batches of somebody else's codes only, and this one (`batch`) is none."""

    code = "coupons.not_imported"


class Problem(StrEnum):
    """Why a row's code was not taken."""

    NO_CODE = "no_code"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    # It stands in the file twice, or is read like one further up.
    TWICE = "twice"
    # It is in this batch already, as after a file was sent again.
    HERE = "here"
    # It is in another batch.
    TAKEN = "taken"


class RowProblem(NamedTuple):
    """A row, counted from 1, its code as given, and what is wrong with it."""

    row: int
    coupon: str
    problem: Problem


class Imported(NamedTuple):
    """How many codes were added, and the rows that were not."""

    added: int
    problems: tuple[RowProblem, ...]


class Checked(NamedTuple):
    """What importing a file would do: so many codes added, the first of them, and the rows left out."""

    fresh: int
    first: tuple[str, ...]
    problems: tuple[RowProblem, ...]


def check_codes(batch_id: Id, text: str) -> Checked:
    """Return what `import_codes` would do by now, and write nothing; raises what it raises."""
    problems: list[RowProblem] = []
    fresh = list(_fresh(_read(text), problems))
    batch = find_batch(batch_id)
    if batch.kind != BatchKind.IMPORTED:
        raise NotImported(batch=show_id(batch_id))
    taken = 0
    for some in batches(fresh, A_TURN):
        keys = [(key,) for _, _, key in some]
        owners: dict[str, Id] = dict(select_matching(CouponCode, ("key", "batch_id"), ("key",), keys))
        taken += len(owners)
        problems += [
            RowProblem(number, shown, Problem.HERE if owners[key] == batch_id else Problem.TAKEN)
            for number, shown, key in some
            if key in owners
        ]
    left_out = {one.row for one in problems}
    first = [shown for number, shown, _ in fresh if number not in left_out][:SHOWN]
    return Checked(len(fresh) - taken, tuple(first), tuple(sorted(problems)))


def import_codes(batch_id: Id, text: str, *, actor: Actor, at: datetime) -> Imported:
    """Add the codes of a CSV file to an imported batch, five thousand rows by three statements.

    Rows that cannot be taken are left out and named, the others are added; the same file again adds nothing.
    Raises UnknownBatch, NotImported, or InvalidBatch for what is no CSV or has more than 100,000 rows.
    """
    rows = _read(text)
    problems: list[RowProblem] = []
    fresh = list(_fresh(rows, problems))
    added = 0
    with write_transaction():
        batch = locked(batch_id)
        if batch.kind != BatchKind.IMPORTED:
            raise NotImported(batch=show_id(batch_id))
        for some in batches(fresh, A_TURN):
            added += _add(batch, some, problems)
        batch.code_count = batch.made_count = batch.made_count + added
        batch.save(update_fields=["code_count", "made_count"])
        if added:
            note(batch_id, Act.IMPORTED, count=added, actor=actor, at=at)
    return Imported(added, tuple(sorted(problems)))


def _read(text: str) -> list[tuple[int, str]]:
    """Return the first column's cells with the numbers of their rows; rows that are empty are none."""
    try:
        lines = list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))
    except csv.Error as error:
        raise InvalidBatch(field="csv", problem="unreadable") from error
    rows = [(number, line[0].strip()) for number, line in enumerate(lines, start=1) if any(line)]
    if rows and rows[0][1].lower() in _HEADINGS:
        del rows[0]
    if len(rows) > MOST_ROWS:
        raise InvalidBatch(field="csv", problem="too_long")
    return rows


def _fresh(rows: Sequence[tuple[int, str]], problems: list[RowProblem]) -> Iterator[tuple[int, str, str]]:
    """Yield the rows whose code may be one, each once, with what is compared of it."""
    met: set[str] = set()
    for number, shown in rows:
        key = normalize(shown)
        if problem := _problem(shown, key, met):
            problems.append(RowProblem(number, shown[:LONGEST_CODE], problem))
        else:
            met.add(key)
            yield number, shown, key


def _problem(shown: str, key: str, met: set[str]) -> Problem | None:
    for problem, holds in (
        (Problem.NO_CODE, not key),
        (Problem.TOO_LONG, max(len(shown), len(key)) > LONGEST_CODE),
        (Problem.TOO_SHORT, len(key) < SHORTEST_CODE),
        (Problem.TWICE, key in met),
    ):
        if holds:
            return problem
    return None


def _add(batch: CouponBatch, rows: Sequence[tuple[int, str, str]], problems: list[RowProblem]) -> int:
    keys = [(key,) for _, _, key in rows]
    before = {key for (key,) in select_matching(CouponCode, ("key",), ("key",), keys)}
    new = [
        (key, shown, batch.id, batch.uses_per_code, 0, False) for _, shown, key in rows if key not in before
    ]
    added = insert_missing(CouponCode, CODE, new)
    if before or added < len(new):
        # Others add codes at the same time: whose each is by now decides.
        owners: dict[str, Id] = dict(select_matching(CouponCode, ("key", "batch_id"), ("key",), keys))
        for number, shown, key in rows:
            if owners[key] != batch.id:
                problems.append(RowProblem(number, shown, Problem.TAKEN))
            elif key in before:
                problems.append(RowProblem(number, shown, Problem.HERE))
    return added
