"""Conditions and customers drawn at random, dense with edges: window bounds to the microsecond, leap days,
changes of clocks, missing and empty values, values of the wrong type.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from dangol.domain.conditions import Condition, Kind, Subject, TraitType
from dangol.domain.conditions.moments import Moment
from dangol.domain.conditions.nodes import Span

T = TypeVar("T")
TIERS = ("white", "silver", "gold")
CATALOG = {
    "city": TraitType(Kind.TEXT),
    "app.지역": TraitType(Kind.TEXT),
    "rewards.tier": TraitType(Kind.TEXT, TIERS),
    "best_tier": TraitType(Kind.TEXT, TIERS),
    "points": TraitType(Kind.NUMBER),
    "goal": TraitType(Kind.NUMBER),
    "vip": TraitType(Kind.FLAG),
    "consent.sms": TraitType(Kind.FLAG),
    "born": TraitType(Kind.DATE),
    "renewed": TraitType(Kind.DATE),
    "joined": TraitType(Kind.INSTANT),
    "seen": TraitType(Kind.INSTANT),
    "tags": TraitType(Kind.LIST),
}
SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
# A leap day, a month's end, both changes of clocks and the days after them, an hour shown twice, midnight.
MOMENTS = [
    Moment(datetime.fromisoformat(text).astimezone(UTC), zone)
    for text, zone in [
        ("2024-02-29T12:00+09:00", SEOUL), ("2026-03-31T09:30:00.000001+09:00", SEOUL),
        ("2026-03-01T00:00+09:00", SEOUL), ("2026-03-08T07:00+00:00", NEW_YORK),
        ("2026-03-09T06:30+00:00", NEW_YORK), ("2025-11-02T06:30+00:00", NEW_YORK),
        ("2025-11-03T06:30+00:00", NEW_YORK), ("2025-11-30T04:59:59.999999+00:00", NEW_YORK),
    ]
]  # fmt: skip
SPANS = [(1, "hours"), (1, "days"), (1, "weeks"), (1, "months"), (1, "years")]
EVENTS = ("order", "view")
NUMBERS = ("0", "1", "1.5", "-2.25", "0.333333", "0.000001", "3", "999999999999999")
TEXTS = ("", "a", "ab", "b", "가", "1", "true", "%", "_", "A")


class Drawn(NamedTuple):
    """Conditions and customers at one instant."""

    moment: Moment
    conditions: tuple[Condition, ...]
    subjects: tuple[Subject, ...]


def instants(moment: Moment) -> list[datetime]:
    """Return instants at which something begins or ends, and those a microsecond beside them."""
    edges = {moment.as_of, moment.first(moment.today), moment.last(moment.today)}
    for n, unit in SPANS:
        span = Span(n, unit)  # type: ignore[arg-type]
        edges |= {moment.past(span), moment.future(span)}
    tick = timedelta(microseconds=1)
    return sorted({edge + way * tick for edge in edges for way in (-1, 0, 1)})


def days(moment: Moment) -> list[date]:
    """Return days near today, near the ends of windows, and leap days."""
    near = (-365, -31, -28, -7, -1, 0, 1, 6, 7, 31, 365)
    return [moment.today + timedelta(days=n) for n in near] + [
        date(2000, 2, 29), date(1999, 2, 28), date(2000, 3, 1),
    ]  # fmt: skip


def short(build: Callable[[Moment], st.SearchStrategy[T]]) -> Callable[[Moment], st.SearchStrategy[T]]:
    """Build a strategy once for each moment, and show it by its name: Hypothesis refuses long ones."""
    built = lru_cache(build)

    def drawn(draw: st.DrawFn, moment: Moment) -> T:
        return draw(built(moment))

    drawn.__name__ = build.__name__
    return st.composite(drawn)


numbers = st.sampled_from(NUMBERS).map(Decimal)
texts = st.sampled_from(TEXTS)
some_texts = st.lists(texts, min_size=1, max_size=3)
flags = st.booleans()


def json_number(value: Decimal) -> int | float:
    """Return a number as JSON readers give it."""
    return int(value) if value == value.to_integral_value() else float(value)


def spans(units: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a length of time."""
    return st.sampled_from([{"n": n, "unit": unit} for n, unit in SPANS if unit in units])


ALL_UNITS, DAY_UNITS = ("hours", "days", "weeks", "months", "years"), ("days", "weeks", "months", "years")


