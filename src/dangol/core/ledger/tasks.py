"""Points given to many, as work for the worker."""

import msgspec

from dangol.core.ledger.in_bulk import TASK, carry_out_in_bulk
from dangol.core.storage.ids import parse_id
from dangol.core.tasks.registry import Run, task


class Ask(msgspec.Struct, frozen=True):
    """The payload: the request that was let happen."""

    approval: str


@task(TASK, atomic=False)
def give_in_bulk(ask: Ask, run: Run) -> None:
    """Give points to all members of one request, some hundreds a transaction, each once."""
    carry_out_in_bulk(parse_id(ask.approval), at=run.at, report=run.report)
