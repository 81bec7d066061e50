"""The Django app."""

from django.apps import AppConfig


class DutiesConfig(AppConfig):
    """What a shop owes by law, as work with a due day: signed heads, reviews, requests, incidents."""

    name = "dangol.core.duties"
    label = "dg_duties"
