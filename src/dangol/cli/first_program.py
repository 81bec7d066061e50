"""The program a new shop begins with: simple, and made to be superseded once the owner knows better."""

from datetime import datetime

from babel.numbers import get_currency_precision
from django.utils.translation import gettext as _, override, pgettext

from dangol.core.storage.ids import Id
from dangol.domain.accrual import Expiry
from dangol.domain.tiers import Measure, Window
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program

POINTS_CURRENCY = "points"
# What silver and gold take in a year: as many points' worth of purchases, unless the currency is known.
SILVER_POINTS, GOLD_POINTS = 500, 2_000
THRESHOLDS = {"KRW": (300_000, 1_000_000)}


def make_first_program(*, currency: str, zone: str, language: str, recorded_at: datetime) -> Id:
    """Make a program of one rule for all purchases: a point for 100 minor units, or a whole unit if more.

    That is one for 100 won, a dollar or a dinar. Points may be used at once and lapse with the month in
    which they turn a year old. Tiers go by what was spent within the last 365 days. Its names are in the
    shop's language.
    """
    rate_minor = int(max(100, 10 ** get_currency_precision(currency)))
    silver, gold = THRESHOLDS.get(currency, (SILVER_POINTS * rate_minor, GOLD_POINTS * rate_minor))
    with override(language):
        levels = (
            LevelDraft("member", pgettext("tier", "회원"), 0),
            LevelDraft("silver", _("실버"), silver),
            LevelDraft("gold", _("골드"), gold),
        )
        return create_program(
            name=_("단골"),
            points_currency=POINTS_CURRENCY,
            money_currency=currency,
            zone=zone,
            rules=[RuleDraft(_("모든 구매에 적립"), 1, rate_minor)],
            terms=TermsDraft(expiry=Expiry.END_OF_MONTH, expiry_count=12),
            tiers_draft=TiersDraft(levels, Measure.SPEND, Window.ROLLING, 365, grace_days=30),
            recorded_at=recorded_at,
        )
