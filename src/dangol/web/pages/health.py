"""Whether all is well: checks, processes, backups and proofs, versions, and the command that knows more."""

import platform
from datetime import datetime
from typing import NamedTuple

import django
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from dangol.core.access.rights import Right
from dangol.core.operations.dumps import engine_version
from dangol.core.operations.health import check_health
from dangol.core.operations.models import Proof
from dangol.core.operations.proofs import find_proofs, is_overdue
from dangol.core.tasks.selectors import expected_processes, silent_workers
from dangol.web.duty_words import duties_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.health_words import PROOFS


class ProofLine(NamedTuple):
    """Something that is proved again and again: when it last was, and the command that does it."""

    name: Promise
    command: str
    proof: Proof | None
    is_overdue: bool


def read_proofs(at: datetime) -> list[ProofLine]:
    """Return every proof, also those that were never tried."""
    found = find_proofs()
    return [
        ProofLine(words, command, found.get(name), is_overdue(found.get(name), name, as_of=at))
        for name, (words, command) in PROOFS.items()
    ]


@needs(Right.HEALTH_READ)
def show_health(request: HttpRequest) -> HttpResponse:
    """Show what the doctor would look at first."""
    at = frame_of(request).at
    checks, proofs = check_health(at), read_proofs(at)
    silent = {one.name: one for one in silent_workers(at)}
    context = {
        "checks": checks,
        "duties": duties_of(request),
        "proofs": proofs,
        "processes": [(name, silent.get(name)) for name in expected_processes()],
        "all_well": not silent
        and all(one.is_good for one in checks)
        and not any(one.is_overdue or (one.proof and one.proof.broken) for one in proofs),
        "versions": [
            ("Python", platform.python_version()),
            ("Django", django.get_version()),
            (connection.display_name, engine_version("default")),
        ],
    }
    return render(request, "web/works/health.html", context)
