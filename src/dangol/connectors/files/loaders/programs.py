"""What another program leaves behind: points not yet spent, and the tiers people were in."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from dangol.connectors.files.loaders.base import Context, Progress, instant_of
from dangol.connectors.files.loaders.rows import BATCH, RowsLoader, find_owners, refuse
from dangol.connectors.files.problems import Code
from dangol.connectors.files.shapes import Rules, add_problems
from dangol.connectors.files.staging import Stage
from dangol.connectors.files.undone import undone_lots
from dangol.connectors.files.written import Written
from dangol.core.ledger import services as ledger
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.domain.points import NEVER, Earn

REASON = "opening balance"
GiveTiers = Callable[
    [Sequence[tuple[Id, str, datetime, datetime | None]], datetime], Sequence[DomainError | None]
]


def _end_of(last_day: date, context: Context) -> datetime:
    """Return the first instant after a day that counts in full, by the shop's clock."""
    midnight = datetime.combine(last_day + timedelta(days=1), time(), tzinfo=context.zone)
    return midnight.astimezone(UTC)


class BalancesLoader(RowsLoader):
    """Lots of an earlier program: points, when they were earned, until which day they last."""

    order = "who_column, who_key, earned_at NULLS LAST, expires_on NULLS LAST, points, file, line"

    def judge(self, stage: Stage, rules: Rules, context: Context) -> None:
        """Refuse lots of nothing, and lots whose last day is over."""
        where = "NOT bad AND points = 0"
        add_problems(stage, "named", f"'{Code.AMOUNT}'", column="points", value="points", where=where)
        today = context.recorded_at.astimezone(context.zone).date()
        where = f"NOT bad AND expires_on < DATE '{today.isoformat()}'"
        add_problems(
            stage, "named", f"'{Code.LOT_EXPIRED}'", column="expires_on", value="expires_on", where=where
        )
        where = "NOT bad AND epoch_us(CAST(expires_on AS TIMESTAMP)) < earned_at - 86400000000"
        add_problems(
            stage, "named", f"'{Code.NOT_ALLOWED}'", column="expires_on", value="expires_on", where=where
        )

    def shape(self, stage: Stage, rules: Rules, context: Context) -> None:
        """Number lots that look alike, so that two of them are two and a repeat is none."""
        super().shape(stage, rules, context)
        stage.db.execute(
            "CREATE TABLE twins AS SELECT item, row_number() OVER (PARTITION BY who_column,"
            " who_key, earned_at,"
            " expires_on, lot, points ORDER BY item) AS twin FROM items"
        )

    def totals(self, stage: Stage) -> dict[str, object]:
        """Return lots, people and points."""
        row = stage.fetch("SELECT count(*), count(DISTINCT who_key), coalesce(sum(points), 0) FROM items")[0]
        return dict(zip(("lots", "customers", "points"), map(int, row), strict=True))

    def write(self, stage: Stage, start: int, end: int, context: Context) -> Written:
        """Put the next lots on the ledger."""
        columns = ["who_column", "who_key", "points", "earned_at", "expires_on", "lot", "item"]
        rows = self.read(stage, start, end, columns)
        twins = dict(
            stage.fetch(f"SELECT item, twin FROM twins WHERE item BETWEEN {start} AND {start + len(rows)}")  # noqa: S608
        )
        owners = find_owners([(row[2], row[3]) for row in rows], context)
        commands, keys = [], []
        for row, owner in zip(rows, owners, strict=True):
            points, earned_at, last_day, lot, item = row[4:9]
            at = instant_of(earned_at) if earned_at else context.recorded_at
            ends_at = _end_of(last_day, context) if last_day else NEVER
            name = lot or f"{earned_at or ''}/{last_day or ''}/{points}/{twins[item]}"
            assert owner is not None, "a customer nobody knows was refused before"
            command = Earn(f"balance:{context.source}:{name}", at, points, at, ends_at, REASON)
            commands.append(ledger.Order(owner, command))
            keys.append((owner, command.key))
        results = ledger.apply(commands, context.points_currency, recorded_at=context.recorded_at)
        written = Written()
        undone = undone_lots(
            [key for key, result in zip(keys, results, strict=True) if result.repeated or result.refusal]
        )
        for row, key, result in zip(rows, keys, results, strict=True):
            if key in undone:
                written.refuse(row[:2], "points", Code.LOT_UNDONE)
                written.counts["undone"] += 1
            elif isinstance(result.refusal, ledger.KeyReused):
                written.refuse(row[:2], "points", Code.LOT_TAKEN)
            elif result.refusal:
                refuse(written, row[:2], "points", result.refusal)
            elif result.repeated:
                written.counts["repeated"] += 1
            elif result.transfer_id:
                written.counts["lots"] += 1
                written.counts["points"] += row[4]
                written.subjects.append((key[0], result.transfer_id))
        return written


class TiersLoader(RowsLoader):
    """The tier each member was in. How a tier is given belongs to a room, and is handed in from above."""

    order = "who_column, who_key, since NULLS FIRST, file, line"

    def __init__(self, give: GiveTiers) -> None:
        self._give = give
        self._repeats: set[tuple[int, int]] = set()

    def judge(self, stage: Stage, rules: Rules, context: Context) -> None:
        """Take one row a member."""
        stage.db.execute(
            "INSERT INTO problems SELECT file, line, 'customer', who_given, "  # noqa: S608 - our own code
            f"'{Code.REPEATED}' FROM (SELECT *, row_number() OVER (PARTITION BY who_column, who_key"
            " ORDER BY file, line) AS turn FROM named WHERE NOT bad AND who_key IS NOT NULL) WHERE turn > 1"
        )

    def prepare(self, stage: Stage, start: int, context: Context, tell: Progress) -> None:
        """Find the rows of members whom an earlier row names by something else, their e-mail say."""
        seen: set[Id] = set()
        for rows in stage.batches(
            "SELECT file, line, who_column, who_key FROM items ORDER BY file, line", BATCH
        ):
            owners = find_owners([row[2:] for row in rows], context._replace(create=False))
            for row, owner in zip(rows, owners, strict=True):
                if owner in seen:
                    self._repeats.add(row[:2])
                elif owner is not None:
                    seen.add(owner)

    def write(self, stage: Stage, start: int, end: int, context: Context) -> Written:
        """Give the next tiers, one to a member."""
        rows = self.read(stage, start, end, ["who_column", "who_key", "tier", "since", "held_until"])
        owners = find_owners([(row[2], row[3]) for row in rows], context)
        written = Written()
        grants, given = [], []
        for row, owner in zip(rows, owners, strict=True):
            assert owner is not None, "a customer nobody knows was refused before"
            if row[:2] in self._repeats:
                written.refuse(row[:2], row[2], Code.REPEATED)
                continue
            since = instant_of(row[5]) if row[5] else context.recorded_at
            grants.append((owner, row[4], since, _end_of(row[6], context) if row[6] else None))
            given.append(row)
        for row, refusal in zip(given, self._give(grants, context.recorded_at), strict=True):
            if refusal:
                refuse(written, row[:2], "tier", refusal)
            else:
                written.counts["tiers"] += 1
        return written
