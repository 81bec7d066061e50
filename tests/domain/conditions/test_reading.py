"""What is read as a condition, what is refused, and what is told of it."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dangol.domain.conditions import BrokenCondition, Needs, exact, needs, read_condition, write_condition
from dangol.domain.conditions.given import MOST_LISTED
from dangol.domain.conditions.nodes import Last, Trait
from tests.domain.conditions.drawn import CATALOG

SEOUL = ZoneInfo("Asia/Seoul")


def trait(name: str = "points", op: str = "at_least", value: Any = 1, **rest: Any) -> dict[str, Any]:
    """Return a leaf over a trait as JSON."""
    return {"type": "trait", "trait": name, "op": op, "value": value, **rest}


def did(**rest: Any) -> dict[str, Any]:
    """Return a leaf over an event as JSON."""
    return {"type": "did", "event": "order", **rest}


def figure(measure: str, op: str = "at_least", value: Any = 1, **rest: Any) -> dict[str, Any]:
    """Return a leaf over a figure as JSON."""
    return {"type": "aggregate", "event": "order", "measure": measure, "op": op, "value": value, **rest}


def deep(levels: int) -> dict[str, Any]:
    """Return a leaf in so many groups."""
    tree = trait()
    for _ in range(levels):
        tree = {"type": "all", "of": [tree]}
    return tree


@pytest.mark.parametrize(
    ("raw", "code", "path"),
    [
        (5, "malformed", "$"),
        ({}, "malformed", "$"),
        ({"type": "some", "of": []}, "malformed", "$.type"),
        ({"type": "all", "of": [trait(), trait(wrong=1)]}, "malformed", "$.of[1]"),
        (trait(op="like"), "malformed", "$.op"),
        ({"type": "all", "of": []}, "empty_group", "$.of"),
        ({"type": "not", "of": {"type": "any", "of": []}}, "empty_group", "$.of.of"),
        ({"type": "any", "of": [trait(), trait("weight")]}, "unknown_trait", "$.of[1].trait"),
        (trait(other="weight", value=None), "unknown_trait", "$.other"),
        (trait(other="goal"), "unfit_value", "$.value"),
        (trait(other="city", value=None), "unfit_value", "$.other"),
        (trait("city", "at_least", "a"), "unfit_operator", "$.op"),
        (trait("vip", "contains", "a"), "unfit_operator", "$.op"),
        (trait("joined", "on", None, other="seen"), "unfit_operator", "$.op"),
        (trait(value="1"), "unfit_value", "$.value"),
        (trait(value=True), "unfit_value", "$.value"),
        (trait(value=10**15), "unfit_value", "$.value"),
        (trait(value=0.0000001), "unfit_value", "$.value"),
        (trait(value=None), "unfit_value", "$.value"),
        (trait(op="in", value=1), "unfit_value", "$.value"),
        (trait(op="in", value=[1, "2"]), "unfit_value", "$.value[1]"),
        (trait(op="in", value=[]), "unfit_value", "$.value"),
        (trait(op="in", value=list(range(MOST_LISTED + 1))), "unfit_value", "$.value"),
        (trait(op="between", value=[2, 1]), "unfit_value", "$.value"),
        (trait(op="is_set", value=1), "unfit_value", "$.value"),
        (trait("city", "contains", ""), "unfit_value", "$.value"),
        (trait("city", "equals", "x" * 501), "unfit_value", "$.value"),
        (trait("rewards.tier", "at_least", "platinum"), "unfit_value", "$.value"),
        (trait("rewards.tier", "between", ["gold", "white"]), "unfit_value", "$.value"),
        (trait("born", "before", "2026-02-30"), "unfit_value", "$.value"),
        (trait("born", "before", "2026-02-01T00:00:00Z"), "unfit_value", "$.value"),
        (trait("born", "before", "0001-01-01"), "unfit_value", "$.value"),
        (trait("joined", "before", "2026-02-01T00:00:00"), "unfit_value", "$.value"),
        (trait("joined", "on", "2026-02-01T00:00:00Z"), "unfit_value", "$.value"),
        (trait("born", "within_last", {"n": 1, "unit": "hours"}), "unfit_value", "$.value.unit"),
        (trait("born", "within_last", {"n": 0, "unit": "days"}), "out_of_range", "$.value.n"),
        (trait("born", "within_next", {"n": 11, "unit": "years"}), "out_of_range", "$.value.n"),
        (trait("born", "anniversary_within", {"n": 367, "unit": "days"}), "out_of_range", "$.value.n"),
        (trait("born", "anniversary_within", {"n": 1, "unit": "months"}), "unfit_value", "$.value.unit"),
        (did(times={"op": "at_least", "n": 0}), "out_of_range", "$.times.n"),
        (did(times={"op": "at_most", "n": -1}), "out_of_range", "$.times.n"),
        (did(times={"op": "at_most", "n": 1.5}), "malformed", "$.times.n"),
        (did(event=""), "malformed", "$.event"),
        (did(window={"type": "last", "n": 10**6, "unit": "days"}), "out_of_range", "$.window.n"),
        (did(window={"type": "between"}), "nonsense_window", "$.window"),
        (did(window={"type": "between", "from": "2026-02-02", "to": "2026-02-01"}), "nonsense_window",
         "$.window"),
        (did(window={"type": "between", "from": "soon"}), "unfit_value", "$.window.from"),
        (did(where=[{"property": "total", "op": "equals"}]), "unfit_value", "$.where[0].value"),
        (did(where=[{"property": "sku", "op": "at_least", "value": "x"}]), "unfit_operator", "$.where[0].op"),
        (did(where=[{"property": "total", "op": "equals", "value": 1}] * 11), "too_many", "$.where"),
        ({"type": "sequence", "steps": [{"event": "order"}]}, "empty_group", "$.steps"),
        ({"type": "sequence", "steps": [{"event": "order"}] * 9}, "too_many", "$.steps"),
        (
            {"type": "sequence",
             "steps": [{"event": "a"}, {"event": "b", "within": {"n": 1, "unit": "months"}}]},
            "unfit_value",
            "$.steps[1].within.unit",
        ),
        (
            {"type": "sequence",
             "steps": [{"event": "a", "within": {"n": 1, "unit": "days"}}, {"event": "b"}]},
            "malformed",
            "$.steps[0].within",
        ),
        (figure("sum"), "malformed", "$"),
        (figure("sum", property="total", value="1"), "unfit_value", "$.value"),
        (figure("sum", "equals", property="total", value="1"), "unfit_value", "$.value"),
        (figure("last", "is_set", property="total"), "unfit_operator", "$.op"),
        (figure("mean", "equals", None, property="total", other="city"), "unfit_value", "$.other"),
        (figure("last", "before", "2026-01-01", property="due"), "unfit_operator", "$.op"),
        (deep(10), "too_deep", "$" + ".of[0]" * 10),
        (deep(300), "too_deep", "$"),
        ({"type": "all", "of": [trait()] * 101}, "too_many", "$.of"),
        ({"type": "all", "of": [{"type": "all", "of": [trait()] * 51}] * 2}, "too_many", "$.of[1].of[49]"),
    ],
)  # fmt: skip
def test_read_condition__broken__is_refused_with_the_place(raw: object, code: str, path: str) -> None:
    with pytest.raises(BrokenCondition) as refusal:
        read_condition(json.loads(json.dumps(raw)), CATALOG)

    assert (refusal.value.code, refusal.value.path) == (f"condition.{code}", path)


@pytest.mark.parametrize("text", [b"", b"[", b"\xff", b'{"type":"not","of":' * 2000, b"nan", b"1e999999999"])
def test_read_condition__no_json__is_refused(text: bytes) -> None:
    with pytest.raises(BrokenCondition) as refusal:
        read_condition(text, CATALOG)

    assert refusal.value.path == "$"


def test_read_condition__text_and_what_it_decodes_to__are_the_same() -> None:
    text = b'{"type":"trait","trait":"points","op":"in","value":[0.1,1e2,-3.000000]}'

    condition = read_condition(text, CATALOG)

    assert isinstance(condition.root, Trait)
    assert condition.root.value == (Decimal("0.1"), Decimal(100), Decimal(-3))
    assert write_condition(condition)["value"] == [0.1, 100, -3]
    assert write_condition(read_condition(json.loads(text), CATALOG)) == write_condition(condition)


def test_write_condition__what_is_the_default__is_left_out() -> None:
    raw = did(times={"op": "at_least", "n": 1}, where=[], window=None)

    assert write_condition(read_condition(raw, CATALOG)) == {"type": "did", "event": "order"}


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0.1, "0.1"), (1, "1"), (0.0000005, "0"), (0.0000015, "0.000002"), (Decimal("2.0000025"), "2.000002"),
        (float("nan"), None), (float("inf"), None), (10**15, None), (-(10**15), None),
        (999_999_999_999_999.5, "999999999999999.5"), (Decimal("999999999999999.9999999"), None),
    ],
)  # fmt: skip
def test_exact__a_number__has_six_places_rounded_half_to_even(value: Any, number: str | None) -> None:
    assert exact(value) == (None if number is None else Decimal(number))


def test_needs__several_conditions__tell_names_properties_and_the_longest_look_back() -> None:
    first = {
        "type": "all",
        "of": [
            did(where=[{"property": "total", "op": "is_set"}],
                window={"type": "last", "n": 3, "unit": "days"}),
            figure("sum", "at_least", None, property="fee", other="goal",
                   window={"type": "last", "n": 1, "unit": "months"}),
            {"type": "not", "of": {"type": "member", "segment": "vips"}},
        ],
    }  # fmt: skip
    second = {"type": "sequence", "steps": [{"event": "view"}, {"event": "order"}],
              "window": {"type": "between", "from": "2026-01-01"}}  # fmt: skip

    found = needs(read_condition(first, CATALOG), read_condition(second, CATALOG))

    assert (found.events, found.traits) == (frozenset({"view", "order"}), frozenset({"goal"}))
    assert found.segments == frozenset({"vips"})
    assert found.properties == {"order": {"total", "fee"}, "view": frozenset()}
    assert Last(1, "months") in found.windows["order"]
    as_of = datetime(2026, 3, 31, 3, tzinfo=UTC)
    assert found.since("order", as_of=as_of, zone=SEOUL) == datetime(2025, 12, 31, 14, 59, 59, 999_999, UTC)
    assert isinstance(found, Needs)
    ever = needs(read_condition(did(), CATALOG), read_condition(first, CATALOG))
    assert ever.since("order", as_of=as_of, zone=SEOUL) is None


def test_read_condition__days__are_days() -> None:
    condition = read_condition(trait("born", "between", ["2000-02-29", "2001-01-01"]), CATALOG)

    assert isinstance(condition.root, Trait)
    assert condition.root.value == (date(2000, 2, 29), date(2001, 1, 1))
