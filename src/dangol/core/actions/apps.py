"""The Django app."""

from django.apps import AppConfig


class ActionsConfig(AppConfig):
    """The catalog of things that may be done to or for a customer."""

    name = "dangol.core.actions"
    label = "dg_actions"
