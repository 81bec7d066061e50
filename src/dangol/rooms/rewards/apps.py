"""The Django app."""

from django.apps import AppConfig


class RewardsConfig(AppConfig):
    """Programs, earning rules and tiers."""

    name = "dangol.rooms.rewards"
    label = "dg_rewards"
