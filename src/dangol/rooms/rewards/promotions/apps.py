"""The Django app."""

from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    """Promotions with their versions and limits, and sales from the first look to the last return."""

    name = "dangol.rooms.rewards.promotions"
    label = "dg_promotions"
