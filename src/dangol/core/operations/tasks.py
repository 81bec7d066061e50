"""What is proved by itself, every night."""

import msgspec
from django.utils.module_loading import import_string

from dangol.core.access.chain import read_head
from dangol.core.access.checks import check_more, find_check, start_check
from dangol.core.ledger.verify import verify
from dangol.core.operations.models import ProofName
from dangol.core.operations.proofs import ledger_checks, note_access_log, note_proof
from dangol.core.tasks.registry import Due, Run, periodic, task


@periodic("operations.verify_ledger", daily_at="04:20", atomic=False)
def verify_ledger(due: Due, run: Run) -> None:
    """Prove the ledger as `dangol ledger verify` does; the meters and `dangol doctor` tell the result."""
    findings = list(verify(ledger_checks()))
    broken = [one.check.name for one in findings if not one.is_kept]
    note_proof(ProofName.LEDGER, at=run.at, broken=len(broken), told=", ".join(broken))


# What asks all customers at once takes half a second to load: only the run loads it.
PROVE_SEGMENTS = "dangol.core.operations.segment_proof.prove_segments"


@periodic("operations.verify_segments", daily_at="05:10", atomic=False)
def verify_segments(due: Due, run: Run) -> None:
    """Prove who is in which segment as `dangol segments verify` does; the meters and `dangol doctor` tell."""
    import_string(PROVE_SEGMENTS)(at=run.at)


class CheckAsked(msgspec.Struct, frozen=True):
    """That a check of the access log was begun; how far it is stands in its own row."""


@task("access.check", atomic=False)
def check_access_log(asked: CheckAsked, run: Run) -> None:
    """Go on with the check of the access log that was begun, to its end."""
    _check(run)


@periodic("access.check_nightly", daily_at="04:40", atomic=False)
def check_access_log_nightly(due: Due, run: Run) -> None:
    """Compute the whole chain of the access log again; the meters and `dangol doctor` tell the result."""
    start_check(asked_by="", at=run.at)
    _check(run)


def _check(run: Run) -> None:
    total = read_head().number
    while check_more(at=run.at):
        found = find_check()
        run.report(found.checked if found else 0, total)
    if (found := find_check()) and found.finished_at:
        note_access_log(found.faults, at=run.at)
