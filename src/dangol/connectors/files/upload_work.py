"""What the worker does with an uploaded file: checks it, imports it, undoes the import.

A refusal is not an error of the work: it is written down for the page, in codes and facts that hold nothing
of the file, and the work is done. Killed at any instant, it is taken up again (see `services.run_import`).
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dangol.connectors.files import services
from dangol.connectors.files.errors import AlreadyUndone, FileMissing
from dangol.connectors.files.jobs import only_worker
from dangol.connectors.files.loaders.base import Step
from dangol.connectors.files.loaders.programs import GiveTiers
from dangol.connectors.files.models import ImportJob, Upload
from dangol.connectors.files.places import folder_of_upload, throw_away
from dangol.connectors.files.undo import undo_import
from dangol.connectors.files.uploads import UploadView, find_upload, finish_work, request_of
from dangol.core.storage.ids import Id
from dangol.core.tasks.registry import Run
from dangol.domain.errors import DomainError

S = Upload.State
# Of a refusal nothing is kept that a header or a cell may have said.
_KEPT_FACTS = ("column", "line", "option", "value", "known", "tried", "found", "orders", "points", "count")


def check_upload(upload_id: Id, run: Run, *, home: Path, give_tiers: GiveTiers) -> None:
    """Read the whole file and write nothing but its errors and what an import would do."""
    view = _at_work(upload_id, run, S.CHECKING)
    if view is None:
        return
    folder = folder_of_upload(home, upload_id)
    try:
        if not folder.is_dir():
            raise FileMissing(file=view.name)
        with only_worker(folder):
            (folder / "errors.csv").unlink(missing_ok=True)
            report = services.dry_run(request_of(view, home), at=run.at, folder=folder, give_tiers=give_tiers)
    except DomainError as error:
        _refuse(upload_id, run, error, S.REFUSED)
        return
    result = _told(report) | {"mapping": report.mappings[0]}
    finish_work(upload_id, run.job_id, state=S.READY, result=json.dumps(result, ensure_ascii=False))


def import_upload(upload_id: Id, run: Run, *, home: Path, give_tiers: GiveTiers) -> None:
    """Import the file, all good rows of it, and take the file away."""
    view = _at_work(upload_id, run, S.IMPORTING)
    if view is None:
        return

    def tell(step: Step, done: int, total: int) -> None:
        if step is not Step.READ:
            run.report(done, total)

    request = request_of(view, home)
    try:
        report = services.run_import(request, at=run.at, home=home, give_tiers=give_tiers, tell=tell)
    except DomainError as error:
        _refuse(upload_id, run, error, S.REFUSED)
        return
    assert report.job, "an import that was carried out has a job"
    is_repeat = report.is_repeat and _is_others(report.job, view)
    result = _told(report) | {"mapping": report.mappings[0], "repeat": is_repeat}
    finish_work(
        upload_id, run.job_id, state=S.DONE, import_id=report.job.id, ended_at=run.at,
        result=json.dumps(result, ensure_ascii=False),
    )  # fmt: skip
    throw_away(home, upload_id)


def _is_others(job: ImportJob, view: UploadView) -> bool:
    """Whether an import that is done was an earlier one, not our own that was taken up once more."""
    others = Upload.objects.filter(import_id=job.id).exclude(id=view.id)
    return job.started_at < view.uploaded_at or others.exists()


def undo_upload(upload_id: Id, run: Run, *, home: Path, skips_spent: bool) -> None:
    """Reverse what the import brought in; where that is refused, it stays as it is."""
    view = _at_work(upload_id, run, S.UNDOING)
    if view is None or view.import_id is None:
        return
    job = ImportJob.objects.get(id=view.import_id)
    try:
        undone = undo_import(job, at=run.at, home=home, skips_spent=skips_spent)
        told = view.result | {"undone": undone.reversed, "kept": undone.kept}
    except AlreadyUndone:  # by a command, or by ourselves before we were killed
        told = view.result
    except DomainError as error:
        _refuse(upload_id, run, error, S.DONE)
        return
    finish_work(
        upload_id, run.job_id, state=S.UNDONE, ended_at=run.at, result=json.dumps(told, ensure_ascii=False)
    )


def _at_work(upload_id: Id, run: Run, state: str) -> UploadView | None:
    view = find_upload(upload_id)
    return view if view.state == state and view.work_id == run.job_id else None


def _refuse(upload_id: Id, run: Run, error: DomainError, state: str) -> None:
    """Write a refusal down; one that another try may mend is left to the runner."""
    if error.retryable:
        raise error
    facts = {name: error.data[name] for name in _KEPT_FACTS if name in error.data}
    told = json.dumps({"code": error.code, "facts": facts}, ensure_ascii=False)
    finish_work(upload_id, run.job_id, state=state, failure=told)


def _told(report: services.Report) -> dict[str, Any]:
    totals: Mapping[str, object] = report.totals
    return {
        "rows": report.rows,
        "bad": report.bad,
        "counts": report.counts,
        "totals": {name: _plain(value) for name, value in totals.items()},
        "has_errors": report.errors is not None,
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
