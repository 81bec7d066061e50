"""What differs between two contents of a program, as data of which each entry makes one sentence."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from dangol.rooms.rewards.checking import LIMITS
from dangol.rooms.rewards.contents import (
    ProgramContent,
    RuleContent,
    TiersContent,
    find_changes,
)


class About(StrEnum):
    """What part of a program a difference is about."""

    RULE = "rule"
    TERMS = "terms"
    TIERS = "tiers"
    TIER = "tier"


class Difference(NamedTuple):
    """A difference of a rule or tier (`key`, `name`); `field` is `added` or `ended` for a whole one.

    `was` and `will_be` are plain values of the field: a rate is `[points, minor]`, a multiplier, under the
    field `multiplier.<tier>`, a fraction.
    """

    about: About
    key: str
    name: str
    field: str
    was: Any
    will_be: Any


def find_differences(before: ProgramContent, after: ProgramContent) -> list[Difference]:
    """Return all differences, rules first, each rule's in the order of its card."""
    return [*_rules(before, after), *_terms(before, after), *_tiers(before, after)]


def _rules(before: ProgramContent, after: ProgramContent) -> Iterator[Difference]:
    changes, known = find_changes(before, after), before.rules_by_key
    for rule in changes.added:
        yield Difference(About.RULE, rule.key, rule.name, "added", None, msgspec.to_builtins(rule))
    for rule in changes.changed:
        yield from _rule(known[rule.key], rule, after.tier_keys)
    for rule in changes.ended:
        yield Difference(About.RULE, rule.key, rule.name, "ended", msgspec.to_builtins(rule), None)


def _rule(was: RuleContent, will_be: RuleContent, tier_keys: list[str]) -> Iterator[Difference]:
    def differs(field: str, old: Any, new: Any) -> Iterator[Difference]:
        if old != new:
            yield Difference(About.RULE, will_be.key, was.name, field, old, new)

    yield from differs("name", was.name, will_be.name)
    yield from differs("rate", [was.rate_points, was.rate_minor], [will_be.rate_points, will_be.rate_minor])
    yield from differs("category", was.category, will_be.category)
    for tier in tier_keys:
        old, new = was.multipliers.get(tier, (1, 1)), will_be.multipliers.get(tier, (1, 1))
        yield from differs(f"multiplier.{tier}", list(old), list(new))
    yield from differs("rounding", was.rounding.value, will_be.rounding.value)
    yield from differs("ends_at", was.ends_at, will_be.ends_at)
    yield from differs("own_wait", _wait(was), _wait(will_be))
    yield from differs("own_expiry", _expiry(was), _expiry(will_be))


def _wait(rule: RuleContent) -> list[Any] | None:
    return [rule.awaits, rule.pending_days] if rule.pending_days is not None else None


def _expiry(rule: RuleContent) -> list[Any] | None:
    return [rule.expiry.value, rule.expiry_count] if rule.expiry else None


def _terms(before: ProgramContent, after: ProgramContent) -> Iterator[Difference]:
    was, will_be = before.terms, after.terms
    if was.pending_days != will_be.pending_days:
        yield Difference(About.TERMS, "", "", "pending_days", was.pending_days, will_be.pending_days)
    if was.opens_on != will_be.opens_on:
        yield Difference(About.TERMS, "", "", "opens_on", was.opens_on, will_be.opens_on)
    old, new = (
        [one.expiry.value, one.expiry_count, *([list(one.activities)] if one.activities else ())]
        for one in (was, will_be)
    )
    if old != new:
        yield Difference(About.TERMS, "", "", "expiry", old, new)
    for field in LIMITS:
        old_most, new_most = getattr(was, field), getattr(will_be, field)
        if old_most != new_most:
            yield Difference(About.TERMS, "", "", field, old_most, new_most)


def _counted(was: TiersContent, will_be: TiersContent) -> Iterator[Difference]:
    """Yield a change of what is counted: `[measure]`, or `[measure, also, join]`.

    Thresholds are in the units of what is counted before it and after it.
    """
    old, new = ([*one.measures, *([one.join] if one.also else ())] for one in (was, will_be))
    if old != new:
        yield Difference(About.TIERS, "", "", "counted", [str(one) for one in old], [str(one) for one in new])


def _tiers(before: ProgramContent, after: ProgramContent) -> Iterator[Difference]:
    was, will_be = before.tiers, after.tiers
    yield from _counted(was, will_be)
    known = {level.key: level for level in was.levels}
    for level in will_be.levels:
        old = known.get(level.key)
        if old is None:
            continue
        for field in ("name", "threshold", "also_threshold", "gate", "extra_months"):
            if getattr(old, field) != getattr(level, field):
                yield Difference(
                    About.TIER, level.key, old.name, field, getattr(old, field), getattr(level, field)
                )
    window, new_window = [was.window.value, was.window_size], [will_be.window.value, will_be.window_size]
    if window != new_window:
        yield Difference(About.TIERS, "", "", "window", window, new_window)
    if was.grace_days != will_be.grace_days:
        yield Difference(About.TIERS, "", "", "grace_days", was.grace_days, will_be.grace_days)
    if was.downgrade != will_be.downgrade:
        yield Difference(About.TIERS, "", "", "downgrade", was.downgrade.value, will_be.downgrade.value)
