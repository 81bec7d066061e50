"""Deciding that two who may be one person are two."""

from datetime import datetime

from dangol.core.behavior.models import MergeProposal
from dangol.core.people.actors import Actor, fitting
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction


def refuse_proposal(customer_id: Id, other_id: Id, *, actor: Actor, at: datetime) -> None:
    """Say that these are two people: they are not proposed again. Again, or of nobody, it changes nothing."""
    first, second = min(customer_id, other_id), max(customer_id, other_id)
    with write_transaction():
        MergeProposal.objects.filter(customer_id=first, other_id=second, refused_at=None).update(
            refused_at=at, refused_by=fitting(actor).key
        )
