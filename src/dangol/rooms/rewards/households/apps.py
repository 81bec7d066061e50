"""The Django app."""

from django.apps import AppConfig


class HouseholdsConfig(AppConfig):
    """Households, who is in them, and what was spent of their pools."""

    name = "dangol.rooms.rewards.households"
    label = "dg_households"
