"""Files as one table of typed columns, in a DuckDB file beside the job.

What cannot be read is in `problems`, a row for each thing wrong; everything else works on whole
columns of `typed`. Files come in pieces and DuckDB spills to the job's folder, so memory is bounded.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from dangol.connectors.files.columns import COLUMNS, Column, Kind, Type, column_of
from dangol.connectors.files.delimited import BadRow
from dangol.connectors.files.errors import ColumnNested
from dangol.connectors.files.mapping import TRAIT, map_columns
from dangol.connectors.files.parsing import Parsed, Reading, cleaned, literal, normalized, parsed, quick
from dangol.connectors.files.problems import Code, Problem
from dangol.connectors.files.sources import Piece, Source, open_source

READING_MEMORY, LOADING_MEMORY = "160MB", "96MB"
MARK, _FAST, _DONE = "!", "?", "="
_ROWS_A_THREAD = 12_500
_NESTED = ("STRUCT", "MAP", "UNION", "BLOB", "BIT")


@dataclass(frozen=True, slots=True)
class Wish:
    """How the person wants files read; everything here may be left to guess."""

    chosen: Mapping[str, str] = field(default_factory=dict)
    traits: Sequence[str] = ()
    encoding: str | None = None
    delimiter: str | None = None
    # What the files are called, where not by their paths.
    names: Sequence[str] = ()


class Made(NamedTuple):
    """A table made to its end: where it is, and of what."""

    kind: Kind
    reading: Reading
    folder: Path
    mappings: Sequence[Mapping[str, str]]
    files: Sequence[str]


def _connect(folder: Path | None, *, read_only: bool = False, **settings: Any) -> duckdb.DuckDBPyConnection:
    if folder is None:
        return duckdb.connect(":memory:", config=settings)
    spill = {"temp_directory": str(folder / "spill")}
    return duckdb.connect(folder / "stage.duckdb", read_only=read_only, config={**settings, **spill})


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


class Stage:
    """The table of one import, in `folder`, or in memory where none is given."""

    def __init__(self, kind: Kind, reading: Reading, folder: Path | None = None) -> None:
        self.kind, self.reading, self._folder = kind, reading, folder
        self.files: list[str] = []
        self.mappings: list[dict[str, str]] = []
        self.columns: list[Column] = list(COLUMNS[kind])
        self._kept: list[str] = []
        self.db = _connect(folder, memory_limit=READING_MEMORY, threads=2)

    def close(self) -> None:
        """Close the table; what is in a file stays."""
        self.db.close()

    @classmethod
    def reopen(cls, made: "Made") -> "Stage":
        """Return a table that was made to its end, here or by another process: it can only be read.

        Several processes may read it at once, and handing out batches needs little memory.
        """
        stage = cls.__new__(cls)
        stage.kind, stage.reading, stage._folder = made.kind, made.reading, made.folder
        stage.mappings, stage.files = [dict(one) for one in made.mappings], list(made.files)
        traits = sorted({name for one in made.mappings for name in one if name.startswith(TRAIT)})
        stage.columns = [*COLUMNS[made.kind], *(Column(name, Type.TEXT, longest=200) for name in traits)]
        stage.db = _connect(made.folder, read_only=True, memory_limit=LOADING_MEMORY, threads=1)
        return stage

    @property
    def made(self) -> "Made":
        """What it takes to open the table again."""
        assert self._folder, "a table in memory is not opened again"
        return Made(self.kind, self.reading, self._folder, self.mappings, self.files)

    def batches(self, sql: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query, `size` at a time."""
        cursor = self.db.cursor()
        cursor.execute(sql)
        while rows := cursor.fetchmany(size):
            yield rows

    def fetch(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.db.execute(sql, params or None).fetchall()

    def one(self, sql: str) -> Any:
        """Return the only value of a query."""
        row = self.db.execute(sql).fetchone()
        assert row is not None, "an aggregate has a row"
        return row[0]

    def read(self, paths: Sequence[Path], wish: Wish, *, limit: int | None = None) -> None:
        """Read the files into `typed` and `problems`; with a `limit`, no more than so many rows of each.

        Raises FileMissing, FileEmpty, NotATable, Undecodable, ColumnMissing, ColumnUnknown,
        ColumnTwice or ColumnNested.
        """
        sources: list[Source] = []
        try:
            for path, name in zip_longest(paths, wish.names[: len(paths)]):
                sources.append(open_source(path, encoding=wish.encoding, delimiter=wish.delimiter))
                self.files.append(name or path.name)
            self._read(sources, wish, limit)
        finally:
            for source in sources:
                source.close()

    def _read(self, sources: Sequence[Source], wish: Wish, limit: int | None) -> None:
        found = [
            map_columns(self.kind, source.headers, chosen=wish.chosen, traits=wish.traits, file=name)
            for source, name in zip(sources, self.files, strict=True)
        ]
        traits = sorted({name for one in found for name in one if name.startswith(TRAIT)})
        self.columns += [Column(name, Type.TEXT, longest=200) for name in traits]
        self._create({name for one in found for name in one})
        for number, (source, names) in enumerate(zip(sources, found, strict=True)):
            self.mappings.append({name: source.headers[place] for name, place in names.items()})
            seen = 0
            for piece in source.pieces(names):
                piece = piece._replace(table=piece.table.slice(0, limit)) if limit else piece
                self._take(number, piece)
                seen += len(piece.table)
                if limit and seen >= limit:
                    break
        self.db.execute("COMMIT")
        self.db.execute("RESET preserve_insertion_order")

    def _create(self, present: Collection[str]) -> None:
        types = {Type.TEXT: "VARCHAR", Type.DAY: "DATE", Type.FLAG: "BOOLEAN"}
        here: list[tuple[str, str]] = []
        absent: list[tuple[str, str]] = []
        for one in self.columns:
            kind = types.get(one.type, "BIGINT")
            (here if one.name in present else absent).append((quoted(one.name), kind))
        self._kept = ["file", "line", *(name for name, _ in here), "bad"]
        columns = ", ".join(f"{name} {kind}" for name, kind in here)
        nulls = "".join(f", CAST(NULL AS {kind}) AS {name}" for name, kind in absent)
        # Each row has its file and line, so pieces may go in as they get ready: a quarter less time.
        self.db.execute("SET preserve_insertion_order = false")
        # Nothing here need outlive a crash half done, so all of it is one transaction.
        self.db.execute("BEGIN")
        self.db.execute(f"CREATE TABLE cells (file SMALLINT, line BIGINT, {columns}, bad BOOLEAN)")
        self.db.execute(f"CREATE VIEW typed AS SELECT *{nulls} FROM cells")  # noqa: S608 - our own names
        self.db.execute(
            'CREATE TABLE problems (file SMALLINT, line BIGINT, "column" VARCHAR,'
            ' "value" VARCHAR, code VARCHAR)'
        )

    def _take(self, number: int, piece: Piece) -> None:
        """Read a piece by the types of its columns, and append it to `typed` and `problems`."""
        # DuckDB hands out an Arrow table to its threads batch by batch.
        batches = piece.table.to_batches(max_chunksize=_ROWS_A_THREAD)
        self.db.register("raw", pa.Table.from_batches(batches, piece.table.schema))
        natives = self._natives(number)
        reading = self._reading_sql(number, natives)
        self.db.execute(f"INSERT INTO cells SELECT {', '.join(self._kept)} FROM ({reading})")  # noqa: S608 - our own names
        self._collect(number, natives, reading)
        self.db.unregister("raw")
        self._note(number, piece.bad)

    def _natives(self, number: int) -> dict[str, str]:
        natives = {row[0]: _family(row[1]) for row in self.fetch("DESCRIBE SELECT * FROM raw")[1:]}
        for name, native in natives.items():
            if native.startswith(_NESTED) or native.endswith("]"):
                header = self.mappings[number][name]
                raise ColumnNested(column=name, header=header, type=native, file=self.files[number])
        return natives

    def _reading_sql(self, number: int, natives: dict[str, str]) -> str:
        """Return SQL that reads `raw`, step by step; `natives` then tells the types its cells have."""
        clean, plain, fast = [], [], []
        for name, (cell, native) in {name: _with_time(name, natives) for name in natives}.items():
            column, here = self._column(name), quoted(name)
            sql, natives[name] = cleaned(column, cell, native)
            clean.append(f"{sql} AS {here}")
            plain.append(f"{normalized(column, here, natives[name], self.reading)} AS {here}")
            fast.append(f"{quick(column, here, natives[name])} AS {quoted(name + _FAST)}")
        sql = f"SELECT line, {', '.join(clean)} FROM raw"  # noqa: S608 - our own names
        sql = f"SELECT line, {', '.join(plain)} FROM ({sql})"  # noqa: S608
        sql = f"SELECT *, {', '.join(fast)} FROM ({sql})"  # noqa: S608
        return self._values(number, natives, sql)

    def _column(self, name: str) -> Column:
        return column_of(self.kind, name) or Column(name, Type.TEXT, longest=200)

    def _values(self, number: int, natives: Mapping[str, str], source: str) -> str:
        done, values, marks = [], [], []
        for column in self.columns:
            name, value = quoted(column.name), quoted(column.name + _DONE)
            read = _ABSENT
            if column.name in natives:
                fast = quoted(column.name + _FAST)
                read = parsed(column, name, fast, value, natives[column.name], self.reading)
                marks.append(f"{quoted(column.name + MARK)} IS NOT NULL")
            problem = read.problem
            if column.required and not column.late:
                problem = f"coalesce({problem}, CASE WHEN {name} IS NULL THEN '{Code.MISSING}' END)"
            done.append(f"{read.value} AS {value}")
            values.append(f"{value} AS {name}, {problem} AS {quoted(column.name + MARK)}")
        # A step of its own: what is wrong asks for the value several times, which may be a long expression.
        source = f"SELECT *, {', '.join(done)} FROM ({source})"  # noqa: S608
        inner = f"SELECT {number}::SMALLINT AS file, line, {', '.join(values)} FROM ({source})"  # noqa: S608
        return f"SELECT *, ({' OR '.join(marks)}) AS bad FROM ({inner})"  # noqa: S608

    def _collect(self, number: int, natives: Mapping[str, str], reading: str) -> None:
        """Write down what is wrong in the rows of `raw`, each value as it was given."""
        taken = f"cells SEMI JOIN raw USING (line) WHERE file = {number} AND bad"
        if not self.one(f"SELECT count(*) FROM {taken}"):  # noqa: S608 - our own names
            return
        # A second reading, for the few pieces that need it, is cheaper than keeping every mark of all.
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE marked AS SELECT * FROM ({reading}) WHERE bad")  # noqa: S608
        for name in natives:
            mark = quoted(name + MARK)
            self.db.execute(
                f"INSERT INTO problems SELECT {number}, f.line, {literal(name)},"  # noqa: S608
                f" coalesce(CAST(r.{quoted(name)} AS VARCHAR), ''), f.{mark}"
                f" FROM marked f JOIN raw r ON r.line = f.line WHERE f.{mark} IS NOT NULL"
            )

    def _note(self, number: int, bad: Sequence[BadRow]) -> None:
        if not bad:
            return
        columns = {
            "line": [row.line for row in bad],
            "text": [row.text.replace("\0", "␀") for row in bad],
            "code": [row.code.value for row in bad],
        }
        self.db.register("rows_without_cells", pa.table(columns))
        taken = f"SELECT {number}, line, '', text, code FROM rows_without_cells"  # noqa: S608 - our own names
        self.db.execute(f"INSERT INTO problems {taken}")
        self.db.unregister("rows_without_cells")

    def values_at(self, places: Sequence[tuple[int, int, str]]) -> list[str]:
        """Return what stands in places (file, line, name of a column); empty where nothing does."""
        found: dict[tuple[int, int, str], str] = {}
        for name in {name for _, _, name in places}.intersection(one.name for one in self.columns):
            wanted = [(file, line) for file, line, column in places if column == name]
            files, lines = zip(*wanted, strict=True)
            self.db.register("places", pa.table({"file": files, "line": lines}))
            rows = self.fetch(
                f"SELECT file, line, CAST({quoted(name)} AS VARCHAR) FROM typed"  # noqa: S608 - our own names
                f" SEMI JOIN places USING (file, line) WHERE {quoted(name)} IS NOT NULL"
            )
            self.db.unregister("places")
            found |= {(file, line, name): value for file, line, value in rows}
        return [found.get(place, "") for place in places]

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong, in the order of files and lines."""
        if not self.one("SELECT count(*) FROM information_schema.tables WHERE table_name = 'problems'"):
            return
        for rows in self.batches('SELECT * FROM problems ORDER BY file, line, "column", code', 10_000):
            for file, line, column, value, code in rows:
                yield Problem(self.files[file], line, column, value, code)


_ABSENT = Parsed("NULL", "NULL")


def _with_time(name: str, natives: Mapping[str, str]) -> tuple[str, str]:
    """Return SQL and type of a raw cell; a date in one column and a time in another become one text."""
    cell, native = quoted(name), natives[name]
    is_instant = name in {"placed_at", "returned_at"}
    if not is_instant or "time" not in natives or native == "TIMESTAMP WITH TIME ZONE":
        return cell, native
    day = f"regexp_replace(trim(CAST({cell} AS VARCHAR)), '[ T]00:00(:00)?$', '')"
    return (
        f"CASE WHEN contains({day}, ':') THEN {day}"
        f" ELSE {day} || coalesce(' ' || nullif(trim(CAST(\"time\" AS VARCHAR)), ''), '') END",
        "VARCHAR",
    )


def _family(native: str) -> str:
    """Return the type by which a column is read: text and whole numbers go by many names."""
    if native.startswith(("VARCHAR", "ENUM", "JSON", "UUID")):
        return "VARCHAR"
    return "INTEGER" if native.endswith("INT") or native == "INTEGER" else native
