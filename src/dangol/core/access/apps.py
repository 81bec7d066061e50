"""The Django app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Rights, roles, API keys, and the access log."""

    name = "dangol.core.access"
    label = "dg_access"
