"""Noting what was proved, and telling how old each proof is."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings

from dangol.core.access.chain import Verdict, verify_chain
from dangol.core.ledger.verify import Check
from dangol.core.operations.models import Proof, ProofName
from dangol.core.storage.transactions import write_transaction

# How old the last good one may be before it is a warning.
OLDEST: Mapping[ProofName, timedelta] = {
    ProofName.BACKUP: timedelta(hours=26),
    ProofName.KEY_BACKUP: timedelta(hours=26),
    ProofName.RESTORE_TEST: timedelta(days=8),
    ProofName.LEDGER: timedelta(hours=26),
    ProofName.ACCESS_LOG: timedelta(hours=26),
    ProofName.SEGMENTS: timedelta(hours=26),
}


def ledger_checks() -> list[Check]:
    """Return everything that is proved of the ledger: its own invariants and the rooms'."""
    checks: list[Check] = import_module(settings.LEDGER_CHECKS).all_checks()
    return checks


def note_proof(name: ProofName, *, at: datetime, broken: int = 0, told: str = "") -> None:
    """Note that this was tried at `at`; it was good if nothing is `broken`."""
    changed = {"at": at, "broken": broken, "told": told}
    if not broken:
        changed["good_at"] = at
    with write_transaction():
        Proof.objects.update_or_create(name=name.value, defaults=changed)


def prove_access_log(*, at: datetime) -> Verdict:
    """Compute the whole access log again (`access.chain.verify_chain`), and note whether it held."""
    verdict = verify_chain(as_of=at)
    note_access_log([(one.what, one.number) for one in verdict.faults], at=at)
    return verdict


def note_access_log(faults: Sequence[tuple[str, int]], *, at: datetime) -> None:
    """Note what a check of the access log has found: what is wrong, and at which link."""
    told = ", ".join(sorted({f"{what} {number}" for what, number in faults}))
    note_proof(ProofName.ACCESS_LOG, at=at, broken=len(faults), told=told)


def find_proofs() -> dict[ProofName, Proof]:
    """Return the last try of each; what was never tried is not there."""
    return {ProofName(one.name): one for one in Proof.objects.all()}


def is_overdue(proof: Proof | None, name: ProofName, *, as_of: datetime) -> bool:
    """Say whether the last good one is missing or older than it may be."""
    return proof is None or proof.good_at is None or as_of - proof.good_at > OLDEST[name]
