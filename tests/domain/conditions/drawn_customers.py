"""Customers drawn at random, for the conditions of `drawn`."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from dangol.domain.conditions import Condition, Happening, Subject, Value, read_condition
from dangol.domain.conditions.moments import Moment
from tests.domain.conditions.drawn import (
    CATALOG,
    EVENTS,
    MOMENTS,
    TIERS,
    Drawn,
    days,
    flags,
    instants,
    numbers,
    short,
    texts,
    trees,
)


@short
def properties(moment: Moment) -> st.SearchStrategy[dict[str, Value]]:
    """Draw an event's properties: each missing, of its type or of another one."""
    due = st.one_of(
        st.sampled_from(days(moment)).map(lambda day: day.isoformat()),
        st.sampled_from(instants(moment)).map(lambda at: at.isoformat(timespec="microseconds")),
        st.sampled_from(["2026-02-30", "2026-13-01", "2026-01-01T00:00:00", "soon"]),
    )
    lists = st.lists(texts, max_size=2).map(tuple)
    any_value: st.SearchStrategy[Value] = st.one_of(numbers, texts, flags, lists)
    fitting: Mapping[str, st.SearchStrategy[Value]] = {
        "total": numbers, "sku": texts, "gift": flags, "due": due, "marks": lists,
    }  # fmt: skip
    return st.fixed_dictionaries(
        {},
        optional={name: st.one_of(fits, fits, fits, any_value) for name, fits in fitting.items()},
    )


@short
def traits_of(moment: Moment) -> st.SearchStrategy[dict[str, Value]]:
    """Draw traits of the catalog's types, each of which may be missing."""
    by_name: Mapping[str, st.SearchStrategy[Any]] = {
        "city": texts, "app.지역": texts, "rewards.tier": st.sampled_from([*TIERS, "old"]),
        "best_tier": st.sampled_from([*TIERS, "old"]),
        "points": numbers, "goal": numbers, "vip": flags, "consent.sms": flags,
        "born": st.sampled_from(days(moment)), "renewed": st.sampled_from(days(moment)),
        "joined": st.sampled_from(instants(moment)), "seen": st.sampled_from(instants(moment)),
        "tags": st.lists(texts, max_size=2).map(tuple),
    }  # fmt: skip
    return st.fixed_dictionaries({}, optional=dict(by_name))


@short
def subjects(moment: Moment) -> st.SearchStrategy[Subject]:
    """Draw a customer; several events may have one instant."""
    event = st.tuples(st.sampled_from(instants(moment)), st.sampled_from(EVENTS), properties(moment))

    def build(traits: dict[str, Value], events: list[Any], segments: frozenset[str]) -> Subject:
        happenings = [Happening(name, at, found, f"e{n}") for n, (at, name, found) in enumerate(events)]
        return Subject(traits, sorted(happenings, key=lambda one: one.at), segments)

    return st.builds(
        build, traits_of(moment),
        st.one_of(st.lists(event, max_size=2), st.lists(event, min_size=4, max_size=8)),
        st.frozensets(st.sampled_from(["vips", "new"])),
    )  # fmt: skip


@short
def conditions(moment: Moment) -> st.SearchStrategy[Condition]:
    """Draw a condition."""
    return trees(moment).map(lambda raw: read_condition(raw, CATALOG))


@st.composite
def drawn(draw: st.DrawFn, *, most_conditions: int = 4, most_subjects: int = 5) -> Drawn:
    """Draw conditions and customers at one of the instants."""
    moment = draw(st.sampled_from(MOMENTS))
    found = draw(st.lists(conditions(moment), min_size=1, max_size=most_conditions))
    who = draw(st.lists(subjects(moment), min_size=1, max_size=most_subjects))
    return Drawn(moment, tuple(found), tuple(who))
