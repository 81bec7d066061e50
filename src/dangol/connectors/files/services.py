"""Importing files: preview, dry run, and the import itself, which may be killed anywhere and goes on."""

import csv
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import get_currency_precision

from dangol.connectors.files.columns import IDENTITIES, Kind, Type
from dangol.connectors.files.errors import BadOption, JobRunning
from dangol.connectors.files.exports.cells import money, quantity
from dangol.connectors.files.guard import guarded
from dangol.connectors.files.jobs import (
    DRY_RUN,
    IMPORTS,
    Request,
    check_options,
    clear_table,
    folder_of,
    only_worker,
    open_job,
    refusals_of,
)
from dangol.connectors.files.loaders.base import Context, Loader, Progress, Step, instant_of
from dangol.connectors.files.loaders.catalog import ProductsLoader
from dangol.connectors.files.loaders.orders import OrdersLoader
from dangol.connectors.files.loaders.people import ConsentsLoader, CustomersLoader
from dangol.connectors.files.loaders.programs import BalancesLoader, GiveTiers, TiersLoader
from dangol.connectors.files.loading import load
from dangol.connectors.files.models import ImportJob
from dangol.connectors.files.parsing import Reading
from dangol.connectors.files.problems import Problem, explain_code
from dangol.connectors.files.shapes import Rules
from dangol.connectors.files.staging import Made, Stage, Wish, quoted
from dangol.core.ledger.models import PointCurrency
from dangol.core.people.identities import normalize_identity
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.selectors import ShopView, find_by_identity, shop
from dangol.core.people.tombstones import find_erased
from dangol.core.refusals import Facts
from dangol.core.storage.transactions import write_transaction
from dangol.domain.calendars import EARLIEST

PREVIEWED = 20
SKEW = timedelta(days=1)
_LOOKUP = 10_000


class Report(NamedTuple):
    """What an import, or its dry run, has come to. Rows are good or bad, and nothing else."""

    job: ImportJob | None
    rows: int
    bad: int
    counts: dict[str, int]
    totals: dict[str, object]
    mappings: list[dict[str, str]]
    errors: Path | None
    is_repeat: bool = False

    @property
    def good(self) -> int:
        """Rows that were, or would be, taken."""
        return self.rows - self.bad


def _silent(step: Step, done: int, total: int) -> None:
    """Tell nobody."""


def _loader(kind: Kind, give_tiers: GiveTiers | None) -> Loader:
    if kind is Kind.TIERS:
        assert give_tiers is not None, "tiers are given by a room"
        return TiersLoader(give_tiers)
    made: dict[Kind, Callable[[], Loader]] = {
        Kind.CUSTOMERS: CustomersLoader,
        Kind.PRODUCTS: ProductsLoader,
        Kind.ORDERS: OrdersLoader,
        Kind.RETURNS: OrdersLoader,
        Kind.BALANCES: BalancesLoader,
        Kind.CONSENTS: ConsentsLoader,
    }
    return made[kind]()


def _context(request: Request, view: ShopView, at: datetime) -> Context:
    cut_over = None
    if request.cut_over:
        try:
            day = date.fromisoformat(request.cut_over)
        except ValueError as error:
            raise BadOption(option="--cut-over", value=request.cut_over) from error
        cut_over = datetime.combine(day, time(), tzinfo=view.tz).astimezone(UTC)
    return Context(
        request.source, view.currency, view.region, view.tz, at, cut_over, request.create,
        _points_currency(request) if request.kind is Kind.BALANCES else "",
    )  # fmt: skip


def _points_currency(request: Request) -> str:
    codes = list(PointCurrency.objects.order_by("code").values_list("code", flat=True))
    if request.points_currency in codes:
        return request.points_currency
    if request.points_currency or len(codes) != 1:
        raise BadOption(option="--points", value=request.points_currency, known=", ".join(codes))
    return codes[0]


def _reading(request: Request, view: ShopView, at: datetime) -> Reading:
    try:
        zone = ZoneInfo(request.zone) if request.zone else view.tz
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadOption(option="--zone", value=request.zone) from error
    exponent = get_currency_precision(view.currency)
    return Reading(view.currency, exponent, zone, EARLIEST, at + SKEW)


