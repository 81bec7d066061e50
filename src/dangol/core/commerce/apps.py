"""The Django app."""

from django.apps import AppConfig


class CommerceConfig(AppConfig):
    """Products, orders, order lines and returns."""

    name = "dangol.core.commerce"
    label = "dg_commerce"
