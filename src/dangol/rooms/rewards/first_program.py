"""The program a new shop begins with: simple, and made to be superseded once the owner knows better."""

from datetime import datetime
from typing import NamedTuple

from babel.numbers import get_currency_precision
from django.conf import settings
from django.utils.translation import gettext as _, override, pgettext

from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import Expiry
from dangol.domain.tiers import Measure, Window
from dangol.rooms.rewards import models
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program

POINTS_CURRENCY = "points"
# What silver and gold take in a year: as many points' worth of purchases, unless the currency is known.
SILVER_POINTS, GOLD_POINTS = 500, 2_000
THRESHOLDS = {"KRW": (300_000, 1_000_000)}


class FirstProgram(NamedTuple):
    """What a first program says, in one currency and one language."""

    name: str
    rule: RuleDraft
    terms: TermsDraft
    tiers: TiersDraft


def describe_first_program(*, currency: str, language: str) -> FirstProgram:
    """Return the first program of a shop with this currency (ISO 4217), its names in this language.

    One rule for all purchases: a point for 100 minor units, or for a whole unit if that is more: for 100 won,
    a dollar or a dinar. Points may be used at once and lapse with the month in which they turn a year old.
    Tiers go by what was spent within the last 365 days.
    """
    rate_minor = int(max(100, 10 ** get_currency_precision(currency)))
    silver, gold = THRESHOLDS.get(currency, (SILVER_POINTS * rate_minor, GOLD_POINTS * rate_minor))
    with override(language):
        levels = (
            LevelDraft("member", pgettext("tier", "회원"), 0),
            LevelDraft("silver", _("실버"), silver),
            LevelDraft("gold", _("골드"), gold),
        )
        return FirstProgram(
            _("단골"),
            RuleDraft(_("모든 구매에 적립"), 1, rate_minor),
            TermsDraft(expiry=Expiry.END_OF_MONTH, expiry_count=12),
            TiersDraft(levels, Measure.SPEND, Window.ROLLING, 365, grace_days=30),
        )


def make_first_program(*, currency: str, zone: str, language: str, recorded_at: datetime) -> Id:
    """Make the first program of a shop with this currency, zone (IANA) and language; returns its id."""
    first = describe_first_program(currency=currency, language=language)
    return create_program(
        name=first.name,
        points_currency=POINTS_CURRENCY,
        money_currency=currency,
        zone=zone,
        rules=[first.rule],
        terms=first.terms,
        tiers_draft=first.tiers,
        recorded_at=recorded_at,
    )


def follow_shop(*, currency: str, zone: str, language: str) -> None:
    """Let every program count in the shop's currency and days: for a shop that has no orders yet.

    A first program that nobody has touched is written anew, in that currency and language. Nothing has been
    judged by then, so there is nothing a version would have to keep.
    """
    with write_transaction():
        for program in models.Program.objects.select_for_update():
            if _is_untouched(program):
                _write_anew(program, describe_first_program(currency=currency, language=language))
        behind = models.Program.objects.exclude(money_currency=currency, zone=zone)
        if behind.exists():
            behind.update(money_currency=currency, zone=zone)


def _is_untouched(program: models.Program) -> bool:
    """Say whether a program reads as it was made, in any language, with nobody writing on."""
    if models.ProgramDraft.objects.filter(program_id=program.id).exists():
        return False
    rules = models.EarningRule.objects.filter(program_id=program.id).values_list(
        "name", "rate_points", "rate_minor", "category", "multipliers", "active_to"
    )
    tiers = models.TierRules.objects.filter(program_id=program.id).values_list("levels", flat=True)
    terms = models.Terms.objects.filter(program_id=program.id)
    if len(terms) > 1:
        return False
    reads = program.name, list(rules), list(tiers)
    return any(
        reads == (one.name, [(*one.rule[:4], {}, None)], [[level._asdict() for level in one.tiers.levels]])
        for language, _name in settings.LANGUAGES
        for one in (describe_first_program(currency=program.money_currency, language=language),)
    )


def _write_anew(program: models.Program, first: FirstProgram) -> None:
    models.Program.objects.filter(pk=program.id).update(name=first.name)
    models.EarningRule.objects.filter(program_id=program.id).update(
        name=first.rule.name, rate_minor=first.rule.rate_minor
    )
    models.TierRules.objects.filter(program_id=program.id).update(
        levels=[level._asdict() for level in first.tiers.levels]
    )
