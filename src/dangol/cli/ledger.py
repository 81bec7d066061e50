"""`dangol ledger`: proving that the points are right."""

import typer
from django.utils.translation import gettext as _
from rich.table import Table

from dangol.cli.exits import ExitCode
from dangol.cli.output import JsonOption, Output, QuietOption
from dangol.core.ledger.verify import Finding, verify as run_checks
from dangol.core.operations.models import ProofName
from dangol.core.operations.proofs import ledger_checks, note_proof
from dangol.project.clock import now

app = typer.Typer(no_args_is_help=True)


@app.callback()
def ledger() -> None:
    """Prove the points."""


@app.command(help=_("포인트 원장을 기입만으로 다시 계산해서 증명해요."))
def verify(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Recompute everything from the entries and name what does not hold; exits with 1 if anything."""
    output = Output(as_json=as_json, quiet=quiet)
    findings = []
    for finding in run_checks(ledger_checks()):
        findings.append(finding)
        mark = "✓" if finding.is_kept else "✗"
        output.say(f"{mark} {finding.check.name}  {finding.check.promise}  ({finding.looked.checked:,})")
    broken = [finding for finding in findings if not finding.is_kept]
    names = ", ".join(finding.check.name for finding in broken)
    note_proof(ProofName.LEDGER, at=now(), broken=len(broken), told=names)
    output.show("dangol.ledger.verify/1", _told(findings), _table(broken) if broken else None)
    if broken:
        output.complain(_("원장이 맞지 않아요: {names}").format(names=names))
        raise typer.Exit(ExitCode.FAILED)
    output.say(_("원장이 맞아요: 불변 조건 {count}가지를 모두 지켜요.").format(count=len(findings)))


def _told(findings: list[Finding]) -> dict[str, object]:
    return {
        "is_kept": all(finding.is_kept for finding in findings),
        "checks": [
            {
                "name": finding.check.name,
                "promise": str(finding.check.promise),
                "checked": finding.looked.checked,
                "is_kept": finding.is_kept,
                "offenders": [dict(one) for one in finding.looked.offenders],
            }
            for finding in findings
        ],
    }


def _table(broken: list[Finding]) -> Table:
    table = Table(_("불변 조건"), _("어긴 것"), box=None)
    for finding in broken:
        for offender in finding.looked.offenders:
            table.add_row(finding.check.name, " ".join(f"{name}={value}" for name, value in offender.items()))
    return table
