"""What was found of who is like those in a segment goes when nobody keeps that segment any more."""

from collections.abc import Callable
from datetime import datetime

from dangol.core.segments.selectors import segment_names
from dangol.core.segments.told_results import tell_results
from dangol.core.segments.traits import names_told
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.personalization.alike import MODEL, because_of, score_of
from dangol.rooms.personalization.models import ModelRun


def forget_alike(*, at: datetime, report: Callable[[int], None] = lambda done: None) -> int:
    """Take away the traits of searches whose segment is archived, and their cards; returns how many traits.

    It looks at what is there and not at what has happened: a search that ends after its segment was archived
    leaves its traits to the next look. What others ask about them is decided anew.
    """
    live = segment_names()
    kept = {name(slug) for slug in live for name in (score_of, because_of)}
    gone = [name for name in names_told(f"{MODEL}.") if name not in kept]
    if gone:
        tell_results({name: {} for name in gone}, source=MODEL, at=at, due_at=at, report=report)
    over = ModelRun.objects.filter(model=MODEL).exclude(about__in=live).values_list("id", flat=True)
    if cards := list(over):
        with write_transaction():
            ModelRun.objects.filter(id__in=cards).delete()
    return len(gone)