def _rules(view: ShopView, context: Context) -> Rules:
    def normalize(kind: str, value: str) -> tuple[str | None, str]:
        try:
            return normalize_identity(kind, value, region=view.region), ""
        except RefusedValue as refusal:
            return None, refusal.code

    def known(kind: str, values: list[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(values), _LOOKUP):
            found |= find_by_identity(kind, values[start : start + _LOOKUP]).keys()
        return found

    def erased(kind: str, values: list[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(values), _LOOKUP):
            found |= find_erased(kind, values[start : start + _LOOKUP])
        return found

    exponent = get_currency_precision(view.currency)
    return Rules(view.currency, exponent, normalize, None if context.create else known, erased)


def _wish(request: Request) -> Wish:
    return Wish(request.chosen, request.traits, request.encoding, request.delimiter, request.names)


class Preview(NamedTuple):
    """The first rows of a file as they are understood, written as an export writes them."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    problems: list[Problem]
    mappings: list[dict[str, str]]


def preview(request: Request, *, at: datetime) -> Preview:
    """Return the first rows of the first file as they are understood; raises as `run_import` does."""
    check_options(request)
    view = shop()
    stage = Stage(request.kind, _reading(request, view, at))
    try:
        stage.read(request.paths[:1], _wish(request), limit=PREVIEWED)
        names = [name for name in stage.mappings[0] if name != "time"]
        shown = ", ".join(["line", *map(quoted, names)])
        rows = stage.fetch(f"SELECT {shown} FROM typed ORDER BY line LIMIT {PREVIEWED}")  # noqa: S608
        types = {column.name: column.type for column in stage.columns}
        read = _readable(rows, [Type.POINTS, *(types[name] for name in names)], view)
        return Preview(["line", *names], read, list(stage.problems()), stage.mappings)
    finally:
        stage.close()


def _readable(rows: list[tuple[Any, ...]], types: list[Type], view: ShopView) -> list[tuple[Any, ...]]:
    """Return rows of `typed` with instants by the shop's clock, money by its currency, quantities whole."""
    digits = get_currency_precision(view.currency)
    written: dict[Type, Callable[[Any], Any]] = {
        Type.MONEY: lambda minor: f"{money(minor, digits):f}",
        Type.QUANTITY: lambda milli: f"{quantity(milli).normalize():f}",
        Type.INSTANT: lambda micros: instant_of(micros).astimezone(view.tz).isoformat(" "),
    }
    return [
        tuple(
            written[kind](cell) if cell is not None and kind in written else cell
            for kind, cell in zip(types, row, strict=True)
        )
        for row in rows
    ]


def _build(
    request: Request, stage: Stage, loader: Loader, context: Context, view: ShopView
) -> tuple[int, int]:
    """Read and judge the files; returns how many rows there are, and how many of them are bad."""
    stage.read(request.paths, _wish(request))
    loader.shape(stage, _rules(view, context), context)
    bad = int(stage.one("SELECT count(*) FROM (SELECT DISTINCT file, line FROM problems)"))
    cells = int(stage.one("SELECT count(*) FROM cells"))
    without = int(stage.one("""SELECT count(*) FROM problems WHERE "column" = '' """))
    return cells + without, bad


def new_folder(home: Path) -> Path:
    """Return a fresh folder for a dry run's errors."""
    place = home / IMPORTS
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(mkdtemp(prefix=DRY_RUN, dir=place))


def dry_run(request: Request, *, at: datetime, folder: Path, give_tiers: GiveTiers | None = None) -> Report:
    """Read and judge the files and write nothing but the errors file, in `folder`; an empty one goes."""
    check_options(request)
    view = shop()
    context = _context(request, view, at)
    loader = _loader(request.kind, give_tiers)
    stage = Stage(request.kind, _reading(request, view, at), folder)
    try:
        rows, bad = _build(request, stage, loader, context, view)
        errors = _write_errors(folder, stage.problems()) if bad else None
        counts = _acquaintance(stage)
        return Report(None, rows, bad, counts, loader.totals(stage), stage.mappings, errors)
    finally:
        stage.close()
        clear_table(folder)
        if not any(folder.iterdir()):
            folder.rmdir()


def _acquaintance(stage: Stage) -> dict[str, int]:
    """Return how many of the people named in good rows are known, and how many are not."""
    if stage.kind is Kind.PRODUCTS:
        return {}
    table = "docs" if stage.kind in {Kind.ORDERS, Kind.RETURNS} else "items"
    named = known = 0
    for column, identity in IDENTITIES.items():
        keys = stage.fetch(f"SELECT DISTINCT who_key FROM {table} WHERE who_column = ?", [column])  # noqa: S608
        values = [key for (key,) in keys if key]
        named += len(values)
        for start in range(0, len(values), _LOOKUP):
            known += len(find_by_identity(identity, values[start : start + _LOOKUP]))
    return {"known_customers": known, "new_customers": named - known}


def run_import(
    request: Request,
    *,
    at: datetime,
    home: Path,
    give_tiers: GiveTiers | None = None,
    tell: Progress = _silent,
) -> Report:
    """Import the files, all good rows of them.

    What was killed goes on where it stopped, and what was done answers with its report.

    Raises the refusals of a whole file (see `Stage.read`), BadOption and JobRunning; then nothing is written.
    """
    check_options(request)
    view = shop()
    context = _context(request, view, at)
    job = open_job(request, at=at)
    folder = folder_of(home, job.id)
    with only_worker(folder):
        job.refresh_from_db()
        if job.state == ImportJob.State.UNDONE:  # between finding it and holding it
            raise JobRunning(job=folder.name)
        if job.state == ImportJob.State.DONE:
            return _report(job, folder, {}, is_repeat=True)
        loader = _loader(request.kind, give_tiers)
        try:
            stage = _ready_stage(request, job, loader, context, view, folder, tell)
        except BaseException:
            _forget(job, folder)
            raise
        try:
            load(stage, job, loader, context, tell)
            totals = loader.totals(stage)
            errors = _write_errors(folder, _all_problems(job, stage))
        finally:
            stage.close()
        _finish(job, errors, at)
        clear_table(folder)
    return _report(job, folder, totals)


def _ready_stage(
    request: Request,
    job: ImportJob,
    loader: Loader,
    context: Context,
    view: ShopView,
    folder: Path,
    tell: Progress,
) -> Stage:
    """Return the table of the job: the one made before, if it was made to its end, else made now."""
    reading = _reading(request, view, context.recorded_at)
    if job.state == ImportJob.State.READY and (folder / "stage.duckdb").exists():
        files = [one["name"] for one in json.loads(job.files)]
        return Stage.reopen(Made(request.kind, reading, folder, json.loads(job.mapping), files))
    clear_table(folder)
    tell(Step.READ, 0, 0)
    stage = Stage(request.kind, reading, folder)
    try:
        rows, bad = _build(request, stage, loader, context, view)
        items = loader.count(stage)
        stage.db.execute("CHECKPOINT")
    finally:
        stage.close()
    job.row_count, job.bad_count, job.item_count = rows, bad, items
    job.mapping = json.dumps(stage.mappings, ensure_ascii=False)
    job.state = ImportJob.State.READY
    with write_transaction():
        job.save(update_fields=["row_count", "bad_count", "item_count", "mapping", "state"])
    return Stage.reopen(stage.made)


def _forget(job: ImportJob, folder: Path) -> None:
    """Take away a job whose files could not be read at all: nothing of it was ever written."""
    if job.state == ImportJob.State.NEW:
        with write_transaction():
            ImportJob.objects.filter(id=job.id, state=ImportJob.State.NEW).delete()
        shutil.rmtree(folder, ignore_errors=True)


def _all_problems(job: ImportJob, stage: Stage) -> Iterator[Problem]:
    """Yield what is wrong with the rows, and what services refused, in the order of files and lines."""
    places = {name: place for place, name in reversed(list(enumerate(stage.files)))}
    refusals = list(refusals_of(job))
    values = stage.values_at([(one.file, one.line, one.column) for one in refusals])
    refused = [
        Problem(stage.files[one.file], one.line, one.column, value, one.code, one.facts)
        for one, value in zip(refusals, values, strict=True)
    ]

    def place(one: Problem) -> tuple[int, int]:
        return places[one.file], one.line

    yield from merge(stage.problems(), sorted(refused, key=place), key=place)


def _write_errors(folder: Path, problems: Iterable[Problem]) -> Path | None:
    """Write the errors file, if there is anything to write; returns where it is."""
    path, waiting = folder / "errors.csv", iter(problems)
    first = next(waiting, None)
    if first is None:
        return None
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(("file", "line", "column", "value", "code", "reason", "remedy"))
        for one in chain((first,), waiting):
            cells = (guarded(one.file), one.line, one.column, guarded(one.value), one.code)
            out.writerow((*cells, *say_why(one)))
    return path


def say_why(problem: Problem) -> tuple[str, str]:
    """Return what is wrong with a row, and what to do, in the active language."""
    words = explain_code(problem.code)
    said = {problem.column: problem.value, "field": problem.column, "value": problem.value}
    facts = Facts({**said, **problem.facts})
    return str(words.reason).format_map(facts), str(words.remedy).format_map(facts)


def _finish(job: ImportJob, errors: Path | None, at: datetime) -> None:
    counts = json.loads(job.counts)
    job.bad_count += counts.get("refused", 0)
    job.errors_path = str(errors or "")
    job.state, job.finished_at = ImportJob.State.DONE, at
    with write_transaction():
        job.save(update_fields=["bad_count", "errors_path", "state", "finished_at"])


def _report(job: ImportJob, folder: Path, totals: dict[str, object], *, is_repeat: bool = False) -> Report:
    errors = Path(job.errors_path) if job.errors_path else None
    return Report(
        job,
        job.row_count,
        job.bad_count,
        json.loads(job.counts),
        totals,
        json.loads(job.mapping),
        errors,
        is_repeat,
    )
