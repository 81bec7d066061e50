"""The rows of an import that were not taken, as the worker wrote them down."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.utils import translation

from dangol.connectors.files.guard import unguarded
from dangol.connectors.files.models import ImportJob
from dangol.connectors.files.places import folder_of_upload
from dangol.connectors.files.problems import Code, Problem
from dangol.connectors.files.services import say_why
from dangol.connectors.files.uploads import UploadView

_CODES = frozenset(Code)


class RefusedRow(NamedTuple):
    """One thing wrong with one row; the value as it was given."""

    file: str
    line: int
    column: str
    value: str
    code: str
    reason: str
    remedy: str


def errors_of(view: UploadView) -> Path | None:
    """Return where the errors of an upload's check, or of its import, lie; None where none are left."""
    if view.import_id is None:
        path = folder_of_upload(Path(settings.HOME), view.id) / "errors.csv"
    else:
        kept = ImportJob.objects.filter(id=view.import_id).values_list("errors_path", flat=True).first()
        if not kept:
            return None
        path = Path(kept)
    return path if path.is_file() else None


def read_refused(path: Path, language: str) -> Iterator[RefusedRow]:
    """Yield what is wrong with the rows, by their lines, said in this language."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for name, line, column, value, code, reason, remedy in rows:
            given = unguarded(value)
            said = (reason, remedy)
            if code in _CODES:  # written by the worker in its language, read by a person in theirs
                with translation.override(language):
                    said = say_why(Problem(name, int(line), column, given, code))
            yield RefusedRow(name, int(line), column, given, code, *said)
