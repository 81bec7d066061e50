"""What segments hold about one person."""

from collections.abc import Sequence

from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.segments.models import Member, Segment, Trait
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching


def _traits(customer_ids: Sequence[Id]) -> list[Fact]:
    names = ("customer_id", "name", "value", "at", "source")
    return rows_of(Trait, names, customer_ids, order_by=("name", "at"), where="t.value <> 'null'")


def _segments(customer_ids: Sequence[Id]) -> list[Fact]:
    rows = select_matching(
        Member,
        ("segment_id", "since"),
        ("customer_id",),
        [(one,) for one in customer_ids],
        order_by=("since", "segment_id"),
    )
    names = {pk: (slug, name) for pk, slug, name in Segment.objects.values_list("id", "slug", "name")}
    facts = [(*names[segment_id], since) for segment_id, since in rows]
    return [{"segment": slug, "name": name, "since": since} for slug, name, since in facts]


TRAITS, SEGMENTS = Section("traits", _traits), Section("segments", _segments)
