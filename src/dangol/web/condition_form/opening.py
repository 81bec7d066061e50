"""A condition as the parts of its form: what `writing` makes of them is the condition again."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from dangol.domain.conditions import Condition, Kind, write_condition
from dangol.domain.conditions.kinds import LISTED, SPANS, kind_of_test
from dangol.web.condition_form.parts import GROUP, STEP, TEST, Part


def open_parts(condition: Condition) -> Part:
    """Return the parts of a condition; one that is no group stands in one that vanishes again."""
    opener = _Opener()
    written = write_condition(condition)
    root = opener.node(written)
    if root.kind == GROUP:
        return root
    return Part(next(opener.numbers), GROUP, {"join": ["all"], "bare": ["1"]}, [root])


class _Opener:
    def __init__(self) -> None:
        self.numbers = count(1)

    def node(self, node: Mapping[str, Any]) -> Part:
        """Return a node's part with all in it."""
        match node["type"]:
            case "all" | "any":
                return self._group(node["type"], node["of"])
            case "not":
                return self._none_of(node["of"])
            case "trait":
                return self._part("trait", _asked(node, "trait"))
            case "did":
                return self._did(node)
            case "aggregate":
                given = _asked(node, "event", "measure", "property") | _window(node.get("window"))
                given["as"] = [_kind_of(node["op"], node.get("value"))]
                return self._part("aggregate", given, self._tests(node))
            case "sequence":
                steps = [self._step(one) for one in node["steps"]]
                return self._part("sequence", _window(node.get("window")), steps)
        return self._part("member", {"segment": [node["segment"]], "is": ["in"]})

    def _part(self, kind: str, given: dict[str, list[str]], parts: list[Part] | None = None) -> Part:
        return Part(next(self.numbers), kind, given, parts or [])

    def _group(self, join: str, of: list[Any]) -> Part:
        return self._part(GROUP, {"join": [join]}, [self.node(one) for one in of])

    def _none_of(self, inner: Mapping[str, Any]) -> Part:
        if inner["type"] == "member":
            return self._part("member", {"segment": [inner["segment"]], "is": ["out"]})
        # Of one alone there is nothing to choose: that group is kept as it is.
        several = inner["type"] == "any" and len(inner["of"]) > 1
        return self._group("none", inner["of"] if several else [inner])

    def _did(self, node: Mapping[str, Any]) -> Part:
        times = node.get("times", {"op": "at_least", "n": 1})
        never = times == {"op": "exactly", "n": 0}
        given = {
            "event": [node["event"]],
            "times": ["never" if never else times["op"]],
            "n": ["1" if never else str(times["n"])],
        }
        return self._part("did", given | _window(node.get("window")), self._tests(node))

    def _step(self, node: Mapping[str, Any]) -> Part:
        given = {"event": [node["event"]]}
        if within := node.get("within"):
            given |= {"within": [str(within["n"])], "within_unit": [within["unit"]]}
        return self._part(STEP, given, self._tests(node))

    def _tests(self, node: Mapping[str, Any]) -> list[Part]:
        return [
            self._part(TEST, _asked(one, "property") | {"as": [_kind_of(one["op"], one.get("value"))]})
            for one in node.get("where", ())
        ]


def _kind_of(op: Any, value: object) -> str:
    return (kind_of_test(op, value) or Kind.TEXT).value


def _window(window: Mapping[str, Any] | None) -> dict[str, list[str]]:
    if window is None:
        return {"window": ["ever"]}
    if window["type"] == "last":
        return {"window": ["last"], "last": [str(window["n"])], "unit": [window["unit"]]}
    return {"window": ["between"], "from": [window.get("from") or ""], "to": [window.get("to") or ""]}


def _asked(node: Mapping[str, Any], *names: str) -> dict[str, list[str]]:
    """Return the inputs of a comparison: what is compared, how, and with what."""
    given = {name: [node[name]] for name in names if node.get(name) is not None}
    op, value = node["op"], node.get("value")
    given["op"] = [op]
    if node.get("other") is not None:
        return given | {"with": ["other"], "other": [node["other"]]}
    if value is None:
        return given
    if op in SPANS:
        return given | {"span": [str(value["n"])], "span_unit": [value["unit"]]}
    if op in LISTED:
        return given | {
            "values": ["\n".join(_text(one) for one in value)],
            "chosen": [_text(one) for one in value],
        }
    if op == "between":
        return given | {"value": [_text(value[0])], "high": [_text(value[1])]}
    return given | {"value": [_text(value)]}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
