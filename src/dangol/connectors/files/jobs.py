"""Imports as jobs: found again by their content, carried on where they stopped, written down as they go."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import file_digest, sha256
from io import BytesIO, TextIOWrapper
from itertools import zip_longest
from pathlib import Path
from shutil import rmtree
from typing import Any

from dangol.connectors.files.columns import Kind
from dangol.connectors.files.errors import AmbiguousJob, BadOption, FileMissing, JobRunning, UnknownJob
from dangol.connectors.files.models import ImportBatch, ImportJob
from dangol.connectors.files.written import Refusal, Written
from dangol.core.storage.ids import Id, new_id, parse_id, show_id
from dangol.core.storage.transactions import require_write_transaction, write_transaction

# As long as the columns of orders and returns that hold it.
LONGEST_SOURCE = 40
# Folders in the home: one for each import, and, while somebody reads their errors files, for dry runs.
IMPORTS, DRY_RUN = "imports", "dry-run-"


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks to be imported, and how. Empty words are the shop's own zone and currency of
    points.
    """

    kind: Kind
    paths: tuple[Path, ...]
    chosen: Mapping[str, str]
    traits: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    zone: str = ""
    source: str = "file"
    cut_over: str = ""
    create: bool = True
    points_currency: str = ""
    # What the files are called, where not by their paths.
    names: tuple[str, ...] = ()


def check_options(request: Request) -> None:
    """Raise BadOption for what could be neither used nor stored, before anything is read or written."""
    if not request.source.strip() or len(request.source) > LONGEST_SOURCE:
        raise BadOption(option="--source", value=request.source, known=f"1-{LONGEST_SOURCE}")
    if request.points_currency and request.kind is not Kind.BALANCES:
        raise BadOption(option="--points", value=request.points_currency, known="import balances")
    if request.cut_over and request.kind is not Kind.ORDERS:
        raise BadOption(option="--cut-over", value=request.cut_over, known="import orders")
    delimiter = request.delimiter
    if delimiter and (len(delimiter) > 1 or delimiter in '"\r\n'):
        raise BadOption(option="--delimiter", value=delimiter, known=", ; | tab")
    try:
        TextIOWrapper(BytesIO(), encoding=request.encoding or "utf-8")
    except (LookupError, ValueError) as error:
        raise BadOption(option="--encoding", value=str(request.encoding)) from error


def describe_files(paths: Sequence[Path], names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return name, size and SHA-256 of each file; raises FileMissing."""
    found = []
    for path, name in zip_longest(paths, names):
        if not path.is_file():
            raise FileMissing(file=str(path))
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        found.append({"name": name or path.name, "size": path.stat().st_size, "sha256": digest})
    return found


def _options(request: Request) -> dict[str, Any]:
    options = asdict(request)
    del options["paths"], options["names"]
    return options | {"kind": request.kind.value}


def open_job(request: Request, *, at: datetime) -> ImportJob:
    """Return the import of these files, asked for in this way: the one begun before, else a new one.

    What was undone, in whole or in part, never goes on: the same files are then a new import.
    """
    files = describe_files(request.paths, request.names)
    options = _options(request)
    content = [options, *sorted(one["sha256"] for one in files)]
    fingerprint = sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    with write_transaction():
        states = (ImportJob.State.NEW, ImportJob.State.READY, ImportJob.State.DONE)
        earlier = ImportJob.objects.filter(fingerprint=fingerprint, state__in=states).first()
        if earlier:
            return earlier
        job = ImportJob(
            id=new_id(),
            kind=request.kind.value,
            files=json.dumps(files, ensure_ascii=False),
            options=json.dumps(options, ensure_ascii=False),
            fingerprint=fingerprint,
            started_at=at,
        )
        job.save(force_insert=True)
    return job


def find_job(text: str) -> ImportJob:
    """Return the import whose id `text` is, or begins it; raises UnknownJob or AmbiguousJob."""
    try:
        found = ImportJob.objects.filter(id=parse_id(text)).first()
    except ValueError:
        begins = [job for job in ImportJob.objects.all() if show_id(job.id).startswith(text.lower())]
        if len(begins) > 1:
            raise AmbiguousJob(job=text, count=len(begins)) from None
        found = begins[0] if begins else None
    if found is None:
        raise UnknownJob(job=text)
    return found


def folder_of(home: Path, job_id: Id) -> Path:
    """Return the folder in which an import keeps its table and its errors."""
    folder = home / IMPORTS / show_id(job_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def clear_table(folder: Path) -> None:
    """Take away the table of an import; the errors file stays."""
    for name in ("stage.duckdb", "stage.duckdb.wal"):
        (folder / name).unlink(missing_ok=True)
    rmtree(folder / "spill", ignore_errors=True)


@contextmanager
def only_worker(folder: Path) -> Iterator[None]:
    """Hold the job against every other process; raises JobRunning if another holds it."""
    with (folder / "lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except OSError as error:
            raise JobRunning(job=folder.name) from error
        yield


def save_batch(job: ImportJob, end: int, written: Written) -> None:
    """Note what the batch up to `end` did, in the same transaction: a resumed import does nothing twice."""
    require_write_transaction()
    counts = Counter(json.loads(job.counts))
    counts.update(written.counts)
    ImportBatch(
        job_id=job.id,
        number=job.done_count,
        subjects=b"".join(owner + subject for owner, subject in written.subjects),
        refusals=json.dumps(written.refusals, ensure_ascii=False),
    ).save(force_insert=True)
    job.done_count = end
    job.counts = json.dumps({name: number for name, number in counts.items() if number})
    job.save(update_fields=["done_count", "counts"])


def _batches(job: ImportJob, order: str) -> Iterator[ImportBatch]:
    """Yield the batches one by one, each read by itself.

    No reading stays open while the caller writes: on SQLite a transaction that began under an older reading
    of the same connection may not write once anybody else has.
    """
    of_job = ImportBatch.objects.filter(job_id=job.id)
    for number in list(of_job.order_by(order).values_list("number", flat=True)):
        yield of_job.get(number=number)


def subjects_of(job: ImportJob) -> Iterator[list[tuple[Id, Id]]]:
    """Yield what the batches of an import made, the last batch first."""
    for batch in _batches(job, "-number"):
        data = bytes(batch.subjects)
        yield [(data[at : at + 16], data[at + 16 : at + 32]) for at in range(0, len(data), 32)]


def refusals_of(job: ImportJob) -> Iterator[Refusal]:
    """Yield the rows services refused, batch by batch."""
    for batch in _batches(job, "number"):
        for one in json.loads(batch.refusals):
            yield Refusal(*one)
