"""The Django app."""

from django.apps import AppConfig


class CouponsConfig(AppConfig):
    """Coupons: batches of codes, who holds one, and which sale used it."""

    name = "dangol.rooms.rewards.coupons"
    label = "dg_coupons"
