"""Traits that a report tells of everybody at once, in batches; segments look at whose have changed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from dangol.core.events.services import lock_customers, touch_customers
from dangol.core.people.selectors import find_erased
from dangol.core.segments.catalog import is_reported
from dangol.core.segments.models import Trait, TraitName
from dangol.core.segments.running import all_needs, read_segments
from dangol.core.segments.traits import encode_value, kind_of, note_names
from dangol.core.segments.watching import Fall, fall_due
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import (
    batches,
    delete_rows,
    insert_rows,
    select_matching,
    sorted_ids,
    update_rows,
)
from dangol.core.storage.transactions import write_transaction
from dangol.domain.conditions import Condition, Value, needs
from dangol.domain.errors import DomainError

_AT_ONCE = 1_000
_ROW = ("customer_id", "name", "value", "at", "source")


class ResultOfAnotherKind(DomainError):
    """The segments `segments` ask about `name` as `kind`, which a report tells as `given`."""

    code = "traits.report_other_kind"


def tell_results(
    results: Mapping[str, Mapping[Id, Value]],
    *,
    source: str,
    at: datetime,
    due_at: datetime,
    report: Callable[[int], None] = lambda done: None,
) -> int:
    """Store what a report says of everybody, as of `at`, and take away what it says no more.

    `results` holds values by trait and customer. A thousand customers a transaction; whose value has changed
    is looked at from `due_at` on, if a segment asks about it. A value that is what it was is not written: its
    `at` and `source` are those of the first report that told it. Of who was erased nothing is stored. Returns
    of how many customers one has changed. Raises ResultOfAnotherKind, and has then stored nothing.
    """
    names = sorted(results)
    assert all(is_reported(name) for name in names), f"not among a report's names: {names}"
    conditions = {one.slug: one.condition for one in read_segments()}
    _note_kinds(results, conditions, at)
    asked = bool(all_needs(conditions.values()).traits & set(names))
    known = Trait.objects.filter(name__in=names).values_list("customer_id", flat=True).distinct()
    owners = sorted_ids([*known, *(one for values in results.values() for one in values)])
    changed = done = 0
    for some in batches(owners, _AT_ONCE):
        changed += _tell(some, results, names, source, at, due_at=due_at if asked else None)
        done += len(some)
        report(done)
    return changed


def _note_kinds(
    results: Mapping[str, Mapping[Id, Value]], conditions: Mapping[str, Condition], at: datetime
) -> None:
    """Note of which kind each name is. What somebody else has told under a report's name makes way."""
    given = {name: kind_of(next(iter(values.values()))) for name, values in results.items() if values}
    with write_transaction():
        wrong = {name: kind for name, kind in note_names(given, at=at).items() if kind is not given[name]}
        for name, kind in wrong.items():
            if users := sorted(slug for slug, one in conditions.items() if name in needs(one).traits):
                facts = {"name": name, "kind": kind.value, "given": given[name].value}
                raise ResultOfAnotherKind(**facts, segments=", ".join(users))
        for name in wrong:
            Trait.objects.filter(name=name).delete()
            TraitName.objects.filter(name=name).update(kind=given[name].value)


def _tell(
    owners: Sequence[Id],
    results: Mapping[str, Mapping[Id, Value]],
    names: Sequence[str],
    source: str,
    at: datetime,
    *,
    due_at: datetime | None,
) -> int:
    with write_transaction():
        after = {
            (owner, name): encode_value(results[name][owner])
            for owner in owners
            for name in names
            if owner in results[name]
        }
        keys = [(owner, name) for owner in owners for name in names]
        rows = select_matching(Trait, ("customer_id", "name", "value"), ("customer_id", "name"), keys)
        before = {(owner, name): value for owner, name, value in rows}
        # Judged under their locks: an erasure is done before, or takes away what is written here.
        lock_customers(owner for owner, _ in _differing(keys, before, after))
        gone = find_erased(owners)
        after = {key: value for key, value in after.items() if key[0] not in gone}
        changed = sorted_ids(owner for owner, _ in _differing(keys, before, after))
        touch_customers(changed)
        delete_rows(
            Trait, ("customer_id", "name"), [key for key in keys if key in before and key not in after]
        )
        new = [(*key, value, at, source) for key, value in after.items() if key not in before]
        insert_rows(Trait, _ROW, new)
        told = [
            (*key, value, at, source)
            for key, value in after.items()
            if key in before and before[key] != value
        ]
        update_rows(Trait, ("customer_id", "name"), ("value", "at", "source"), told)
        if due_at:
            fall_due([Fall(owner, due_at, None) for owner in changed])
    return len(changed)


def _differing(
    keys: Sequence[tuple[Id, str]], before: Mapping[tuple[Id, str], str], after: Mapping[tuple[Id, str], str]
) -> list[tuple[Id, str]]:
    return [key for key in keys if before.get(key) != after.get(key)]
