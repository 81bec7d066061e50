"""Tidying up after imports, as work for the worker."""

from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree

from django.conf import settings

from dangol.connectors.files.errors import JobRunning
from dangol.connectors.files.jobs import DRY_RUN, IMPORTS, clear_table, only_worker
from dangol.connectors.files.models import ImportJob
from dangol.core.storage.ids import parse_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.registry import Due, Run, periodic

KEPT = timedelta(days=30)


@periodic("files.forget", daily_at="04:10", atomic=False)
def forget_files(due: Due, run: Run) -> None:
    """Take away what imports have left lying in plain text for thirty days; what was imported stays."""
    run.report(forget_left(Path(settings.HOME), before=due.at - KEPT))


def forget_left(home: Path, *, before: datetime) -> int:
    """Remove errors files, and tables of imports that were never finished, if not touched since `before`.

    They hold cells of the files as they were given, people's names and numbers among them. An import that
    is taken up again later reads its file anew. Returns of how many imports something was removed.
    """
    folders = [one for one in sorted((home / IMPORTS).glob("*")) if one.is_dir()]
    return sum([_forget(folder) for folder in folders if _touched(folder) < before.timestamp()])


def _touched(folder: Path) -> float:
    return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))


def _forget(folder: Path) -> bool:
    if folder.name.startswith(DRY_RUN):
        rmtree(folder)
        return True
    left = [path for path in folder.iterdir() if path.name != "lock"]
    if not left:
        return False
    try:
        with only_worker(folder):
            clear_table(folder)
            (folder / "errors.csv").unlink(missing_ok=True)
            with write_transaction():
                ImportJob.objects.filter(id=parse_id(folder.name)).update(errors_path="")
    except JobRunning:
        return False
    return True
