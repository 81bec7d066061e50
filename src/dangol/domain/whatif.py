"""A program as it would have been: other rules in force from an instant on, for trying them on the past.

Only what is to change is replaced. What stays keeps all its versions and their instants, so that a change of
nothing gives the very same program.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from dangol.domain.accrual import EarningRule, Terms
from dangol.domain.membership import Program
from dangol.domain.tiers import TierRules


class Replacement(NamedTuple):
    """What is to be otherwise: rules by id (None: ended; an unknown id: added), terms, tiers."""

    rules: Mapping[bytes, EarningRule | None]
    terms: Terms | None = None
    tiers: TierRules | None = None


def replaced_from(program: Program, since: datetime, wanted: Replacement) -> Program:
    """Return the program as if `wanted` had been published to hold from `since` on.

    Versions that began before it end there; later ones of what is replaced have never been. A new version
    takes the next number.
    """
    return Program(
        program.id,
        _rules(program, since, wanted.rules),
        _terms(program, since, wanted.terms),
        _tiers(program, since, wanted.tiers),
    )


def _rules(
    program: Program, since: datetime, wanted: Mapping[bytes, EarningRule | None]
) -> tuple[EarningRule, ...]:
    kept = []
    numbers = dict.fromkeys(wanted, 0)
    for rule in program.rules:
        if rule.id not in wanted:
            kept.append(rule)
            continue
        numbers[rule.id] = max(numbers[rule.id], rule.version)
        if rule.active_from is None or rule.active_from < since:
            ends_at = since if rule.active_to is None else min(rule.active_to, since)
            kept.append(rule._replace(active_to=ends_at))
    kept += [
        rule._replace(id=rule_id, version=numbers[rule_id] + 1, active_from=since)
        for rule_id, rule in wanted.items()
        if rule is not None
    ]
    return tuple(sorted(kept, key=lambda rule: (rule.id, rule.version)))


def _terms(
    program: Program, since: datetime, wanted: Terms | None
) -> tuple[tuple[datetime | None, Terms], ...]:
    if wanted is None:
        return program.terms
    kept = [one for one in program.terms if one[0] is None or one[0] < since]
    return (*kept, (since, wanted))


def _tiers(program: Program, since: datetime, wanted: TierRules | None) -> tuple[TierRules, ...]:
    if wanted is None:
        return program.tier_versions
    kept = [one for one in program.tier_versions if one.active_from is None or one.active_from < since]
    return (*kept, wanted._replace(version=program.tiers.version + 1, active_from=since))
