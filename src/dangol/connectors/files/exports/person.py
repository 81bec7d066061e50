"""All that is held about one person as a ZIP of CSV files, one for each section."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from dangol.connectors.files.guard import guarded

_BOM = "\ufeff"


def as_zip(sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """Return a ZIP with a CSV for each section that holds something."""
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, content in as_csv_files(sections).items():
            archive.writestr(name, content)
    return packed.getvalue()


def as_csv_files(sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, bytes]:
    """Return a CSV by name for each section that holds something; what lists hold is JSON in its cell.

    A spreadsheet computes none of it, and reads it as UTF-8.
    """
    return {f"{name}.csv": _as_csv(rows).encode() for name, rows in sections.items() if rows}


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return _BOM + text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return guarded(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
