"""What is proved by itself, every night."""

from dangol.core.ledger.verify import verify
from dangol.core.operations.models import ProofName
from dangol.core.operations.proofs import ledger_checks, note_proof, prove_access_log
from dangol.core.tasks.registry import Due, Run, periodic


@periodic("operations.verify_ledger", daily_at="04:20", atomic=False)
def verify_ledger(due: Due, run: Run) -> None:
    """Prove the ledger as `dangol ledger verify` does; the meters and `dangol doctor` tell the result."""
    findings = list(verify(ledger_checks()))
    broken = [one.check.name for one in findings if not one.is_kept]
    note_proof(ProofName.LEDGER, at=run.at, broken=len(broken), told=", ".join(broken))


@periodic("operations.verify_access_log", daily_at="04:40", atomic=False)
def verify_access_log(due: Due, run: Run) -> None:
    """Prove the access log as `dangol access-log verify` does; the meters and `dangol doctor` tell it."""
    prove_access_log(at=run.at)
