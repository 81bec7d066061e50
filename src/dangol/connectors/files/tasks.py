"""Work on imports for the worker: those that pages ask for, and tidying up after all."""

from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree

import msgspec
from django.conf import settings
from django.utils.module_loading import import_string

from dangol.connectors.files import upload_work
from dangol.connectors.files.errors import JobRunning
from dangol.connectors.files.jobs import DRY_RUN, IMPORTS, clear_table, only_worker
from dangol.connectors.files.loaders.programs import GiveTiers
from dangol.connectors.files.models import ImportJob
from dangol.connectors.files.uploads import CHECK, IMPORT, UNDO, forget_uploads
from dangol.core.storage.ids import parse_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.registry import Due, Run, periodic, task

KEPT = timedelta(days=30)


class OfUpload(msgspec.Struct, frozen=True):
    """The payload of work on an uploaded file."""

    upload: str
    skips_spent: bool = False


def _give_tiers() -> GiveTiers:
    """Return what hands tiers to the room that has them: connectors know no room."""
    found: GiveTiers = import_string(settings.GIVE_TIERS)
    return found


@task(CHECK, atomic=False)
def check_upload(asked: OfUpload, run: Run) -> None:
    """Read an uploaded file and say what importing it would do."""
    home = Path(settings.HOME)
    upload_work.check_upload(parse_id(asked.upload), run, home=home, give_tiers=_give_tiers())


@task(IMPORT, atomic=False)
def import_upload(asked: OfUpload, run: Run) -> None:
    """Import an uploaded file."""
    home = Path(settings.HOME)
    upload_work.import_upload(parse_id(asked.upload), run, home=home, give_tiers=_give_tiers())


@task(UNDO, atomic=False)
def undo_upload(asked: OfUpload, run: Run) -> None:
    """Reverse the import of an uploaded file."""
    home = Path(settings.HOME)
    upload_work.undo_upload(parse_id(asked.upload), run, home=home, skips_spent=asked.skips_spent)


@periodic("files.forget", daily_at="04:10", atomic=False)
def forget_files(due: Due, run: Run) -> None:
    """Take away what imports have left lying in plain text for thirty days, and uploads nobody imported in
    seven; what was imported stays.
    """
    home = Path(settings.HOME)
    run.report(forget_left(home, before=due.at - KEPT) + forget_uploads(home, at=due.at))


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
