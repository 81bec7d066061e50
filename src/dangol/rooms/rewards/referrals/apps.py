"""The Django app."""

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    """Referral programs, members' codes, who came by whose, and what both got for it."""

    name = "dangol.rooms.rewards.referrals"
    label = "dg_referrals"
