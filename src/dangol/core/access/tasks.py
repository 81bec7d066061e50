"""The access log's upkeep, as work for the worker."""

from datetime import timedelta

from dangol.core.access.chain import chain_entries
from dangol.core.tasks.registry import Due, Run, periodic


@periodic("access.chain", every=timedelta(minutes=1), atomic=False)
def chain_access_log(due: Due, run: Run) -> None:
    """Link the entries of the last minute into the chain, and log its head."""
    done = 0
    while linked := chain_entries():
        done += linked
        run.report(done)
