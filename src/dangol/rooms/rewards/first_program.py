"""The program a new shop begins with: simple, and made to be superseded once the owner knows better."""

from datetime import datetime
from typing import NamedTuple

from babel.numbers import get_currency_precision
from django.conf import settings
from django.utils.translation import gettext as _, override, pgettext

from dangol.core.people.selectors import ShopView
from dangol.core.people.shops import ShopKind
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import Expiry
from dangol.domain.errors import DomainError
from dangol.domain.tiers import Measure, Window
from dangol.rooms.rewards import models
from dangol.rooms.rewards.contents import load_content
from dangol.rooms.rewards.drafts import DraftView, UnknownDraft, find_draft, renew_draft
from dangol.rooms.rewards.kinds import is_ours, propose
from dangol.rooms.rewards.programs import (
    LevelDraft,
    RuleDraft,
    TermsDraft,
    TiersDraft,
    create_program,
    find_program,
    pack_level,
)

POINTS_CURRENCY = "points"
# What silver and gold take in a year: as many points' worth of purchases, unless the currency is known.
SILVER_POINTS, GOLD_POINTS = 500, 2_000
THRESHOLDS = {"KRW": (300_000, 1_000_000)}


class AmountsWritten(DomainError):
    """Somebody has written amounts in the `currency` the program counts in: another makes them others."""

    code = "rewards.amounts_written"


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


def begin_with_program(shop: ShopView, *, at: datetime) -> None:
    """Let a shop, or a test space of it, begin with its first program."""
    make_first_program(currency=shop.currency, zone=shop.zone, language=shop.language, recorded_at=at)


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


def follow_shop(before: ShopView, shop: ShopView, *, at: datetime, keeps_amounts: bool = False) -> None:
    """Let every program count in the shop's currency and days: for a shop that has no orders yet.

    A first program that nobody has touched is written anew, in that currency and language, and what the
    setup has proposed on it is proposed anew. Nothing has been judged by then, so there is nothing a version
    would have to keep. Amounts that somebody has written are theirs: where the shop's currency changes,
    raises AmountsWritten. With `keeps_amounts` they become as many minor units of the new one.
    """
    with write_transaction():
        for program in models.Program.objects.select_for_update():
            currency, draft = shop.currency, _find_draft(program, at)
            is_proposed = draft is not None and is_ours(draft, before.kind, currency=program.money_currency)
            if (draft is None or is_proposed) and _is_untouched(program):
                _write_anew(program, describe_first_program(currency=shop.currency, language=shop.language))
            elif program.money_currency != shop.currency:
                if before.currency == shop.currency:
                    currency = program.money_currency
                elif not keeps_amounts:
                    raise AmountsWritten(field="currency", currency=program.money_currency)
            if (program.money_currency, program.zone) != (currency, shop.zone):
                models.Program.objects.filter(pk=program.id).update(money_currency=currency, zone=shop.zone)
            if draft and is_proposed:
                _propose_anew(draft, shop.kind, currency, at)


def _find_draft(program: models.Program, at: datetime) -> DraftView | None:
    try:
        return find_draft(program.id, at=at)
    except UnknownDraft:
        return None


def _propose_anew(draft: DraftView, kind: str, currency: str, at: datetime) -> None:
    """Let a draft of the setup's say of the program as it is now what it said of the one before."""
    says_nothing = draft.content == draft.published
    now = load_content(find_program(draft.program_id), at=at)
    proposed = now if says_nothing else propose(ShopKind(kind), now, currency=currency)
    renew_draft(draft, proposed, at=at)


def _is_untouched(program: models.Program) -> bool:
    """Say whether all a program says is as it was made, in any language."""
    reads = _read(program)
    return any(
        reads == ([one.rule], [one.terms], [one.tiers]) and program.name == one.name
        for language, _name in settings.LANGUAGES
        for one in (describe_first_program(currency=program.money_currency, language=language),)
    )


def _read(program: models.Program) -> tuple[list[RuleDraft], list[TermsDraft], list[TiersDraft]]:
    """Return every version of what a program says."""
    rules = models.EarningRule.objects.filter(program_id=program.id).values_list(*RuleDraft._fields)
    terms = models.Terms.objects.filter(program_id=program.id).values_list(*TermsDraft._fields)
    tiers = models.TierRules.objects.filter(program_id=program.id).values_list(*TiersDraft._fields)
    return (
        [RuleDraft(*row) for row in rules],
        [
            TermsDraft(pending_days, expiry, count, tuple(filter(None, activities.split(","))), *others)
            for pending_days, expiry, count, activities, *others in terms
        ],
        [
            TiersDraft(
                tuple(LevelDraft(**one) for one in levels),
                measure,
                window,
                size,
                grace,
                downgrade,
                also or None,
                join,
            )
            for levels, measure, window, size, grace, downgrade, also, join in tiers
        ],
    )


def _write_anew(program: models.Program, first: FirstProgram) -> None:
    own = {"program_id": program.id}
    levels = [pack_level(level) for level in first.tiers.levels]
    models.Program.objects.filter(pk=program.id).update(name=first.name)
    models.EarningRule.objects.filter(**own).update(name=first.rule.name, rate_minor=first.rule.rate_minor)
    models.TierRules.objects.filter(**own).update(levels=levels)