def time_tests(moment: Moment, *, instant: bool, mixed: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Draw an operator over a day or an instant, with its value."""
    one_day = st.sampled_from(days(moment)).map(lambda day: day.isoformat())
    one_instant = st.sampled_from(instants(moment)).map(lambda at: at.isoformat())
    time = st.one_of(one_day, one_instant) if instant or mixed else one_day
    pair = st.tuples(time, time).map(_sorted)
    kinds = [
        st.builds(lambda op, value: {"op": op, "value": value}, st.sampled_from(["before", "after"]), time),
        st.builds(lambda value: {"op": "on", "value": value}, one_day),
        st.builds(lambda value: {"op": "between", "value": value}, pair),
        st.builds(
            lambda op, value: {"op": op, "value": value},
            st.sampled_from(["within_last", "within_next"]),
            spans(ALL_UNITS if instant else DAY_UNITS),
        ),
    ]
    if not instant:
        ahead = st.sampled_from([1, 2, 7, 31, 365, 366]).map(lambda n: {"n": n, "unit": "days"})
        kinds.append(st.builds(lambda value: {"op": "anniversary_within", "value": value}, ahead))
    return st.one_of(kinds)


def _sorted(pair: tuple[str, str]) -> list[str]:
    """Return two times with the earlier first, in whatever zone the days are counted."""
    return sorted(pair, key=lambda text: datetime.fromisoformat(text).replace(tzinfo=None))


def _number_tests() -> st.SearchStrategy[dict[str, Any]]:
    value = numbers.map(json_number)
    return st.one_of(
        st.fixed_dictionaries({"op": st.sampled_from(
            ["equals", "not_equals", "less_than", "at_most", "more_than", "at_least"]), "value": value}),
        st.fixed_dictionaries(
            {"op": st.sampled_from(["in", "not_in"]), "value": st.lists(value, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"op": st.just("between"), "value": st.tuples(value, value).map(sorted)}),
    )  # fmt: skip


def _text_tests() -> st.SearchStrategy[dict[str, Any]]:
    parts = st.sampled_from([text for text in TEXTS if text])
    return st.one_of(
        st.fixed_dictionaries({"op": st.sampled_from(["equals", "not_equals"]), "value": texts}),
        st.fixed_dictionaries({"op": st.sampled_from(["in", "not_in"]), "value": some_texts}),
        st.fixed_dictionaries(
            {"op": st.sampled_from(["contains", "starts_with", "ends_with"]), "value": parts}),
    )  # fmt: skip


def _flag_tests() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"op": st.sampled_from(["equals", "not_equals"]), "value": flags})


def _list_tests() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.fixed_dictionaries({"op": st.just("has"), "value": texts}),
        st.fixed_dictionaries({"op": st.sampled_from(["has_any", "has_all"]), "value": some_texts}),
        st.just({"op": "is_empty"}),
    )


def _tier_tests() -> st.SearchStrategy[dict[str, Any]]:
    tier = st.sampled_from(TIERS)
    return st.one_of(
        st.fixed_dictionaries({"op": st.sampled_from(
            ["equals", "not_equals", "less_than", "at_most", "more_than", "at_least"]), "value": tier}),
        st.fixed_dictionaries({"op": st.just("between"), "value": st.tuples(tier, tier).map(
            lambda pair: sorted(pair, key=TIERS.index))}),
    )  # fmt: skip


_PRESENCE = st.sampled_from([{"op": "is_set"}, {"op": "is_missing"}])
_EQUAL = ["equals", "not_equals"]
_COMPARE = [*_EQUAL, "less_than", "at_most", "more_than", "at_least"]
_PAIRS = [
    *[("city", op, "app.지역") for op in [*_EQUAL, "contains", "starts_with", "ends_with"]],
    *[("points", op, "goal") for op in _COMPARE],
    *[("rewards.tier", op, "best_tier") for op in _COMPARE],
    *[("vip", op, "consent.sms") for op in _EQUAL],
    *[("born", op, "renewed") for op in ("before", "after", "on")],
    *[("joined", op, "seen") for op in ("before", "after")],
]


@short
def traits(moment: Moment) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a leaf over a trait."""
    by_name = {
        "city": _text_tests(), "rewards.tier": _tier_tests(), "points": _number_tests(), "vip": _flag_tests(),
        "born": time_tests(moment, instant=False, mixed=False),
        "joined": time_tests(moment, instant=True, mixed=True), "tags": _list_tests(),
    }  # fmt: skip
    with_value = [
        st.builds(
            lambda test, name=name: {"type": "trait", "trait": name, **test}, st.one_of(tests, _PRESENCE)
        )
        for name, tests in by_name.items()
    ]
    with_other = st.sampled_from(_PAIRS).map(
        lambda pair: {"type": "trait", "trait": pair[0], "op": pair[1], "other": pair[2]}
    )
    return st.one_of(*with_value, with_other)


@short
def property_tests(moment: Moment) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Draw the tests an event must pass."""
    test = st.one_of(
        st.builds(
            lambda name, test: {"property": name, **test},
            st.sampled_from(["total", "sku", "gift", "due", "marks"]),
            st.one_of(_number_tests(), _text_tests(), _flag_tests(), _PRESENCE, _list_tests()),
        ),
        st.builds(
            lambda test: {"property": "due", **test},
            st.one_of(time_tests(moment, instant=False, mixed=True)),
        ),
    )
    return st.one_of(st.just([]), st.lists(test, min_size=1, max_size=2))


@short
def windows(moment: Moment) -> st.SearchStrategy[dict[str, Any] | None]:
    """Draw when something happened."""
    one_day = st.sampled_from(days(moment)[:11]).map(lambda day: day.isoformat())
    one_instant = st.sampled_from(instants(moment)).map(lambda at: at.isoformat())
    time = st.one_of(one_day, one_instant)
    return st.one_of(
        st.none(),
        spans(ALL_UNITS).map(lambda span: {"type": "last", **span}),
        st.tuples(time, time)
        .map(_sorted)
        .map(lambda pair: {"type": "between", "from": pair[0], "to": pair[1]}),
        time.map(lambda start: {"type": "between", "from": start}),
        time.map(lambda end: {"type": "between", "to": end}),
    )


_TIMES = st.one_of(
    st.fixed_dictionaries({"op": st.just("at_least"), "n": st.integers(1, 4)}),
    st.fixed_dictionaries({"op": st.sampled_from(["at_most", "exactly"]), "n": st.integers(0, 3)}),
)


@short
def did(moment: Moment) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a leaf that counts an event."""
    return st.fixed_dictionaries({
        "type": st.just("did"), "event": st.sampled_from(EVENTS), "where": property_tests(moment),
        "times": _TIMES, "window": windows(moment),
    })  # fmt: skip


@short
def sequences(moment: Moment) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a leaf over events in order."""
    first = st.fixed_dictionaries({"event": st.sampled_from(EVENTS), "where": property_tests(moment)})
    later = st.fixed_dictionaries({
        "event": st.sampled_from(EVENTS), "where": property_tests(moment),
        "within": st.one_of(st.none(), spans(("hours", "days"))),
    })  # fmt: skip
    return st.builds(
        lambda one, rest, window: {"type": "sequence", "steps": [one, *rest], "window": window},
        first, st.lists(later, min_size=1, max_size=2), windows(moment),
    )  # fmt: skip


@short
def aggregates(moment: Moment) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a leaf over a figure."""
    name = st.sampled_from(["total", "sku", "gift"])
    number = st.builds(
        lambda measure, name, compared: {"measure": measure, "property": name, **compared},
        st.sampled_from(["count", "sum", "mean", "min", "max", "distinct", "first", "last"]), name,
        st.one_of(
            _number_tests(),
            st.fixed_dictionaries(
                {"op": st.sampled_from(_COMPARE), "other": st.sampled_from(["points", "goal"])}),
        ),
    )  # fmt: skip
    plain = st.builds(
        lambda measure, name, compared: {"measure": measure, "property": name, **compared},
        st.sampled_from(["first", "last"]), name,
        st.one_of(
            _text_tests(), _flag_tests(),
            st.fixed_dictionaries({"op": st.sampled_from(_EQUAL), "other": st.sampled_from(["city", "vip"])}),
        ),
    )  # fmt: skip
    bare = st.builds(lambda compared: {"measure": "count", **compared}, _number_tests())
    return st.builds(
        lambda event, where, window, rest: {
            "type": "aggregate", "event": event, "where": where, "window": window, **rest,
        },
        st.sampled_from(EVENTS), property_tests(moment), windows(moment), st.one_of(number, plain, bare),
    )  # fmt: skip


@short
def leaves(moment: Moment) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a leaf as JSON."""
    member = st.sampled_from(["vips", "new"]).map(lambda slug: {"type": "member", "segment": slug})
    return st.one_of(traits(moment), did(moment), sequences(moment), aggregates(moment), member)


@short
def trees(moment: Moment) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a condition as JSON."""

    def group(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(
            st.builds(
                lambda kind, parts: {"type": kind, "of": parts},
                st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3),
            ),
            st.builds(lambda part: {"type": "not", "of": part}, inner),
        )  # fmt: skip

    return st.recursive(leaves(moment), group, max_leaves=4)
