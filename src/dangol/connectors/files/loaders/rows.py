"""What the kinds share in which each row of a file stands for itself."""

from collections.abc import Sequence
from typing import Any

from dangol.connectors.files.columns import IDENTITIES
from dangol.connectors.files.loaders.base import Context, Progress
from dangol.connectors.files.shapes import Rules, identify, judge_customers, named_rows
from dangol.connectors.files.staging import Stage, quoted
from dangol.connectors.files.written import Written
from dangol.core.people.selectors import find_by_identity
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError

BATCH = 5_000


class RowsLoader:
    """A loader whose items are rows of `typed`, in an order of their own."""

    can_plan = False
    names_customer = True
    needs_known = True
    order = "file, line"

    def judge(self, stage: Stage, rules: Rules, context: Context) -> None:
        """Write down problems that need the whole row, or the whole file, of table `named`."""

    def shape(self, stage: Stage, rules: Rules, context: Context) -> None:
        """Judge the rows and put the good ones in order, numbered from 0, in `items`."""
        if self.names_customer:
            identify(stage, rules)
            stage.db.execute(f"CREATE TABLE named AS {named_rows(stage)}")
            judge_customers(stage, "named", required=True)
        else:
            stage.db.execute("CREATE VIEW named AS SELECT * FROM typed")
        self.judge(stage, rules, context)
        stage.db.execute(
            "CREATE TABLE items AS SELECT row_number() OVER () - 1 AS item, * FROM ("  # noqa: S608
            " SELECT * FROM named ANTI JOIN (SELECT DISTINCT file, line FROM problems) p USING (file, line)"
            f" ORDER BY {self.order})"
        )

    def count(self, stage: Stage) -> int:
        """Return how many good rows there are."""
        return int(stage.one("SELECT count(*) FROM items"))

    def totals(self, stage: Stage) -> dict[str, object]:
        """Return how many rows would be taken."""
        return {stage.kind.value: self.count(stage)}

    def prepare(self, stage: Stage, start: int, context: Context, tell: Progress) -> None:
        """Nothing is referred to."""

    def end_of(self, stage: Stage, start: int) -> int:
        """Return where the batch that begins at `start` ends: so many rows later."""
        return min(start + BATCH, self.count(stage))

    def read(self, stage: Stage, start: int, end: int, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the rows from `start` to `end`, exclusive: file, line, and the columns."""
        names = ", ".join(["file", "line", *map(quoted, columns)])
        where = f"item BETWEEN {start} AND {end - 1}"
        return stage.fetch(f"SELECT {names} FROM items WHERE {where} ORDER BY item")  # noqa: S608


def find_owners(named: Sequence[tuple[str, str]], context: Context) -> list[Id | None]:
    """Return whom each pair of column and normalized value names; makes those nobody knows if that is
    wished.
    """
    found: dict[tuple[str, str], Id] = {}
    for column in sorted({column for column, _ in named}):
        values = list(dict.fromkeys(value for one, value in named if one == column))
        kind = IDENTITIES[column]
        known = (
            resolve_customers(kind, values, recorded_at=context.recorded_at)
            if context.create
            else find_by_identity(kind, values)
        )
        found |= {(column, value): owner for value, owner in known.items()}
    return [found.get(one) for one in named]


def refuse(written: Written, place: tuple[int, int], column: str, refusal: DomainError) -> None:
    """Note that a service refused a row."""
    written.refuse(place, str(refusal.data.get("field", column)), refusal.code, refusal.data)
