"""Who is like those in a segment: scored by what is known of everybody's purchases, and told as traits."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa

from dangol.core.people.selectors import ShopView
from dangol.core.segments.selectors import find_segment, member_ids, segment_names
from dangol.core.segments.told_results import tell_results
from dangol.core.storage.ids import Id
from dangol.domain.conditions import Value
from dangol.domain.errors import DomainError
from dangol.insight.churn.features import Known, known_at
from dangol.insight.lookalike.model import Lookalikes, find_lookalikes
from dangol.rooms.personalization.alike import MODEL, because_of, score_of
from dangol.rooms.personalization.models import RECKONED_HERE, ModelRun
from dangol.rooms.personalization.purchases import engine_here, reckon
from dangol.rooms.personalization.runs import end_of, note_run

_KEPT = 5


class Likeness(NamedTuple):
    """What a search has come to: its version, how many were scored, and its card."""

    version: str
    customers: int
    card: Mapping[str, Any]


def refresh_alike(
    shop: ShopView, *, as_of: date, at: datetime, report: Callable[[int], None] = lambda done: None
) -> dict[str, int | DomainError]:
    """Search anew for every segment for which somebody has searched before, as `find_alike` does.

    What is known of everybody is reckoned once for all of them. A segment that is archived is left out.
    Returns what `find_alike` does, by slug.
    """
    searched = set(ModelRun.objects.filter(model=MODEL).values_list("about", flat=True))
    if not (slugs := sorted(searched & set(segment_names()))):
        return {}
    known = _known(shop, as_of)
    return {slug: _search(shop, slug, *known, as_of=as_of, at=at, report=report) for slug in slugs}


def find_alike(
    shop: ShopView,
    slug: str,
    *,
    as_of: date,
    at: datetime,
    report: Callable[[int], None] = lambda done: None,
) -> int | DomainError:
    """Score everybody who bought within a year and is not in a segment by how like they are to its members.

    Told are the traits of `alike` (a probability from 0 to 1 and what speaks for it) as of the end of
    `as_of`, in the place of those of an earlier search. Returns of how many customers something has changed;
    or why nothing can be said, and then what was said before is taken away. Raises UnknownSegment.
    """
    find_segment(slug)
    return _search(shop, slug, *_known(shop, as_of), as_of=as_of, at=at, report=report)


def _known(shop: ShopView, as_of: date) -> tuple[Known | DomainError, str | None]:
    """Return what is known of everybody who bought within a year, or why nothing can be.

    And why it was reckoned on this machine, where the cluster was gone.
    """
    try:
        return reckon(shop.currency, as_of=as_of, work=lambda bought: known_at(bought.days, as_of=as_of))
    except DomainError as refusal:
        return refusal, None


def _search(
    shop: ShopView,
    slug: str,
    known: Known | DomainError,
    gone: str | None,
    *,
    as_of: date,
    at: datetime,
    report: Callable[[int], None],
) -> int | DomainError:
    names = (score_of(slug), because_of(slug))
    try:
        found = _found(known, slug, as_of)
    except DomainError as refusal:
        tell_results({name: {} for name in names}, source=MODEL, at=at, due_at=at, report=report)
        note_run(MODEL, as_of, at, refusal=refusal, about=slug, kept=_KEPT)
        return refusal
    owners = found.scores["customer"].to_pylist()
    scores = [round(Decimal(repr(one)), 3) for one in found.scores["probability"].to_pylist()]
    causes = [tuple(one) for one in found.scores["because"].to_pylist()]
    told = (dict(zip(owners, values, strict=True)) for values in (scores, causes))
    traits: dict[str, dict[Id, Value]] = dict(zip(names, told, strict=True))
    source = f"{MODEL} {found.card.version}"
    changed = tell_results(traits, source=source, at=end_of(as_of, shop.tz), due_at=at, report=report)
    result = Likeness(found.card.version, len(owners), _card(found) | {RECKONED_HERE: gone})
    note_run(MODEL, as_of, at, result=result, about=slug, kept=_KEPT)
    return changed


def _found(known: Known | DomainError, slug: str, as_of: date) -> Lookalikes:
    if isinstance(known, DomainError):
        raise known
    columns = {name: known.column(name) for name in known.names}
    features = pa.table({"customer": known.customers, **columns})
    members = pa.table({"customer": pa.array(member_ids(find_segment(slug).id), known.customers.type)})
    with engine_here() as here:
        return find_lookalikes(here.load(features), here.load(members), as_of=as_of)


def _card(found: Lookalikes) -> dict[str, Any]:
    return found.card.to_dict() | {
        "weights": found.weights.to_pylist(),
        "excluded": found.excluded.to_pylist(),
        "reliability": found.reliability.to_pylist(),
    }
