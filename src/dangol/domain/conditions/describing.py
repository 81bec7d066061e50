"""A condition in words, and why it holds of a customer or does not."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from dangol.domain.conditions.decisions import Decision, Reason
from dangol.domain.conditions.nodes import (
    Aggregate,
    AllOf,
    AnyOf,
    Did,
    Leaf,
    Member,
    Node,
    Not,
    Sequence,
    Span,
    Test,
    Trait,
)
from dangol.domain.conditions.phrases import Labels, Phrases, Said
from dangol.domain.conditions.phrases_en import English
from dangol.domain.conditions.phrases_ko import Korean
from dangol.domain.conditions.reading import Condition

Language: TypeAlias = Literal["ko", "en"]
_PHRASES: dict[Language, Phrases] = {"ko": Korean(), "en": English()}
_NO_LABELS, _UTC = Labels(), ZoneInfo("UTC")


def describe(
    condition: Condition, language: Language, labels: Labels = _NO_LABELS, *, zone: ZoneInfo = _UTC
) -> Said:
    """Return what the condition means, as a tree of sentences: a group is a heading over its parts."""
    return _Speaker(condition, _PHRASES[language], labels, zone).node(condition.root)


def explain(
    condition: Condition, decision: Decision, language: Language, labels: Labels = _NO_LABELS
) -> Said:
    """Return why the condition holds or not: each leaf that decided, with what was seen and which events."""
    speaker = _Speaker(condition, _PHRASES[language], labels, decision.zone)
    leaves = dict(_places(condition.root, "$"))
    lines = [speaker.reason(leaves[reason.path], reason) for reason in decision.reasons]
    return Said(_PHRASES[language].outcome(holds=decision.holds), tuple(lines))


def _places(node: Node, path: str) -> list[tuple[str, Leaf]]:
    """Return the leaves with the paths at which they stand."""
    match node:
        case AllOf() | AnyOf():
            return [
                place for number, one in enumerate(node.of) for place in _places(one, f"{path}.of[{number}]")
            ]
        case Not():
            return _places(node.of, f"{path}.of")
    return [(path, node)]


class _Speaker:
    def __init__(self, condition: Condition, phrases: Phrases, labels: Labels, zone: ZoneInfo) -> None:
        self.types, self.phrases, self.labels, self.zone = condition.types, phrases, labels, zone

    def written(self, value: Any) -> str:
        """Return a value as the language writes it."""
        return self.phrases.value(value, self.zone)

    def node(self, node: Node) -> Said:
        """Return a group with its parts, or a leaf."""
        match node:
            case AllOf():
                return Said(self.phrases.all_of, tuple(self.node(one) for one in node.of))
            case AnyOf():
                return Said(self.phrases.any_of, tuple(self.node(one) for one in node.of))
            case Not():
                return Said(self.phrases.not_this, (self.node(node.of),))
        return self.leaf(node)

    def leaf(self, leaf: Leaf) -> Said:
        """Return a leaf's sentence, with its tests under it."""
        match leaf:
            case Trait():
                return Said(self._trait(leaf))
            case Did():
                sentence = self.phrases.did(leaf, self._event(leaf.event), self._window(leaf))
                return self._with_tests(sentence, leaf.where)
            case Aggregate():
                return self._with_tests(self._aggregate(leaf), leaf.where)
            case Sequence():
                steps = (
                    self._with_tests(self.phrases.step(step, self._event(step.event)), step.where)
                    for step in leaf.steps
                )
                return Said(self.phrases.sequence(leaf, self._window(leaf)), tuple(steps))
            case Member():
                return Said(self.phrases.member(self.labels.segments.get(leaf.segment, leaf.segment)))

    def _event(self, name: str) -> str:
        return self.labels.events.get(name, name)

    def _window(self, leaf: Did | Aggregate | Sequence) -> str:
        return self.phrases.window(leaf.window, self.written)

    def _name(self, trait: str) -> str:
        return self.labels.traits.get(trait, trait)

    def _value(self, value: Any, write: Callable[[Any], str]) -> Any:
        """Return what is compared with as it is written: a span as it is, of several each."""
        if isinstance(value, Span) or value is None:
            return value
        return tuple(write(one) for one in value) if isinstance(value, tuple) else write(value)

    def _trait(self, leaf: Trait) -> str:
        own = self.labels.values.get(leaf.trait, {})
        value = self._value(leaf.value, lambda one: self.written(own.get(one, one)))
        if leaf.other is not None:
            value = self._name(leaf.other)
        compare = self.phrases.ordered if self.types[leaf.trait].order else self.phrases.compared
        return compare(self._name(leaf.trait), leaf.op, value)

    def _aggregate(self, leaf: Aggregate) -> str:
        name = None if leaf.property is None else self.labels.properties.get(leaf.property, leaf.property)
        figure = self.phrases.figure(leaf, self._event(leaf.event), name, self._window(leaf))
        value = self._value(leaf.value, self.written) if leaf.other is None else self._name(leaf.other)
        return self.phrases.compared(figure, leaf.op, value)

    def _with_tests(self, sentence: str, where: tuple[Test, ...]) -> Said:
        if not where:
            return Said(sentence)
        tests = [
            self.phrases.compared(
                self.labels.properties.get(test.property, test.property),
                test.op,
                self._value(test.value, self.written),
            )
            for test in where
        ]
        return Said(f"{sentence}, {self.phrases.only_those}", tuple(Said(test) for test in tests))

    def reason(self, leaf: Leaf, reason: Reason) -> Said:
        """Return a leaf that decided, with what was seen under it."""
        said = self.leaf(leaf)
        lines = [Said(text) for text in self._seen(leaf, reason)]
        lines += [
            Said(self.phrases.event_seen(self._event(one.event), self.written(one.at), one.id))
            for one in reason.events
        ]
        return Said(self.phrases.leaf_outcome(said.text, holds=reason.holds), (*said.lines, *lines))

    def _seen(self, leaf: Leaf, reason: Reason) -> list[str]:
        match leaf:
            case Trait() | Aggregate():
                return [self.phrases.seen(reason, self.written)]
            case Did():
                return [self.phrases.counted(reason.count or 0)]
            case Sequence():
                return [self.phrases.reached(reason.count or 0)]
        return []
