"""The Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages."""

    name = "dangol.web"
    label = "dg_web"
